//! Signing out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
    web,
};
use serde_json::json;

use super::{State, client, error::WebError, forms::Fields, member::Member, see_other};
use crate::domain::{
    locale::Locale,
    log::{self, Actor, Kind, Origin, Record},
    sessions,
};

/// `POST /sign-out`
pub(super) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    Fields::new(fields.into_inner()).require_token(&member.data.form_token)?;
    member.end();
    let (account_id, reference) = (member.account.id, member.data.reference);
    let (request_id, now) = (client::request_id(&request), state.clock.now());
    state
        .database
        .write(move |conn| {
            sessions::end_one(conn, &account_id, &reference)?;
            let origin = Origin { actor: Actor::Account(&account_id), request_id: &request_id, at: now };
            let record =
                Record { kind: Kind::SignedOut, account_id: Some(&account_id), service: None, detail: json!({}) };
            log::append(conn, origin, &record)
        })
        .await?;
    Ok(farewell(client::locale(&request)))
}

/// To the form, after the session has been ended. Browsers may keep whole pages for going back, even those marked `no-store`; the
/// header makes them forget.
pub(super) fn farewell(locale: Locale) -> HttpResponse {
    let mut answer = see_other(&format!("/{}/sign-in?signed-out=yes", locale.code()));
    answer.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    answer
}
