-- A cause with a service, and a cause with a version, also together with a kind: what one of these words fits a million times is not
-- looked through for another that is rare. Only three kinds of records have a cause, so a search without a kind reads the index at
-- three places. An activation makes as many entries as before; the second index holds withdrawals alone.
DROP INDEX log_records_cause_service;
CREATE INDEX log_records_cause_service_kind ON log_records (cause, service, kind, id) WHERE cause IS NOT NULL;
CREATE INDEX log_records_version_cause_kind ON log_records (service, version, cause, kind, id)
    WHERE version IS NOT NULL AND cause IS NOT NULL;
-- Somebody of the staff may have acted ten thousand times: one kind of that is found without reading the records.
DROP INDEX log_records_actor;
CREATE INDEX log_records_actor ON log_records (actor, id, kind);

-- The acceptances that stand now: the newest of each account and service, unless it was withdrawn. Nothing is decided by it: it says
-- what acceptances and withdrawals say, so that an auditor need not wait until all of them have been compared.
CREATE TABLE standing_acceptances (
    account_id    TEXT NOT NULL,
    service       TEXT NOT NULL,
    version_id    TEXT NOT NULL,
    acceptance_id TEXT NOT NULL,
    PRIMARY KEY (account_id, service)
) WITHOUT ROWID;
INSERT INTO standing_acceptances (account_id, service, version_id, acceptance_id)
    SELECT account_id, service, version_id, id
    FROM (SELECT *, row_number() OVER (PARTITION BY account_id, service ORDER BY id DESC) AS place FROM acceptances) AS newest
    WHERE place = 1 AND NOT EXISTS (SELECT 1 FROM withdrawals WHERE withdrawals.acceptance_id = newest.id);
CREATE INDEX standing_acceptances_service ON standing_acceptances (service, acceptance_id);
CREATE INDEX standing_acceptances_version ON standing_acceptances (version_id, acceptance_id);

CREATE TRIGGER acceptances_stand AFTER INSERT ON acceptances
WHEN NOT EXISTS (SELECT 1 FROM acceptances WHERE account_id = NEW.account_id AND service = NEW.service AND id > NEW.id)
BEGIN
    INSERT INTO standing_acceptances (account_id, service, version_id, acceptance_id)
        VALUES (NEW.account_id, NEW.service, NEW.version_id, NEW.id)
        ON CONFLICT (account_id, service)
        DO UPDATE SET version_id = excluded.version_id, acceptance_id = excluded.acceptance_id;
END;
CREATE TRIGGER withdrawals_end AFTER INSERT ON withdrawals WHEN NEW.acceptance_id IS NOT NULL
BEGIN
    DELETE FROM standing_acceptances
        WHERE account_id = NEW.account_id AND service = NEW.service AND acceptance_id = NEW.acceptance_id;
END;
