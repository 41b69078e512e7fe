//! Who had a service at a time.

use askama::Template;

use super::{Choice, FieldProblem, PersonLink, problem_of};
use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// `GET /audit/standing`
#[derive(Template)]
#[template(path = "audit/standing.html")]
pub struct StandingPage {
    pub frame: Frame,
    pub reason: String,
    pub form: StandingForm,
    pub problems: Vec<FieldProblem>,
    pub service_name: String,
    pub at: Instant,
    pub too_many_people: bool,
    /// How many there are, in words.
    pub count: Option<String>,
    pub rows: Vec<StandingRow>,
    pub next_url: Option<String>,
    pub export_url: Option<String>,
}

#[derive(Clone, Debug)]
pub struct StandingForm {
    pub services: Vec<Choice>,
    pub versions: Vec<Choice>,
    pub q: String,
    pub on: String,
    pub ungrounded: bool,
}

#[derive(Clone, Debug)]
pub struct StandingRow {
    pub person: PersonLink,
    pub since: Instant,
    /// The version whose acceptance stood.
    pub ground: Option<String>,
    pub language: Option<String>,
    pub receipt: Option<String>,
    pub cause: Option<String>,
}

impl StandingPage {
    fn own_tab(&self) -> &'static str {
        "/audit/standing"
    }

    fn problem(&self, field: &str) -> Option<&str> {
        problem_of(&self.problems, field)
    }
}
