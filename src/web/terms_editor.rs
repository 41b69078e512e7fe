//! Writing and publishing the next version of a service's terms.

mod form;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::NaiveDate;

use super::{
    State, at, client,
    error::WebError,
    forms::{self, Fields},
    get,
    member::{Member, NextNotice},
    pages::{
        frame::{Frame, Nav},
        terms_editor::{EditorPage, SavedBy, TermsIndexPage, TermsRow, TextField, TextKeptPage, VersionLink},
    },
    post, roles, see_other, sign_in, view,
};
use crate::{
    clock::Instant,
    db,
    domain::{
        catalogue::Service,
        locale::{Locale, Text},
        log::{Actor, Origin},
        markdown,
        roles::Role,
        terms::{self, Version},
        terms_drafts::{self, Content, Desk, Overtaken},
        terms_notices, text_diff,
    },
};
use form::{Entered, Fault};

/// The largest body of the form with a draft: two texts, of which each byte may be encoded as three.
const DRAFT_LIMIT: usize = 1024 * 1024;

/// The largest form that the sign-in can carry along.
const MOST_CARRIED: usize = 24 * 1024;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let draft_limit = web::FormConfig::default().limit(DRAFT_LIMIT);
    app.service(at("/terms", get(index)))
        .service(at("/terms/{service}", get(current)))
        .service(at("/terms/{service}/edit", get(edit)).route(post(save)).app_data(draft_limit))
        .service(at("/terms/{service}/draft", post(discard)))
        .service(at("/terms/{service}/versions", get(current)).route(post(publish)));
}

/// `GET /terms`: all services with what is published and what is being written.
async fn index(request: HttpRequest, state: web::Data<State>, member: Member) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::TermsEditor).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Terms);
    let slugs: Vec<String> = state.catalogue.services.iter().map(|service| service.slug.to_string()).collect();
    let read = move |conn: &mut db::Conn| slugs.iter().map(|slug| Desk::read(conn, slug)).collect();
    let desks: Vec<Desk> = state.database.read(read).await?;
    let rows = state.catalogue.services.iter().zip(&desks);
    let services = rows.map(|(service, desk)| terms_row(&frame, service, desk)).collect();
    view::page(StatusCode::OK, &TermsIndexPage { frame, services })
}

fn terms_row(frame: &Frame, service: &Service, desk: &Desk) -> TermsRow {
    let link = |version: &Version| version_link(frame, service, version);
    TermsRow {
        service_name: service.name.get(frame.locale).to_owned(),
        edit_url: frame.url(&format!("/terms/{}/edit", service.slug)),
        current: terms::current(&desk.versions, frame.now).map(link),
        upcoming: desk.newest().filter(|newest| newest.effective_at > frame.now).map(link),
        draft: saved_by(frame, desk),
    }
}

fn version_link(frame: &Frame, service: &Service, version: &Version) -> VersionLink {
    VersionLink {
        number: version.number.to_string(),
        url: frame.url(&format!("/terms/{}/{}", service.slug, version.number)),
        effective: version.effective_at,
    }
}

fn saved_by(frame: &Frame, desk: &Desk) -> Option<SavedBy> {
    let draft = desk.draft.as_ref()?;
    let name = desk.saved_by.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| frame.t("erased-account"));
    Some(SavedBy { name, at: draft.saved_at })
}

/// `GET /terms/{service}` and `/terms/{service}/versions`: the version in effect, which links to all others.
async fn current(
    request: HttpRequest,
    state: web::Data<State>,
    slug: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let service = state.catalogue.get(&slug).ok_or(WebError::NotFound)?;
    let (slug, now) = (service.slug.to_string(), state.clock.now());
    let versions = state.database.read(move |conn| terms::versions(conn, &slug)).await?;
    let version = terms::current(&versions, now).or(versions.last()).ok_or(WebError::NotFound)?;
    let locale = client::locale(&request).code();
    Ok(see_other(&format!("/{locale}/terms/{}/{}", service.slug, version.number)))
}

/// `GET /terms/{service}/edit`
async fn edit(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    slug: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::TermsEditor).await?;
    let service = state.catalogue.get(&slug).ok_or(WebError::NotFound)?;
    let desk = read_desk(&state, service).await?;
    let resumed = member.take_resumed_form().filter(|fields| fields.get("basis").is_some());
    let entered = resumed.map_or_else(|| Entered::stored(&desk), |fields| Entered::from(&fields));
    answer(&Editing { request: &request, state: &state, member: &member, service }, &desk, entered, &[]).await
}

/// `POST /terms/{service}/edit`: preview, or save.
async fn save(
    request: HttpRequest,
    state: web::Data<State>,
    fields: web::Form<Vec<(String, String)>>,
    slug: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    let member = match Member::of(&request) {
        Err(WebError::SignInFirst { .. }) => return keep(&request, &state, &slug, &fields),
        member => member?,
    };
    fields.require_token(&member.data.form_token)?;
    roles::require(&request, &state, &member, Role::TermsEditor).await?;
    let service = state.catalogue.get(&slug).ok_or(WebError::NotFound)?;
    let editing = Editing { request: &request, state: &state, member: &member, service };
    let entered = Entered::from(&fields);
    let content = match entered.parse() {
        Ok(content) if fields.get("action") != Some("preview") => content,
        parsed => {
            let faults = parsed.err().unwrap_or_default();
            return answer(&editing, &read_desk(&state, service).await?, entered, &faults).await;
        }
    };
    let (slug, basis, editor) = (service.slug.to_string(), entered.basis.clone(), member.account.id.clone());
    let now = state.clock.now();
    let save = move |conn: &mut db::Conn| terms_drafts::save(conn, &slug, &basis, &content, &editor, now);
    if or_overtaken(state.database.write(save).await)?.is_err() {
        return answer(&editing, &read_desk(&state, service).await?, entered, &[Fault::Overtaken]).await;
    }
    member.leave_notice(NextNotice::DraftSaved)?;
    Ok(see_other(&format!("/{}/terms/{}/edit", client::locale(&request).code(), service.slug)))
}

/// `POST /terms/{service}/draft`: throws the draft away.
async fn discard(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
    slug: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    fields.require_token(&member.data.form_token)?;
    roles::require(&request, &state, &member, Role::TermsEditor).await?;
    let service = state.catalogue.get(&slug).ok_or(WebError::NotFound)?;
    let (slug, basis) = (service.slug.to_string(), fields.get("basis").unwrap_or_default().to_owned());
    let discard = move |conn: &mut db::Conn| terms_drafts::discard(conn, &slug, &basis);
    if or_overtaken(state.database.write(discard).await)?.is_err() {
        let editing = Editing { request: &request, state: &state, member: &member, service };
        let desk = read_desk(&state, service).await?;
        let entered = Entered::stored(&desk);
        return answer(&editing, &desk, entered, &[Fault::Moved]).await;
    }
    member.leave_notice(NextNotice::DraftDiscarded)?;
    Ok(see_other(&format!("/{}/terms", client::locale(&request).code())))
}

/// `POST /terms/{service}/versions`: the draft becomes a version, for good.
async fn publish(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
    slug: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    fields.require_token(&member.data.form_token)?;
    roles::require(&request, &state, &member, Role::TermsEditor).await?;
    let service = state.catalogue.get(&slug).ok_or(WebError::NotFound)?;
    let confirmation = fields.get("confirmation").unwrap_or_default().trim();
    let published = if names(service, confirmation) {
        publish_draft(&request, &state, &member, service, fields.get("basis").unwrap_or_default()).await?
    } else {
        Err(vec![Fault::NotConfirmed])
    };
    match published {
        Ok(version) => {
            state.delivery.wake();
            member.leave_notice(NextNotice::TermsPublished)?;
            let locale = client::locale(&request).code();
            Ok(see_other(&format!("/{locale}/terms/{}/{}", service.slug, version.number)))
        }
        Err(faults) => {
            let desk = read_desk(&state, service).await?;
            let entered = Entered { confirmation: confirmation.to_owned(), ..Entered::stored(&desk) };
            answer(&Editing { request: &request, state: &state, member: &member, service }, &desk, entered, &faults)
                .await
        }
    }
}

/// Whether this is the service's name, in either language.
fn names(service: &Service, typed: &str) -> bool {
    Locale::ALL.into_iter().any(|locale| service.name.get(locale) == typed)
}

async fn publish_draft(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    service: &Service,
    basis: &str,
) -> Result<Result<Version, Vec<Fault>>, WebError> {
    let (slug, basis, editor) = (service.slug.to_string(), basis.to_owned(), member.account.id.clone());
    let (request_id, now, tz) = (client::request_id(request), state.clock.now(), state.settings.portal.time_zone);
    let publish = move |conn: &mut db::Conn| {
        let origin = Origin { actor: Actor::Account(&editor), request_id: &request_id, at: now };
        terms_drafts::publish(conn, &slug, &basis, tz, origin)
    };
    Ok(match state.database.write(publish).await {
        Err(db::Error::Conflict(_)) => Err(vec![Fault::Moved]),
        published => published?.map_err(|refusals| refusals.into_iter().map(Fault::from).collect()),
    })
}

/// Two who save or publish at this very moment: the database lets one of them.
fn or_overtaken(stored: Result<Result<(), Overtaken>, db::Error>) -> Result<Result<(), Overtaken>, db::Error> {
    match stored {
        Err(db::Error::Conflict(_)) => Ok(Err(Overtaken)),
        stored => stored,
    }
}

async fn read_desk(state: &State, service: &Service) -> Result<Desk, WebError> {
    let slug = service.slug.to_string();
    Ok(state.database.read(move |conn| Desk::read(conn, &slug)).await?)
}

/// The session has ended while the text was written: it goes on after signing in, or is at least shown.
fn keep(request: &HttpRequest, state: &State, slug: &str, fields: &Fields) -> Result<HttpResponse, WebError> {
    let service = state.catalogue.get(slug).ok_or(WebError::NotFound)?;
    let back = format!("/{}/terms/{}/edit", client::locale(request).code(), service.slug);
    if fields.encode().len() <= MOST_CARRIED {
        return sign_in::resume(request, state, &back, fields);
    }
    let entered = Entered::from(fields);
    let sources = Locale::ALL.map(|locale| (locale, entered.source.get(locale).to_owned()));
    let page = TextKeptPage { frame: view::frame(request, state, None, Nav::Terms), back, sources };
    view::page(StatusCode::UNAUTHORIZED, &page)
}

/// Who edits what.
struct Editing<'a> {
    request: &'a HttpRequest,
    state: &'a State,
    member: &'a Member,
    service: &'a Service,
}

/// The page with what was entered, and what is wrong with it. Whoever was overtaken goes on from what is stored now, so that a
/// second press is a decision and not an accident.
async fn answer(
    editing: &Editing<'_>,
    desk: &Desk,
    entered: Entered,
    faults: &[Fault],
) -> Result<HttpResponse, WebError> {
    let Editing { request, state, member, service } = editing;
    let mut frame = view::frame(request, state, Some(member), Nav::Terms);
    frame.path = format!("/terms/{}/edit", service.slug);
    let content = entered.parse().ok();
    let impact = match content.as_ref().and_then(|content| preview_version(desk, content, &frame)) {
        Some(version) => Some(state.database.read(move |conn| terms_notices::impact(conn, &version)).await?),
        None => None,
    };
    let overtaken = faults.contains(&Fault::Overtaken);
    let page = EditorPage {
        slug: service.slug.to_string(),
        service_name: service.name.get(frame.locale).to_owned(),
        newest: desk.newest().map(|version| version_link(&frame, service, version)),
        next_number: desk.next_number().to_string(),
        draft: saved_by(&frame, desk),
        is_saved: desk.draft.as_ref().map(|draft| &draft.content) == content.as_ref(),
        is_changed: content.as_ref() != Some(&desk.content()),
        texts: Locale::ALL.map(|locale| text_field(desk, &entered.source, locale, overtaken)),
        is_major: entered.is_major,
        earliest_day: day(frame.now, &frame).to_string(),
        latest_day: terms_drafts::latest_day(frame.tz, frame.now).to_string(),
        grace_days: entered.grace_days,
        effective_on: entered.effective_on,
        impact,
        confirmation: entered.confirmation,
        problems: faults.iter().map(|fault| fault.problem(&frame, service)).collect(),
        basis: if overtaken { desk.basis() } else { entered.basis },
        account: member.account.id.clone(),
        form_token: forms::mask(&member.data.form_token),
        frame,
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    view::page(status, &page)
}

fn text_field(desk: &Desk, source: &Text, language: Locale, overtaken: bool) -> TextField {
    let source = source.get(language);
    let stored = desk.draft.as_ref().filter(|_| overtaken).map(|draft| draft.content.source.get(language));
    TextField {
        language,
        source: source.to_owned(),
        preview: markdown::to_html(source),
        diff: text_diff::compare(desk.published.get(language), source),
        other_diff: stored.map(|stored| text_diff::compare(stored, source)),
    }
}

fn day(at: Instant, frame: &Frame) -> NaiveDate {
    at.and_utc().with_timezone(&frame.tz).date_naive()
}

/// The version as it would be if it were published now.
fn preview_version(desk: &Desk, content: &Content, frame: &Frame) -> Option<Version> {
    let number = desk.next_number();
    Some(Version {
        id: String::new(),
        service: desk.service.clone(),
        number,
        major: content.major || number == 1,
        grace_days: content.grace_days,
        effective_at: terms_drafts::effective_at(content.effective_on, frame.tz, frame.now)?,
        published_at: frame.now,
    })
}
