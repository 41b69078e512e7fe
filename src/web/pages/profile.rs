//! Who the directory says I am.

use askama::Template;
use askama_web::WebTemplate;

use super::frame::Frame;
use crate::clock::Instant;

/// `GET /profile`
#[derive(Template, WebTemplate)]
#[template(path = "profile/show.html")]
pub struct ProfilePage {
    pub frame: Frame,
    /// `None`: the directory does not answer.
    pub person: Option<Person>,
    /// When the directory was read.
    pub read_at: Instant,
    /// Where to have the data corrected.
    pub corrections: String,
    pub directory_unavailable: bool,
}

/// The person's entry in the directory.
#[derive(Clone, Debug)]
pub struct Person {
    pub display_name: String,
    pub username: String,
    pub mail: Option<String>,
    pub affiliations: Vec<String>,
}
