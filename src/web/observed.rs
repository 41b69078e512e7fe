//! What the directory says now about one person and the services.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::State;
use crate::{
    clock::Instant,
    directory::Holder,
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
            Some(person) => look(state, service, person).await,
            None => (Membership::Unknown, service.eligibility.is_none().then_some(true)),
        };
        let seen = Seen { membership, eligible, since };
        (service.slug.to_string(), seen)
    });
    join_all(seen).await.into_iter().collect()
}

async fn look(state: &State, service: &Service, person: &Person) -> (Membership, Option<bool>) {
    let holder = Holder::from(person);
    let membership = async {
        match state.directory.has(&service.grant, &holder).await {
            Ok(true) => Membership::Present,
            Ok(false) => Membership::Absent,
            Err(error) => {
                tracing::warn!(event = "directory.membership", service = %service.slug, reason = %error);
                Membership::Unknown
            }
        }
    };
    let eligible = async {
        match &service.eligibility {
            None => Some(true),
            Some(rule) => state.directory.matches(&person.dn, &rule.filter).await.ok(),
        }
    };
    tokio::join!(membership, eligible)
}
