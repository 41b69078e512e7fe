//! 403 for people who lack a role: which one, what grants it, whom to ask.

use askama::Template;

use super::frame::{Frame, Nav};
use crate::{
    domain::{
        locale::{Locale, Text},
        roles::Role,
    },
    texts,
};

/// Instead of a page that needs a role.
#[derive(Template)]
#[template(path = "errors/role.html")]
pub struct RoleMissingPage {
    pub frame: Frame,
    pub role: Role,
    /// The DN of the group that grants the role.
    pub group: Option<String>,
    /// Whether anything grants the role here.
    pub is_configured: bool,
    pub contact: Text,
}

impl RoleMissingPage {
    /// Title, who may see the page, what grants the role, whom to ask; in one language.
    pub fn sentences(&self, locale: Locale) -> [String; 4] {
        let text = |key| texts::text(locale, key);
        let who = match self.role {
            Role::Auditor => "role-auditor-only",
            Role::TermsEditor => "role-terms-editor-only",
            Role::Lecturer => "role-lecturer-only",
        };
        let grant = match &self.group {
            _ if !self.is_configured => text("role-not-configured"),
            Some(group) => texts::text_with(locale, "role-granted-by-group", &[("group", group.clone())]),
            None => text("role-granted-by-entry"),
        };
        let contact = self.contact.get(locale).to_owned();
        [
            text("role-missing-title"),
            text(who),
            grant,
            texts::text_with(locale, "role-contact", &[("contact", contact)]),
        ]
    }

    pub fn own(&self) -> [String; 4] {
        self.sentences(self.frame.locale)
    }

    pub fn other(&self) -> [String; 4] {
        self.sentences(self.frame.locale.other())
    }
}
