//! Courses.

diesel::table! {
    course_views (account_id, course, service, view) {
        account_id -> Text,
        course -> Text,
        service -> Text,
        view -> Text,
        viewed_at -> Timestamp,
    }
}
