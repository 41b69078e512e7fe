//! Profiles: who the directory says I am.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State,
    error::WebError,
    member::Member,
    pages::{
        frame::Nav,
        profile::{Person, ProfilePage},
    },
    view,
};
use crate::{domain::locale::Locale, texts};

/// eduPerson's words for affiliations that the pages translate; others are shown as they are.
const AFFILIATIONS: [(&str, &str); 8] = [
    ("faculty", "affiliation-faculty"),
    ("student", "affiliation-student"),
    ("staff", "affiliation-staff"),
    ("alum", "affiliation-alum"),
    ("member", "affiliation-member"),
    ("affiliate", "affiliation-affiliate"),
    ("employee", "affiliation-employee"),
    ("library-walk-in", "affiliation-library-walk-in"),
];

/// `GET /profile`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::Profile);
    let person = member.person(&state, frame.locale).await?;
    let page = ProfilePage {
        directory_unavailable: person.is_none(),
        person: person.map(|person| Person {
            affiliations: person.affiliations.iter().map(|word| affiliation(frame.locale, word)).collect(),
            display_name: person.display_name,
            username: person.username,
            mail: person.mail,
        }),
        read_at: state.clock.now(),
        corrections: state.settings.corrections.get(frame.locale).to_owned(),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

pub(super) fn affiliation(locale: Locale, word: &str) -> String {
    let known = AFFILIATIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map_or_else(|| word.to_owned(), |(_, key)| texts::text(locale, key))
}
