//! The board for the projector.

use askama::Template;
use askama_web::WebTemplate;
use serde_json::json;

use crate::{
    domain::{courses::Count, locale::Locale},
    texts,
    web::pages::frame::Frame,
};

/// `GET /courses/{id}/board`: no names of people, and nothing to press for those in the room.
#[derive(Template, WebTemplate)]
#[template(path = "courses/board.html")]
pub struct BoardPage {
    pub frame: Frame,
    pub title: String,
    pub service_name: String,
    pub tally: Tally,
    pub qr_svg: Option<String>,
    /// Where students go.
    pub address: String,
    /// The same as they type it.
    pub short_address: String,
    pub events_url: String,
    pub class_url: String,
}

/// The count in words; the same on the page and in each event.
#[derive(Clone, Debug)]
pub struct Tally {
    pub activated: String,
    /// "of 30"
    pub people: String,
    pub percent: usize,
    pub is_complete: bool,
}

impl Tally {
    pub fn new(locale: Locale, count: Count) -> Self {
        Self {
            activated: count.activated.to_string(),
            people: texts::text_with(locale, "board-of", &[("people", count.people.to_string())]),
            percent: count.percent(),
            is_complete: count.is_complete(),
        }
    }

    /// On one line.
    pub fn json(&self) -> String {
        json!({
            "activated": self.activated,
            "people": self.people,
            "percent": self.percent,
            "complete": self.is_complete,
        })
        .to_string()
    }
}
