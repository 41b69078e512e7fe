//! Signing out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
    web,
};

use super::{client, error::WebError, forms::Fields, member::Member, see_other};
use crate::domain::locale::Locale;

/// `POST /sign-out`
pub(super) async fn create(
    request: HttpRequest,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    Fields::new(fields.into_inner()).require_token(&member.data.form_token)?;
    member.end();
    Ok(farewell(client::locale(&request)))
}

/// To the form, after the session has been ended. Browsers may keep whole pages for going back, even those marked `no-store`; the
/// header makes them forget.
pub(super) fn farewell(locale: Locale) -> HttpResponse {
    let mut answer = see_other(&format!("/{}/sign-in?signed-out=yes", locale.code()));
    answer.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    answer
}
