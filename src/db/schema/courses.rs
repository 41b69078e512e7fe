//! Courses, and whom looks at them are about.

diesel::table! {
    course_views (account_id, course, service, view) {
        account_id -> Text,
        course -> Text,
        service -> Text,
        view -> Text,
        shown_sha256 -> Text,
        viewed_at -> Timestamp,
    }
}

diesel::table! {
    reserved_accounts (person) {
        person -> Text,
        account_id -> Text,
        seen_at -> Timestamp,
    }
}
