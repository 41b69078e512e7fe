//! The sealed log: leaves, complete subtrees, signed heads, and who seals.

diesel::table! {
    log_leaves (seq) {
        seq -> BigInt,
        record_id -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    log_nodes (level, position) {
        level -> Integer,
        position -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    tree_heads (size) {
        size -> BigInt,
        root -> Binary,
        signed_at -> Timestamp,
        key_id -> Text,
        note -> Text,
    }
}

diesel::table! {
    log_keys (id) {
        id -> Text,
        public_key -> Text,
        first_used_at -> Timestamp,
    }
}

diesel::table! {
    log_anchors (id) {
        id -> Text,
        size -> BigInt,
        way -> Text,
        anchored_at -> Timestamp,
    }
}

diesel::table! {
    log_cursors (name) {
        name -> Text,
        position -> BigInt,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        held_until -> Timestamp,
    }
}
