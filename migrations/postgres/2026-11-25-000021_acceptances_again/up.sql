-- The acceptances once more under another name, for the question whether there is a later one.
CREATE VIEW acceptances_again AS SELECT id, account_id, service, accepted_at FROM acceptances;
