CREATE VIEW acceptances_again AS SELECT id, account_id, service, accepted_at FROM acceptances;
CREATE INDEX entitlements_service ON entitlements (service, wanted);
CREATE INDEX withdrawals_service ON withdrawals (service, id);
CREATE INDEX acceptances_version ON acceptances (version_id, id);
CREATE INDEX acceptances_service ON acceptances (service, id);
DROP TABLE counted_accounts;
DROP TRIGGER entitlements_go ON entitlements;
DROP TRIGGER entitlements_end ON entitlements;
DROP TRIGGER entitlements_begin ON entitlements;
DROP FUNCTION entitlement_changes();
CREATE OR REPLACE FUNCTION acceptance_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM acceptances WHERE account_id = NEW.account_id AND service = NEW.service AND id > NEW.id) THEN
        INSERT INTO standing_acceptances (account_id, service, version_id, acceptance_id)
            VALUES (NEW.account_id, NEW.service, NEW.version_id, NEW.id)
            ON CONFLICT (account_id, service)
            DO UPDATE SET version_id = excluded.version_id, acceptance_id = excluded.acceptance_id;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION acceptance_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM standing_acceptances
        WHERE account_id = NEW.account_id AND service = NEW.service AND acceptance_id = NEW.acceptance_id;
    RETURN NULL;
END $$;
DROP TABLE ungrounded_entitlements;
DROP TABLE ended_acceptances;
