//! The answer when something is wrong: what happened, what to do, a request id; no internals.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::Frame;

/// Any of 403, 404, 405, 413, 422, 429, 500, 503; works without a session.
#[derive(Template, WebTemplate)]
#[template(path = "errors/show.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub status: u16,
    pub title: String,
    pub text: String,
    /// After how many minutes another attempt makes sense.
    pub retry_after_minutes: Option<u64>,
}

impl ErrorPage {
    /// The page with the usual words for a status.
    pub fn new(frame: Frame, status: u16) -> Self {
        let (title, text) = keys(status);
        Self { title: frame.t(title), text: frame.t(text), frame, status, retry_after_minutes: None }
    }

    /// The usual title in the other language.
    pub fn other_title(&self) -> String {
        self.frame.t_other(keys(self.status).0)
    }

    /// The usual words in the other language.
    pub fn other_text(&self) -> String {
        self.frame.t_other(keys(self.status).1)
    }
}

/// A page that needs nothing: for when even the error page cannot be made.
pub fn plain(request_id: &str) -> String {
    let id: String = request_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!(
        "<!DOCTYPE html><html lang=\"de\"><head><meta charset=\"utf-8\"><title>Fehler / Error</title></head><body><main>\
         <h1>Das hat nicht geklappt</h1><p>Bitte versuchen Sie es später noch einmal.</p>\
         <div lang=\"en\"><h2>That did not work</h2><p>Please try again later.</p></div><p>ID: {id}</p></main></body></html>"
    )
}

fn keys(status: u16) -> (&'static str, &'static str) {
    match status {
        403 => ("error-403-title", "error-403-text"),
        404 => ("error-404-title", "error-404-text"),
        405 => ("error-405-title", "error-405-text"),
        413 => ("error-413-title", "error-413-text"),
        422 => ("error-422-title", "error-422-text"),
        429 => ("error-429-title", "error-429-text"),
        503 => ("error-503-title", "error-503-text"),
        _ => ("error-500-title", "error-500-text"),
    }
}
