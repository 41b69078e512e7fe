//! What terms editors see: the services' terms, the draft of a next version, and what publishing it would do.

use askama::Template;
use askama_web::WebTemplate;

use super::{
    frame::{Frame, Nav},
    permissions::Problem,
};
use crate::{
    clock::Instant,
    domain::{
        locale::Locale,
        terms_drafts::{LONGEST_TEXT, MOST_DAYS},
        terms_notices::{Impact, Stage},
        text_diff::{Change, Diff, Line},
    },
    texts,
};

/// `GET /terms`
#[derive(Template, WebTemplate)]
#[template(path = "terms/index.html")]
pub struct TermsIndexPage {
    pub frame: Frame,
    pub services: Vec<TermsRow>,
}

/// One service in the list.
#[derive(Clone, Debug)]
pub struct TermsRow {
    pub service_name: String,
    pub edit_url: String,
    /// The version in effect.
    pub current: Option<VersionLink>,
    /// The newest version, if it is not in effect yet.
    pub upcoming: Option<VersionLink>,
    pub draft: Option<SavedBy>,
}

/// A published version, as pages link to it.
#[derive(Clone, Debug)]
pub struct VersionLink {
    pub number: String,
    pub url: String,
    pub effective: Instant,
}

/// Who saved a draft, and when.
#[derive(Clone, Debug)]
pub struct SavedBy {
    pub name: String,
    pub at: Instant,
}

impl SavedBy {
    pub fn sentence(&self, frame: &Frame) -> String {
        let args = [("name", self.name.clone()), ("date", frame.date_time(self.at))];
        texts::text_with(frame.locale, "draft-saved-by", &args)
    }
}

/// `GET /terms/{service}/edit`, and the forms on it when something has to be put right.
///
/// The large form posts `form_token`, `account`, `basis`, `source_de`, `source_en`, `weight` (`major`, `minor`), `grace_days`,
/// `effective_on` and `action` (`save`, `preview`) to the same address; the others post `form_token`, `basis` and what they are for.
#[derive(Template, WebTemplate)]
#[template(path = "terms/edit.html")]
pub struct EditorPage {
    pub frame: Frame,
    pub slug: String,
    pub service_name: String,
    pub newest: Option<VersionLink>,
    pub next_number: String,
    pub draft: Option<SavedBy>,
    /// Whether the form holds exactly what is stored.
    pub is_saved: bool,
    /// Whether the form holds anything else than what the page shows at first.
    pub is_changed: bool,
    pub texts: [TextField; 2],
    pub is_major: bool,
    pub grace_days: String,
    pub effective_on: String,
    pub earliest_day: String,
    pub latest_day: String,
    pub impact: Option<Impact>,
    /// What was typed to confirm the publication.
    pub confirmation: String,
    pub problems: Vec<Problem>,
    pub basis: String,
    pub account: String,
    pub form_token: String,
}

/// The text in one language.
#[derive(Clone, Debug)]
pub struct TextField {
    pub language: Locale,
    pub source: String,
    pub preview: String,
    /// From the newest version to this text.
    pub diff: Diff,
    /// From what somebody else stored to this text, after being overtaken.
    pub other_diff: Option<Diff>,
}

impl TextField {
    pub fn id(&self) -> String {
        format!("source_{}", self.language.code())
    }

    pub fn title(&self, frame: &Frame) -> String {
        frame.t(match self.language {
            Locale::De => "editor-text-de",
            Locale::En => "editor-text-en",
        })
    }
}

impl EditorPage {
    pub fn problem(&self, field_id: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field_id == field_id).map(|problem| problem.text.as_str())
    }

    pub fn longest(&self) -> usize {
        LONGEST_TEXT
    }

    pub fn most_days(&self) -> i32 {
        MOST_DAYS
    }

    pub fn diff_summary(&self, diff: &Diff) -> String {
        if diff.is_empty() {
            return self.frame.t("diff-none");
        }
        let words = |key: &str, count: usize| self.frame.count(key, u64::try_from(count).unwrap_or_default());
        format!("{} {}", words("diff-added", diff.added), words("diff-removed", diff.removed))
    }

    /// Whether the version would come without any time to accept it.
    pub fn has_no_grace(&self) -> bool {
        self.impact.as_ref().is_some_and(|impact| impact.ends_at.is_some_and(|ends| ends <= impact.effective_at))
    }

    /// What publishing would do, in sentences.
    pub fn impact_sentences(&self, impact: &Impact) -> Vec<String> {
        let count = |key: &str, count: i64| self.frame.count(key, u64::try_from(count).unwrap_or_default());
        let mut sentences = vec![count("impact-members", impact.members)];
        let Some(ends_at) = impact.ends_at else {
            sentences.push(self.frame.t("impact-nobody"));
            return sentences;
        };
        sentences.push(count("impact-must-accept", impact.must_accept));
        if impact.mails.is_empty() {
            sentences.push(self.frame.t("impact-ending-mail"));
        } else {
            sentences.push(count("impact-mails", impact.mail_count()));
        }
        if impact.reachable < impact.must_accept {
            sentences.push(count("impact-unreachable", impact.must_accept - impact.reachable));
        }
        sentences.push(self.frame.with("impact-ends", "date", self.frame.date_time(ends_at)));
        sentences
    }

    /// When mails are sent, in words.
    pub fn stage_sentence(&self, stage: Stage, at: Instant) -> String {
        match stage {
            Stage::Published => self.frame.t("impact-stage-published"),
            Stage::WeekBefore => self.frame.with("impact-stage-week", "date", self.frame.date(at)),
            Stage::DayBefore => self.frame.with("impact-stage-day", "date", self.frame.date(at)),
        }
    }
}

/// A text that came too late to be saved: shown, so that nothing is lost.
#[derive(Template, WebTemplate)]
#[template(path = "terms/session_ended.html")]
pub struct TextKeptPage {
    pub frame: Frame,
    pub back: String,
    pub sources: [(Locale, String); 2],
}
