ALTER TABLE outbox DROP COLUMN in_doubt;
