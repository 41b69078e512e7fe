//! What auditors search: the log with the columns that are read out of its `detail`, and people by their words.

use super::{accounts, entitlements, log_subjects};

diesel::table! {
    /// `log_records` with its generated columns; only read.
    #[sql_name = "log_records"]
    searched_records (id) {
        id -> Text,
        at -> Timestamp,
        kind -> Text,
        actor -> Text,
        account_id -> Nullable<Text>,
        service -> Nullable<Text>,
        request_id -> Text,
        detail -> Text,
        version -> Nullable<Integer>,
        cause -> Nullable<Text>,
    }
}

diesel::table! {
    /// The acceptances that stand now; triggers keep it.
    standing_acceptances (account_id, service) {
        account_id -> Text,
        service -> Text,
        version_id -> Text,
        acceptance_id -> Text,
    }
}

diesel::table! {
    /// The acceptances that stood once, and until when; triggers keep it.
    ended_acceptances (account_id, service, acceptance_id) {
        account_id -> Text,
        service -> Text,
        acceptance_id -> Text,
        version_id -> Text,
        ended_at -> Timestamp,
    }
}

diesel::table! {
    /// Who shall have a service although no acceptance stands; triggers keep it.
    ungrounded_entitlements (service, account_id) {
        service -> Text,
        account_id -> Text,
    }
}

diesel::table! {
    /// What charts show of very many accounts; the worker keeps it.
    counted_accounts (service, part, name) {
        service -> Text,
        part -> Text,
        name -> Text,
        accounts -> BigInt,
        counted_at -> Timestamp,
    }
}

diesel::table! {
    account_words (word, account_id) {
        word -> Text,
        account_id -> Text,
    }
}

diesel::table! {
    /// `account_words` once more, for people of whom two words are known.
    #[sql_name = "account_words"]
    account_words_again (word, account_id) {
        word -> Text,
        account_id -> Text,
    }
}

diesel::joinable!(account_words -> accounts (account_id));
diesel::joinable!(log_subjects -> searched_records (record_id));
diesel::allow_tables_to_appear_in_same_query!(account_words, account_words_again, accounts);
diesel::allow_tables_to_appear_in_same_query!(searched_records, log_subjects);
diesel::allow_tables_to_appear_in_same_query!(ungrounded_entitlements, entitlements);
