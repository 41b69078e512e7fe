//! What lecturers see: their courses, a class, a board.

mod board;
mod class;
mod list;
mod reminder;
mod upload;

pub use board::{BoardPage, Tally};
pub use class::{ClassPage, People, PersonRow, ServiceTab};
pub use list::{CourseRow, CoursesPage};
pub use reminder::{Checking, ReminderPage, Sent, Stage, WordsProblem, Writing};
pub use upload::{AnswerRow, AnswersPage, CurrentList, Filter, ServiceChoice, UploadPage, lacking, verdict_label};

use crate::{
    domain::{
        courses::{Count, Course, Half},
        locale::Locale,
    },
    texts,
};

/// What a course is called, and where its page is.
#[derive(Clone, Debug)]
pub struct CourseName {
    pub title: String,
    pub number: Option<String>,
    pub term: Option<String>,
    pub url: String,
}

impl CourseName {
    /// The term in words; as the directory writes it where that is not understood.
    pub fn term(locale: Locale, course: &Course) -> Option<String> {
        let Some(term) = course.parsed_term() else { return course.term.clone() };
        let (key, years) = match term.half {
            Half::Summer => ("courses-summer", term.year.to_string()),
            Half::Winter => ("courses-winter", format!("{}/{:02}", term.year, (term.year + 1).rem_euclid(100))),
        };
        Some(texts::text_with(locale, key, &[("years", years)]))
    }

    /// Number and term, as far as they are known.
    pub fn facts(&self) -> Vec<&str> {
        self.number.as_deref().into_iter().chain(self.term.as_deref()).collect()
    }
}

/// How many of a class have activated a service.
#[derive(Clone, Debug)]
pub struct Bar {
    pub service_name: String,
    /// "23 of 30 activated"
    pub text: String,
    /// Rounded down.
    pub percent: usize,
}

impl Bar {
    pub fn new(locale: Locale, service_name: &str, count: Count) -> Self {
        let numbers = [("activated", count.activated.to_string()), ("people", count.people.to_string())];
        Self {
            service_name: service_name.to_owned(),
            text: texts::text_with(locale, "courses-count", &numbers),
            percent: count.percent(),
        }
    }
}
