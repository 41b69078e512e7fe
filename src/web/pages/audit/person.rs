//! All that is known about one person.

use askama::Template;

use crate::{
    clock::Instant,
    domain::accounts::Account,
    web::pages::{
        frame::{Frame, Nav},
        history::{HistoryEntry, LookRow},
        result::ProofStep,
    },
};

/// `GET /audit/people/{account}`
#[derive(Template)]
#[template(path = "audit/person.html")]
pub struct PersonPage {
    pub frame: Frame,
    pub reason: String,
    pub account: Account,
    pub is_erased: bool,
    pub created: Instant,
    pub seen: Instant,
    pub affiliations: Vec<String>,
    /// As last recorded.
    pub roles: Vec<String>,
    pub directory: DirectoryNow,
    pub asked_at: Instant,
    pub services: Vec<ServiceNow>,
    pub entries: Vec<HistoryEntry>,
    pub looks: Vec<LookRow>,
    pub records_url: String,
}

/// The person in the directory.
#[derive(Clone, Debug)]
pub enum DirectoryNow {
    Present {
        display_name: String,
        username: String,
        mail: Option<String>,
        dn: String,
        affiliations: Vec<String>,
    },
    Gone,
    /// The directory does not answer.
    Unknown,
}

/// One service and this person.
#[derive(Clone, Debug)]
pub struct ServiceNow {
    pub name: String,
    /// Of the terms whose acceptance stands.
    pub version: Option<i32>,
    pub accepted_since: Option<Instant>,
    pub decision: Option<String>,
    /// Whether the person shall have the service although no acceptance stands.
    pub is_ungrounded: bool,
    /// How it stands now.
    pub verdict: String,
    pub class: &'static str,
    /// What the person is told about it.
    pub explanation: Option<String>,
    pub proof: Vec<ProofStep>,
}

impl ServiceNow {
    fn has_facts(&self) -> bool {
        self.version.is_some() || self.accepted_since.is_some() || self.decision.is_some() || self.explanation.is_some()
    }
}

impl PersonPage {
    fn own_tab(&self) -> &'static str {
        ""
    }

    fn heading(&self) -> String {
        if self.is_erased { self.frame.t("audit-erased") } else { self.account.display_name.clone() }
    }
}
