-- The acceptances that stood once: until when. What replaced or ended them is compared when it comes and not when an auditor asks who
-- had a service on a day. Nothing is decided by it: it says what acceptances and withdrawals say.
CREATE TABLE ended_acceptances (
    account_id    TEXT NOT NULL,
    service       TEXT NOT NULL,
    acceptance_id TEXT NOT NULL,
    version_id    TEXT NOT NULL,
    ended_at      TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, service, acceptance_id)
);
INSERT INTO ended_acceptances (account_id, service, acceptance_id, version_id, ended_at)
    SELECT account_id, service, id, version_id,
        CASE WHEN withdrawn_at IS NULL OR replaced_at < withdrawn_at THEN replaced_at ELSE withdrawn_at END
    FROM (
        SELECT acceptances.account_id, acceptances.service, acceptances.id, version_id, withdrawn_at,
            min(accepted_at) OVER (
                PARTITION BY acceptances.account_id, acceptances.service ORDER BY acceptances.id
                ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ) AS replaced_at
        FROM acceptances LEFT JOIN withdrawals ON withdrawals.acceptance_id = acceptances.id
    ) AS stood
    WHERE withdrawn_at IS NOT NULL OR replaced_at IS NOT NULL;
CREATE INDEX ended_acceptances_service ON ended_acceptances (service, acceptance_id, ended_at);
CREATE INDEX ended_acceptances_version ON ended_acceptances (version_id, acceptance_id, ended_at);

-- Who shall have a service although no acceptance stands: hopefully nobody, and then nobody has to be looked through to say so.
CREATE TABLE ungrounded_entitlements (
    service    TEXT NOT NULL,
    account_id TEXT NOT NULL,
    PRIMARY KEY (service, account_id)
);
INSERT INTO ungrounded_entitlements (service, account_id)
    SELECT service, account_id FROM entitlements
    WHERE wanted AND NOT EXISTS (
        SELECT 1 FROM standing_acceptances AS standing
        WHERE standing.account_id = entitlements.account_id AND standing.service = entitlements.service
    );

-- In place of the functions that kept only what stands now. An acceptance that arrives late, from a portal whose clock is behind, stood
-- until the next newer one, and ended the one before it earlier than was thought.
CREATE OR REPLACE FUNCTION acceptance_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    replaced_at TIMESTAMP;
BEGIN
    SELECT min(accepted_at) INTO replaced_at FROM acceptances
        WHERE account_id = NEW.account_id AND service = NEW.service AND id > NEW.id;
    UPDATE ended_acceptances SET ended_at = NEW.accepted_at
        WHERE account_id = NEW.account_id AND service = NEW.service AND acceptance_id < NEW.id AND ended_at > NEW.accepted_at;
    IF replaced_at IS NULL THEN
        INSERT INTO ended_acceptances (account_id, service, acceptance_id, version_id, ended_at)
            SELECT account_id, service, acceptance_id, version_id, NEW.accepted_at FROM standing_acceptances
            WHERE account_id = NEW.account_id AND service = NEW.service
            ON CONFLICT DO NOTHING;
        INSERT INTO standing_acceptances (account_id, service, version_id, acceptance_id)
            VALUES (NEW.account_id, NEW.service, NEW.version_id, NEW.id)
            ON CONFLICT (account_id, service)
            DO UPDATE SET version_id = excluded.version_id, acceptance_id = excluded.acceptance_id;
        DELETE FROM ungrounded_entitlements WHERE service = NEW.service AND account_id = NEW.account_id;
    ELSE
        INSERT INTO ended_acceptances (account_id, service, acceptance_id, version_id, ended_at)
            VALUES (NEW.account_id, NEW.service, NEW.id, NEW.version_id, replaced_at)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION acceptance_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ended_acceptances SET ended_at = NEW.withdrawn_at
        WHERE account_id = NEW.account_id AND service = NEW.service AND acceptance_id = NEW.acceptance_id
            AND ended_at > NEW.withdrawn_at;
    INSERT INTO ended_acceptances (account_id, service, acceptance_id, version_id, ended_at)
        SELECT account_id, service, acceptance_id, version_id, NEW.withdrawn_at FROM standing_acceptances
        WHERE account_id = NEW.account_id AND service = NEW.service AND acceptance_id = NEW.acceptance_id
        ON CONFLICT DO NOTHING;
    INSERT INTO ungrounded_entitlements (service, account_id)
        SELECT standing.service, standing.account_id
        FROM standing_acceptances AS standing JOIN entitlements USING (account_id, service)
        WHERE standing.account_id = NEW.account_id AND standing.service = NEW.service
            AND acceptance_id = NEW.acceptance_id AND wanted
        ON CONFLICT DO NOTHING;
    DELETE FROM standing_acceptances
        WHERE account_id = NEW.account_id AND service = NEW.service AND acceptance_id = NEW.acceptance_id;
    RETURN NULL;
END $$;
CREATE FUNCTION entitlement_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM ungrounded_entitlements WHERE service = OLD.service AND account_id = OLD.account_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.wanted THEN
        INSERT INTO ungrounded_entitlements (service, account_id)
            SELECT NEW.service, NEW.account_id
            WHERE NOT EXISTS (
                SELECT 1 FROM standing_acceptances WHERE account_id = NEW.account_id AND service = NEW.service
            )
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entitlements_begin AFTER INSERT ON entitlements FOR EACH ROW WHEN (NEW.wanted)
    EXECUTE FUNCTION entitlement_changes();
CREATE TRIGGER entitlements_end AFTER UPDATE OF account_id, service, wanted ON entitlements FOR EACH ROW
    WHEN ((OLD.account_id, OLD.service, OLD.wanted) <> (NEW.account_id, NEW.service, NEW.wanted))
    EXECUTE FUNCTION entitlement_changes();
CREATE TRIGGER entitlements_go AFTER DELETE ON entitlements FOR EACH ROW EXECUTE FUNCTION entitlement_changes();

-- What charts show of very many accounts, counted by the worker from time to time. part: 'known' (how many have the affiliation, of no
-- service), 'active' (how many of these have the service), 'version' (how many stand on the version of this id).
CREATE TABLE counted_accounts (
    service    TEXT NOT NULL,
    part       TEXT NOT NULL,
    name       TEXT NOT NULL,
    accounts   BIGINT NOT NULL,
    counted_at TIMESTAMP NOT NULL,
    PRIMARY KEY (service, part, name)
);

-- Nothing is looked for by these any more.
DROP INDEX acceptances_service;
DROP INDEX acceptances_version;
DROP INDEX withdrawals_service;
DROP INDEX entitlements_service;
DROP VIEW acceptances_again;
