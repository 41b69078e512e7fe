//! Looking for accounts that have left the directory.

use super::accounts;

diesel::table! {
    account_checks (account_id) {
        account_id -> Text,
        checked_at -> Timestamp,
        gone_since -> Nullable<Timestamp>,
    }
}

diesel::joinable!(account_checks -> accounts (account_id));
diesel::allow_tables_to_appear_in_same_query!(account_checks, accounts);
