//! The demo's mailbox: what would have been sent.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::Frame;
use crate::clock::Instant;

#[derive(Template, WebTemplate)]
#[template(path = "demo/mailbox.html")]
pub struct DemoMailboxPage {
    pub frame: Frame,
    /// Newest first.
    pub mails: Vec<MailView>,
}

#[derive(Clone, Debug)]
pub struct MailView {
    pub to: String,
    pub subject: String,
    pub at: Instant,
    pub text: String,
}
