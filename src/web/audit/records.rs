//! The log, searched.

use std::collections::{BTreeSet, HashMap};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde_json::json;

use super::{auditor::Auditor, search::Search, words};
use crate::{
    db,
    domain::{
        audit::{
            people::{self, Found, Listed},
            records::{self, Count, Filter, From, Page, Stored},
        },
        log::Kind,
        terms::{self, Version},
    },
    web::{
        State,
        error::WebError,
        member::Member,
        pages::{
            audit::{
                PersonLink, number,
                records::{Actor, RecordRow, RecordsPage},
            },
            frame::{Frame, Nav},
        },
        view,
    },
};

/// Records on a page.
const PAGE: usize = 50;

/// What the database says to a search.
#[derive(Default)]
struct Answer {
    versions: Vec<Version>,
    found: Found,
    records: Vec<Stored>,
    count: Option<Count>,
    has_newer: bool,
    has_older: bool,
    names: HashMap<String, Listed>,
}

/// `GET /audit`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let search = Search::parse(request.query_string());
    let problems = search.problems(&frame);
    let (asked, tz, is_wrong) = (search.clone(), frame.tz, !problems.is_empty());
    let answer = state.database.search(move |conn| ask(conn, &asked, tz, is_wrong)).await?;
    if !is_wrong {
        note(&auditor, &state, &search, &answer).await?;
    }
    let link = |cursor: &str, id: Option<&Stored>| {
        let query = [search.query(), format!("{cursor}={}", id?.id)].join("&");
        Some(frame.url(&format!("/audit?{}", query.trim_start_matches('&'))))
    };
    let page = RecordsPage {
        reason: auditor.reason,
        form: search.form(&frame, &state, &answer.versions),
        people: answer.found.people.iter().map(|person| person_link(&frame, person)).collect(),
        too_many_people: answer.found.too_many,
        count: answer.count.map(|count| count_in_words(&frame, count)).unwrap_or_default(),
        rows: answer.records.iter().map(|record| row(&frame, &state, record, &answer.names)).collect(),
        export_url: (!answer.records.is_empty()).then(|| frame.url(&format!("/audit/export?{}", search.query()))),
        newer_url: link("after", answer.records.first().filter(|_| answer.has_newer)),
        older_url: link("before", answer.records.last().filter(|_| answer.has_older)),
        problems,
        frame,
    };
    view::page(if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

/// Everything in one transaction, so that the parts of the page fit together.
fn ask(conn: &mut db::Conn, search: &Search, tz: chrono_tz::Tz, is_wrong: bool) -> Result<Answer, db::Error> {
    let versions = terms::all_versions(conn)?;
    if is_wrong {
        return Ok(Answer { versions, ..Answer::default() });
    }
    let (found, filter) = meant(conn, search, tz)?;
    let from = match (&search.before, &search.after) {
        (Some(id), _) => From::Before(id),
        (None, Some(id)) => From::After(id),
        (None, None) => From::Newest,
    };
    let (Page { records, more }, count) = records::page_and_count(conn, &filter, from, PAGE)?;
    let (has_newer, has_older) = match from {
        From::Newest => (false, more),
        From::Before(_) => (true, more),
        From::After(_) => (more, true),
    };
    let names = people::listed(conn, records.iter().flat_map(Stored::people).collect::<BTreeSet<_>>())?;
    Ok(Answer { versions, found, records, count: Some(count), has_newer, has_older, names })
}

/// Whom and what a search means.
pub(super) fn meant(conn: &mut db::Conn, search: &Search, tz: chrono_tz::Tz) -> Result<(Found, Filter), db::Error> {
    let found = match &search.account {
        Some(id) => Found { people: people::listed(conn, [id])?.into_values().collect(), too_many: false },
        None => people::search(conn, &search.q)?,
    };
    let ids = || found.people.iter().map(|person| person.id.clone()).collect();
    let filter = search.filter(search.names_people().then(ids), tz);
    Ok((found, filter))
}

/// Whom a search for people found counts as looked at, too, even if there is no record of them.
async fn note(auditor: &Auditor, state: &State, search: &Search, answer: &Answer) -> Result<(), WebError> {
    let in_records = answer.records.iter().flat_map(Stored::people).cloned();
    let subjects: BTreeSet<String> =
        answer.found.people.iter().map(|person| person.id.clone()).chain(in_records).collect();
    let detail = json!({
        "filter": search.recorded(), "by_person": search.names_people(), "records": answer.records.len(),
    });
    auditor.note(state, Kind::LogSearched, detail, subjects).await
}

pub(super) fn count_in_words(frame: &Frame, count: Count) -> String {
    match count {
        Count::Exactly(count) => frame.count("audit-count", count as u64),
        Count::Many => frame.with("audit-count-many", "number", number(frame, records::COUNTED as u64)),
    }
}

/// An erased account keeps its page, but has no name.
pub(super) fn person_link(frame: &Frame, person: &Listed) -> PersonLink {
    let erased = person.is_erased();
    PersonLink {
        name: if erased { frame.t("audit-erased") } else { person.display_name.clone() },
        username: (!erased).then(|| person.username.clone()),
        url: frame.url(&format!("/audit/people/{}", person.id)),
    }
}

/// The person of an id; one that no account has stands as it is.
pub(super) fn named(frame: &Frame, names: &HashMap<String, Listed>, id: &str) -> PersonLink {
    let unknown = || PersonLink { name: id.to_owned(), username: None, url: frame.url(&format!("/audit/people/{id}")) };
    names.get(id).map_or_else(unknown, |person| person_link(frame, person))
}

pub(super) fn actor(frame: &Frame, names: &HashMap<String, Listed>, actor: &str) -> Actor {
    match actor {
        "system" => Actor::Other(frame.t("audit-actor-system")),
        "operator" => Actor::Other(frame.t("audit-actor-operator")),
        id => Actor::Person(named(frame, names, id)),
    }
}

fn row(frame: &Frame, state: &State, record: &Stored, names: &HashMap<String, Listed>) -> RecordRow {
    let version = record.version.map(|number| frame.with("history-version-number", "number", number));
    let cause = record.cause.as_ref().map(|cause| words::label(frame, words::CAUSES, cause));
    let more: Vec<String> = version.into_iter().chain(cause).collect();
    RecordRow {
        url: frame.url(&format!("/audit/records/{}", record.id)),
        at: record.at,
        kind: words::label(frame, words::KINDS, &record.kind),
        more: (!more.is_empty()).then(|| more.join(" · ")),
        person: record.account_id.as_ref().map(|id| named(frame, names, id)),
        actor: actor(frame, names, &record.actor),
        service: record.service.as_ref().map(|slug| words::service(frame, state, slug)),
    }
}
