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
    pub(super) membership: Membership,
    /// `None`: the directory did not say.
    pub(super) eligible: Option<bool>,
    /// Not earlier than this it was so.
    pub(super) since: Instant,
}

/// By the service's slug.
pub(super) type Observed = HashMap<String, Seen>;

/// Asks about all services at the same time, about this one person only. Without a person (the directory does not answer)
/// nothing is asked.
pub(super) async fn observe(state: &State, person: Option<&Person>) -> Observed {
    let since = state.clock.now();
    let seen = state.catalogue.services.iter().map(async |service| {
        let (membership, eligible) = match person {
            Some(person) => Box::pin(look(state, service, person)).await,
            None => (Membership::Unknown, eligible_without_asking(service)),
        };
        let seen = Seen { membership, eligible, since };
        (service.slug.to_string(), seen)
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

async fn look(state: &State, service: &Service, person: &Person) -> (Membership, Option<bool>) {
    let (directory, grant, holder) = (state.directory.clone(), service.grant.clone(), Holder::from(person));
    let membership = in_time(state, async move { directory.has(&grant, &holder).await });
    let membership = async {
        match membership.await.unwrap_or(Err(DirectoryError::TimedOut)) {
            Ok(true) => Membership::Present,
            Ok(false) => Membership::Absent,
            Err(error) => {
                tracing::warn!(event = "directory.membership", service = %service.slug, reason = %error);
                Membership::Unknown
            }
        }
    };
    let eligible = async {
        let (None, Some(rule)) = (eligible_without_asking(service), &service.eligibility) else {
            return eligible_without_asking(service);
        };
        let (directory, dn, filter) = (state.directory.clone(), person.dn.clone(), rule.filter.clone());
        in_time(state, async move { directory.matches(&dn, &filter).await.ok() }).await.flatten()
    };
    tokio::join!(membership, eligible)
}
