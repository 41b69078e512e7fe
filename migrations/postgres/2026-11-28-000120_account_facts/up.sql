-- What is known of each account's permissions, to be asked for at once: one question instead of three. part: 'acceptance', 'withdrawal'
-- or 'entitlement'. refers_to: the version that was accepted, or the acceptance that was withdrawn.
CREATE VIEW account_facts AS
    SELECT acceptances.account_id, 'acceptance' AS part, acceptances.service, acceptances.change_id, accepted_at AS at,
        acceptances.id, version_id AS refers_to, receipt, number, acceptances.locale, digest, NULL::TEXT AS cause,
        NULL::BOOLEAN AS wanted, NULL::BIGINT AS revision, NULL::BIGINT AS applied_revision, NULL::TIMESTAMP AS applied_at
    FROM acceptances JOIN terms_versions ON terms_versions.id = version_id
    UNION ALL
    SELECT account_id, 'withdrawal', service, change_id, withdrawn_at,
        id, acceptance_id, receipt, NULL, NULL, NULL, cause,
        NULL, NULL, NULL, NULL
    FROM withdrawals
    UNION ALL
    SELECT account_id, 'entitlement', service, change_id, changed_at,
        NULL, NULL, NULL, NULL, NULL, NULL, cause,
        wanted, revision, applied_revision, applied_at
    FROM entitlements;
