//! Uploaded lists, and reminders.

diesel::table! {
    uploads (id) {
        id -> Text,
        account_id -> Text,
        service -> Text,
        list -> Text,
        uploaded_at -> Timestamp,
        ends_at -> Timestamp,
        recorded_sha256 -> Nullable<Text>,
        recorded_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    reminders (course) {
        course -> Text,
        id -> Text,
        account_id -> Text,
        service -> Text,
        title -> Text,
        text_de -> Text,
        text_en -> Text,
        people -> Integer,
        sent_at -> Timestamp,
        again_at -> Timestamp,
    }
}
