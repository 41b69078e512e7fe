//! What the directory says now about one person and the services, asked for as long as a page may wait.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::{State, patience::Patience};
use crate::{
    clock::Instant,
    directory::Holder,
    domain::{accounts::Person, catalogue::Service, memberships::Membership},
};

/// What the directory says about one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// `None`: not asked.
    pub(super) membership: Option<Membership>,
    /// `None`: not asked, or the directory did not say.
    pub(super) eligible: Option<bool>,
    /// Not earlier than this it was so.
    pub(super) since: Instant,
}

impl Seen {
    /// The membership as far as it is known.
    pub(super) fn membership(&self) -> Membership {
        self.membership.unwrap_or(Membership::Unknown)
    }
}

/// By the service's slug; every service of the catalogue is there.
pub(super) type Observed = HashMap<String, Seen>;

/// Whom the directory is asked about. Without a person (the directory does not answer) nothing is asked.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) account_id: &'a str,
    pub(super) person: Option<&'a Person>,
    pub(super) patience: &'a Patience,
}

/// What is asked about a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) membership: bool,
    pub(super) eligible: bool,
}

impl Question {
    pub(super) const BOTH: Self = Self { membership: true, eligible: true };
}

/// Asks about all services at the same time, about this one person only.
pub(super) async fn observe(state: &State, subject: Subject<'_>, question: impl Fn(&Service) -> Question) -> Observed {
    let since = state.clock.now();
    let seen = state.catalogue.services.iter().map(async |service| {
        let asked = question(service);
        let membership =
            async { if asked.membership { Some(Box::pin(membership(state, service, subject)).await) } else { None } };
        let eligible =
            async { if asked.eligible { Box::pin(is_eligible(state, service, subject)).await } else { None } };
        let (membership, eligible) = tokio::join!(membership, eligible);
        (service.slug.to_string(), Seen { membership, eligible, since })
    });
    join_all(seen).await.into_iter().collect()
}

/// Nobody may request a service that does not tell what happens to personal data.
fn eligible_without_asking(service: &Service) -> Option<bool> {
    match &service.eligibility {
        _ if !service.data_protection.is_complete() => Some(false),
        None => Some(true),
        Some(_) => None,
    }
}

async fn membership(state: &State, service: &Service, subject: Subject<'_>) -> Membership {
    let Some(person) = subject.person else { return Membership::Unknown };
    let (directory, grant, holder) = (state.directory.clone(), service.grant.clone(), Holder::from(person));
    match subject.patience.ask(async move { directory.has(&grant, &holder).await }).await {
        Ok(true) => Membership::Present,
        Ok(false) => Membership::Absent,
        Err(error) => {
            tracing::warn!(event = "directory.membership", service = %service.slug, reason = %error);
            Membership::Unknown
        }
    }
}

/// Whether the person may have the service, by the directory's word; `None` if the directory does not answer. Whom it has said
/// before to be eligible is so while it is silent: an outage changes nobody's eligibility.
pub(super) async fn is_eligible(state: &State, service: &Service, subject: Subject<'_>) -> Option<bool> {
    if let Some(known) = eligible_without_asking(service) {
        return Some(known);
    }
    let filter = &service.eligibility.as_ref()?.filter;
    let asked_at = state.clock.now();
    if let Some(matches) = state.sightings.matches(subject.account_id, filter, asked_at) {
        return Some(matches);
    }
    if let Some(matches) = matches_now(state, subject, filter, asked_at).await {
        return Some(matches);
    }
    state.sightings.has_matched(subject.account_id, filter).then_some(true)
}

/// An answer that comes too late for this page is there for the next one.
async fn matches_now(state: &State, subject: Subject<'_>, filter: &str, now: Instant) -> Option<bool> {
    let (directory, sightings) = (state.directory.clone(), state.sightings.clone());
    let (account_id, dn, filter) = (subject.account_id.to_owned(), subject.person?.dn.clone(), filter.to_owned());
    let question = sightings.ask();
    let asking = async move {
        let matches = directory.matches(&dn, &filter).await?;
        sightings.keep_match(&account_id, &filter, matches, now, question);
        Ok(matches)
    };
    subject.patience.ask(asking).await.ok()
}
