-- Whether a write of an earlier attempt was never answered, so that it may still arrive after a later one.
ALTER TABLE outbox ADD COLUMN in_doubt BOOLEAN NOT NULL DEFAULT FALSE;
