//! Why an auditor looks: asked once per session, and part of every record of a look.

use actix_session::SessionExt;
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde_json::json;
use validator::Validate;

use crate::{
    domain::{
        locale::Locale,
        log::{self, Actor, Kind, Origin, Record},
        roles::Role,
    },
    web::{
        State, client,
        error::WebError,
        forms::{self, Fields},
        member::Member,
        pages::{audit::reason::ReasonPage, frame::Nav},
        roles, see_other, sign_in, view,
    },
};

/// Where the session keeps it.
const REASON: &str = "reason";

/// A ticket number at least, a sentence or two at most.
#[derive(Validate)]
struct Given<'a> {
    #[validate(length(min = 3, max = 200))]
    reason: &'a str,
}

/// The reason given in this session.
///
/// # Errors
/// [`WebError::GoTo`] the form that asks for one; it leads back to this page.
pub(super) fn given(request: &HttpRequest) -> Result<String, WebError> {
    if let Ok(Some(reason)) = request.get_session().get::<String>(REASON) {
        return Ok(reason);
    }
    let here = request.uri().path_and_query().map_or("", |path| path.as_str());
    let next = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", here).finish();
    Err(WebError::GoTo(format!("/{}/audit/reason?{next}", client::locale(request).code())))
}

/// `GET /audit/reason`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::Auditor).await?;
    let query = Fields::decode(request.query_string());
    let reason: String = request.get_session().get(REASON).ok().flatten().unwrap_or_default();
    let page = page(&request, &state, &member, query.get("next"), reason, false);
    view::page(StatusCode::OK, &page)
}

/// `POST /audit/reason`
pub(in crate::web) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::Auditor).await?;
    let fields = Fields::new(fields.into_inner());
    fields.require_token(&member.data.form_token)?;
    let reason = one_line(fields.get("reason").unwrap_or_default());
    if (Given { reason: &reason }).validate().is_err() {
        let page = page(&request, &state, &member, fields.get("next"), reason, true);
        return view::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    record(&request, &state, &member, reason.clone()).await?;
    let kept = request.get_session().insert(REASON, &reason);
    kept.map_err(|error| WebError::Internal(error.to_string()))?;
    let locale = client::locale(&request);
    Ok(see_other(&destination(fields.get("next"), locale)))
}

async fn record(request: &HttpRequest, state: &State, member: &Member, reason: String) -> Result<(), WebError> {
    let (account_id, request_id, now) = (member.account.id.clone(), client::request_id(request), state.clock.now());
    let recorded = state.database.write(move |conn| {
        let origin = Origin { actor: Actor::Account(&account_id), request_id: &request_id, at: now };
        let detail = json!({ "reason": reason });
        log::append(conn, origin, &Record { kind: Kind::ReasonGiven, account_id: None, service: None, detail })
    });
    Ok(recorded.await?)
}

fn page(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    next: Option<&str>,
    reason: String,
    is_wrong: bool,
) -> ReasonPage {
    let frame = view::frame(request, state, Some(member), Nav::Audit);
    let next = next.and_then(sign_in::own_path);
    ReasonPage { form_token: forms::mask(&member.data.form_token), next, reason, is_wrong, frame }
}

/// Only to the auditors' pages, and not back to this form.
fn destination(next: Option<&str>, locale: Locale) -> String {
    let home = format!("/{}/audit", locale.code());
    let is_ours = |next: &String| {
        let path = Locale::ALL.iter().find_map(|l| next.strip_prefix(&format!("/{}/audit", l.code())));
        path.is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '/'])) && !next.contains("/audit/reason")
    };
    next.and_then(sign_in::own_path).filter(is_ours).unwrap_or(home)
}

/// Without line breaks and other control characters, and with single blanks.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_leads_to_pages_of_auditors_only() {
        for ours in ["/en/audit", "/de/audit?q=x", "/en/audit/people/1"] {
            assert_eq!(destination(Some(ours), Locale::En), ours);
        }
        for elsewhere in
            ["//evil.example", "/en/profile", "/en/auditors", "/en/audit/reason", "https://evil.example/en/audit"]
        {
            assert_eq!(destination(Some(elsewhere), Locale::En), "/en/audit", "{elsewhere}");
        }
    }

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("  ticket\r\n4711\u{0}  x "), "ticket 4711 x");
    }
}
