//! Everything that is stored about the person: to read, and to take along.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::{
    State,
    error::WebError,
    member::Member,
    pages::{
        frame::{Frame, Nav},
        own_data::{OwnDataPage, RecordRow},
    },
    view,
};
use crate::domain::own_data::{self, By, OwnData, OwnRecord};

/// How many records the page shows; the file has all of them.
const SHOWN: usize = 100;

/// `GET /profile/data`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::History);
    let data = read(&state, &member).await?;
    let service_name = |slug: &str| {
        let service = state.catalogue.get(slug);
        service.map_or_else(|| slug.to_owned(), |service| service.name.get(frame.locale).to_owned())
    };
    let records = data.log.iter().take(SHOWN).map(|record| record_row(&frame, record, &service_name)).collect();
    let page = OwnDataPage {
        record_count: u64::try_from(data.log.len()).unwrap_or_default(),
        services: data.services.iter().map(|this| (service_name(&this.service), this.clone())).collect(),
        acceptances: data.acceptances.iter().map(|this| (service_name(&this.service), this.clone())).collect(),
        withdrawals: data.withdrawals.iter().map(|this| (service_name(&this.service), this.clone())).collect(),
        requests: data.requests_to_accept.iter().map(|this| (service_name(&this.service), this.clone())).collect(),
        lists: data.uploaded_lists.into_iter().map(|this| (service_name(&this.service), this)).collect(),
        reminders: data.reminders.into_iter().map(|this| (service_name(&this.service), this)).collect(),
        account: data.account,
        sessions: data.sessions,
        records,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

fn record_row(frame: &Frame, record: &OwnRecord, service_name: &impl Fn(&str) -> String) -> RecordRow {
    RecordRow {
        at: record.at,
        kind: frame.t(&format!("kind-{}", record.kind)),
        by: frame.t(match record.by {
            By::Yourself => "own-data-by-yourself",
            By::SomebodyElse => "own-data-by-somebody-else",
            By::Operator => "own-data-by-operator",
            By::System => "own-data-by-system",
        }),
        service_name: record.service.as_deref().map(service_name),
        reason: ["reason", "course"].iter().find_map(|name| record.detail.get(*name)?.as_str()).map(str::to_owned),
    }
}

/// `GET /profile/data/json`: the same as a file, complete and in a form that programs read (GDPR, article 20).
pub(super) async fn download(state: web::Data<State>, member: Member) -> Result<HttpResponse, WebError> {
    let data = read(&state, &member).await?;
    let text = serde_json::to_string_pretty(&data).map_err(|error| WebError::Internal(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"latchkey-data.json\""))
        .body(text))
}

async fn read(state: &State, member: &Member) -> Result<OwnData, WebError> {
    let account_id = member.account.id.clone();
    state.database.read(move |conn| own_data::read(conn, &account_id)).await?.ok_or(WebError::NotFound)
}
