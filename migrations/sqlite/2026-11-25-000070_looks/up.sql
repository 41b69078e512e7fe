-- The id that somebody's account will have who has never signed in, but is in a class that was looked at. person: a keyed digest of
-- the key in the directory; seen_at: when a record was last made about the person.
CREATE TABLE reserved_accounts (
    person     TEXT PRIMARY KEY,
    account_id TEXT NOT NULL UNIQUE,
    seen_at    TIMESTAMP NOT NULL
);
CREATE INDEX reserved_accounts_seen_at ON reserved_accounts (seen_at);

-- Whom a record is about may get the account later. SQLite does not drop a reference by itself, so the table is made again.
CREATE TABLE log_subjects_again (
    account_id TEXT NOT NULL,
    record_id  TEXT NOT NULL REFERENCES log_records (id),
    PRIMARY KEY (account_id, record_id)
);
INSERT INTO log_subjects_again (account_id, record_id) SELECT account_id, record_id FROM log_subjects;
DROP TABLE log_subjects;
ALTER TABLE log_subjects_again RENAME TO log_subjects;
CREATE INDEX log_subjects_record ON log_subjects (record_id);
CREATE TRIGGER log_subjects_no_update BEFORE UPDATE ON log_subjects
BEGIN SELECT RAISE(ABORT, 'log_subjects is append-only'); END;
CREATE TRIGGER log_subjects_no_delete BEFORE DELETE ON log_subjects
BEGIN SELECT RAISE(ABORT, 'log_subjects is append-only'); END;

-- A view of some minutes: what was shown decides whether another look is one more record. Nothing of the old table is needed.
DROP TABLE course_views;
CREATE TABLE course_views (
    account_id   TEXT NOT NULL REFERENCES accounts (id),
    course       TEXT NOT NULL,
    service      TEXT NOT NULL,
    view         TEXT NOT NULL CHECK (view IN ('class', 'board', 'list', 'reminder')),
    shown_sha256 TEXT NOT NULL,
    viewed_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, course, service, view)
);
CREATE INDEX course_views_viewed_at ON course_views (viewed_at);
