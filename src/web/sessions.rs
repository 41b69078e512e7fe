//! Own sessions: list, end, extend.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde_json::json;

use super::{
    State, client,
    error::WebError,
    forms::{self, Fields},
    member::{Member, NextNotice},
    pages::{
        frame::Nav,
        sessions::{SessionRow, SessionsPage},
    },
    see_other, sign_out, view,
};
use crate::{
    clock, db,
    domain::{
        log::{self, Actor, Kind, Origin, Record},
        sessions,
    },
};

/// `GET /profile/sessions`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::Sessions);
    let (account_id, now) = (member.account.id.clone(), state.clock.now());
    let idle_since = clock::before(now, state.settings.session.idle);
    let own = state.database.read(move |conn| sessions::of_account(conn, &account_id, idle_since, now)).await?;
    let rows = own.into_iter().map(|session| SessionRow {
        current: session.reference == member.data.reference,
        id: session.reference,
        device: if session.agent.is_empty() { frame.t("device-unknown") } else { session.agent },
        started: session.started_at,
        last_used: session.last_used_at,
        ends: session.ends_at,
    });
    let page = SessionsPage { sessions: rows.collect(), form_token: forms::mask(&member.data.form_token), frame };
    view::page(StatusCode::OK, &page)
}

/// `POST /profile/sessions/end`: one session by its reference, or `others`.
pub(super) async fn end(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    fields.require_token(&member.data.form_token)?;
    let locale = client::locale(&request).code();
    let which = fields.get("session").unwrap_or_default().to_owned();
    if which == member.data.reference {
        member.end();
        return Ok(sign_out::farewell(client::locale(&request)));
    }
    let (account_id, own) = (member.account.id.clone(), member.data.reference.clone());
    let others = which == "others";
    let (request_id, now) = (client::request_id(&request), state.clock.now());
    let ended = state
        .database
        .write(move |conn| {
            let ended = if others {
                sessions::end_others(conn, &account_id, &own)?
            } else {
                sessions::end_one(conn, &account_id, &which)?
            };
            if ended > 0 {
                let origin = Origin { actor: Actor::Account(&account_id), request_id: &request_id, at: now };
                let detail = json!({ "sessions": ended });
                let record = Record { kind: Kind::SessionsEnded, account_id: Some(&account_id), service: None, detail };
                log::append(conn, origin, &record)?;
            }
            Ok::<_, db::Error>(ended)
        })
        .await?;
    if !others && ended == 0 {
        return Err(WebError::NotFound);
    }
    member.leave_notice(if others { NextNotice::SessionsEnded } else { NextNotice::SessionEnded })?;
    Ok(see_other(&format!("/{locale}/profile/sessions")))
}

/// `POST /profile/sessions/extend`: the person is still there. The script is told how many seconds that gives; a form without
/// script is led back to the permissions.
pub(super) async fn extend(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    Fields::new(fields.into_inner()).require_token(&member.data.form_token)?;
    member.extend(state.clock.now())?;
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accepted.unwrap_or_default().contains("text/html") {
        let seconds = (member.session_ends - state.clock.now()).num_seconds();
        return Ok(HttpResponse::Ok().json(serde_json::json!({ "seconds": seconds })));
    }
    Ok(see_other(&format!("/{}/profile/permissions", client::locale(&request).code())))
}
