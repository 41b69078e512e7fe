-- What stands for a person in the sealed log, for ever; what opens it (salt and directory key) goes with the person.
ALTER TABLE accounts ADD COLUMN commitment TEXT;
CREATE TRIGGER accounts_commitment_stays BEFORE UPDATE OF commitment ON accounts
WHEN OLD.commitment IS NOT NULL AND NEW.commitment IS NOT OLD.commitment
BEGIN SELECT RAISE(ABORT, 'a commitment stays as it is'); END;

-- The order in which records were sealed, from 0 without a gap; hash: SHA-256 of the leaf (docs/LOG.md).
CREATE TABLE log_leaves (
    seq       INTEGER PRIMARY KEY,
    record_id TEXT NOT NULL UNIQUE,
    hash      BLOB NOT NULL
);

-- Roots of complete subtrees of 256, 65536, … leaves: level 8, 16, …
CREATE TABLE log_nodes (
    level    INTEGER NOT NULL,
    position BIGINT NOT NULL,
    hash     BLOB NOT NULL,
    PRIMARY KEY (level, position)
) WITHOUT ROWID;

-- note: the signed text; the other columns repeat what it says.
CREATE TABLE tree_heads (
    size      INTEGER PRIMARY KEY,
    root      BLOB NOT NULL,
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

CREATE TRIGGER log_leaves_no_update BEFORE UPDATE ON log_leaves
BEGIN SELECT RAISE(ABORT, 'log_leaves is append-only'); END;
CREATE TRIGGER log_leaves_no_delete BEFORE DELETE ON log_leaves
BEGIN SELECT RAISE(ABORT, 'log_leaves is append-only'); END;
CREATE TRIGGER log_nodes_no_update BEFORE UPDATE ON log_nodes
BEGIN SELECT RAISE(ABORT, 'log_nodes is append-only'); END;
CREATE TRIGGER log_nodes_no_delete BEFORE DELETE ON log_nodes
BEGIN SELECT RAISE(ABORT, 'log_nodes is append-only'); END;
CREATE TRIGGER tree_heads_no_update BEFORE UPDATE ON tree_heads
BEGIN SELECT RAISE(ABORT, 'tree_heads is append-only'); END;
CREATE TRIGGER tree_heads_no_delete BEFORE DELETE ON tree_heads
BEGIN SELECT RAISE(ABORT, 'tree_heads is append-only'); END;
CREATE TRIGGER log_keys_no_update BEFORE UPDATE ON log_keys
BEGIN SELECT RAISE(ABORT, 'log_keys is append-only'); END;
CREATE TRIGGER log_keys_no_delete BEFORE DELETE ON log_keys
BEGIN SELECT RAISE(ABORT, 'log_keys is append-only'); END;
CREATE TRIGGER log_anchors_no_update BEFORE UPDATE ON log_anchors
BEGIN SELECT RAISE(ABORT, 'log_anchors is append-only'); END;
CREATE TRIGGER log_anchors_no_delete BEFORE DELETE ON log_anchors
BEGIN SELECT RAISE(ABORT, 'log_anchors is append-only'); END;
