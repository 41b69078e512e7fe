//! What the directory says now about one person and the services.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::State;
use crate::{
    clock::Instant,
    directory::Holder,
    domain::{accounts::Person, catalogue::Service, entitlements::Entitlement, memberships::Membership},
};

/// What the directory says about one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) membership: Membership,
    /// `None`: the directory did not say.
    pub(super) eligible: Option<bool>,
    /// When we began to look.
    at: Instant,
}

impl Seen {
    /// The membership as we saw it, unless a decision reached the directory since: then that one counts, so that a double click
    /// is not carried out twice.
    pub(super) fn membership_given(self, entitlement: Option<&Entitlement>) -> Membership {
        match entitlement.filter(|e| e.applied_at >= Some(self.at)) {
            Some(applied) if applied.wanted => Membership::Present,
            Some(_) => Membership::Absent,
            None => self.membership,
        }
    }
}

/// By the service's slug.
pub(super) type Observed = HashMap<String, Seen>;

/// Asks about all services at the same time, about this one person only. Without a person (the directory does not answer)
/// nothing is asked.
pub(super) async fn observe(state: &State, person: Option<&Person>) -> Observed {
    let seen = state.catalogue.services.iter().map(async |service| {
        let seen = if let Some(person) = person {
            look(state, service, person).await
        } else {
            let eligible = service.eligibility.is_none().then_some(true);
            Seen { membership: Membership::Unknown, eligible, at: state.clock.now() }
        };
        (service.slug.to_string(), seen)
    });
    join_all(seen).await.into_iter().collect()
}

async fn look(state: &State, service: &Service, person: &Person) -> Seen {
    let (holder, at) = (Holder::from(person), state.clock.now());
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
    let (membership, eligible) = tokio::join!(membership, eligible);
    Seen { membership, eligible, at }
}
