//! Reminding those of a class who have not activated a service.

use askama::Template;
use askama_web::WebTemplate;

use super::{CourseName, ServiceTab};
use crate::{
    clock::Instant,
    domain::locale::Text,
    mail::ReminderMail,
    web::pages::frame::{Frame, Nav},
};

/// `GET /courses/{id}/reminder`, and its `POST` before anything is sent.
///
/// The form posts `form_token`, `service`, `text_de`, `text_en` and `step`: `check` shows the mails and the count, `edit` the form
/// again, `send` sends what `seen` names: the words and the count that the lecturer has looked at.
#[derive(Template, WebTemplate)]
#[template(path = "courses/reminder.html")]
pub struct ReminderPage {
    pub frame: Frame,
    pub form_token: String,
    pub name: CourseName,
    pub course_id: String,
    /// The slug of the service that the page is about.
    pub service: String,
    pub service_name: String,
    /// One for each service that lecturers may see.
    pub tabs: Vec<ServiceTab>,
    /// How many are missing.
    pub missing: usize,
    pub stage: Stage,
    /// After how many days another reminder may follow.
    pub every_days: u64,
}

/// How far the lecturer is.
pub enum Stage {
    /// Everybody has activated the service.
    NobodyMissing,
    /// The course had a reminder too recently: this one.
    Sent(Sent),
    Writing(Writing),
    Checking(Checking),
}

/// The last reminder. Nothing is told about single people.
#[derive(Clone, Debug)]
pub struct Sent {
    pub service_name: String,
    pub people: u64,
    pub at: Instant,
    pub again_at: Instant,
}

#[derive(Clone, Debug)]
pub struct Writing {
    /// The lecturer's own words.
    pub words: Text,
    pub longest: usize,
    pub problems: Vec<WordsProblem>,
    /// A mail with nothing in the place of the words.
    pub mail: ReminderMail,
}

#[derive(Clone, Debug)]
pub struct WordsProblem {
    /// `text_de` or `text_en`: the id of the field.
    pub field: &'static str,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Checking {
    pub words: Text,
    /// The mail as somebody receives it whose language is not known: in both languages.
    pub mail: ReminderMail,
    pub subjects: [String; 2],
    /// Names what is shown here; the form sends it back.
    pub seen: String,
    /// Something else was to be sent than what was looked at before.
    pub is_again: bool,
}

/// A field of the form.
pub struct Field<'a> {
    pub id: &'static str,
    pub lang: &'static str,
    pub label: String,
    pub value: &'a str,
    pub problem: Option<&'a str>,
}

impl Writing {
    pub fn fields(&self, frame: &Frame) -> [Field<'_>; 2] {
        let field = |id: &'static str, lang: &'static str, value| Field {
            label: frame.t(if lang == "de" { "reminder-text-de" } else { "reminder-text-en" }),
            problem: self.problems.iter().find(|problem| problem.field == id).map(|problem| problem.text.as_str()),
            id,
            lang,
            value,
        };
        [field("text_de", "de", self.words.de.as_str()), field("text_en", "en", self.words.en.as_str())]
    }
}

impl ReminderPage {
    pub fn has_problems(&self) -> bool {
        match &self.stage {
            Stage::Writing(writing) => !writing.problems.is_empty(),
            Stage::Checking(checking) => checking.is_again,
            Stage::NobodyMissing | Stage::Sent(_) => false,
        }
    }

    pub fn url(&self) -> String {
        self.frame.url(&format!("/courses/{}/reminder", self.course_id))
    }

    pub fn missing_count(&self) -> u64 {
        self.missing as u64
    }
}
