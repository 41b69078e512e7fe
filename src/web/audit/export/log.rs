//! The records of a search as a file, newest first.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Wanted,
    content::{Content, known},
    format::{Format, Line},
    hand_over, offer, wish,
};
use crate::{
    db::{self, Conn},
    domain::audit::{
        people::Listed,
        records::{self, Filter, From, Size, Stored},
    },
    texts,
    web::{
        State,
        audit::{auditor::Auditor, records::meant, search::Search},
        error::WebError,
        member::Member,
        pages::frame::Nav,
        view,
    },
};

/// `GET /audit/export`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let wanted = wanted(&state, &Search::parse(request.query_string()), frame.tz, false).await?;
    offer(StatusCode::OK, frame, &state, &member, auditor, wanted)
}

/// `POST /audit/export`
pub(in crate::web) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let (format, query) = wish(fields.into_inner(), &member)?;
    let wanted = wanted(&state, &Search::parse(&query), state.settings.portal.time_zone, true).await?;
    hand_over(&request, &state, &member, auditor, format, wanted).await
}

async fn wanted(state: &State, search: &Search, tz: Tz, exactly: bool) -> Result<Wanted<Filter>, WebError> {
    let meaning = search.clone();
    let counting = state.database.search(move |conn| {
        let (found, filter) = meant(conn, &meaning, tz)?;
        let size = filter.counted(conn, exactly)?;
        Ok::<_, db::Error>((filter, size, found.too_many))
    });
    let (content, size, too_many_people) = counting.await?;
    let recorded = json!({ "filter": search.recorded(), "by_person": search.names_people() });
    Ok(Wanted { content, size, too_many_people, query: search.query(), recorded })
}

impl Content for Filter {
    type Record = Stored;

    const FILE: &'static str = "latchkey-log";
    const LIST: &'static str = "/audit";
    const PATH: &'static str = "/audit/export";
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "at",
        "kind",
        "actor",
        "actor_username",
        "account",
        "username",
        "display_name",
        "mail",
        "service",
        "request",
        "detail",
    ];
    const BYTES_OF_A_RECORD: u64 = 330;

    fn size(&self, conn: &mut Conn) -> Result<Size, db::Error> {
        records::size(conn, self)
    }

    fn count(&self, conn: &mut Conn, most: u64) -> Result<Option<u64>, db::Error> {
        records::count_all(conn, self, most)
    }

    fn batch(&self, conn: &mut Conn, after: Option<&str>, size: usize) -> Result<Vec<Stored>, db::Error> {
        Ok(records::page(conn, self, after.map_or(From::Newest, From::Before), size)?.records)
    }

    fn cursor(record: &Stored) -> &str {
        &record.id
    }

    fn people(record: &Stored) -> impl Iterator<Item = &String> {
        record.people()
    }

    fn line(&self, record: &Stored, names: &HashMap<String, Listed>, format: Format) -> String {
        format.line(&LogLine::new(record, names))
    }
}

/// A record as a file shows it.
#[derive(Debug, Serialize)]
struct LogLine<'a> {
    id: &'a str,
    /// RFC 3339, in UTC.
    at: String,
    kind: &'a str,
    actor: &'a str,
    actor_username: Option<&'a str>,
    account: Option<&'a str>,
    username: Option<&'a str>,
    display_name: Option<&'a str>,
    mail: Option<&'a str>,
    service: Option<&'a str>,
    request: &'a str,
    detail: Value,
}

impl<'a> LogLine<'a> {
    fn new(record: &'a Stored, names: &'a HashMap<String, Listed>) -> Self {
        let person = record.account_id.as_deref().and_then(|id| known(names, id));
        Self {
            id: &record.id,
            at: texts::exact_time(record.at),
            kind: &record.kind,
            actor: &record.actor,
            actor_username: known(names, &record.actor).map(|person| person.username.as_str()),
            account: record.account_id.as_deref(),
            username: person.map(|person| person.username.as_str()),
            display_name: person.map(|person| person.display_name.as_str()),
            mail: person.and_then(|person| person.mail.as_deref()),
            service: record.service.as_deref(),
            request: &record.request_id,
            detail: serde_json::from_str(&record.detail).unwrap_or_else(|_| Value::String(record.detail.clone())),
        }
    }
}

impl Line<12> for LogLine<'_> {
    fn cells(&self) -> [String; 12] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.id.to_owned(),
            self.at.clone(),
            self.kind.to_owned(),
            self.actor.to_owned(),
            text(self.actor_username),
            text(self.account),
            text(self.username),
            text(self.display_name),
            text(self.mail),
            text(self.service),
            self.request.to_owned(),
            self.detail.to_string(),
        ]
    }
}
