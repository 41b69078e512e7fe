//! The demo's mailbox: what would have been sent, on a page.

use std::path::Path;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::DateTime;

use super::{
    State,
    error::WebError,
    member::Member,
    pages::{
        demo::{DemoMailboxPage, MailView},
        frame::Nav,
    },
    view,
};

/// How many mails the page shows.
const SHOWN: usize = 50;

/// `GET /demo/mail`; in the demo only.
pub(super) async fn show(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, WebError> {
    let folder = state.mailbox.clone().ok_or(WebError::NotFound)?;
    let (mails, all) =
        web::block(move || read_newest(&folder)).await.map_err(|error| WebError::Internal(error.to_string()))?;
    let member = Member::of(&request).ok();
    let frame = view::frame(&request, &state, member.as_ref(), Nav::None);
    view::page(StatusCode::OK, &DemoMailboxPage { frame, mails, all })
}

/// The newest, and how many there are in all. File names are ids that sort by time.
fn read_newest(folder: &Path) -> (Vec<MailView>, usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return (Vec::new(), 0) };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    paths.sort();
    let newest = paths.iter().rev().take(SHOWN).filter_map(|path| mail_view(&std::fs::read(path).ok()?)).collect();
    (newest, paths.len())
}

fn mail_view(raw: &[u8]) -> Option<MailView> {
    let message = mail_parser::MessageParser::default().parse(raw)?;
    let to = message.to().and_then(|to| to.first())?;
    let at = DateTime::from_timestamp(message.date()?.to_timestamp(), 0)?.naive_utc();
    Some(MailView {
        to: format!("{} <{}>", to.name().unwrap_or_default(), to.address().unwrap_or_default()),
        subject: message.subject().unwrap_or_default().to_owned(),
        at,
        text: message.body_text(0).unwrap_or_default().into_owned(),
    })
}
