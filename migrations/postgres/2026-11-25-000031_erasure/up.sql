-- When the directory was last asked about an account, and since when it has not shown it.
CREATE TABLE account_checks (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    checked_at TIMESTAMP NOT NULL,
    gone_since TIMESTAMP
);
CREATE INDEX account_checks_checked ON account_checks (checked_at);
CREATE INDEX account_checks_gone ON account_checks (gone_since);
