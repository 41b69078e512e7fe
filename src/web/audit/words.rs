//! What records are called on pages.

use crate::web::{State, pages::frame::Frame};

/// Every kind of record, with the key of its label, in the order of the form.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("terms-accepted", "kind-terms-accepted"),
    ("acceptance-withdrawn", "kind-acceptance-withdrawn"),
    ("entitlement-granted", "kind-entitlement-granted"),
    ("entitlement-ended", "kind-entitlement-ended"),
    ("membership-written", "kind-membership-written"),
    ("membership-refused", "kind-membership-refused"),
    ("terms-published", "kind-terms-published"),
    ("signed-in", "kind-signed-in"),
    ("signed-out", "kind-signed-out"),
    ("sign-in-refused", "kind-sign-in-refused"),
    ("sessions-ended", "kind-sessions-ended"),
    ("roles-changed", "kind-roles-changed"),
    ("reason-given", "kind-reason-given"),
    ("log-searched", "kind-log-searched"),
    ("record-viewed", "kind-record-viewed"),
    ("person-viewed", "kind-person-viewed"),
    ("log-exported", "kind-log-exported"),
    ("account-erased", "kind-account-erased"),
    ("portal-started", "kind-portal-started"),
    ("course-viewed", "kind-course-viewed"),
    ("course-exported", "kind-course-exported"),
    ("board-viewed", "kind-board-viewed"),
    ("counts-viewed", "kind-counts-viewed"),
    ("roster-checked", "kind-roster-checked"),
    ("reminder-sent", "kind-reminder-sent"),
];

/// Every cause of a change, with the key of its label.
pub(super) const CAUSES: &[(&str, &str)] = &[
    ("accepted", "cause-accepted"),
    ("member", "cause-member"),
    ("grace-ended", "cause-grace-ended"),
    ("account-gone", "cause-account-gone"),
];

/// The roles, with the key of their label.
pub(super) const ROLES: &[(&str, &str)] =
    &[("auditor", "role-name-auditor"), ("terms-editor", "role-name-terms-editor"), ("lecturer", "role-name-lecturer")];

/// The label of a word; a word that has none stands as it is.
pub(super) fn label(frame: &Frame, words: &[(&str, &str)], word: &str) -> String {
    words.iter().find(|(known, _)| *known == word).map_or_else(|| word.to_owned(), |(_, key)| frame.t(key))
}

/// What a service is called.
pub(super) fn service(frame: &Frame, state: &State, slug: &str) -> String {
    state.catalogue.name(slug, frame.locale).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read from the source, so that a kind that somebody adds is missed here.
    #[test]
    fn every_kind_of_record_has_a_label() {
        let source = include_str!("../../domain/log.rs");
        let names = source.split("fn name(self)").nth(1).and_then(|rest| rest.split("\n    }").next()).unwrap();
        let names: Vec<&str> = names.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.contains(&"signed-in"), "{names:?}");
        for name in names {
            assert!(KINDS.iter().any(|(known, key)| *known == name && *key == format!("kind-{name}")), "{name}");
        }
    }
}
