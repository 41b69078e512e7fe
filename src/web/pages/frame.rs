//! What every page has around its own content: header, navigation, notice, footer.

use std::{borrow::Borrow, fmt::Display};

use chrono_tz::Tz;

use super::assets;
use crate::{
    clock::Instant,
    domain::{
        locale::Locale,
        roles::{Role, Roles},
    },
    texts,
};

/// The surroundings of a page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub locale: Locale,
    /// Path and query of this page without the language, e.g. `/profile`; where the language link leads.
    pub path: String,
    pub portal_name: String,
    pub organisation: String,
    pub member: Option<SignedIn>,
    pub nav: Nav,
    /// The roles of the person who is signed in, as last known.
    pub roles: Roles,
    pub notice: Option<Notice>,
    pub request_id: String,
    /// The page's absolute address and the time of the answer, for print.
    pub address: String,
    pub now: Instant,
    pub tz: Tz,
}

/// The person who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub display_name: String,
    /// The session's token, for every form that posts.
    pub form_token: String,
    /// When the session ends if nothing more is done.
    pub session_ends: Instant,
    /// The seconds until then, at the time of the answer.
    pub session_seconds: u64,
}

/// The part of the portal that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nav {
    Profile,
    Permissions,
    History,
    Sessions,
    Courses,
    Terms,
    Audit,
    Help,
    None,
}

/// A message that stays until the next navigation.
#[derive(Clone, Debug)]
pub struct Notice {
    pub kind: NoticeKind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    Info,
    Success,
    Warning,
    Danger,
}

impl NoticeKind {
    /// The design system's word for this kind, in classes of alerts, badges and icons.
    pub fn class(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

impl Frame {
    /// The text under `key`.
    pub fn t(&self, key: &str) -> String {
        texts::text(self.locale, key)
    }

    /// The text under `key` in the other language.
    pub fn t_other(&self, key: &str) -> String {
        texts::text(self.locale.other(), key)
    }

    /// The text under `key` with one placeholder filled in.
    pub fn with(&self, key: &str, name: &str, value: impl Display) -> String {
        texts::text_with(self.locale, key, &[(name, value.to_string())])
    }

    /// The text under `key` in the plural form for a number.
    pub fn count(&self, key: &str, count: impl Borrow<u64>) -> String {
        texts::text_count(self.locale, key, *count.borrow())
    }

    /// A path of the portal in the page's language.
    pub fn url(&self, path: &str) -> String {
        format!("/{}{path}", self.locale.code())
    }

    /// This page in the other language.
    pub fn other_url(&self) -> String {
        format!("/{}{}", self.locale.other().code(), self.path)
    }

    pub fn lang(&self) -> &'static str {
        self.locale.code()
    }

    pub fn other_lang(&self) -> &'static str {
        self.locale.other().code()
    }

    pub fn date_time(&self, at: impl Borrow<Instant>) -> String {
        texts::date_time(self.locale, *at.borrow(), self.tz)
    }

    pub fn date(&self, at: impl Borrow<Instant>) -> String {
        texts::date(self.locale, *at.borrow(), self.tz)
    }

    pub fn time(&self, at: impl Borrow<Instant>) -> String {
        texts::time(self.locale, *at.borrow(), self.tz)
    }

    /// Hours and minutes.
    pub fn clock(&self, at: impl Borrow<Instant>) -> String {
        texts::clock(self.locale, *at.borrow(), self.tz)
    }

    /// For `<time datetime>`.
    pub fn machine_time(&self, at: impl Borrow<Instant>) -> String {
        texts::machine_time(*at.borrow())
    }

    /// The address of a static file, with its content's hash.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Whether the page is one of the member's own pages ("Profiles").
    pub fn in_profile(&self) -> bool {
        matches!(self.nav, Nav::Profile | Nav::Permissions | Nav::History | Nav::Sessions)
    }

    /// The links of the main menu for people with a role, in order: path, key of the label, whether the page belongs there.
    pub fn role_links(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let links = [
            (Role::Lecturer, "/courses", "nav-courses", Nav::Courses),
            (Role::TermsEditor, "/terms", "nav-terms", Nav::Terms),
            (Role::Auditor, "/audit", "nav-audit", Nav::Audit),
        ];
        let (roles, here) = (self.roles, self.nav);
        let held = links.into_iter().filter(move |(role, ..)| roles.has(*role));
        held.map(move |(_, path, label, nav)| (path, label, nav == here))
    }

    /// The links of the tab row, in order: path, key of the label, whether it is the page's own tab.
    pub fn tabs(&self) -> [(&'static str, &'static str, bool); 4] {
        [
            ("/profile", "tab-profile", self.nav == Nav::Profile),
            ("/profile/permissions", "tab-permissions", self.nav == Nav::Permissions),
            ("/profile/history", "tab-history", self.nav == Nav::History),
            ("/profile/sessions", "tab-sessions", self.nav == Nav::Sessions),
        ]
    }
}
