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
