-- What the log is searched by, read out of `detail`; never stored twice.
ALTER TABLE log_records ADD COLUMN version INTEGER
    GENERATED ALWAYS AS (CASE WHEN json_valid(detail) THEN json_extract(detail, '$.version') END) VIRTUAL;
ALTER TABLE log_records ADD COLUMN cause TEXT
    GENERATED ALWAYS AS (CASE WHEN json_valid(detail) THEN json_extract(detail, '$.cause') END) VIRTUAL;

-- One index for each way to search; each ends with the id, so that a page is read from its end and nothing is sorted.
CREATE INDEX log_records_actor ON log_records (actor, id);
CREATE INDEX log_records_kind ON log_records (kind, id);
CREATE INDEX log_records_service ON log_records (service, id);
CREATE INDEX log_records_service_kind ON log_records (service, kind, id);
CREATE INDEX log_records_version ON log_records (service, version, id) WHERE version IS NOT NULL;
CREATE INDEX log_records_version_kind ON log_records (service, version, kind, id) WHERE version IS NOT NULL;
CREATE INDEX log_records_cause ON log_records (cause, id) WHERE cause IS NOT NULL;
CREATE INDEX log_records_cause_kind ON log_records (cause, kind, id) WHERE cause IS NOT NULL;
CREATE INDEX log_records_cause_service ON log_records (cause, service, id) WHERE cause IS NOT NULL;

CREATE INDEX acceptances_service ON acceptances (service, id);
CREATE INDEX acceptances_version ON acceptances (version_id, id);
CREATE INDEX withdrawals_service ON withdrawals (service, id);
CREATE INDEX entitlements_wanted ON entitlements (service, wanted, account_id);

-- The words under which an auditor finds a person, folded as `domain::audit::people` folds them.
CREATE TABLE account_words (
    word       TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (word, account_id)
) WITHOUT ROWID;
CREATE INDEX account_words_account ON account_words (account_id);

-- Who is erased is not found by name any more.
CREATE TRIGGER accounts_erased AFTER UPDATE OF directory_key ON accounts WHEN NEW.directory_key IS NULL
BEGIN DELETE FROM account_words WHERE account_id = NEW.id; END;
