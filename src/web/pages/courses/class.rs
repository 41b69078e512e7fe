//! One class.

use askama::Template;
use askama_web::WebTemplate;

use super::{Bar, CourseName};
use crate::{
    clock::Instant,
    web::pages::frame::{Frame, Nav},
};

/// How many people one command of the chat may name: its messages end at 5,000 characters.
const PER_COMMAND: usize = 50;

/// What the chat takes for everybody in a channel.
const EVERYBODY: [&str; 2] = ["all", "here"];

/// `GET /courses/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "courses/class.html")]
pub struct ClassPage {
    pub frame: Frame,
    pub name: CourseName,
    pub course_id: String,
    /// One for each service that lecturers may see.
    pub tabs: Vec<ServiceTab>,
    /// The slug of the service that the page is about.
    pub service: String,
    pub bar: Bar,
    /// `None`: the course is so small that only the count is shown.
    pub people: Option<People>,
    /// The size from which names are shown.
    pub smallest: usize,
    pub read_at: Instant,
    /// What was searched for; empty: everybody is shown.
    pub sought: String,
    /// Whether people can be invited by a command of the chat.
    pub invites: bool,
    /// Of those who have activated, whatever was searched for.
    pub usernames: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct ServiceTab {
    pub name: String,
    pub url: String,
    pub is_current: bool,
}

/// The people found.
#[derive(Clone, Debug)]
pub struct People {
    pub missing: Vec<PersonRow>,
    pub activated: Vec<PersonRow>,
}

#[derive(Clone, Debug)]
pub struct PersonRow {
    pub name: String,
    pub username: String,
}

impl ClassPage {
    /// Lines such as `/invite @anna @ben`. Other names than those that accounts of the chat may have would be read as something
    /// else, and so would the chat's own words for everybody.
    pub fn commands(&self) -> String {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_account = |name: &&str| name.chars().all(is_plain) && !EVERYBODY.contains(&name.to_lowercase().as_str());
        let names: Vec<&str> =
            self.usernames.iter().map(String::as_str).filter(|name| !name.is_empty()).filter(is_account).collect();
        let line = |names: &[&str]| format!("/invite @{}", names.join(" @"));
        names.chunks(PER_COMMAND).map(line).collect::<Vec<_>>().join("\n")
    }

    /// One name on each line.
    pub fn plain_usernames(&self) -> String {
        let one_line = |name: &String| name.replace(char::is_control, " ");
        self.usernames.iter().map(one_line).collect::<Vec<_>>().join("\n")
    }

    pub fn found(&self) -> u64 {
        let count = |people: &People| people.missing.len() + people.activated.len();
        self.people.as_ref().map_or(0, |people| count(people) as u64)
    }

    /// A page about the same course and service.
    pub fn url_of(&self, page: &str) -> String {
        self.frame.url(&format!("/courses/{}{page}?service={}", self.course_id, self.service))
    }

    pub fn smallest_text(&self) -> String {
        self.frame.with("class-too-small", "smallest", self.smallest)
    }
}
