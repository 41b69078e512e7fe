//! The records of a search as a file: said how many they are, then streamed, or made in the background and kept for a while.

mod file;
mod format;
mod jobs;

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use chrono_tz::Tz;
use futures_util::{Stream, stream};
use serde_json::json;

pub(super) use jobs::Jobs;

use self::format::{Format, Line};
use super::{auditor::Auditor, records::meant, search::Search};
use crate::{
    db::{self, Database},
    domain::{
        audit::{
            people,
            records::{self, Filter, From, Stored},
        },
        log::Kind,
    },
    web::{
        State, client,
        error::WebError,
        forms::{self, Fields},
        member::Member,
        pages::{
            audit::{
                export::{ExportJobPage, ExportPage, Progress},
                number,
            },
            frame::{Frame, Nav},
        },
        see_other, view,
    },
};

/// Records that are read, written and sent at once: all that is in memory of a file of any size.
const BATCH: usize = 1_000;

/// The largest file.
const MOST: u64 = 1_000_000;

/// About how many bytes a record takes in a file.
const BYTES_OF_A_RECORD: u64 = 330;

/// `GET /audit/export`: what would be in the file, and how large it is.
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let search = Search::parse(request.query_string());
    let (_, count) = size(&state, &search, frame.tz).await?;
    let page = ExportPage {
        reason: auditor.reason,
        query: search.query(),
        back_url: frame.url(&format!("/audit?{}", search.query())),
        is_empty: count == Some(0),
        contents: count.map(|count| contents(&frame, count)),
        takes_a_while: count.is_some_and(|count| count > state.settings.inspection.large_export),
        form_token: forms::mask(&member.data.form_token),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// `POST /audit/export`: the file, or the page of the job that makes it.
pub(in crate::web) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let fields = Fields::new(fields.into_inner());
    fields.require_token(&member.data.form_token)?;
    let format = fields.get("format").and_then(Format::parse).ok_or(WebError::NotFound)?;
    let search = Search::parse(fields.get("query").unwrap_or_default());
    let (filter, count) = size(&state, &search, state.settings.portal.time_zone).await?;
    let Some(count) = count else { return Ok(HttpResponse::PayloadTooLarge().finish()) };
    note(&auditor, &state, &search, &filter, format, count).await?;
    let source = Source { database: state.database.clone(), filter, format };
    if count <= state.settings.inspection.large_export {
        return Ok(attachment(format).streaming(source.bytes()));
    }
    let id = state.audit.jobs.start(&auditor.account_id, source, count, state.clock.now())?;
    Ok(see_other(&format!("/{}/audit/exports/{id}", client::locale(&request).code())))
}

/// `GET /audit/exports/{id}`: how far it is, then where it is.
pub(in crate::web) async fn show_job(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit_often(&request, &state, &member).await?;
    let job = state.audit.jobs.get(&id, &auditor.account_id, state.clock.now()).ok_or(WebError::NotFound)?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let page = ExportJobPage {
        reason: auditor.reason,
        progress: job.progress(),
        total: number(&frame, job.total),
        file_url: frame.url(&format!("/audit/exports/{id}/file")),
        until: job.ends_at,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// `GET /audit/exports/{id}/file`
pub(in crate::web) async fn file(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let job = state.audit.jobs.get(&id, &auditor.account_id, state.clock.now()).ok_or(WebError::NotFound)?;
    if job.progress() != Progress::Done {
        return Err(WebError::NotFound);
    }
    Ok(attachment(job.format).streaming(file::chunks(job)))
}

/// Never shown by a browser, and never guessed at (SECURITY.md, row 14).
fn attachment(format: Format) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(format.content_type())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", format.file_name())));
    answer
}

/// What a search means, and how many records that are; `None`: too many for a file.
async fn size(state: &State, search: &Search, tz: Tz) -> Result<(Filter, Option<u64>), WebError> {
    let search = search.clone();
    let counting = state.database.read(move |conn| {
        let (_, filter) = meant(conn, &search, tz)?;
        let count = records::count_all(conn, &filter, MOST)?;
        Ok::<_, db::Error>((filter, count))
    });
    Ok(counting.await?)
}

/// Before the first byte leaves: who, what, why, and about whom.
async fn note(
    auditor: &Auditor,
    state: &State,
    search: &Search,
    filter: &Filter,
    format: Format,
    count: u64,
) -> Result<(), WebError> {
    let mut people = BTreeSet::new();
    let mut last = None;
    while let Some(batch) = batch(&state.database, filter, last.take()).await? {
        people.extend(batch.iter().flat_map(Stored::people).cloned());
        last = batch.last().map(|record| record.id.clone());
    }
    let detail = json!({
        "filter": search.recorded(), "by_person": search.names_people(), "format": format.name(), "records": count,
    });
    auditor.note(state, Kind::LogExported, detail, people).await
}

/// The next records; `None` behind the last.
async fn batch(database: &Database, filter: &Filter, after: Option<String>) -> Result<Option<Vec<Stored>>, db::Error> {
    let filter = filter.clone();
    let (batch, _) = database
        .read(move |conn| records::page(conn, &filter, after.as_deref().map_or(From::Newest, From::Before), BATCH))
        .await?;
    Ok((!batch.is_empty()).then_some(batch))
}

/// The records of an export.
pub(super) struct Source {
    database: Database,
    filter: Filter,
    format: Format,
}

impl Source {
    /// The file in pieces, newest record first. A piece is made when it is asked for, so that a slow reader costs no memory; if the
    /// database fails in the middle the connection breaks, and nobody takes half a file for a whole one.
    fn bytes(self) -> impl Stream<Item = Result<web::Bytes, actix_web::Error>> {
        let beginning = stream::iter([Ok(web::Bytes::from(self.format.beginning()))]);
        let pieces = stream::try_unfold((self, None), async |(source, last)| {
            let piece = source.piece(last).await.map_err(WebError::from)?;
            Ok(piece.map(|(text, last)| (web::Bytes::from(text), (source, Some(last)))))
        });
        stream::StreamExt::chain(beginning, pieces)
    }

    /// The next piece, and the id of its last record.
    async fn piece(&self, last: Option<String>) -> Result<Option<(String, String)>, db::Error> {
        let Some(batch) = batch(&self.database, &self.filter, last).await? else { return Ok(None) };
        let last = batch.last().map(|record| record.id.clone()).unwrap_or_default();
        let format = self.format;
        let written = self.database.read(move |conn| {
            let names = people::listed(conn, batch.iter().flat_map(Stored::people).collect::<BTreeSet<_>>())?;
            let lines = batch.iter().map(|record| format.line(&Line::new(record, &names)));
            Ok::<_, db::Error>(lines.collect::<String>())
        });
        Ok(Some((written.await?, last)))
    }
}

/// How many records, and how large the file will be.
fn contents(frame: &Frame, count: u64) -> String {
    let records = frame.with("audit-export-count", "number", number(frame, count));
    format!("{records} {}", size_in_words(frame, count))
}

fn size_in_words(frame: &Frame, count: u64) -> String {
    let kilobytes = (count * BYTES_OF_A_RECORD).div_ceil(1_000);
    if kilobytes < 1_000 {
        return frame.with("audit-export-kilobytes", "number", kilobytes);
    }
    frame.with("audit-export-megabytes", "number", number(frame, kilobytes.div_ceil(1_000)))
}
