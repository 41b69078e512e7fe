//! Uploaded lists of participants: taken, answered from the lecturer's own classes, exported, forgotten.

use std::{sync::Arc, time::Duration};

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::{Lecturer, admit, admit_export, chosen, classes, lecturer, own_courses, visible};
use crate::{
    db::{self, Conn},
    domain::{
        courses::{self, Roster},
        log::{Actor, Origin},
        participant_list::{self, Fault},
        uploads::{self, Answer, KeptList, Upload, Use, Verdict},
    },
    web::{
        State, client,
        error::WebError,
        export,
        forms::{self, Fields},
        member::Member,
        multipart::{self, Unreadable},
        pages::{
            courses::{AnswerRow, AnswersPage, CurrentList, Filter, ServiceChoice, UploadPage, lacking, verdict_label},
            frame::{Frame, Nav},
        },
        seats::Seat,
        see_other, view,
    },
};

/// How many classes are read at once for one list.
const AT_ONCE: usize = 4;

/// How long a list may take to arrive.
const DEADLINE: Duration = Duration::from_mins(1);

/// How many lists of one lecturer, and of all, may be arriving at once: each is in memory.
const PER_ACCOUNT: usize = 2;
const IN_ALL: usize = 64;

/// How many lines one page shows.
const PER_PAGE: usize = 200;

/// `GET /courses/upload`
pub(in crate::web) async fn form(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    lecturer(&request, &state, &member).await?;
    upload_page(&request, &state, &member, None, None).await
}

/// `POST /courses/upload`
pub(in crate::web) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    body: Multipart,
) -> Result<HttpResponse, WebError> {
    lecturer(&request, &state, &member).await?;
    admit(&state, &member)?;
    let _seat = seat(&state, &member)?;
    let rules = &state.settings.uploads;
    let (form, read) = multipart::read(body, "list", rules.list.most_bytes, DEADLINE).await;
    form.fields.require_token(&member.data.form_token)?;
    let slug = form.fields.get("service").map(str::to_owned);
    let problem = match (read, form.file) {
        (Err(Unreadable::TooLarge), _) => Problem::Fault(Fault::TooLarge { most: rules.list.most_bytes }),
        (Err(Unreadable::Malformed), _) => Problem::Unreadable,
        (Ok(()), None) => Problem::NoFile,
        (Ok(()), Some(file)) => {
            let service = chosen(&state.catalogue, slug.as_deref())?.slug.to_string();
            match participant_list::read(&file, &rules.list) {
                Ok(list) => {
                    let id = keep(&state, &member, service, list.into()).await?;
                    return Ok(see_other(&format!("/{}/courses/upload/{id}", client::locale(&request).code())));
                }
                Err(fault) => Problem::Fault(fault),
            }
        }
    };
    upload_page(&request, &state, &member, slug.as_deref(), Some(problem)).await
}

/// The right to have a list received.
fn seat(state: &State, member: &Member) -> Result<Seat, WebError> {
    let wanted = [(format!("account {}", member.account.id), PER_ACCOUNT), ("all".to_owned(), IN_ALL)];
    state.uploads.take(wanted).ok_or(WebError::TooMany { seconds: DEADLINE.as_secs() })
}

/// Why a form is shown again.
#[derive(Clone, Copy)]
enum Problem {
    NoFile,
    Unreadable,
    Fault(Fault),
}

impl Problem {
    fn status(self) -> StatusCode {
        match self {
            Self::Fault(Fault::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// What is wrong and what helps.
    fn text(self, frame: &Frame) -> String {
        let fault = match self {
            Self::NoFile => return frame.t("upload-fault-no-file"),
            Self::Unreadable => return frame.t("upload-fault-unreadable-form"),
            Self::Fault(fault) => fault,
        };
        let at = |key: &str, line: usize| frame.with(key, "line", line);
        match fault {
            Fault::TooLarge { most } => frame.with("upload-fault-too-large", "kilobytes", most / 1024),
            Fault::TooManyLines { most } => at("upload-fault-too-many-lines", most + 1),
            Fault::Empty => frame.t("upload-fault-empty"),
            Fault::Spreadsheet => frame.t("upload-fault-spreadsheet"),
            Fault::Markup => frame.t("upload-fault-markup"),
            Fault::Utf16 => frame.t("upload-fault-utf16"),
            Fault::Binary => frame.t("upload-fault-binary"),
            Fault::Unreadable { line } => at("upload-fault-unreadable", line),
            Fault::LineTooLong { line } => at("upload-fault-line-too-long", line),
            Fault::TooManyColumns { line } => at("upload-fault-too-many-columns", line),
            Fault::MoreValuesThanHeadings { line } => at("upload-fault-more-values", line),
            Fault::FewerValuesThanHeadings { line } => at("upload-fault-fewer-values", line),
            Fault::OpenQuote { line } => at("upload-fault-open-quote", line),
            Fault::ValueTooLong { line } => at("upload-fault-value-too-long", line),
            Fault::NoIdentifier => frame.t("upload-fault-no-identifier"),
            Fault::Ambiguous { line, .. } => at("upload-fault-ambiguous", line),
            Fault::Nobody => frame.t("upload-fault-nobody"),
        }
    }
}

async fn keep(state: &State, member: &Member, service: String, list: KeptList) -> Result<String, WebError> {
    let (account_id, kept, now) = (member.account.id.clone(), state.settings.uploads.kept, state.clock.now());
    let keeping = || {
        let (account_id, service, list) = (account_id.clone(), service.clone(), list.clone());
        state.database.write(move |conn| uploads::keep(conn, &account_id, &service, &list, kept, now))
    };
    // The same person's other upload at this moment: the later one stays.
    Ok(db::again_after_conflict(keeping).await?)
}

async fn upload_page(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    slug: Option<&str>,
    problem: Option<Problem>,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(request, state, Some(member), Nav::Courses);
    let (account_id, now) = (member.account.id.clone(), frame.now);
    let current = state.database.read(move |conn| uploads::current(conn, &account_id, now)).await?;
    let chosen = chosen(&state.catalogue, slug).ok().map(|service| service.slug.clone());
    let choice = |service: &crate::domain::catalogue::Service| ServiceChoice {
        slug: service.slug.to_string(),
        name: service.name.get(frame.locale).to_owned(),
        is_chosen: chosen.as_ref() == Some(&service.slug),
    };
    let rules = &state.settings.uploads;
    let page = UploadPage {
        form_token: forms::mask(&member.data.form_token),
        services: visible(&state.catalogue).map(choice).collect(),
        identify_by: rules.list.identify_by.clone(),
        most_kilobytes: rules.list.most_bytes / 1024,
        most_lines: rules.list.most_lines,
        kept_minutes: rules.kept.as_secs() / 60,
        smallest: state.settings.courses.smallest,
        problem: problem.map(|problem| problem.text(&frame)),
        current: current
            .map(|(id, uploaded_at)| CurrentList { url: frame.url(&format!("/courses/upload/{id}")), uploaded_at }),
        frame,
    };
    view::page(problem.map_or(StatusCode::OK, Problem::status), &page)
}

/// What the address of a list may say.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Wish {
    show: Option<String>,
    after: Option<String>,
}

/// `GET /courses/upload/{list}`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    admit(&state, &member)?;
    let upload = own_upload(&state, &member, &id).await?;
    let service = chosen(&state.catalogue, Some(&upload.service))?;
    let answers = answers(&state, &lecturer, &upload).await?;
    record(&request, &state, &member, &upload, &answers, Use::Shown).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Courses);
    let shown = Verdict::ALL.into_iter().find(|verdict| wish.show.as_deref() == Some(verdict.name()));
    let after = wish.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(0);
    let filters = filters(&frame, &upload.id, &answers, shown);
    let (rows, next_after) = one_page(answers, shown, after);
    let page = AnswersPage {
        form_token: forms::mask(&member.data.form_token),
        service_name: service.name.get(frame.locale).to_owned(),
        filters,
        shown: shown.map(Verdict::name),
        rows,
        next_after,
        is_continued: after > 0,
        smallest: state.settings.courses.smallest,
        surplus_columns: upload.list.surplus_columns,
        has_passwords: upload.list.has_passwords,
        uploaded_at: upload.uploaded_at,
        ends_at: upload.ends_at,
        id: upload.id,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// `GET /courses/upload/{list}/answers.csv`
pub(in crate::web) async fn export(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    admit(&state, &member)?;
    let upload = own_upload(&state, &member, &id).await?;
    chosen(&state.catalogue, Some(&upload.service))?;
    admit_export(&state, &member, "upload")?;
    let answers = answers(&state, &lecturer, &upload).await?;
    record(&request, &state, &member, &upload, &answers, Use::Exported).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Courses);
    let head = ["upload-line", "upload-value", "class-name", "upload-verdict"].map(|key| frame.t(key));
    let rows = answers.into_iter().map(|answer| {
        let name = answer.name().unwrap_or_default().to_owned();
        let Answer { row, verdict, .. } = answer;
        let value = row.identity.map_or_else(|| lacking(&frame, row.lacks).unwrap_or_default(), |found| found.value);
        [row.line.to_string(), value, name, verdict_label(&frame, verdict)]
    });
    let file = export::csv(frame.locale, std::iter::once(head).chain(rows))?;
    let name = export::file_name(&frame, &[&upload.service, &frame.t("upload-file-name")]);
    Ok(export::attachment(&name, file))
}

/// `POST /courses/upload/{list}/end`: the list is deleted now.
pub(in crate::web) async fn end(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    Fields::new(fields.into_inner()).require_token(&member.data.form_token)?;
    let (account_id, id) = (member.account.id.clone(), id.into_inner());
    if !state.database.write(move |conn| uploads::forget(conn, &account_id, &id)).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&format!("/{}/courses/upload", client::locale(&request).code())))
}

async fn own_upload(state: &State, member: &Member, id: &str) -> Result<Upload, WebError> {
    let (account_id, id, now) = (member.account.id.clone(), id.to_owned(), state.clock.now());
    let found = state.database.read(move |conn| uploads::get(conn, &account_id, &id, now)).await?;
    found.ok_or(WebError::NotFound)
}

/// Whatever is in the list, all own classes are read, and nothing else: neither time nor count depends on anybody outside them.
async fn answers(state: &web::Data<State>, lecturer: &Lecturer, upload: &Upload) -> Result<Vec<Answer>, WebError> {
    let own = own_courses(state, lecturer).await?;
    let reading = own.iter().map(|own| classes::roster(state, own, false, &lecturer.patience));
    let classes: Vec<Arc<Roster>> = stream::iter(reading).buffered(AT_ONCE).try_collect().await?;
    let lecturer = lecturer.person.clone();
    let (rules, identify_by) = (state.settings.courses.clone(), state.settings.uploads.list.identify_by.clone());
    let (service, rows) = (upload.service.clone(), upload.list.rows.clone());
    let answering = move |conn: &mut Conn| -> Result<Vec<Answer>, db::Error> {
        let named = classes.iter().filter(|roster| rules.shows_names(roster, &lecturer));
        let found: Result<Vec<_>, _> = named.map(|roster| courses::activation(conn, &service, roster)).collect();
        Ok(uploads::answers(&rows, &identify_by, &found?))
    };
    Ok(state.database.read(answering).await?)
}

async fn record(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    upload: &Upload,
    answers: &[Answer],
    how: Use,
) -> Result<(), WebError> {
    let (actor, request_id, now) = (member.account.id.clone(), client::request_id(request), state.clock.now());
    let (upload, answers) = (upload.clone(), answers.to_vec());
    let recording = state.database.write(move |conn| {
        let origin = Origin { actor: Actor::Account(&actor), request_id: &request_id, at: now };
        uploads::record_check(conn, origin, &upload, &answers, how)
    });
    Ok(recording.await?)
}

fn filters(frame: &Frame, id: &str, answers: &[Answer], shown: Option<Verdict>) -> Vec<Filter> {
    let url = |query: &str| frame.url(&format!("/courses/upload/{id}{query}"));
    let all = Filter { label: frame.t("upload-all"), count: answers.len(), url: url(""), is_current: shown.is_none() };
    let one = |verdict: Verdict| Filter {
        label: verdict_label(frame, verdict),
        count: answers.iter().filter(|answer| answer.verdict == verdict).count(),
        url: url(&format!("?show={}", verdict.name())),
        is_current: shown == Some(verdict),
    };
    std::iter::once(all).chain(Verdict::ALL.map(one)).collect()
}

/// The lines of one page, and the line behind which the next one begins.
fn one_page(answers: Vec<Answer>, shown: Option<Verdict>, after: usize) -> (Vec<AnswerRow>, Option<usize>) {
    let mut fitting = answers
        .into_iter()
        .filter(|answer| answer.row.line > after && shown.is_none_or(|verdict| answer.verdict == verdict))
        .map(|answer| AnswerRow { name: answer.name().map(str::to_owned), row: answer.row, verdict: answer.verdict });
    let rows: Vec<AnswerRow> = fitting.by_ref().take(PER_PAGE).collect();
    let next_after = fitting.next().and(rows.last()).map(|row| row.row.line);
    (rows, next_after)
}
