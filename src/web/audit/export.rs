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
    domain::{
        audit::{people, records::Size},
        log::Kind,
    },
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

/// Records that are read, written and sent at once. Of a file of any size nothing else is in memory, but for the ids of its people
/// until the export is recorded.
const BATCH: usize = 1_000;

/// The largest file.
const MOST: u64 = 1_000_000;

/// A list that an auditor sees and wants as a file.
struct Wanted<C> {
    content: C,
    size: Size,
    /// Whether the search names more people than are looked at.
    too_many_people: bool,
    /// The list in the address.
    query: String,
    /// What the log keeps about it: no names.
    recorded: Value,
}

/// The page that says what would be in the file, and how large it is.
fn offer<C: Content>(
    status: StatusCode,
    frame: Frame,
    state: &State,
    member: &Member,
    auditor: Auditor,
    wanted: Wanted<C>,
) -> Result<HttpResponse, WebError> {
    let Wanted { size, too_many_people, query, .. } = wanted;
    let extent = extent(size, state.settings.inspection.large_export);
    let page = ExportPage {
        reason: auditor.reason,
        back_url: frame.url(&format!("{}?{query}", C::LIST)),
        query,
        contents: contents(&frame, size, extent, C::BYTES_OF_A_RECORD),
        too_many_people,
        extent,
        action_url: frame.url(C::PATH),
        form_token: forms::mask(&member.data.form_token),
        frame,
    };
    view::page(status, &page)
}

fn extent(size: Size, large: u64) -> Extent {
    match size {
        Size::Exactly(0) => Extent::Nothing,
        Size::Exactly(count) if count <= large => Extent::Little,
        Size::MoreThan(MOST) => Extent::TooMuch,
        // What is only just too much is counted when the file is asked for.
        Size::About(count) if count > MOST + MOST / 100 => Extent::TooMuch,
        Size::Exactly(_) | Size::About(_) | Size::MoreThan(_) => Extent::Much,
    }
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
    member: &Member,
    auditor: Auditor,
    format: Format,
    wanted: Wanted<C>,
) -> Result<HttpResponse, WebError> {
    let Size::Exactly(count) = wanted.size else {
        let frame = view::frame(request, state, Some(member), Nav::Audit);
        return offer(StatusCode::PAYLOAD_TOO_LARGE, frame, state, member, auditor, wanted);
    };
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
        let written = self.database.search(move |conn| {
            let names = people::listed(conn, batch.iter().flat_map(C::people).collect::<BTreeSet<_>>())?;
            Ok::<_, db::Error>(batch.iter().map(|record| content.line(record, &names, format)).collect::<String>())
        });
        Ok(Some((written.await?, last)))
    }

    /// The next records; `None` behind the last.
    async fn batch(&self, after: Option<String>) -> Result<Option<Vec<C::Record>>, db::Error> {
        let content = self.content.clone();
        let batch = self.database.search(move |conn| content.batch(conn, after.as_deref(), BATCH)).await?;
        Ok((!batch.is_empty()).then_some(batch))
    }
}

/// How many records, and how large the file will be; nothing of what is known only to be too much.
fn contents(frame: &Frame, size: Size, extent: Extent, bytes_of_a_record: u64) -> Option<String> {
    let (key, count) = match size {
        Size::MoreThan(MOST) => return None,
        Size::About(count) if extent == Extent::TooMuch => {
            return Some(frame.with("audit-export-found-about", "number", number(frame, thousands(count))));
        }
        Size::Exactly(count) => ("audit-export-count", count),
        Size::About(count) => ("audit-export-about", thousands(count)),
        Size::MoreThan(count) => ("audit-export-more-than", count),
    };
    let records = if size == Size::Exactly(1) {
        frame.t("audit-export-one")
    } else {
        frame.with(key, "number", number(frame, count))
    };
    let mut sentences = vec![records, size_in_words(frame, size, count * bytes_of_a_record)];
    if !matches!(size, Size::Exactly(_)) {
        sentences.push(frame.with("audit-export-at-most", "number", number(frame, MOST)));
    }
    Some(sentences.join(" "))
}

/// As exact as "about" may sound.
fn thousands(count: u64) -> u64 {
    (count + 500) / 1_000 * 1_000
}

fn size_in_words(frame: &Frame, size: Size, bytes: u64) -> String {
    let kilobytes = bytes.div_ceil(1_000);
    if kilobytes < 1_000 {
        return frame.with("audit-export-kilobytes", "number", kilobytes);
    }
    let key = match size {
        Size::MoreThan(_) => "audit-export-more-megabytes",
        Size::Exactly(_) | Size::About(_) => "audit-export-megabytes",
    };
    frame.with(key, "number", number(frame, kilobytes.div_ceil(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_surely_too_much_gets_no_button() {
        assert_eq!(extent(Size::Exactly(0), 10), Extent::Nothing);
        assert_eq!([10, 11].map(|count| extent(Size::Exactly(count), 10)), [Extent::Little, Extent::Much]);
        assert_eq!(extent(Size::MoreThan(100_000), 200_000), Extent::Much);
        assert_eq!(extent(Size::MoreThan(MOST), 10), Extent::TooMuch);
        assert_eq!([1_009_000, 1_011_000].map(|count| extent(Size::About(count), 10)), [Extent::Much, Extent::TooMuch]);
        assert_eq!((thousands(123_499), thousands(123_500)), (123_000, 124_000));
    }
}
