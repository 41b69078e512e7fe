//! Own acceptances and withdrawals.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::{Frame, Nav, NoticeKind};
use crate::{clock::Instant, domain::locale::Locale};

/// `GET /profile/history`
#[derive(Template, WebTemplate)]
#[template(path = "profile/history.html")]
pub struct HistoryPage {
    pub frame: Frame,
    /// Newest first.
    pub entries: Vec<HistoryEntry>,
}

#[derive(Clone, Debug)]
pub struct HistoryEntry {
    pub at: Instant,
    pub kind: HistoryKind,
    /// Who or what caused it, in the page's language.
    pub cause: String,
    pub service_name: String,
    /// Number of the terms version, where one belongs to it.
    pub version: Option<String>,
    pub terms_url: Option<String>,
    /// The language in which the terms were shown.
    pub language: Option<Locale>,
    /// The receipt's id.
    pub receipt: Option<String>,
    /// Where the receipt can be read and downloaded.
    pub receipt_url: Option<String>,
    /// SHA-256 of the text, in hexadecimal.
    pub digest: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryKind {
    Accepted,
    AcceptedAgain,
    Withdrawn,
    /// Ended by the portal: terms not accepted in time, or not eligible any more.
    Ended,
}

impl HistoryEntry {
    pub fn kind_label(&self, frame: &Frame) -> String {
        frame.t(match self.kind {
            HistoryKind::Accepted => "history-accepted",
            HistoryKind::AcceptedAgain => "history-accepted-again",
            HistoryKind::Withdrawn => "history-withdrawn",
            HistoryKind::Ended => "history-ended",
        })
    }

    pub fn kind_class(&self) -> &'static str {
        match self.kind {
            HistoryKind::Accepted | HistoryKind::AcceptedAgain => NoticeKind::Success.class(),
            HistoryKind::Withdrawn => NoticeKind::Info.class(),
            HistoryKind::Ended => NoticeKind::Warning.class(),
        }
    }

    pub fn language_label(&self, frame: &Frame) -> Option<String> {
        self.language.map(|language| {
            frame.t(match language {
                Locale::De => "language-de",
                Locale::En => "language-en",
            })
        })
    }
}
