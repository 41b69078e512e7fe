-- Whom a record of the log is about besides its own account: whose data somebody else looked at.
CREATE TABLE log_subjects (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    record_id  TEXT NOT NULL REFERENCES log_records (id),
    PRIMARY KEY (account_id, record_id)
);
CREATE INDEX log_subjects_record ON log_subjects (record_id);

CREATE TRIGGER log_subjects_append_only BEFORE UPDATE OR DELETE ON log_subjects FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_subjects_no_truncate BEFORE TRUNCATE ON log_subjects FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
