//! What an auditor sees as a file: said how much it is, then streamed, or made in the background and kept for a while.

mod content;
mod file;
mod format;
mod jobs;
mod log;
mod standing;

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use futures_util::{Stream, stream};
use serde_json::{Value, json};

pub(super) use jobs::Jobs;
pub(in crate::web) use log::{create as create_of_log, show as show_of_log};
pub(in crate::web) use standing::{create as create_of_standing, show as show_of_standing};

use self::{content::Content, format::Format};
use super::auditor::Auditor;
use crate::{
    db::{self, Database},
    domain::{audit::people, log::Kind},
    web::{
        State, client,
        error::WebError,
        forms::{self, Fields},
        member::Member,
        pages::{
            audit::{
                export::{ExportJobPage, ExportPage, Extent, Progress},
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

/// A list that an auditor sees and wants as a file.
struct Wanted<C> {
    content: C,
    /// How many records; `None` if no file holds so many.
    count: Option<u64>,
    /// Whether the search names more people than are looked at.
    too_many_people: bool,
    /// The list in the address.
    query: String,
    /// What the log keeps about it: no names.
    recorded: Value,
}

/// The page that says what would be in the file, and how large it is. `list` is the path of the list.
fn offer<C: Content>(
    frame: Frame,
    state: &State,
    member: &Member,
    auditor: Auditor,
    list: &str,
    wanted: Wanted<C>,
) -> Result<HttpResponse, WebError> {
    let Wanted { count, too_many_people, query, .. } = wanted;
    let page = ExportPage {
        reason: auditor.reason,
        back_url: frame.url(&format!("{list}?{query}")),
        query,
        contents: count.map(|count| contents(&frame, count, C::BYTES_OF_A_RECORD)),
        too_many_people,
        extent: match count {
            None => Extent::TooMuch,
            Some(0) => Extent::Nothing,
            Some(count) if count > state.settings.inspection.large_export => Extent::Much,
            Some(_) => Extent::Little,
        },
        action_url: frame.url(C::PATH),
        form_token: forms::mask(&member.data.form_token),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// Whoever may have a file in this format: the form, checked.
fn wish(fields: Vec<(String, String)>, member: &Member) -> Result<(Format, String), WebError> {
    let fields = Fields::new(fields);
    fields.require_token(&member.data.form_token)?;
    let format = fields.get("format").and_then(Format::parse).ok_or(WebError::NotFound)?;
    Ok((format, fields.get("query").unwrap_or_default().to_owned()))
}

/// The file, or the page of the job that makes it.
async fn hand_over<C: Content>(
    request: &HttpRequest,
    state: &State,
    auditor: &Auditor,
    format: Format,
    wanted: Wanted<C>,
) -> Result<HttpResponse, WebError> {
    let Some(count) = wanted.count else { return Ok(HttpResponse::PayloadTooLarge().finish()) };
    let source = Source { database: state.database.clone(), content: wanted.content, format };
    let mut detail = wanted.recorded;
    detail["format"] = json!(format.name());
    detail["records"] = json!(count);
    // Before the first byte leaves: who, what, why, and about whom.
    auditor.note(state, Kind::LogExported, detail, source.people().await?).await?;
    if count <= state.settings.inspection.large_export {
        return Ok(attachment(C::FILE, format).streaming(source.bytes()));
    }
    let id = state.audit.jobs.start(&auditor.account_id, source, count, state.clock.now())?;
    Ok(see_other(&format!("/{}/audit/exports/{id}", client::locale(request).code())))
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
    Ok(attachment(job.file_name, job.format).streaming(file::chunks(job)))
}

/// Never shown by a browser, and never guessed at (SECURITY.md, row 14). The name comes from no request, so that it breaks no header.
fn attachment(name: &str, format: Format) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(format.content_type())
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", format.name())));
    answer
}

/// The records of an export.
struct Source<C> {
    database: Database,
    content: C,
    format: Format,
}

impl<C: Content> Source<C> {
    /// Everybody who is in the file.
    async fn people(&self) -> Result<BTreeSet<String>, db::Error> {
        let mut people = BTreeSet::new();
        let mut last = None;
        while let Some(batch) = self.batch(last.take()).await? {
            people.extend(batch.iter().flat_map(C::people).cloned());
            last = batch.last().map(|record| C::cursor(record).to_owned());
        }
        Ok(people)
    }

    /// The file in pieces. A piece is made when it is asked for, so that a slow reader costs no memory; if the database fails in the
    /// middle the connection breaks, and nobody takes half a file for a whole one.
    fn bytes(self) -> impl Stream<Item = Result<web::Bytes, actix_web::Error>> {
        let beginning = stream::iter([Ok(web::Bytes::from(self.format.beginning(C::COLUMNS)))]);
        let pieces = stream::try_unfold((self, None), async |(source, last)| {
            let piece = source.piece(last).await.map_err(WebError::from)?;
            Ok(piece.map(|(text, last)| (web::Bytes::from(text), (source, Some(last)))))
        });
        stream::StreamExt::chain(beginning, pieces)
    }

    /// The next piece, and the place of its last record.
    async fn piece(&self, last: Option<String>) -> Result<Option<(String, String)>, db::Error> {
        let Some(batch) = self.batch(last).await? else { return Ok(None) };
        let last = batch.last().map(|record| C::cursor(record).to_owned()).unwrap_or_default();
        let (content, format) = (self.content.clone(), self.format);
        let written = self.database.read(move |conn| {
            let names = people::listed(conn, batch.iter().flat_map(C::people).collect::<BTreeSet<_>>())?;
            Ok::<_, db::Error>(batch.iter().map(|record| content.line(record, &names, format)).collect::<String>())
        });
        Ok(Some((written.await?, last)))
    }

    /// The next records; `None` behind the last.
    async fn batch(&self, after: Option<String>) -> Result<Option<Vec<C::Record>>, db::Error> {
        let content = self.content.clone();
        let batch = self.database.read(move |conn| content.batch(conn, after.as_deref(), BATCH)).await?;
        Ok((!batch.is_empty()).then_some(batch))
    }
}

/// How many records, and how large the file will be.
fn contents(frame: &Frame, count: u64, bytes_of_a_record: u64) -> String {
    let records = if count == 1 {
        frame.t("audit-export-one")
    } else {
        frame.with("audit-export-count", "number", number(frame, count))
    };
    format!("{records} {}", size_in_words(frame, count, bytes_of_a_record))
}

fn size_in_words(frame: &Frame, count: u64, bytes_of_a_record: u64) -> String {
    let kilobytes = (count * bytes_of_a_record).div_ceil(1_000);
    if kilobytes < 1_000 {
        return frame.with("audit-export-kilobytes", "number", kilobytes);
    }
    frame.with("audit-export-megabytes", "number", number(frame, kilobytes.div_ceil(1_000)))
}
