-- The next version of a service's terms while it is written. A save names the revision that it began with.
CREATE TABLE terms_drafts (
    service      TEXT PRIMARY KEY,
    revision     TEXT NOT NULL,
    source_de    TEXT NOT NULL,
    source_en    TEXT NOT NULL,
    major        BOOLEAN NOT NULL,
    grace_days   INTEGER NOT NULL,
    -- YYYY-MM-DD in the portal's time zone; null: from the moment of publication.
    effective_on TEXT,
    saved_by     TEXT NOT NULL REFERENCES accounts (id),
    saved_at     TIMESTAMP NOT NULL
);

-- Who has been asked by mail to accept which version, and at which stage: never twice.
CREATE TABLE terms_notices (
    version_id TEXT NOT NULL REFERENCES terms_versions (id),
    stage      TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (version_id, stage, account_id)
);
CREATE INDEX terms_notices_account ON terms_notices (account_id);
