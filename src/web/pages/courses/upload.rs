//! Uploading a list of participants, and what is said about each line of it.

use askama::Template;
use askama_web::WebTemplate;

use crate::{
    clock::Instant,
    domain::{
        participant_list::{Identifier, Identity, Row},
        uploads::Verdict,
    },
    texts,
    web::pages::frame::{Frame, Nav, NoticeKind},
};

/// `GET /courses/upload`, and its `POST` when the file cannot be taken.
///
/// The form posts `form_token`, `service` (a slug) and `list` (the file), as `multipart/form-data`.
#[derive(Template, WebTemplate)]
#[template(path = "courses/upload.html")]
pub struct UploadPage {
    pub frame: Frame,
    pub form_token: String,
    /// Those that lecturers may see.
    pub services: Vec<ServiceChoice>,
    /// What people in a list may be told apart by, the preferred first.
    pub identify_by: Vec<Identifier>,
    pub most_kilobytes: usize,
    pub most_lines: usize,
    /// How long a list is kept, in minutes.
    pub kept_minutes: u64,
    /// The size from which people of a class are answered about.
    pub smallest: usize,
    /// What is wrong with the file that was sent.
    pub problem: Option<String>,
    /// The list that is kept now.
    pub current: Option<CurrentList>,
}

#[derive(Clone, Debug)]
pub struct ServiceChoice {
    pub slug: String,
    pub name: String,
    pub is_chosen: bool,
}

#[derive(Clone, Debug)]
pub struct CurrentList {
    pub url: String,
    pub uploaded_at: Instant,
}

impl UploadPage {
    /// "username, mail address"
    pub fn identifiers(&self) -> String {
        let names: Vec<String> = self.identify_by.iter().map(|by| identifier_label(&self.frame, *by)).collect();
        names.join(", ")
    }

    pub fn limits(&self) -> String {
        let args = [("kilobytes", self.most_kilobytes.to_string()), ("lines", self.most_lines.to_string())];
        texts::text_with(self.frame.locale, "upload-limits", &args)
    }

    pub fn kept(&self) -> String {
        kept(&self.frame, self.kept_minutes)
    }

    pub fn only_own(&self) -> String {
        self.frame.with("upload-only-own", "smallest", self.smallest)
    }
}

/// "60 minutes"
fn kept(frame: &Frame, minutes: u64) -> String {
    frame.count("upload-kept", minutes)
}

fn identifier_label(frame: &Frame, by: Identifier) -> String {
    frame.t(match by {
        Identifier::Username => "upload-by-username",
        Identifier::Mail => "upload-by-mail",
        Identifier::Matriculation => "upload-by-matriculation",
    })
}

/// `GET /courses/upload/{list}`
#[derive(Template, WebTemplate)]
#[template(path = "courses/answers.html")]
pub struct AnswersPage {
    pub frame: Frame,
    pub form_token: String,
    pub id: String,
    pub service_name: String,
    /// One for all lines, then one for each verdict.
    pub filters: Vec<Filter>,
    /// The name of the filter in use; `None`: all lines.
    pub shown: Option<&'static str>,
    pub rows: Vec<AnswerRow>,
    /// The line behind which the next page begins.
    pub next_after: Option<usize>,
    /// Whether this is not the first page.
    pub is_continued: bool,
    pub smallest: usize,
    pub surplus_columns: usize,
    pub has_passwords: bool,
    pub uploaded_at: Instant,
    pub ends_at: Instant,
}

#[derive(Clone, Debug)]
pub struct Filter {
    pub label: String,
    pub count: usize,
    pub url: String,
    pub is_current: bool,
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct AnswerRow {
    pub row: Row,
    pub verdict: Verdict,
    /// The name of the person in the lecturer's class, if the line has the username.
    pub name: Option<String>,
}

impl AnswerRow {
    /// As the file has it.
    pub fn value(&self) -> &str {
        self.row.identity.as_ref().map_or("", |Identity { value, .. }| value.as_str())
    }

    /// Why there is no value.
    pub fn no_value(&self, frame: &Frame) -> String {
        lacking(frame, self.row.lacks).unwrap_or_else(|| frame.t("upload-no-value"))
    }

    pub fn by_label(&self, frame: &Frame) -> String {
        self.row.identity.as_ref().map(|identity| identifier_label(frame, identity.by)).unwrap_or_default()
    }

    pub fn verdict_label(&self, frame: &Frame) -> String {
        verdict_label(frame, self.verdict)
    }

    pub fn verdict_class(&self) -> &'static str {
        match self.verdict {
            Verdict::Activated => NoticeKind::Success.class(),
            // Use is voluntary: nothing to warn of.
            Verdict::NotActivated => NoticeKind::Info.class(),
            Verdict::NotVerifiable => "neutral",
        }
    }
}

/// What a line should have told and does not: a fact about the file alone.
pub fn lacking(frame: &Frame, lacks: Option<Identifier>) -> Option<String> {
    let key = match lacks? {
        Identifier::Username => "upload-no-username",
        Identifier::Mail => "upload-no-mail",
        Identifier::Matriculation => "upload-no-matriculation",
    };
    Some(frame.t(key))
}

/// The verdict in a few words.
pub fn verdict_label(frame: &Frame, verdict: Verdict) -> String {
    frame.t(match verdict {
        Verdict::NotActivated => "upload-not-activated",
        Verdict::Activated => "upload-activated",
        Verdict::NotVerifiable => "upload-not-verifiable",
    })
}

impl AnswersPage {
    /// A page about the same list.
    pub fn url_of(&self, page: &str) -> String {
        self.frame.url(&format!("/courses/upload/{}{page}", self.id))
    }

    /// Which list it is: that of this time, as no name of a file is kept.
    pub fn intro(&self) -> String {
        let args = [("service", self.service_name.clone()), ("time", self.frame.date_time(self.uploaded_at))];
        texts::text_with(self.frame.locale, "upload-answers-intro", &args)
    }

    /// The next page, with the same lines left out.
    pub fn next_url(&self) -> Option<String> {
        let after = self.next_after?;
        let shown = self.shown.map(|shown| format!("&show={shown}")).unwrap_or_default();
        Some(self.url_of(&format!("?after={after}{shown}")))
    }

    pub fn surplus_text(&self) -> String {
        self.frame.count("upload-surplus", self.surplus_columns as u64)
    }

    pub fn not_verifiable_text(&self) -> String {
        self.frame.with("upload-not-verifiable-text", "smallest", self.smallest)
    }
}
