//! What auditors search: the log with the columns that are read out of its `detail`, and people by their words.

use super::{acceptances, accounts, entitlements, log_subjects, withdrawals};

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
    /// `acceptances` once more (a view), for the question whether there is a later one.
    acceptances_again (id) {
        id -> Text,
        account_id -> Text,
        service -> Text,
        accepted_at -> Timestamp,
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
diesel::allow_tables_to_appear_in_same_query!(acceptances_again, acceptances);
diesel::allow_tables_to_appear_in_same_query!(acceptances_again, entitlements);
diesel::allow_tables_to_appear_in_same_query!(acceptances_again, withdrawals);
diesel::allow_tables_to_appear_in_same_query!(standing_acceptances, acceptances);
diesel::allow_tables_to_appear_in_same_query!(standing_acceptances, entitlements);
