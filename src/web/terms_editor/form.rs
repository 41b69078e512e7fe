//! The editor's form: what was typed, and what is wrong with it.

use chrono::NaiveDate;

use super::super::{
    forms::Fields,
    pages::{frame::Frame, permissions::Problem},
};
use crate::{
    domain::{
        catalogue::Service,
        locale::{Locale, Text},
        terms_drafts::{Content, Desk, LONGEST_TEXT, MOST_DAYS, Refusal},
    },
    texts,
};

/// What is in the form, as it was typed.
#[derive(Clone, Debug)]
pub(super) struct Entered {
    pub(super) source: Text,
    pub(super) is_major: bool,
    pub(super) grace_days: String,
    pub(super) effective_on: String,
    pub(super) basis: String,
    pub(super) confirmation: String,
}

impl Entered {
    pub(super) fn from(fields: &Fields) -> Self {
        let get = |name: &str| fields.get(name).unwrap_or_default();
        // Browsers end the lines of a text with CR and LF.
        let text = |name: &str| get(name).replace("\r\n", "\n");
        Self {
            source: Text::new(text("source_de"), text("source_en")),
            is_major: get("weight") != "minor",
            grace_days: get("grace_days").trim().to_owned(),
            effective_on: get("effective_on").trim().to_owned(),
            basis: get("basis").to_owned(),
            confirmation: String::new(),
        }
    }

    pub(super) fn stored(desk: &Desk) -> Self {
        let Content { source, major, grace_days, effective_on } = desk.content();
        Self {
            source,
            is_major: major,
            grace_days: grace_days.to_string(),
            effective_on: effective_on.map(|date| date.to_string()).unwrap_or_default(),
            basis: desk.basis(),
            confirmation: String::new(),
        }
    }

    /// # Errors
    /// Everything that cannot be stored as it was typed.
    pub(super) fn parse(&self) -> Result<Content, Vec<Fault>> {
        let is_too_long = |locale: &Locale| self.source.get(*locale).len() > LONGEST_TEXT;
        let mut faults: Vec<Fault> = Locale::ALL.into_iter().filter(is_too_long).map(Fault::TooLong).collect();
        let grace_days = self.grace_days.parse().ok().filter(|days| (0..=MOST_DAYS).contains(days));
        if grace_days.is_none() {
            faults.push(Fault::GraceDays);
        }
        let effective_on: Option<NaiveDate> = self.effective_on.parse().ok();
        if effective_on.is_none() && !self.effective_on.is_empty() {
            faults.push(Fault::Date);
        }
        match grace_days {
            Some(grace_days) if faults.is_empty() => {
                Ok(Content { source: self.source.clone(), major: self.is_major, grace_days, effective_on })
            }
            _ => Err(faults),
        }
    }
}

/// What is wrong with what an editor entered or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooLong(Locale),
    Empty(Locale),
    GraceDays,
    Date,
    Past,
    TooFar,
    Unchanged,
    NoDraft,
    NotConfirmed,
    /// Somebody else saved while this was written.
    Overtaken,
    /// What was to be published or thrown away is not what is there now.
    Moved,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Overtaken => Self::Moved,
            Refusal::NoDraft => Self::NoDraft,
            Refusal::Empty(locale) => Self::Empty(locale),
            Refusal::Unchanged => Self::Unchanged,
            Refusal::Past => Self::Past,
            Refusal::TooFar => Self::TooFar,
        }
    }
}

impl Fault {
    pub(super) fn problem(self, frame: &Frame, service: &Service) -> Problem {
        let source = |locale: Locale| format!("source_{}", locale.code());
        let (field_id, key) = match self {
            Self::TooLong(locale) => (source(locale), "problem-text-too-long"),
            Self::Empty(Locale::De) => (source(Locale::De), "problem-text-missing-de"),
            Self::Empty(Locale::En) => (source(Locale::En), "problem-text-missing-en"),
            Self::GraceDays => ("grace_days".to_owned(), "problem-grace-days"),
            Self::Date => ("effective_on".to_owned(), "problem-date"),
            Self::Past => ("effective_on".to_owned(), "problem-date-past"),
            Self::TooFar => ("effective_on".to_owned(), "problem-date-too-far"),
            Self::Unchanged => (source(Locale::De), "problem-text-unchanged"),
            Self::NoDraft => (source(Locale::De), "problem-no-draft"),
            Self::NotConfirmed => ("confirmation".to_owned(), "problem-not-confirmed"),
            Self::Overtaken => (source(Locale::De), "problem-overtaken"),
            Self::Moved => (source(Locale::De), "problem-moved"),
        };
        let name = service.name.get(frame.locale).to_owned();
        Problem { field_id, text: texts::text_with(frame.locale, key, &[("service", name)]) }
    }
}
