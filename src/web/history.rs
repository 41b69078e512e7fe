//! Own acceptances and withdrawals.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State, audit,
    error::WebError,
    member::Member,
    pages::{
        frame::{Frame, Nav},
        history::{HistoryEntry, HistoryKind, HistoryPage},
    },
    view,
};
use crate::{
    db,
    domain::{
        acceptances::{self, Acceptance, Cause, History, Withdrawal},
        audit::looks,
        locale::Locale,
    },
};

/// `GET /profile/history`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::History);
    let account_id = member.account.id;
    let (history, looked) = state
        .database
        .read(move |conn| {
            let history = acceptances::history(conn, &account_id)?;
            Ok::<_, db::Error>((history, looks::at(conn, &account_id, &audit::looks::kinds(), audit::looks::SHOWN)?))
        })
        .await?;
    let entries = entries(&frame, &state, &history, Reader::Oneself);
    let looks = audit::looks::rows(&frame, &state.catalogue, &looked);
    view::page(StatusCode::OK, &HistoryPage { frame, entries, looks })
}

/// Who reads a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Oneself,
    Auditor,
}

impl Reader {
    fn by_the_member(self, frame: &Frame) -> String {
        frame.t(match self {
            Self::Oneself => "history-by-you",
            Self::Auditor => "audit-by-the-person",
        })
    }

    /// Receipts open for the person alone.
    fn receipt_url(self, frame: &Frame, receipt: &str) -> Option<String> {
        (self == Self::Oneself).then(|| frame.url(&format!("/profile/receipts/{receipt}")))
    }
}

/// Acceptances and withdrawals, newest first.
pub(super) fn entries(frame: &Frame, state: &State, history: &History, reader: Reader) -> Vec<HistoryEntry> {
    let accepted =
        history.acceptances.iter().enumerate().map(|(place, a)| accepted(frame, state, history, reader, place, a));
    let withdrawn = history.withdrawals.iter().map(|w| withdrawn(frame, state, history, reader, w));
    let mut entries: Vec<HistoryEntry> = accepted.chain(withdrawn).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries
}

/// An acceptance is "again" if an older one of the same service was not withdrawn before it.
fn accepted(
    frame: &Frame,
    state: &State,
    history: &History,
    reader: Reader,
    place: usize,
    this: &Acceptance,
) -> HistoryEntry {
    let older = history.acceptances[place + 1..].iter().find(|a| a.service == this.service);
    let again =
        older.is_some_and(|older| history.withdrawals.iter().all(|w| w.acceptance_id.as_deref() != Some(&older.id)));
    HistoryEntry {
        at: this.accepted_at,
        kind: if again { HistoryKind::AcceptedAgain } else { HistoryKind::Accepted },
        cause: reader.by_the_member(frame),
        service_name: state.catalogue.name(&this.service, frame.locale).to_owned(),
        version: Some(this.number.to_string()),
        terms_url: Some(frame.url(&format!("/terms/{}/{}", this.service, this.number))),
        language: Locale::from_code(&this.locale),
        receipt: Some(this.receipt.clone()),
        receipt_url: reader.receipt_url(frame, &this.receipt),
        digest: Some(this.digest.clone()),
    }
}

fn withdrawn(frame: &Frame, state: &State, history: &History, reader: Reader, this: &Withdrawal) -> HistoryEntry {
    let ended = history.acceptances.iter().find(|a| this.acceptance_id.as_deref() == Some(&a.id));
    let by_us = [(Cause::GraceEnded, "history-grace-ended"), (Cause::AccountGone, "history-account-gone")]
        .into_iter()
        .find_map(|(cause, why)| (this.cause == cause.name()).then(|| frame.t(why)));
    HistoryEntry {
        at: this.withdrawn_at,
        kind: if by_us.is_some() { HistoryKind::Ended } else { HistoryKind::Withdrawn },
        cause: by_us.unwrap_or_else(|| reader.by_the_member(frame)),
        service_name: state.catalogue.name(&this.service, frame.locale).to_owned(),
        version: ended.map(|a| a.number.to_string()),
        terms_url: ended.map(|a| frame.url(&format!("/terms/{}/{}", a.service, a.number))),
        language: ended.and_then(|a| Locale::from_code(&a.locale)),
        receipt: Some(this.receipt.clone()),
        receipt_url: reader.receipt_url(frame, &this.receipt),
        digest: None,
    }
}
