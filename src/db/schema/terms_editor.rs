//! Drafts of terms, and who has been asked to accept new ones.

use super::{acceptances, accounts, entitlements, terms_versions};

diesel::table! {
    terms_drafts (service) {
        service -> Text,
        revision -> Text,
        source_de -> Text,
        source_en -> Text,
        major -> Bool,
        grace_days -> Integer,
        effective_on -> Nullable<Text>,
        saved_by -> Text,
        saved_at -> Timestamp,
    }
}

diesel::table! {
    terms_notices (version_id, stage, account_id) {
        version_id -> Text,
        stage -> Text,
        account_id -> Text,
        at -> Timestamp,
    }
}

diesel::joinable!(terms_drafts -> accounts (saved_by));
diesel::joinable!(terms_notices -> terms_versions (version_id));
diesel::allow_tables_to_appear_in_same_query!(terms_drafts, accounts);
diesel::allow_tables_to_appear_in_same_query!(terms_notices, accounts);
diesel::allow_tables_to_appear_in_same_query!(terms_notices, entitlements);
diesel::allow_tables_to_appear_in_same_query!(terms_notices, acceptances);
diesel::allow_tables_to_appear_in_same_query!(terms_notices, terms_versions);
