//! Everything that the database knows about one account and the services.

mod facts;

use std::collections::HashMap;

use crate::{
    clock::Instant,
    db::{Conn, Error},
    domain::{
        acceptances::{AcceptedText, History},
        changes::{Situation, TermsNow, situation},
        entitlements::Entitlement,
        locale::Locale,
        memberships::Membership,
        terms::{self, Version},
    },
};

/// What is known about one account.
#[derive(Clone, Debug)]
pub struct Dossier {
    pub history: History,
    pub entitlements: Vec<Entitlement>,
    /// Of all services, oldest first.
    pub versions: Vec<Version>,
    /// Digest of each current version's text in the language asked for, by the version's id.
    digests: HashMap<String, String>,
    locale: Locale,
    now: Instant,
}

impl Dossier {
    /// Reads what is known, with the terms as they are now in one language.
    pub fn read(conn: &mut Conn, account_id: &str, locale: Locale, now: Instant) -> Result<Self, Error> {
        let texts = terms::versions_with_digests(conn, locale)?;
        let digests = texts.iter().filter_map(|(version, digest)| Some((version.id.clone(), digest.clone()?)));
        let (history, entitlements) = facts::of_account(conn, account_id)?;
        Ok(Self {
            history,
            entitlements,
            digests: digests.collect(),
            versions: texts.into_iter().map(|(version, _)| version).collect(),
            locale,
            now,
        })
    }

    pub fn entitlement(&self, service: &str) -> Option<&Entitlement> {
        self.entitlements.iter().find(|e| e.service == service)
    }

    /// The version to show and to accept now, and the digest of its text.
    pub fn current<'a>(&'a self, service: &'a str) -> Option<(&'a Version, &'a str)> {
        let version = terms::current(self.of_service(service), self.now)?;
        Some((version, self.digests.get(&version.id)?))
    }

    /// The next major version that is published but not in effect yet; it can be accepted from then on.
    pub fn announced<'a>(&'a self, service: &'a str) -> Option<&'a Version> {
        let ahead = self.of_service(service).filter(|version| version.major && version.effective_at > self.now);
        ahead.min_by_key(|version| version.effective_at)
    }

    /// The oldest version whose acceptance still counts.
    pub fn required<'a>(&'a self, service: &'a str) -> Option<&'a Version> {
        terms::required(self.of_service(service), self.now)
    }

    /// The version of this number.
    pub fn version<'a>(&'a self, service: &'a str, number: i32) -> Option<&'a Version> {
        self.of_service(service).find(|v| v.number == number)
    }

    /// The newest change of any of these services.
    pub fn last_change(&self, services: &[&str]) -> Option<String> {
        let is_meant = |service: &str| services.contains(&service);
        let accepted =
            self.history.acceptances.iter().filter(|a| is_meant(&a.service)).map(|a| (a.accepted_at, &a.change_id));
        let withdrawn =
            self.history.withdrawals.iter().filter(|w| is_meant(&w.service)).map(|w| (w.withdrawn_at, &w.change_id));
        accepted.chain(withdrawn).max().map(|(_, change)| change.clone())
    }

    /// The situation of one service, with what the directory says about it.
    pub fn situation(&self, service: &str, eligible: bool, membership: Membership) -> Situation {
        let current = self.current(service).map(|(version, digest)| AcceptedText {
            version_id: version.id.clone(),
            number: version.number,
            locale: self.locale,
            digest: digest.to_owned(),
        });
        let terms = TermsNow { current, required: self.required(service) };
        situation(service, eligible, membership, &self.history, self.entitlement(service), terms)
    }

    /// What was seen in the directory, as long as it can be true: since that look another request, or the worker, may have written
    /// there what this request knows nothing about. Then that is what the directory shows.
    pub fn believe(&self, service: &str, seen: Membership, look: Instant) -> Membership {
        match self.entitlement(service).filter(|entitlement| entitlement.was_applied_after(look)) {
            Some(entitlement) if entitlement.wanted => Membership::Present,
            Some(_) => Membership::Absent,
            None => seen,
        }
    }

    fn of_service<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Version> {
        self.versions.iter().filter(move |v| v.service == service)
    }
}
