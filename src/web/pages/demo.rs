//! The demo's mailbox: what would have been sent.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::{Frame, Nav};
use crate::{clock::Instant, texts};

#[derive(Template, WebTemplate)]
#[template(path = "demo/mailbox.html")]
pub struct DemoMailboxPage {
    pub frame: Frame,
    /// Newest first.
    pub mails: Vec<MailView>,
    /// How many there are in all.
    pub all: usize,
}

impl DemoMailboxPage {
    /// How many are shown, unless all are.
    pub fn shown(&self) -> Option<String> {
        let args = [("shown", self.mails.len().to_string()), ("all", self.all.to_string())];
        (self.mails.len() < self.all).then(|| texts::text_with(self.frame.locale, "mailbox-shown", &args))
    }
}

#[derive(Clone, Debug)]
pub struct MailView {
    pub to: String,
    pub subject: String,
    pub at: Instant,
    pub text: String,
}
