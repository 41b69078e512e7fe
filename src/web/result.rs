//! What came of a change: the state by the directory's word, the chat server's own check, and what to do next.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::future::join_all;
use qrcode::{QrCode, render::svg};

use super::{
    State,
    error::WebError,
    forms,
    member::Member,
    observed::{Subject, is_eligible},
    pages::{
        data_protection::disclosure,
        frame::{Frame, Nav},
        result::{ChangesPage, Outcome, ProofStep, ResultPage, ResultSummary, StepView, WithdrawForm},
    },
    patience::Patience,
    view,
};
use crate::{
    clock::Instant,
    domain::{
        accounts::Person,
        catalogue::{Catalogue, NextSteps, Service},
        dossier::Dossier,
        memberships::{Membership, Proof, ProofOf, Refusal, Verdict},
    },
    texts,
};

/// `GET /profile/permissions/{service}`
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    service: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let service = state.catalogue.get(&service).ok_or(WebError::NotFound)?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Permissions);
    let patience = Patience::of_change(&request, &state);
    let person = member.person(&state, frame.locale, &patience).await?;
    let subject = member.subject(person.as_ref(), &patience);
    let dossier = read_dossier(&state, &member, &frame).await?;
    let now = state.clock.now();
    let (outcome, proof) = outcome(&state, &frame, service, subject, &dossier, now).await;
    let checked = Checked { outcome, proof, at: now };
    let qr_svg = state.qr_codes.get(service.slug.as_str()).cloned();
    let page = result_page(frame, &member, service, person.as_ref(), &dossier, checked, qr_svg);
    view::page(StatusCode::OK, &page)
}

/// `GET /profile/changes/{change}`: one press that changed several services.
pub(super) async fn show_change(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    change: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let frame = view::frame(&request, &state, Some(&member), Nav::Permissions);
    let patience = Patience::of_change(&request, &state);
    let person = member.person(&state, frame.locale, &patience).await?;
    let subject = member.subject(person.as_ref(), &patience);
    let dossier = read_dossier(&state, &member, &frame).await?;
    let now = state.clock.now();
    let services = state.catalogue.services.iter();
    let changed = services.filter(|service| was_changed(&dossier, service.slug.as_str(), &change));
    let asking = changed.map(async |service| {
        let (outcome, _) = outcome(&state, &frame, service, subject, &dossier, now).await;
        ResultSummary {
            service_name: service.name.get(frame.locale).to_owned(),
            outcome,
            receipt: receipt_of(&dossier, service.slug.as_str(), &change),
            url: frame.url(&format!("/profile/permissions/{}", service.slug)),
        }
    });
    let results = join_all(asking).await;
    if results.is_empty() {
        return Err(WebError::NotFound);
    }
    view::page(StatusCode::OK, &ChangesPage { frame, results })
}

/// Whether the press changed this service.
fn was_changed(dossier: &Dossier, service: &str, change: &str) -> bool {
    let entitled = dossier.entitlement(service).is_some_and(|e| e.change_id == change);
    entitled || receipt_of(dossier, service, change).is_some()
}

/// The receipt that the press made for this service; writing a lost membership again makes none.
fn receipt_of(dossier: &Dossier, service: &str, change: &str) -> Option<String> {
    let history = &dossier.history;
    let accepted = history.acceptances.iter().filter(|a| a.change_id == change && a.service == service);
    let withdrawn = history.withdrawals.iter().filter(|w| w.change_id == change && w.service == service);
    accepted.map(|a| &a.receipt).chain(withdrawn.map(|w| &w.receipt)).next().cloned()
}

async fn read_dossier(state: &State, member: &Member, frame: &Frame) -> Result<Dossier, WebError> {
    let (account_id, locale, now) = (member.account.id.clone(), frame.locale, state.clock.now());
    Ok(state.database.read(move |conn| Dossier::read(conn, &account_id, locale, now)).await?)
}

/// What was found out just now.
struct Checked {
    outcome: Outcome,
    proof: Option<Proof>,
    at: Instant,
}

/// How things stand. "Admitted" is said only on the ground of the chat server's own check.
pub(super) async fn outcome(
    state: &State,
    frame: &Frame,
    service: &Service,
    about: Subject<'_>,
    dossier: &Dossier,
    now: Instant,
) -> (Outcome, Option<Proof>) {
    if let Some(owed) = dossier.entitlement(service.slug.as_str()).filter(|e| e.is_owed()) {
        let outcome = if owed.wanted { Outcome::BeingApplied } else { Outcome::BeingRemoved };
        return (outcome, None);
    }
    let Some(person) = about.person else { return (Outcome::Unknown, None) };
    let (directory, asked, subject) = (state.directory.clone(), service.clone(), person.clone());
    let proving = async move { Ok(directory.prove_admission(&asked, &subject, now).await) };
    let (membership, proof) = about.patience.ask(proving).await.unwrap_or((Membership::Unknown, None));
    let outcome = match (membership, proof.as_ref().map(|proof| &proof.verdict)) {
        (Membership::Unknown, _) => Outcome::Unknown,
        (Membership::Absent, _) => {
            not_available(state, frame, service, about).await.unwrap_or(absent(dossier, service))
        }
        (Membership::Present, None) => Outcome::Active { at: now },
        (Membership::Present, Some(Verdict::Admitted)) => Outcome::Admitted { at: now },
        (Membership::Present, Some(Verdict::Refused(refusal))) => {
            let name = service.name.get(frame.locale).to_owned();
            let reason = texts::text_with(frame.locale, refusal_key(*refusal), &[("service", name)]);
            Outcome::Refused { reason }
        }
        (Membership::Present, Some(Verdict::NotChecked)) => Outcome::NotVerified,
    };
    let is_proof = membership == Membership::Present;
    (outcome, proof.filter(|_| is_proof))
}

/// Why the person may not have the service, by the directory's word.
async fn not_available(state: &State, frame: &Frame, service: &Service, about: Subject<'_>) -> Option<Outcome> {
    if !service.data_protection.is_complete() {
        return Some(Outcome::NotAvailable { reason: frame.t("state-not-disclosed-text") });
    }
    let rule = service.eligibility.as_ref()?;
    let is_eligible = is_eligible(state, service, about).await?;
    (!is_eligible).then(|| Outcome::NotAvailable { reason: rule.reason.get(frame.locale).to_owned() })
}

fn absent(dossier: &Dossier, service: &Service) -> Outcome {
    let slug = service.slug.as_str();
    let was_withdrawn = dossier.history.withdrawals.iter().any(|w| w.service == slug);
    if was_withdrawn && dossier.history.standing(slug).is_none() { Outcome::Withdrawn } else { Outcome::Inactive }
}

fn refusal_key(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound => "refusal-not-found",
        Refusal::Ambiguous => "refusal-ambiguous",
        Refusal::SomebodyElse => "refusal-somebody-else",
        Refusal::UnescapedDn => "refusal-unescaped-dn",
        Refusal::NotInGroup => "refusal-not-in-group",
        Refusal::OwnEntryUnreadable => "refusal-own-entry",
        Refusal::NoMail => "refusal-no-mail",
    }
}

fn proof_key(what: ProofOf) -> &'static str {
    match what {
        ProofOf::Membership => "proof-membership",
        ProofOf::UserSearch => "proof-user-search",
        ProofOf::GroupFilter => "proof-group-filter",
        ProofOf::OwnEntry => "proof-own-entry",
        ProofOf::MailAddress => "proof-mail-address",
    }
}

/// The receipt of the last decision, and since when it holds. What is not there is not "since" anything, whatever was accepted.
fn last_decision(dossier: &Dossier, slug: &str, outcome: &Outcome) -> (Option<String>, Option<Instant>) {
    if matches!(outcome, Outcome::Inactive | Outcome::NotAvailable { .. }) {
        return (None, None);
    }
    if let Some(standing) = dossier.history.standing(slug) {
        return (Some(standing.receipt.clone()), dossier.history.accepted_since(slug));
    }
    let withdrawn = dossier.history.withdrawals.iter().find(|w| w.service == slug);
    withdrawn.map(|w| (w.receipt.clone(), w.withdrawn_at)).unzip()
}

/// Whether there is nothing to withdraw.
fn is_off(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Withdrawn | Outcome::Inactive | Outcome::NotAvailable { .. })
}

fn result_page(
    frame: Frame,
    member: &Member,
    service: &Service,
    person: Option<&Person>,
    dossier: &Dossier,
    checked: Checked,
    qr_svg: Option<String>,
) -> ResultPage {
    let (locale, slug) = (frame.locale, service.slug.as_str());
    let standing = dossier.history.standing(slug);
    let (receipt, since) = last_decision(dossier, slug, &checked.outcome);
    let mail = person.map_or(member.account.mail.clone(), |person| person.mail.clone());
    let may_withdraw = match checked.outcome {
        // What the directory does not tell is as it was decided.
        Outcome::Unknown => standing.is_some() || dossier.entitlement(slug).is_some_and(|decided| decided.wanted),
        Outcome::BeingRemoved => false,
        _ => !is_off(&checked.outcome),
    };
    let steps = &service.next_steps;
    let text = |text: &Option<crate::domain::locale::Text>| text.as_ref().map(|text| text.get(locale).to_owned());
    ResultPage {
        service_name: service.name.get(locale).to_owned(),
        description: service.description.get(locale).to_owned(),
        data_protection: disclosure(&frame, service),
        outcome: checked.outcome,
        proof: proof_steps(&frame, service, checked.proof),
        checked_at: checked.at,
        no_mail: receipt.is_some() && mail.is_none(),
        mail_sent_to: mail.filter(|_| receipt.is_some()),
        receipt,
        since,
        server_address: steps.server_address.clone(),
        qr_svg,
        steps: step_views(&frame, steps),
        manual: text(&steps.manual),
        forum: text(&steps.forum),
        support: text(&steps.support),
        support_link: text(&steps.support_link),
        terms: standing.and_then(|acceptance| {
            let version = dossier.version(slug, acceptance.number)?;
            Some(view::terms_item(&frame, service, version, &acceptance.digest))
        }),
        withdraw: may_withdraw
            .then(|| WithdrawForm { form_token: forms::mask(&member.data.form_token), slug: slug.to_owned() }),
        frame,
    }
}

pub(super) fn proof_steps(frame: &Frame, service: &Service, proof: Option<Proof>) -> Vec<ProofStep> {
    let name = service.name.get(frame.locale);
    let steps = proof.map(|proof| proof.steps).unwrap_or_default();
    steps
        .into_iter()
        .map(|step| ProofStep { text: frame.with(proof_key(step.what), "service", name), ok: step.succeeded })
        .collect()
}

fn step_views(frame: &Frame, steps: &NextSteps) -> Vec<StepView> {
    let locale = frame.locale;
    steps
        .steps
        .iter()
        .map(|step| StepView {
            title: step.title.get(locale).to_owned(),
            text: step.text.get(locale).to_owned(),
            link: step.link.clone(),
            link_label: step.link_label.as_ref().map(|label| label.get(locale).to_owned()),
        })
        .collect()
}

/// The codes of all services that have one, by the service's slug.
pub(super) fn qr_codes(catalogue: &Catalogue) -> HashMap<String, String> {
    let code = |service: &Service| {
        let svg = qr_code(service.next_steps.qr_link.as_deref()?)?;
        Some((service.slug.to_string(), svg))
    };
    catalogue.services.iter().filter_map(code).collect()
}

/// The link as an SVG image, dark on white whatever the colours of the page, because cameras need the contrast.
pub(super) fn qr_code(link: &str) -> Option<String> {
    let code = QrCode::new(link).ok()?;
    let image = code.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build();
    // Without the XML declaration, which has no place inside a page.
    image.find("<svg").map(|start| image[start..].to_owned())
}
