//! One record, with everything that is stored.

use std::collections::{BTreeSet, HashMap};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde_json::{Value, json};

use super::{
    auditor::Auditor,
    records::{actor, named},
    search, words,
};
use crate::{
    db,
    domain::{
        audit::{
            people::{self, Listed},
            records::{self, Stored},
        },
        log::Kind,
    },
    web::{
        State,
        error::WebError,
        member::Member,
        pages::{audit::record::RecordPage, frame::Nav},
        view,
    },
};

/// How many of the people whom a record is about are named.
const NAMED: i64 = 50;

/// `GET /audit/records/{id}`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let id = Some(id.into_inner()).filter(|id| search::is_word(id)).ok_or(WebError::NotFound)?;
    let found = state.database.search(move |conn| find(conn, &id)).await?;
    let Found { record, subjects, strangers, names } = found.ok_or(WebError::NotFound)?;
    let looked_at: BTreeSet<String> = names.keys().cloned().collect();
    auditor.note(&state, Kind::RecordViewed, json!({ "record": record.id }), looked_at).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let detail = detail(&record);
    let people = detail.iter().find(|(name, _)| name == "people").and_then(|(_, count)| count.parse::<u64>().ok());
    let unnamed = people.unwrap_or_default().saturating_sub(subjects.len() as u64 + strangers);
    let page = RecordPage {
        reason: auditor.reason,
        kind: words::label(&frame, words::KINDS, &record.kind),
        person: record.account_id.as_ref().map(|id| named(&frame, &names, id)),
        actor: actor(&frame, &names, &record.actor),
        service: record.service.as_ref().map(|slug| words::service(&frame, &state, slug)),
        subjects: subjects.iter().map(|id| named(&frame, &names, id)).collect(),
        more_subjects: (unnamed > 0).then(|| frame.count("audit-more-people", unnamed)),
        strangers: (strangers > 0).then(|| frame.count("audit-strangers", strangers)),
        detail,
        id: record.id,
        at: record.at,
        kind_name: record.kind,
        request_id: record.request_id,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

struct Found {
    record: Stored,
    /// The first of the people whom it is about.
    subjects: Vec<String>,
    /// How many of them have no account yet.
    strangers: u64,
    names: HashMap<String, Listed>,
}

fn find(conn: &mut db::Conn, id: &str) -> Result<Option<Found>, db::Error> {
    let Some(record) = records::get(conn, id)? else { return Ok(None) };
    let subjects = records::subjects(conn, id, NAMED)?;
    let names = people::listed(conn, record.people().chain(&subjects).collect::<BTreeSet<_>>())?;
    Ok(Some(Found { strangers: records::strangers(conn, id)?, record, subjects, names }))
}

/// What else is recorded, by name.
fn detail(record: &Stored) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match serde_json::from_str(&record.detail) {
        Ok(Value::Object(fields)) => fields.into_iter().map(|(name, value)| (name, text(value))).collect(),
        _ => vec![("detail".to_owned(), record.detail.clone())],
    }
}
