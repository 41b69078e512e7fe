DROP TABLE course_views;
CREATE TABLE course_views (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    course     TEXT NOT NULL,
    service    TEXT NOT NULL,
    view       TEXT NOT NULL CHECK (view IN ('class', 'board')),
    viewed_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, course, service, view)
);
CREATE INDEX course_views_viewed_at ON course_views (viewed_at);

-- Refused while there are records about people who have not signed in yet: nothing recorded is taken away.
CREATE TABLE log_subjects_again (
    account_id TEXT NOT NULL REFERENCES accounts (id),
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

DROP TABLE reserved_accounts;
