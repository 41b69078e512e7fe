//! What the directory says now about one person and the services, asked for as long as a page may wait.

use std::collections::HashMap;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::State;
use crate::{
    clock::Instant,
    directory::{DirectoryError, Holder},
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

/// Asks the directory, and waits for the answer as long as a page may wait. The question itself goes on until the directory's
/// own limit: only that shows that a connection has died.
pub(super) async fn in_time<T: Send + 'static>(
    state: &State,
    question: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    timeout(state.settings.write_deadline, tokio::spawn(question)).await.ok()?.ok()
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
    let asking = in_time(state, async move { directory.has(&grant, &holder).await });
    match asking.await.unwrap_or(Err(DirectoryError::TimedOut)) {
        Ok(true) => Membership::Present,
        Ok(false) => Membership::Absent,
        Err(error) => {
            tracing::warn!(event = "directory.membership", service = %service.slug, reason = %error);
            Membership::Unknown
        }
    }
}

/// Whether the person may have the service, by the directory's word; `None` if the directory does not answer.
pub(super) async fn is_eligible(state: &State, service: &Service, subject: Subject<'_>) -> Option<bool> {
    let (None, Some(rule)) = (eligible_without_asking(service), &service.eligibility) else {
        return eligible_without_asking(service);
    };
    let person = subject.person?;
    let asked_at = state.clock.now();
    if let Some(matches) = state.sightings.matches(subject.account_id, &rule.filter, asked_at) {
        return Some(matches);
    }
    let (directory, dn, filter) = (state.directory.clone(), person.dn.clone(), rule.filter.clone());
    let matches = in_time(state, async move { directory.matches(&dn, &filter).await.ok() }).await.flatten()?;
    state.sightings.keep_match(subject.account_id, &rule.filter, matches, asked_at);
    Some(matches)
}
