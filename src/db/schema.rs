//! The tables, as diesel sees them; the same on both databases (`migrations/`).

mod audit;
mod courses;
mod data_protection;
mod sealed_log;
mod teaching;
mod terms_editor;

pub use audit::*;
pub use courses::{course_views, reserved_accounts};
pub use data_protection::account_checks;
pub use sealed_log::*;
pub use teaching::{reminders, uploads};
pub use terms_editor::{terms_drafts, terms_notices};

diesel::table! {
    accounts (id) {
        id -> Text,
        directory_key -> Nullable<Text>,
        username -> Text,
        dn -> Text,
        display_name -> Text,
        mail -> Nullable<Text>,
        affiliations -> Text,
        locale -> Text,
        salt -> Text,
        commitment -> Nullable<Text>,
        created_at -> Timestamp,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    sessions (key_hash) {
        key_hash -> Text,
        reference -> Text,
        account_id -> Text,
        state -> Text,
        agent -> Text,
        started_at -> Timestamp,
        last_used_at -> Timestamp,
        ends_at -> Timestamp,
    }
}

diesel::table! {
    terms_versions (id) {
        id -> Text,
        service -> Text,
        number -> Integer,
        major -> Bool,
        grace_days -> Integer,
        effective_at -> Timestamp,
        published_at -> Timestamp,
    }
}

diesel::table! {
    terms_texts (version_id, locale) {
        version_id -> Text,
        locale -> Text,
        digest -> Text,
        html -> Text,
        source -> Text,
    }
}

diesel::table! {
    acceptances (id) {
        id -> Text,
        account_id -> Text,
        service -> Text,
        version_id -> Text,
        locale -> Text,
        digest -> Text,
        receipt -> Text,
        change_id -> Text,
        accepted_at -> Timestamp,
    }
}

diesel::table! {
    withdrawals (id) {
        id -> Text,
        acceptance_id -> Nullable<Text>,
        account_id -> Text,
        service -> Text,
        cause -> Text,
        receipt -> Text,
        change_id -> Text,
        withdrawn_at -> Timestamp,
    }
}

diesel::table! {
    entitlements (account_id, service) {
        account_id -> Text,
        service -> Text,
        wanted -> Bool,
        revision -> BigInt,
        cause -> Text,
        change_id -> Text,
        changed_at -> Timestamp,
        applied_revision -> BigInt,
        applied_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    /// A view over acceptances, withdrawals and entitlements; `part` says which one a row is.
    account_facts (account_id, part, service, change_id) {
        account_id -> Text,
        part -> Text,
        service -> Text,
        change_id -> Text,
        at -> Timestamp,
        id -> Nullable<Text>,
        refers_to -> Nullable<Text>,
        receipt -> Nullable<Text>,
        number -> Nullable<Integer>,
        locale -> Nullable<Text>,
        digest -> Nullable<Text>,
        cause -> Nullable<Text>,
        wanted -> Nullable<Bool>,
        revision -> Nullable<BigInt>,
        applied_revision -> Nullable<BigInt>,
        applied_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    outbox (id) {
        id -> Text,
        kind -> Text,
        account_id -> Text,
        service -> Text,
        payload -> Text,
        created_at -> Timestamp,
        attempts -> Integer,
        due_at -> Timestamp,
        lease_holder -> Nullable<Text>,
        lease_until -> Nullable<Timestamp>,
        trouble -> Nullable<Text>,
        set_aside_at -> Nullable<Timestamp>,
        in_doubt -> Bool,
    }
}

diesel::table! {
    log_records (id) {
        id -> Text,
        at -> Timestamp,
        kind -> Text,
        actor -> Text,
        account_id -> Nullable<Text>,
        service -> Nullable<Text>,
        request_id -> Text,
        detail -> Text,
    }
}

diesel::table! {
    log_subjects (account_id, record_id) {
        account_id -> Text,
        record_id -> Text,
    }
}

diesel::joinable!(outbox -> accounts (account_id));
diesel::joinable!(log_subjects -> log_records (record_id));
diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(terms_texts -> terms_versions (version_id));
diesel::joinable!(acceptances -> terms_versions (version_id));
diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    acceptances,
    withdrawals,
    entitlements,
    outbox,
    terms_versions,
    terms_texts,
    sessions,
    log_records,
    log_subjects
);
diesel::allow_tables_to_appear_in_same_query!(log_leaves, log_records);

diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Text,
    }
}
