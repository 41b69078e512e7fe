//! Permissions: the services, the terms box, the button; and what pressing it does.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State, client,
    error::WebError,
    forms::{self, Fields},
    member::{Member, NextNotice},
    observed::{Observed, Seen, observe},
    pages::{
        data_protection::disclosure,
        frame::{Frame, Nav},
        permissions::{PermissionsPage, Problem, ServiceRow, ServiceState},
    },
    see_other, sign_in, view,
};
use crate::{
    chance, db,
    domain::{
        acceptances::Cause,
        accounts::{self, Person},
        catalogue::Service,
        changes::{self, Decided, Press, Refusal, Row, Shown, Situation},
        dossier::Dossier,
        entitlements::Entitlement,
        log::{Actor, Origin},
        memberships::Membership,
        terms::Version,
    },
    texts,
};

/// `GET /profile/permissions`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let resumed = member.take_resumed_form();
    let person = member.person(&state, client::locale(&request)).await?;
    let observed = observe(&state, person.as_ref()).await;
    form(&request, &state, &member, &observed, resumed.as_ref(), Vec::new()).await
}

/// `POST /profile/permissions`: the press of the button.
pub(super) async fn change(
    request: HttpRequest,
    state: web::Data<State>,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let fields = Fields::new(fields.into_inner());
    let locale = client::locale(&request);
    let member = match Member::of(&request) {
        Err(WebError::SignInFirst { .. }) => {
            let back = format!("/{}/profile/permissions", locale.code());
            return sign_in::resume(&request, &state, &back, &fields);
        }
        member => member?,
    };
    fields.require_token(&member.data.form_token)?;
    let person = member.person(&state, locale).await?;
    let observed = observe(&state, person.as_ref()).await;
    let rows = rows(&fields);
    let terms_accepted = fields.get("terms") == Some("accepted");
    match decide(&request, &state, &member, person, &observed, &rows, terms_accepted).await? {
        Ok((change_id, decided)) => {
            state.delivery.attempt(&member.account.id, &decided, state.settings.write_deadline).await;
            answer_to(&member, locale.code(), &change_id, &rows, terms_accepted)
        }
        Err(refusals) => form(&request, &state, &member, &observed, Some(&fields), refusals).await,
    }
}

/// No catalogue is longer; what comes after is no form of ours.
const MOST_ROWS: usize = 200;

type Decision = Result<(String, Vec<Decided>), Vec<Refusal>>;

/// One transaction: what the press means, and writing it down.
async fn decide(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    person: Option<Person>,
    observed: &Observed,
    rows: &[Row],
    terms_accepted: bool,
) -> Result<Decision, WebError> {
    let locale = client::locale(request);
    let (account_id, request_id) = (member.account.id.clone(), client::request_id(request));
    let (observed, rows, known_mail) = (observed.clone(), rows.to_vec(), member.account.mail.is_some());
    let now = state.clock.now();
    let lease = state.delivery.lease(now);
    let decided = state.database.write(move |conn| -> Result<Decision, db::Error> {
        accounts::lock(conn, &account_id, now)?;
        let has_mail = match &person {
            Some(person) => accounts::remember(conn, person, locale, now)?.mail.is_some(),
            None => known_mail,
        };
        let dossier = Dossier::read(conn, &account_id, locale, now)?;
        let planned = match changes::plan(&rows, &situations(&dossier, &observed), terms_accepted) {
            Ok(planned) => planned,
            Err(refusals) => return Ok(Err(refusals)),
        };
        if planned.is_empty() {
            let services: Vec<&str> = rows.iter().map(|row| row.service.as_str()).collect();
            return Ok(Ok((dossier.last_change(&services).unwrap_or_default(), Vec::new())));
        }
        let change_id = chance::id(now);
        let origin = Origin { actor: Actor::Account(&account_id), request_id: &request_id, at: now };
        let press =
            Press { account_id: &account_id, has_mail, locale, change_id: &change_id, lease: Some(&lease), origin };
        let decided = changes::carry_out(conn, press, &planned)?;
        Ok(Ok((change_id, decided)))
    });
    Ok(decided.await?)
}

fn situations(dossier: &Dossier, observed: &Observed) -> Vec<Situation> {
    let one = |(service, seen): (&String, &Seen)| {
        let membership = dossier.believe(service, seen.membership, seen.since);
        dossier.situation(service, seen.eligible == Some(true), membership)
    };
    observed.iter().map(one).collect()
}

/// 303 to what came of it: the service's own page, or one page for several. New terms that were accepted on the way are only
/// mentioned there. The place follows from the form alone, so a press that was carried out before leads to the same one.
fn answer_to(
    member: &Member,
    locale: &str,
    change_id: &str,
    rows: &[Row],
    terms_accepted: bool,
) -> Result<HttpResponse, WebError> {
    let services = |is_meant: &dyn Fn(&Row) -> bool| -> Vec<&str> {
        rows.iter().filter(|row| is_meant(row)).map(|row| row.service.as_str()).collect()
    };
    let changed = services(&|row| row.ticked != (row.shown != Shown::Inactive));
    let accepted_again = services(&|row| row.ticked && row.shown == Shown::AcceptAgain && terms_accepted);
    let place = match (changed.as_slice(), accepted_again.as_slice()) {
        ([], []) => {
            member.leave_notice(NextNotice::NothingChanged)?;
            "permissions".to_owned()
        }
        ([one], others) => {
            if !others.is_empty() {
                member.leave_notice(NextNotice::TermsAcceptedToo)?;
            }
            format!("permissions/{one}")
        }
        ([], [one]) => format!("permissions/{one}"),
        _ => format!("changes/{change_id}"),
    };
    Ok(see_other(&format!("/{locale}/profile/{place}")))
}

/// The services in the form: what was shown, and what is ticked.
fn rows(fields: &Fields) -> Vec<Row> {
    let ticked: BTreeSet<&str> = fields.all("service").collect();
    let mut rows: Vec<Row> = Vec::new();
    for (service, shown) in fields.with_prefix("shown.").take(MOST_ROWS) {
        let shown = match shown {
            "active" => Shown::Active,
            "accept-again" => Shown::AcceptAgain,
            _ => Shown::Inactive,
        };
        if rows.iter().all(|row| row.service != service) {
            rows.push(row(fields, service, shown, ticked.contains(service)));
        }
    }
    for service in ticked.into_iter().take(MOST_ROWS) {
        if rows.iter().all(|row| row.service != service) {
            rows.push(row(fields, service, Shown::Inactive, true));
        }
    }
    rows
}

fn row(fields: &Fields, service: &str, shown: Shown, ticked: bool) -> Row {
    let digest = fields.get(&format!("terms.{service}")).map(str::to_owned);
    Row { service: service.to_owned(), shown, ticked, digest }
}

/// The form: fresh, or with what was entered and what is wrong with it.
async fn form(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    observed: &Observed,
    entered: Option<&Fields>,
    refusals: Vec<Refusal>,
) -> Result<HttpResponse, WebError> {
    let mut frame = view::frame(request, state, Some(member), Nav::Permissions);
    "/profile/permissions".clone_into(&mut frame.path);
    let (locale, now, account_id) = (frame.locale, state.clock.now(), member.account.id.clone());
    let dossier = state.database.read(move |conn| Dossier::read(conn, &account_id, locale, now)).await?;
    let ticked: Option<BTreeSet<&str>> = entered.map(|fields| fields.all("service").collect());
    let mut services = Vec::new();
    for service in &state.catalogue.services {
        let Some(seen) = observed.get(service.slug.as_str()) else { continue };
        let mut row = service_row(&frame, service, *seen, &dossier);
        if let (Some(ticked), true) = (&ticked, row.has_box()) {
            row.ticked = ticked.contains(service.slug.as_str());
        }
        services.push(row);
    }
    let problems = problems(&frame, state, observed, &refusals);
    for row in &mut services {
        row.problem = problems.iter().find(|p| p.field_id == format!("service-{}", row.slug)).map(|p| p.text.clone());
    }
    let page = PermissionsPage {
        terms: services.iter().filter(|row| row.may_need_terms()).filter_map(|row| row.terms.clone()).collect(),
        services,
        terms_accepted: entered.is_some_and(|fields| fields.get("terms") == Some("accepted")),
        form_token: forms::mask(&member.data.form_token),
        account: member.account.id.clone(),
        directory_unavailable: observed.values().any(|seen| seen.membership == Membership::Unknown),
        problems,
        frame,
    };
    let status = if refusals.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    view::page(status, &page)
}

/// One service as the page shows it; a ticked box is a service that is active (or about to be).
fn service_row(frame: &Frame, service: &Service, seen: Seen, dossier: &Dossier) -> ServiceRow {
    let locale = frame.locale;
    let slug = service.slug.as_str();
    let seen = Seen { membership: dossier.believe(slug, seen.membership, seen.since), ..seen };
    let state = service_state(frame, service, seen, dossier);
    let shown = match &state {
        ServiceState::Active { .. } | ServiceState::BeingApplied | ServiceState::AcceptAgain { .. } => true,
        ServiceState::NotEligible { .. } | ServiceState::NoTerms => seen.membership == Membership::Present,
        _ => false,
    };
    let has_details = shown || matches!(state, ServiceState::BeingRemoved);
    ServiceRow {
        slug: slug.to_owned(),
        name: service.name.get(locale).to_owned(),
        description: service.description.get(locale).to_owned(),
        purpose: service.purpose.get(locale).to_owned(),
        ticked: shown,
        shown,
        state,
        terms: dossier.current(slug).map(|(version, digest)| view::terms_item(frame, service, version, digest)),
        details_url: has_details.then(|| frame.url(&format!("/profile/permissions/{slug}"))),
        problem: None,
        data_protection: disclosure(frame, service),
        seen_by_lecturers: service.visible_to_lecturers,
    }
}

/// The state, by the directory's word; where the directory is silent, by ours.
fn service_state(frame: &Frame, service: &Service, seen: Seen, dossier: &Dossier) -> ServiceState {
    let slug = service.slug.as_str();
    let entitlement = dossier.entitlement(slug);
    if let Some(owed) = entitlement.filter(|e| e.is_owed()) {
        return if owed.wanted { ServiceState::BeingApplied } else { ServiceState::BeingRemoved };
    }
    let situation = dossier.situation(slug, seen.eligible == Some(true), seen.membership);
    let is_active = match seen.membership {
        Membership::Present => true,
        Membership::Absent => false,
        Membership::Unknown => situation.wanted,
    };
    if is_active {
        return if situation.is_accepted() || situation.current.is_none() {
            ServiceState::Active { since: dossier.history.accepted_since(slug) }
        } else {
            let until = situation.standing.as_ref().and_then(|_| dossier.required(slug)).map(Version::grace_ends_at);
            ServiceState::AcceptAgain { until }
        };
    }
    match (seen.eligible, &service.eligibility) {
        _ if !service.data_protection.is_complete() => {
            ServiceState::NotEligible { reason: frame.t("state-not-disclosed-text") }
        }
        (Some(false), Some(rule)) => ServiceState::NotEligible { reason: rule.reason.get(frame.locale).to_owned() },
        (None, _) => ServiceState::Unknown,
        _ if situation.current.is_none() => ServiceState::NoTerms,
        _ => ended_by_us(entitlement).unwrap_or(ServiceState::Inactive),
    }
}

fn ended_by_us(entitlement: Option<&Entitlement>) -> Option<ServiceState> {
    let ended = entitlement.filter(|e| !e.wanted && e.cause == Cause::GraceEnded.name())?;
    Some(ServiceState::Ended { at: ended.changed_at })
}

/// The words for what is wrong, each with the field that it leads to.
fn problems(frame: &Frame, state: &State, observed: &Observed, refusals: &[Refusal]) -> Vec<Problem> {
    let name = |slug: &str| {
        state.catalogue.get(slug).map(|service| service.name.get(frame.locale).to_owned()).unwrap_or_default()
    };
    let about = |slug: &str, key: &str| Problem {
        field_id: format!("service-{slug}"),
        text: texts::text_with(frame.locale, key, &[("service", name(slug))]),
    };
    let one = |refusal: &Refusal| match refusal {
        Refusal::UnknownService => Problem { field_id: "services".into(), text: frame.t("problem-unknown-service") },
        Refusal::NotEligible(slug) if observed.get(slug).is_some_and(|seen| seen.eligible.is_none()) => {
            about(slug, "problem-cannot-check")
        }
        Refusal::NotEligible(slug) => about(slug, "problem-not-eligible"),
        Refusal::NoTerms(slug) => about(slug, "problem-no-terms"),
        Refusal::TermsChanged(slug) => about(slug, "problem-terms-changed"),
        Refusal::TermsNotAccepted => Problem { field_id: "terms".into(), text: frame.t("problem-terms-not-accepted") },
    };
    refusals.iter().map(one).collect()
}
