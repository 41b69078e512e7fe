//! The receipt of an acceptance or withdrawal, to read and print.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::{Frame, Nav};
use crate::{clock::Instant, domain::locale::Locale, texts};

/// `GET /profile/receipts/{receipt}`
#[derive(Template, WebTemplate)]
#[template(path = "profile/receipt.html")]
pub struct ReceiptPage {
    pub frame: Frame,
    pub number: String,
    /// Whether something was accepted; else it was withdrawn or ended.
    pub is_acceptance: bool,
    pub at: Instant,
    pub service_name: String,
    /// The version that was accepted or that ended; `None` if nobody had accepted any.
    pub version: Option<String>,
    pub terms_url: Option<String>,
    /// The language in which the terms were shown.
    pub language: Option<Locale>,
    /// SHA-256 of the text, in hexadecimal.
    pub digest: Option<String>,
    /// `None` until the record is sealed.
    pub seal: Option<SealView>,
    pub download_url: String,
}

/// Where the record stands in the sealed log.
#[derive(Clone, Debug)]
pub struct SealView {
    pub sealed_at: Instant,
    /// Counted from one.
    pub place: u64,
    pub size: u64,
    pub record: String,
    /// The root of the tree, in hexadecimal.
    pub root: String,
    /// One line of base64.
    pub public_key: String,
}

impl ReceiptPage {
    pub fn what(&self) -> String {
        self.frame.t(if self.is_acceptance { "receipt-accepted" } else { "receipt-withdrawn" })
    }

    /// "12 of 15".
    pub fn place(&self, seal: &SealView) -> String {
        let numbers = [("place", seal.place.to_string()), ("size", seal.size.to_string())];
        texts::text_with(self.frame.locale, "receipt-place-of", &numbers)
    }

    pub fn language_label(&self) -> Option<String> {
        self.language.map(|language| {
            self.frame.t(match language {
                Locale::De => "language-de",
                Locale::En => "language-en",
            })
        })
    }
}
