//! One version of a service's terms, exactly as it is accepted.

use askama::Template;
use askama_web::WebTemplate;

use super::{
    data_protection::Disclosure,
    frame::{Frame, Nav},
};
use crate::{clock::Instant, domain::locale::Locale};

/// `GET /terms/{service}/{version}`
#[derive(Template, WebTemplate)]
#[template(path = "terms/show.html")]
pub struct TermsPage {
    pub frame: Frame,
    pub service_name: String,
    pub number: String,
    /// Stands in the page byte for byte as stored, as the only content of `<article id="terms-text">`.
    pub html: String,
    /// SHA-256 of those bytes, in hexadecimal.
    pub digest: String,
    pub published: Instant,
    pub effective: Instant,
    /// Whether everybody had to accept anew.
    pub major: bool,
    /// The language of the text; differs from the page's if the text exists in one language only.
    pub language: Locale,
    pub other_versions: Vec<OtherVersion>,
    pub data_protection: Option<Disclosure>,
    pub seen_by_lecturers: bool,
    /// The stored bytes alone.
    pub raw_url: String,
}

#[derive(Clone, Debug)]
pub struct OtherVersion {
    pub number: String,
    pub url: String,
    pub published: Instant,
}

impl TermsPage {
    pub fn is_ahead(&self) -> bool {
        self.effective > self.frame.now
    }

    pub fn kind_label(&self) -> String {
        self.frame.t(match (self.number.as_str(), self.major) {
            ("1", _) => "terms-first",
            (_, true) => "terms-major",
            (_, false) => "terms-minor",
        })
    }

    pub fn language_label(&self) -> String {
        self.frame.t(match self.language {
            Locale::De => "language-de",
            Locale::En => "language-en",
        })
    }
}
