//! One record, with everything that is stored.

use askama::Template;

use super::{PersonLink, records::Actor};
use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// `GET /audit/records/{id}`
#[derive(Template)]
#[template(path = "audit/record.html")]
pub struct RecordPage {
    pub frame: Frame,
    pub reason: String,
    pub id: String,
    pub at: Instant,
    pub kind: String,
    pub kind_name: String,
    pub person: Option<PersonLink>,
    pub actor: Actor,
    pub service: Option<String>,
    pub request_id: String,
    /// Names and values of what else is recorded.
    pub detail: Vec<(String, String)>,
    /// Whose data the record is about besides; the first of them.
    pub subjects: Vec<PersonLink>,
    pub more_subjects: Option<String>,
    /// How many of them have not signed in yet.
    pub strangers: Option<String>,
}

impl RecordPage {
    /// None of the tabs: a record is a page below them.
    fn own_tab(&self) -> &'static str {
        ""
    }
}
