//! All that is known about one person: here, and in the directory now.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::future::join_all;
use serde_json::json;

use super::{auditor::Auditor, looks, search, words};
use crate::{
    clock::Instant,
    db,
    directory::DirectoryError,
    domain::{
        accounts::{self, Account, Person},
        audit::{looks as log_looks, people},
        catalogue::Service,
        dossier::Dossier,
        entitlements::Entitlement,
        locale::Locale,
        log::Kind,
        roles,
    },
    web::{
        State,
        error::WebError,
        history,
        member::Member,
        observed::Subject,
        pages::{
            audit::person::{DirectoryNow, PersonPage, ServiceNow},
            frame::{Frame, Nav},
            result::Outcome,
        },
        patience::Patience,
        profile, result, view,
    },
};

/// How many looks at the person are shown.
const LOOKS: usize = 50;

/// What the database knows.
struct Known {
    account: Account,
    created: Instant,
    seen: Instant,
    affiliations: Vec<String>,
    roles: roles::Roles,
    dossier: Dossier,
    looks: Vec<log_looks::Look>,
}

/// `GET /audit/people/{account}`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let id = Some(id.into_inner()).filter(|id| search::is_word(id)).ok_or(WebError::NotFound)?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let (locale, now) = (frame.locale, state.clock.now());
    let known = state.database.search(move |conn| know(conn, &id, locale, now)).await?.ok_or(WebError::NotFound)?;
    let subjects = BTreeSet::from([known.account.id.clone()]);
    auditor.note(&state, Kind::PersonViewed, json!({}), subjects).await?;
    let patience = Patience::of_change(&request, &state);
    let directory = ask_directory(&state, &known.account, &patience).await;
    let person = match &directory {
        Ok(person) => person.as_ref(),
        Err(_) => None,
    };
    let about = Subject { account_id: &known.account.id, person, patience: &patience };
    let asking =
        state.catalogue.services.iter().map(|service| service_now(&state, &frame, service, about, &known, now));
    let services = join_all(asking).await;
    let page = PersonPage {
        reason: auditor.reason,
        is_erased: known.account.directory_key.is_none(),
        directory: directory_now(&frame, &directory),
        services,
        entries: history::entries(&frame, &state, &known.dossier.history, history::Reader::Auditor),
        looks: looks::rows(&frame, &state.catalogue, &known.looks),
        affiliations: known.affiliations.iter().map(|word| profile::affiliation(locale, word)).collect(),
        roles: known.roles.names().iter().map(|name| words::label(&frame, words::ROLES, name)).collect(),
        records_url: frame.url(&format!("/audit?account={}", known.account.id)),
        created: known.created,
        seen: known.seen,
        account: known.account,
        asked_at: now,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

fn know(conn: &mut db::Conn, id: &str, locale: Locale, now: Instant) -> Result<Option<Known>, db::Error> {
    let Some((account, (created, seen, affiliations))) = accounts::get(conn, id)?.zip(people::times(conn, id)?) else {
        return Ok(None);
    };
    Ok(Some(Known {
        roles: roles::recorded(conn, id)?,
        dossier: Dossier::read(conn, id, locale, now)?,
        looks: log_looks::at(conn, id, &looks::kinds(), LOOKS)?,
        account,
        created,
        seen,
        affiliations,
    }))
}

/// The person as the directory shows them now.
async fn ask_directory(
    state: &State,
    account: &Account,
    patience: &Patience,
) -> Result<Option<Person>, DirectoryError> {
    if account.directory_key.is_none() {
        return Ok(None);
    }
    let (directory, account) = (state.directory.clone(), account.clone());
    patience.ask(async move { directory.behind(&account).await }).await
}

fn directory_now(frame: &Frame, asked: &Result<Option<Person>, DirectoryError>) -> DirectoryNow {
    match asked {
        Ok(Some(person)) => DirectoryNow::Present {
            display_name: person.display_name.clone(),
            username: person.username.clone(),
            mail: person.mail.clone(),
            dn: person.dn.clone(),
            affiliations: person.affiliations.iter().map(|word| profile::affiliation(frame.locale, word)).collect(),
        },
        Ok(None) => DirectoryNow::Gone,
        Err(_) => DirectoryNow::Unknown,
    }
}

/// What is accepted and decided, and what the directory and the chat server say of it now.
async fn service_now(
    state: &State,
    frame: &Frame,
    service: &Service,
    about: Subject<'_>,
    known: &Known,
    now: Instant,
) -> ServiceNow {
    let (outcome, proof) = result::outcome(state, frame, service, about, &known.dossier, now).await;
    let slug = service.slug.as_str();
    let (verdict, explanation) = verdict(frame, &outcome);
    let standing = known.dossier.history.standing(slug);
    ServiceNow {
        name: service.name.get(frame.locale).to_owned(),
        version: standing.map(|acceptance| acceptance.number),
        accepted_since: known.dossier.history.accepted_since(slug),
        decision: known.dossier.entitlement(slug).map(|decided| decision(frame, decided)),
        is_ungrounded: standing.is_none() && known.dossier.entitlement(slug).is_some_and(|decided| decided.wanted),
        verdict,
        class: outcome.class(),
        explanation,
        proof: result::proof_steps(frame, service, proof),
    }
}

/// What was decided, why and when.
fn decision(frame: &Frame, decided: &Entitlement) -> String {
    let what = frame.t(if decided.wanted { "audit-decided-granted" } else { "audit-decided-ended" });
    let cause = words::label(frame, words::CAUSES, &decided.cause);
    let mut said = format!("{what} · {cause} · {}", frame.date_time(decided.changed_at));
    if decided.is_owed() {
        said.push_str(" · ");
        said.push_str(&frame.t("audit-decided-owed"));
    }
    said
}

/// How things stand in the words of somebody who looks at it from outside.
fn verdict(frame: &Frame, outcome: &Outcome) -> (String, Option<String>) {
    let (key, reason) = match outcome {
        Outcome::Admitted { .. } => ("audit-now-admitted", None),
        Outcome::Active { .. } => ("audit-now-active", None),
        Outcome::BeingApplied => ("audit-now-being-applied", None),
        Outcome::BeingRemoved => ("audit-now-being-removed", None),
        Outcome::Refused { reason } => ("audit-now-refused", Some(reason.clone())),
        Outcome::NotVerified => ("audit-now-not-verified", None),
        Outcome::Withdrawn | Outcome::Inactive => ("audit-now-inactive", None),
        Outcome::NotAvailable { reason } => ("audit-now-not-available", Some(reason.clone())),
        Outcome::Unknown => ("audit-now-unknown", None),
    };
    (frame.t(key), reason)
}
