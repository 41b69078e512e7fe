//! The mail that a lecturer has sent to those of a class who have not activated a service: the lecturer's own words within a
//! frame that nobody can change.

use askama::Template;

use super::Letter;
use crate::{
    clock::Instant,
    domain::locale::{Locale, Text},
    texts,
};

/// What a reminder says.
#[derive(Clone, Debug)]
pub struct ReminderMail {
    /// The language that the person reads; `None`: not known, so both.
    pub locale: Option<Locale>,
    pub portal_name: Text,
    pub organisation: Text,
    pub display_name: String,
    pub lecturer: String,
    pub course: String,
    pub service_name: Text,
    /// The lecturer's own words: plain text.
    pub words: Text,
    pub at: Instant,
    /// Absolute address of "Permissions", per language.
    pub permissions_url: Text,
}

#[derive(Template)]
#[template(path = "mail/reminder.txt", whitespace = "preserve")]
struct PlainPart<'a> {
    sections: &'a [Section],
}

#[derive(Template)]
#[template(path = "mail/reminder.html")]
struct HtmlPart<'a> {
    subject: &'a str,
    sections: &'a [Section],
}

/// The mail in one language: finished sentences only.
#[derive(Clone, Debug)]
pub struct Section {
    pub lang: &'static str,
    pub greeting: String,
    pub why: String,
    /// Before the words, so that nothing in them can keep anybody from reading it.
    pub voluntary: String,
    pub words_from: String,
    pub words: String,
    /// Where the words end.
    pub words_end: String,
    pub how: String,
    pub permissions_url: String,
    pub footer: String,
}

impl Section {
    /// The words as the plain text has them: set in, so that nobody takes them for the portal's own.
    pub fn set_in(&self) -> String {
        let set_in = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
        self.words.lines().map(set_in).collect::<Vec<_>>().join("\n")
    }
}

impl Letter for ReminderMail {
    fn display_name(&self) -> &str {
        &self.display_name
    }

    fn at(&self) -> Instant {
        self.at
    }

    fn subject(&self) -> String {
        let locale = self.locale.unwrap_or(Locale::De);
        let args = [("service", self.service_name.get(locale).to_owned()), ("course", self.course.clone())];
        texts::text_with(locale, "reminder-mail-subject", &args).replace(char::is_control, " ")
    }

    fn text(&self) -> askama::Result<String> {
        PlainPart { sections: &self.sections() }.render()
    }

    fn html(&self) -> askama::Result<String> {
        HtmlPart { subject: &self.subject(), sections: &self.sections() }.render()
    }
}

impl ReminderMail {
    /// One for the person's language; without one German and English.
    pub fn sections(&self) -> Vec<Section> {
        match self.locale {
            Some(locale) => vec![self.section(locale)],
            None => Locale::ALL.map(|locale| self.section(locale)).to_vec(),
        }
    }

    fn section(&self, locale: Locale) -> Section {
        let args = [
            ("name", self.display_name.clone()),
            ("lecturer", self.lecturer.clone()),
            ("course", self.course.clone()),
            ("service", self.service_name.get(locale).to_owned()),
            ("portal", self.portal_name.get(locale).to_owned()),
            ("organisation", self.organisation.get(locale).to_owned()),
        ];
        let say = |key: &str| texts::text_with(locale, key, &args);
        Section {
            lang: locale.code(),
            greeting: say("mail-greeting"),
            why: say("reminder-mail-why"),
            voluntary: say("reminder-mail-voluntary"),
            words_from: say("reminder-mail-words-from"),
            words: self.words.get(locale).to_owned(),
            words_end: say("reminder-mail-words-end"),
            how: say("reminder-mail-how"),
            permissions_url: self.permissions_url.get(locale).to_owned(),
            footer: say("mail-footer"),
        }
    }
}
