//! Own acceptances and withdrawals.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State,
    error::WebError,
    member::Member,
    pages::{
        frame::{Frame, Nav},
        history::{HistoryEntry, HistoryKind, HistoryPage},
    },
    view,
};
use crate::domain::{
    acceptances::{self, Acceptance, Cause, History, Withdrawal},
    locale::Locale,
};

/// `GET /profile/history`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::History);
    let account_id = member.account.id;
    let history = state.database.read(move |conn| acceptances::history(conn, &account_id)).await?;
    let accepted =
        history.acceptances.iter().enumerate().map(|(place, a)| accepted(&frame, &state, &history, place, a));
    let withdrawn = history.withdrawals.iter().map(|w| withdrawn(&frame, &state, &history, w));
    let mut entries: Vec<HistoryEntry> = accepted.chain(withdrawn).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    view::page(StatusCode::OK, &HistoryPage { frame, entries })
}

/// An acceptance is "again" if an older one of the same service was not withdrawn before it.
fn accepted(frame: &Frame, state: &State, history: &History, place: usize, this: &Acceptance) -> HistoryEntry {
    let older = history.acceptances[place + 1..].iter().find(|a| a.service == this.service);
    let again =
        older.is_some_and(|older| history.withdrawals.iter().all(|w| w.acceptance_id.as_deref() != Some(&older.id)));
    HistoryEntry {
        at: this.accepted_at,
        kind: if again { HistoryKind::AcceptedAgain } else { HistoryKind::Accepted },
        cause: frame.t("history-by-you"),
        service_name: service_name(frame, state, &this.service),
        version: Some(this.number.to_string()),
        terms_url: Some(frame.url(&format!("/terms/{}/{}", this.service, this.number))),
        language: Locale::from_code(&this.locale),
        receipt: Some(this.receipt.clone()),
        receipt_url: Some(frame.url(&format!("/profile/receipts/{}", this.receipt))),
        digest: Some(this.digest.clone()),
    }
}

fn withdrawn(frame: &Frame, state: &State, history: &History, this: &Withdrawal) -> HistoryEntry {
    let ended = history.acceptances.iter().find(|a| this.acceptance_id.as_deref() == Some(&a.id));
    let by_us = this.cause == Cause::GraceEnded.name();
    HistoryEntry {
        at: this.withdrawn_at,
        kind: if by_us { HistoryKind::Ended } else { HistoryKind::Withdrawn },
        cause: frame.t(if by_us { "history-grace-ended" } else { "history-by-you" }),
        service_name: service_name(frame, state, &this.service),
        version: ended.map(|a| a.number.to_string()),
        terms_url: ended.map(|a| frame.url(&format!("/terms/{}/{}", a.service, a.number))),
        language: ended.and_then(|a| Locale::from_code(&a.locale)),
        receipt: Some(this.receipt.clone()),
        receipt_url: Some(frame.url(&format!("/profile/receipts/{}", this.receipt))),
        digest: None,
    }
}

/// A service that has left the catalogue keeps at least its short name.
fn service_name(frame: &Frame, state: &State, slug: &str) -> String {
    state.catalogue.get(slug).map_or_else(|| slug.to_owned(), |service| service.name.get(frame.locale).to_owned())
}
