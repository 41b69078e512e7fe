//! Everything that is stored about the person.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::{Frame, Nav};
use crate::{
    clock::Instant,
    domain::own_data::{
        OwnAcceptance, OwnAccount, OwnList, OwnReminder, OwnRequest, OwnService, OwnSession, OwnWithdrawal,
    },
};

/// `GET /profile/data`. Services come with their names.
#[derive(Template, WebTemplate)]
#[template(path = "profile/data.html")]
pub struct OwnDataPage {
    pub frame: Frame,
    pub account: OwnAccount,
    pub services: Vec<(String, OwnService)>,
    pub acceptances: Vec<(String, OwnAcceptance)>,
    pub withdrawals: Vec<(String, OwnWithdrawal)>,
    pub requests: Vec<(String, OwnRequest)>,
    pub lists: Vec<(String, OwnList)>,
    pub reminders: Vec<(String, OwnReminder)>,
    pub sessions: Vec<OwnSession>,
    /// The newest records of the log; the file has all of them.
    pub records: Vec<RecordRow>,
    pub record_count: u64,
}

/// A record of the log about the person.
#[derive(Clone, Debug)]
pub struct RecordRow {
    pub at: Instant,
    /// What it states, in the page's language.
    pub kind: String,
    pub by: String,
    pub service_name: Option<String>,
    /// Why somebody else looked, or in which course.
    pub reason: Option<String>,
}
