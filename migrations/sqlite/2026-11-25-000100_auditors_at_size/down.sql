CREATE VIEW acceptances_again AS SELECT id, account_id, service, accepted_at FROM acceptances;
CREATE INDEX entitlements_service ON entitlements (service, wanted);
CREATE INDEX withdrawals_service ON withdrawals (service, id);
CREATE INDEX acceptances_version ON acceptances (version_id, id);
CREATE INDEX acceptances_service ON acceptances (service, id);
DROP TABLE counted_accounts;
DROP TRIGGER entitlements_go;
DROP TRIGGER entitlements_end;
DROP TRIGGER entitlements_begin;
DROP TRIGGER acceptances_stood;
DROP TRIGGER withdrawals_end;
DROP TRIGGER acceptances_stand;
DROP TABLE ended_acceptances;
DROP TABLE ungrounded_entitlements;
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
