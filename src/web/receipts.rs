//! Receipts of the own acceptances and withdrawals: a page to read and print, and the document that proves it.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};

use super::{
    State,
    error::WebError,
    member::Member,
    pages::{
        frame::{Frame, Nav},
        receipt::{ReceiptPage, SealView},
    },
    view,
};
use crate::domain::log::receipt::{self, Event, Receipt};

/// `GET /profile/receipts/{receipt}`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    number: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::History);
    let receipt = find(&state, &member, number.into_inner()).await?;
    view::page(StatusCode::OK, &page(frame, &state, &receipt))
}

/// `GET /profile/receipts/{receipt}/json`
pub(super) async fn download(
    state: web::Data<State>,
    member: Member,
    number: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let receipt = find(&state, &member, number.into_inner()).await?;
    let service = state.catalogue.get(&receipt.service);
    let document = receipt.document(&state.settings.portal, service, &state.log_keys).ok_or(WebError::NotFound)?;
    let name = format!("attachment; filename=\"receipt-{}.json\"", receipt.number);
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(document.to_json()?))
}

/// Somebody else's receipt is not there.
async fn find(state: &State, member: &Member, number: String) -> Result<Receipt, WebError> {
    let account_id = member.account.id.clone();
    let found = state.database.read(move |conn| receipt::find(conn, &account_id, &number)).await?;
    found.ok_or(WebError::NotFound)
}

fn page(frame: Frame, state: &State, receipt: &Receipt) -> ReceiptPage {
    let key = |id: &str| state.log_keys.iter().find(|key| key.id() == id);
    let seal = receipt.seal.as_ref().and_then(|seal| {
        Some(SealView {
            sealed_at: seal.head.head.at,
            place: seal.place + 1,
            size: seal.head.head.size,
            record: seal.record_id.clone(),
            root: hex::encode(seal.head.head.root),
            public_key: key(&seal.head.head.key_id)?.to_line(),
        })
    });
    ReceiptPage {
        number: receipt.number.clone(),
        is_acceptance: receipt.event == Event::TermsAccepted,
        at: receipt.at,
        service_name: state.catalogue.name(&receipt.service, frame.locale).to_owned(),
        version: receipt.terms.as_ref().map(|(number, _)| number.to_string()),
        terms_url: receipt.terms.as_ref().map(|(number, _)| frame.url(&format!("/terms/{}/{number}", receipt.service))),
        language: receipt.terms.as_ref().map(|_| receipt.locale),
        digest: receipt.terms.as_ref().map(|(_, digest)| digest.clone()),
        seal,
        is_seal_due: !state.log_keys.is_empty(),
        download_url: frame.url(&format!("/profile/receipts/{}/json", receipt.number)),
        frame,
    }
}
