//! The log, searched.

use askama::Template;

use super::{Choice, FieldProblem, PersonLink, problem_of};
use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// `GET /audit`
#[derive(Template)]
#[template(path = "audit/records.html")]
pub struct RecordsPage {
    pub frame: Frame,
    pub reason: String,
    pub form: SearchForm,
    pub problems: Vec<FieldProblem>,
    /// Whom the search for a person means.
    pub people: Vec<PersonLink>,
    pub too_many_people: bool,
    /// How many records there are, in words.
    pub count: String,
    pub rows: Vec<RecordRow>,
    pub newer_url: Option<String>,
    pub older_url: Option<String>,
}

/// The form as it was filled in.
#[derive(Clone, Debug)]
pub struct SearchForm {
    pub q: String,
    /// The id of the one person who is meant, instead of a name.
    pub account: Option<String>,
    pub services: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub versions: Vec<Choice>,
    pub causes: Vec<Choice>,
    pub from: String,
    pub until: String,
    /// Whether anything narrows the search.
    pub is_filled: bool,
}

#[derive(Clone, Debug)]
pub struct RecordRow {
    pub url: String,
    pub at: Instant,
    pub kind: String,
    /// Version and cause, in words.
    pub more: Option<String>,
    pub person: Option<PersonLink>,
    pub actor: Actor,
    pub service: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Actor {
    Person(PersonLink),
    /// The worker or somebody at the command line, in words.
    Other(String),
}

impl RecordsPage {
    fn own_tab(&self) -> &'static str {
        "/audit"
    }

    fn problem(&self, field: &str) -> Option<&str> {
        problem_of(&self.problems, field)
    }
}
