DROP TABLE leases;
DROP TABLE log_cursors;
DROP TABLE log_anchors;
DROP TABLE log_keys;
DROP TABLE tree_heads;
DROP TABLE log_nodes;
DROP TABLE log_leaves;
DROP TRIGGER accounts_commitment_stays;
ALTER TABLE accounts DROP COLUMN commitment;
