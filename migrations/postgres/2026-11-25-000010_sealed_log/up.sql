-- What stands for a person in the sealed log, for ever; what opens it (salt and directory key) goes with the person.
ALTER TABLE accounts ADD COLUMN commitment TEXT;
CREATE FUNCTION refuse_other_commitment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a commitment stays as it is'; END $$;
CREATE TRIGGER accounts_commitment_stays BEFORE UPDATE OF commitment ON accounts FOR EACH ROW
WHEN (OLD.commitment IS NOT NULL AND NEW.commitment IS DISTINCT FROM OLD.commitment) EXECUTE FUNCTION refuse_other_commitment();

-- The order in which records were sealed, from 0 without a gap; hash: SHA-256 of the leaf (docs/LOG.md).
CREATE TABLE log_leaves (
    seq       BIGINT PRIMARY KEY,
    record_id TEXT NOT NULL UNIQUE,
    hash      BYTEA NOT NULL
);

-- Roots of complete subtrees of 256, 65536, … leaves: level 8, 16, …
CREATE TABLE log_nodes (
    level    INTEGER NOT NULL,
    position BIGINT NOT NULL,
    hash     BYTEA NOT NULL,
    PRIMARY KEY (level, position)
);

-- note: the signed text; the other columns repeat what it says.
CREATE TABLE tree_heads (
    size      BIGINT PRIMARY KEY,
    root      BYTEA NOT NULL,
    signed_at TIMESTAMP NOT NULL,
    key_id    TEXT NOT NULL,
    note      TEXT NOT NULL
);

-- Which keys have signed, for information; what is trusted stands in the configuration.
CREATE TABLE log_keys (
    id            TEXT PRIMARY KEY,
    public_key    TEXT NOT NULL,
    first_used_at TIMESTAMP NOT NULL
);

-- Where a head was brought to, outside this database.
CREATE TABLE log_anchors (
    id          TEXT PRIMARY KEY,
    size        BIGINT NOT NULL,
    way         TEXT NOT NULL,
    anchored_at TIMESTAMP NOT NULL
);

-- How far a reader of the sealed log has come.
CREATE TABLE log_cursors (
    name     TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);

-- Which of several portals does what only one may do.
CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    held_until TIMESTAMP NOT NULL
);

CREATE TRIGGER log_leaves_append_only BEFORE UPDATE OR DELETE ON log_leaves FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_leaves_no_truncate BEFORE TRUNCATE ON log_leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_nodes_append_only BEFORE UPDATE OR DELETE ON log_nodes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_nodes_no_truncate BEFORE TRUNCATE ON log_nodes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tree_heads_append_only BEFORE UPDATE OR DELETE ON tree_heads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tree_heads_no_truncate BEFORE TRUNCATE ON tree_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_keys_append_only BEFORE UPDATE OR DELETE ON log_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_keys_no_truncate BEFORE TRUNCATE ON log_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_anchors_append_only BEFORE UPDATE OR DELETE ON log_anchors FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_anchors_no_truncate BEFORE TRUNCATE ON log_anchors FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
