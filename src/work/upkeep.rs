//! Regular upkeep: entitlements whose grace has run out, sessions that nobody can use any more, uploaded lists whose time is over, and what
//! else is kept for some time only.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::Delivery;
use crate::{
    chance, clock,
    db::Error,
    domain::{
        acceptances, accounts,
        audit::figures,
        changes::{self, Press},
        courses::views,
        log::{Actor, Origin},
        outbox, reminders, reservations, sessions, terms,
        terms::Version,
        uploads,
    },
};

/// How many accounts are looked up at once; each is then ended in a transaction of its own.
const BATCH: i64 = 200;

/// How old the numbers in charts may be.
const COUNT_EVERY: TimeDelta = TimeDelta::minutes(10);

impl Delivery {
    /// Ends what has run out; returns how many entitlements that were. Says in the log how much is owed to the outside.
    pub async fn upkeep(&self) -> Result<usize, Error> {
        let now = self.outside.clock.now();
        let depth = self.outside.database.read(outbox::depth).await?;
        if let Some(oldest) = depth.oldest {
            let seconds = (now - oldest).num_seconds();
            tracing::info!(
                event = "outbox.depth",
                owed = depth.owed,
                set_aside = depth.set_aside,
                oldest_seconds = seconds
            );
        }
        let idle_since = clock::before(now, self.settings.session_idle);
        self.outside.database.write(move |conn| sessions::purge(conn, idle_since, now)).await?;
        self.forget_what_is_over().await?;
        let versions = self.outside.database.read(terms::all_versions).await?;
        self.count_accounts(&versions).await?;
        let mut ended = 0;
        for service in &self.outside.catalogue.services {
            let of_service = versions.iter().filter(|v| v.service == service.slug.as_str());
            if let Some(required) = terms::required(of_service, now)
                && required.grace_ends_at() <= now
            {
                ended += self.end_outdated(required).await?;
            }
        }
        if ended > 0 {
            tracing::info!(event = "grace.ended", entitlements = ended);
            self.wake();
        }
        Ok(ended)
    }

    /// What lecturers' pages leave behind, and ids reserved for people who never came.
    async fn forget_what_is_over(&self) -> Result<(), Error> {
        let now = self.outside.clock.now();
        let gone_before = clock::before(now, self.settings.erasure.after);
        self.outside.database.write(move |conn| uploads::purge(conn, now)).await?;
        self.outside.database.write(move |conn| reminders::purge(conn, now)).await?;
        self.outside.database.write(move |conn| views::forget(conn, now)).await?;
        self.outside.database.write(move |conn| reservations::forget_older(conn, gone_before)).await?;
        self.outside.database.forget_deleted().await
    }

    /// What auditors' charts show of very many accounts, so that no page counts them.
    async fn count_accounts(&self, versions: &[Version]) -> Result<(), Error> {
        let now = self.outside.clock.now();
        let counted_at = self.outside.database.read(figures::counted_at).await?;
        if counted_at.is_some_and(|at| now < at + COUNT_EVERY) {
            return Ok(());
        }
        let catalogue = self.outside.catalogue.services.iter().map(|service| service.slug.to_string());
        let services: BTreeSet<String> =
            catalogue.chain(versions.iter().map(|version| version.service.clone())).collect();
        let counted = self.outside.database.read(move |conn| figures::count(conn, &services)).await?;
        if counted.is_empty() && counted_at.is_none() {
            return Ok(());
        }
        match self.outside.database.write(move |conn| figures::keep(conn, counted, now)).await {
            // Another portal was faster.
            Err(Error::Conflict(_)) => Ok(()),
            done => done,
        }
    }

    async fn end_outdated(&self, required: &Version) -> Result<usize, Error> {
        let mut sum = 0;
        loop {
            let (service, number) = (required.service.clone(), required.number);
            let outdated =
                self.outside.database.read(move |conn| acceptances::outdated(conn, &service, number, BATCH)).await?;
            let mut ended = 0;
            for account_id in outdated {
                ended += usize::from(self.end_one(account_id, required.clone()).await?);
            }
            sum += ended;
            if ended == 0 {
                return Ok(sum);
            }
        }
    }

    async fn end_one(&self, account_id: String, required: Version) -> Result<bool, Error> {
        let now = self.outside.clock.now();
        self.outside
            .database
            .write(move |conn| {
                accounts::lock(conn, &account_id)?;
                let Some(account) = accounts::get(conn, &account_id)? else { return Ok(false) };
                let change_id = chance::id(now);
                let press = Press {
                    account_id: &account_id,
                    has_mail: account.mail.is_some(),
                    locale: account.locale(),
                    change_id: &change_id,
                    lease: None,
                    origin: Origin { actor: Actor::System, request_id: &change_id, at: now },
                };
                changes::end_if_grace_is_over(conn, press, &required.service, &required, now)
            })
            .await
    }
}
