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
ALTER TABLE log_subjects ADD CONSTRAINT log_subjects_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts (id);

DROP TABLE reserved_accounts;
