//! Own sessions.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::Frame;
use crate::clock::Instant;

/// `GET /profile/sessions`. Its forms post `form_token` and `session` (an id of a row, or `others`) to
/// `/profile/sessions/end`.
#[derive(Template, WebTemplate)]
#[template(path = "profile/sessions.html")]
pub struct SessionsPage {
    pub frame: Frame,
    pub sessions: Vec<SessionRow>,
    pub form_token: String,
}

#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Names the session in the form; not the session's secret.
    pub id: String,
    pub current: bool,
    /// Browser and system in a few words.
    pub device: String,
    pub started: Instant,
    pub last_used: Instant,
    pub ends: Instant,
}

impl SessionsPage {
    pub fn has_others(&self) -> bool {
        self.sessions.iter().any(|s| !s.current)
    }
}
