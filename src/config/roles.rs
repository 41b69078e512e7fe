//! `[roles]`: who in the directory may do what.

use super::{reader::Section, values};
use crate::{
    directory::settings::{RoleRule, Roles},
    web::settings,
};

/// What the directory is asked.
pub(super) fn rules(section: &Section<'_>) -> Roles {
    let rule = |role: &str| RoleRule {
        group: section.optional_parsed(&format!("{role}_group"), values::dn),
        filter: section.optional_parsed(&format!("{role}_filter"), values::filter),
    };
    Roles {
        auditors: rule("auditors"),
        terms_editors: rule("terms_editors"),
        lecturers: rule("lecturers"),
        group_attribute: section.parsed("group_attribute", Some("member"), values::attribute).unwrap_or_default(),
    }
}

/// What the pages do with the answers.
pub(super) fn pages(section: &Section<'_>) -> settings::Roles {
    settings::Roles {
        refresh: section.duration("refresh", "5m", ("1s", "1d")),
        contact: section.in_both("contact", Some(("den IT-Support", "IT support"))),
    }
}
