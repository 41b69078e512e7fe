//! Privacy, imprint, accessibility, help: the operator's texts, or the built-in templates where there are none.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State,
    error::WebError,
    member::Member,
    pages::{
        frame::Nav,
        legal::{LegalPage, LegalText},
    },
    view,
};
use crate::domain::{locale::Locale, markdown};

/// `GET /privacy`, `/imprint`, `/accessibility`, `/help`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    name: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let which = LegalText::ALL.into_iter().find(|text| text.name() == *name).ok_or(WebError::NotFound)?;
    let member = Member::of(&request).ok();
    let nav = if which == LegalText::Help { Nav::Help } else { Nav::None };
    let frame = view::frame(&request, &state, member.as_ref(), nav);
    let source = source(&state, which, frame.locale).await;
    let title = markdown::title(&source).unwrap_or(&frame.portal_name).to_owned();
    let html = markdown::body_to_html(&source);
    view::page(StatusCode::OK, &LegalPage { frame, title, html })
}

/// The operator may change a text without a restart, so it is read each time.
async fn source(state: &State, which: LegalText, locale: Locale) -> String {
    let folder = state.settings.legal_folder.clone();
    let read = web::block(move || which.read(folder.as_deref(), locale)).await;
    read.unwrap_or_else(|_| which.built_in(locale).to_owned())
}
