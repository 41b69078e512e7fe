-- Times are UTC with microseconds. Ids are UUIDv7 in text, made by the application.

CREATE TABLE accounts (
    id            TEXT PRIMARY KEY,
    directory_key TEXT UNIQUE,
    username      TEXT NOT NULL,
    dn            TEXT NOT NULL,
    display_name  TEXT NOT NULL,
    mail          TEXT,
    affiliations  TEXT NOT NULL,
    locale        TEXT NOT NULL,
    salt          TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    seen_at       TIMESTAMP NOT NULL
);
CREATE INDEX accounts_username ON accounts (username);

CREATE TABLE sessions (
    key_hash     TEXT PRIMARY KEY,
    reference    TEXT NOT NULL UNIQUE,
    account_id   TEXT NOT NULL REFERENCES accounts (id),
    state        TEXT NOT NULL,
    agent        TEXT NOT NULL,
    started_at   TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP NOT NULL,
    ends_at      TIMESTAMP NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_last_used ON sessions (last_used_at);

CREATE TABLE terms_versions (
    id           TEXT PRIMARY KEY,
    service      TEXT NOT NULL,
    number       INTEGER NOT NULL,
    major        BOOLEAN NOT NULL,
    grace_days   INTEGER NOT NULL,
    effective_at TIMESTAMP NOT NULL,
    published_at TIMESTAMP NOT NULL,
    UNIQUE (service, number)
);

-- html: the bytes that pages show; digest: their SHA-256; source: the Markdown they came from.
CREATE TABLE terms_texts (
    version_id    TEXT NOT NULL REFERENCES terms_versions (id),
    locale        TEXT NOT NULL,
    digest        TEXT NOT NULL,
    html          TEXT NOT NULL,
    source        TEXT NOT NULL,
    PRIMARY KEY (version_id, locale)
);

CREATE TABLE acceptances (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    service     TEXT NOT NULL,
    version_id  TEXT NOT NULL REFERENCES terms_versions (id),
    locale      TEXT NOT NULL,
    digest      TEXT NOT NULL,
    receipt     TEXT NOT NULL UNIQUE,
    change_id   TEXT NOT NULL,
    accepted_at TIMESTAMP NOT NULL
);
CREATE INDEX acceptances_account ON acceptances (account_id, service, accepted_at);
CREATE INDEX acceptances_change ON acceptances (change_id);

-- acceptance_id is null where a membership ended that nobody had accepted terms for.
CREATE TABLE withdrawals (
    id            TEXT PRIMARY KEY,
    acceptance_id TEXT UNIQUE REFERENCES acceptances (id),
    account_id    TEXT NOT NULL REFERENCES accounts (id),
    service       TEXT NOT NULL,
    cause         TEXT NOT NULL,
    receipt       TEXT NOT NULL UNIQUE,
    change_id     TEXT NOT NULL,
    withdrawn_at  TIMESTAMP NOT NULL
);
CREATE INDEX withdrawals_account ON withdrawals (account_id, service, withdrawn_at);
CREATE INDEX withdrawals_change ON withdrawals (change_id);

-- wanted is the desired state; applied_revision the newest revision that the directory has shown.
CREATE TABLE entitlements (
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    service          TEXT NOT NULL,
    wanted           BOOLEAN NOT NULL,
    revision         BIGINT NOT NULL,
    cause            TEXT NOT NULL,
    change_id        TEXT NOT NULL,
    changed_at       TIMESTAMP NOT NULL,
    applied_revision BIGINT NOT NULL,
    applied_at       TIMESTAMP,
    PRIMARY KEY (account_id, service)
);
CREATE INDEX entitlements_service ON entitlements (service, wanted);
CREATE INDEX entitlements_change ON entitlements (change_id);

CREATE TABLE outbox (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    account_id   TEXT NOT NULL REFERENCES accounts (id),
    service      TEXT NOT NULL,
    payload      TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    attempts     INTEGER NOT NULL,
    due_at       TIMESTAMP NOT NULL,
    lease_holder TEXT,
    lease_until  TIMESTAMP,
    trouble      TEXT,
    -- Since when only the operator can help; such an entry is tried again slowly.
    set_aside_at TIMESTAMP
);
CREATE INDEX outbox_due ON outbox (due_at);
CREATE INDEX outbox_account ON outbox (account_id, service);

CREATE TABLE log_records (
    id         TEXT PRIMARY KEY,
    at         TIMESTAMP NOT NULL,
    kind       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    account_id TEXT,
    service    TEXT,
    request_id TEXT NOT NULL,
    detail     TEXT NOT NULL
);
CREATE INDEX log_records_account ON log_records (account_id, id);

-- What has been accepted, published or logged is never changed or deleted, by whoever.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER terms_versions_append_only BEFORE UPDATE OR DELETE ON terms_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_versions_no_truncate BEFORE TRUNCATE ON terms_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_texts_append_only BEFORE UPDATE OR DELETE ON terms_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER terms_texts_no_truncate BEFORE TRUNCATE ON terms_texts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acceptances_append_only BEFORE UPDATE OR DELETE ON acceptances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acceptances_no_truncate BEFORE TRUNCATE ON acceptances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER withdrawals_append_only BEFORE UPDATE OR DELETE ON withdrawals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER withdrawals_no_truncate BEFORE TRUNCATE ON withdrawals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_records_append_only BEFORE UPDATE OR DELETE ON log_records FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_records_no_truncate BEFORE TRUNCATE ON log_records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Random values that all portals on this database share, made at the first start.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
