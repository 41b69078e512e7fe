//! Profiles: who the directory says I am.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State, at,
    error::WebError,
    get, history,
    member::Member,
    own_data,
    pages::{
        frame::Nav,
        profile::{Person, ProfilePage},
    },
    patience::Patience,
    permissions, post, press, receipts, result, sessions, view,
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

/// All that members see of themselves.
pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(at("/profile", get(show)))
        .service(at("/profile/permissions", get(permissions::show)).route(post(press::create)))
        .service(at("/profile/permissions/{service}", get(result::show)))
        .service(at("/profile/changes/{change}", get(result::show_change)))
        .service(at("/profile/history", get(history::show)))
        .service(at("/profile/data", get(own_data::show)))
        .service(at("/profile/data/json", get(own_data::download)))
        .service(at("/profile/receipts/{receipt}", get(receipts::show)))
        .service(at("/profile/receipts/{receipt}/json", get(receipts::download)))
        .service(at("/profile/sessions", get(sessions::show)))
        .service(at("/profile/sessions/end", post(sessions::end)))
        .service(at("/profile/sessions/extend", post(sessions::extend)));
}

/// `GET /profile`
async fn show(request: HttpRequest, state: web::Data<State>, member: Member) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::Profile);
    let patience = Patience::of_page(&request, &state);
    let person = member.person(&state, frame.locale, &patience).await?;
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
