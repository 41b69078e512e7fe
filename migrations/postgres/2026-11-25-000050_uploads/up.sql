-- A lecturer's uploaded list: identifiers and line numbers, nothing else of the file. One for each account, deleted when its time
-- is over. The digest tells whether somebody looks at the same answers again.
CREATE TABLE uploads (
    id              TEXT PRIMARY KEY,
    account_id      TEXT NOT NULL UNIQUE REFERENCES accounts (id),
    service         TEXT NOT NULL,
    list            TEXT NOT NULL,
    uploaded_at     TIMESTAMP NOT NULL,
    ends_at         TIMESTAMP NOT NULL,
    recorded_sha256 TEXT,
    recorded_at     TIMESTAMP
);
CREATE INDEX uploads_ends_at ON uploads (ends_at);

-- The last reminder of a course. Its row is the lock between lecturers of the same course.
CREATE TABLE reminders (
    course     TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    service    TEXT NOT NULL,
    title      TEXT NOT NULL,
    text_de    TEXT NOT NULL,
    text_en    TEXT NOT NULL,
    people     INTEGER NOT NULL,
    sent_at    TIMESTAMP NOT NULL,
    again_at   TIMESTAMP NOT NULL
);
CREATE INDEX reminders_again_at ON reminders (again_at);
