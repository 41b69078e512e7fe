//! Why an auditor looks.

use askama::Template;

use crate::web::pages::frame::{Frame, Nav};

/// `GET /audit/reason`
#[derive(Template)]
#[template(path = "audit/reason.html")]
pub struct ReasonPage {
    pub frame: Frame,
    pub form_token: String,
    pub next: Option<String>,
    pub reason: String,
    pub is_wrong: bool,
}
