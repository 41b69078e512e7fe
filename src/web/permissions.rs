//! Permissions: the services, the terms box, the button.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    State, client,
    error::WebError,
    forms::{self, Fields},
    member::Member,
    observed::{Observed, Question, Seen, observe},
    pages::{
        data_protection::disclosure,
        frame::{Frame, Nav},
        permissions::{AnnouncedTerms, PermissionsPage, Problem, ServiceRow, ServiceState},
    },
    patience::Patience,
    view,
};
use crate::{
    domain::{
        acceptances::Cause, catalogue::Service, changes::Refusal, dossier::Dossier, entitlements::Entitlement,
        memberships::Membership, terms::Version,
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
    let patience = Patience::of_page(&request, &state);
    let person = member.person(&state, client::locale(&request), &patience).await?;
    let observed = observe(&state, member.subject(person.as_ref(), &patience), |_| Question::BOTH).await;
    form(&request, &state, &member, &observed, resumed.as_ref(), Vec::new()).await
}

/// The form: fresh, or with what was entered and what is wrong with it.
pub(super) async fn form(
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
        marked: marked(request, entered),
        directory_unavailable: observed.values().any(|seen| seen.membership() == Membership::Unknown),
        problems,
        frame,
    };
    let status = if refusals.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    view::page(status, &page)
}

/// The service in the address that a board sends people to; a form that comes back has kept it.
fn marked(request: &HttpRequest, entered: Option<&Fields>) -> Option<String> {
    if let Some(kept) = entered.and_then(|fields| fields.get("marked")) {
        return Some(kept.to_owned());
    }
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    query.find(|(name, _)| name == "service").map(|(_, service)| service.into_owned())
}

/// One service as the page shows it; a ticked box is a service that is active (or about to be).
fn service_row(frame: &Frame, service: &Service, seen: Seen, dossier: &Dossier) -> ServiceRow {
    let locale = frame.locale;
    let slug = service.slug.as_str();
    let seen = Seen { membership: Some(dossier.believe(slug, seen.membership(), seen.since)), ..seen };
    let state = service_state(frame, service, seen, dossier);
    let shown = match &state {
        ServiceState::Active { .. } | ServiceState::BeingApplied | ServiceState::AcceptAgain { .. } => true,
        ServiceState::NotEligible { .. } | ServiceState::NoTerms => seen.membership() == Membership::Present,
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
        announced: dossier.announced(slug).filter(|_| shown).map(|version| AnnouncedTerms {
            number: version.number.to_string(),
            url: frame.url(&format!("/terms/{slug}/{}", version.number)),
            effective: version.effective_at,
        }),
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
    let situation = dossier.situation(slug, seen.eligible == Some(true), seen.membership());
    let is_active = match seen.membership() {
        Membership::Present => true,
        Membership::Absent => false,
        Membership::Unknown => situation.is_wanted(),
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
