//! Delivering memberships: making the directory show what the entitlement says *now*, and looking at the entitlement again
//! afterwards. An older decision never wins over a newer one, whoever is slower.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Delivery, delivery::Failure};
use crate::{
    clock::{Instant, delta},
    db::{self, Conn},
    directory::{Holder, Shown},
    domain::{
        accounts::{self, Account},
        changes::Decision,
        entitlements,
        log::{self, Actor, Kind, Origin, Record},
        outbox::{self, Delay, Entry, Lease, Past, Writers},
    },
};

/// What a request knows about a membership that it has just decided.
pub(super) struct Known {
    pub(super) decision: Decision,
    /// If the directory has just shown the person.
    pub(super) holder: Option<Holder>,
}

impl Delivery {
    /// Renews the lease of the entry where somebody has decided anew.
    pub(super) async fn deliver_membership(&self, entry: &mut Entry, known: Option<Known>) -> Result<(), Failure> {
        let done = self.make_shown(entry, known).await;
        match &done {
            Err(Failure::Database(_)) => {}
            Err(Failure::Directory(error)) => self.is_cut_off.store(error.is_outage(), Ordering::Relaxed),
            _ => self.is_cut_off.store(false, Ordering::Relaxed),
        }
        done
    }

    async fn make_shown(&self, entry: &mut Entry, known: Option<Known>) -> Result<(), Failure> {
        let service = self.service(&entry.service)?;
        let (mut next, seen) = match known {
            Some(Known { decision, holder }) => (Some(decision), holder),
            None => (self.decision(entry).await?, None),
        };
        if next.is_none() {
            return Ok(self.forget(entry).await?);
        }
        while let Some(decision) = next {
            let holder = match &seen {
                Some(holder) => holder.clone(),
                None => self.holder_of(&entry.account, decision.wanted).await?,
            };
            let directory = &self.outside.directory;
            let is_confirmed =
                entry.past == Past::BeingConfirmed && directory.has(&service.grant, &holder).await? == decision.wanted;
            if !is_confirmed {
                let until = self.send_until(&entry.lease);
                let shown = directory.set(&service.grant, &holder, decision.wanted, until).await?;
                if entry.past != Past::Settled || shown == Shown::SeenAfterSilence {
                    return Ok(self.look_again_later(entry).await?);
                }
            }
            next = self.note_applied(entry, decision).await?;
        }
        Ok(())
    }

    /// The end of a lease on the clock that nobody sets.
    fn send_until(&self, lease: &Lease) -> std::time::Instant {
        let left = (lease.until - self.outside.clock.now()).to_std().unwrap_or_default();
        // A clock that was put back makes no lease longer.
        std::time::Instant::now() + left.min(self.settings.lease)
    }

    /// A write that was never answered may wait in the buffers of a server that stood still, and arrive after the one that was
    /// answered. So what was written or seen after such a one counts only when it is still there a little later.
    async fn look_again_later(&self, entry: &Entry) -> Result<(), db::Error> {
        let (entry, now) = (entry.clone(), self.outside.clock.now());
        let later = look_again_at(now + delta(self.settings.confirm_after));
        self.outside.database.write(move |conn| outbox::postpone(conn, &entry, later, now).map(drop)).await
    }

    async fn decision(&self, entry: &Entry) -> Result<Option<Decision>, db::Error> {
        let (account_id, service) = (entry.account.id.clone(), entry.service.clone());
        self.outside.database.ask(move |conn| decision(conn, &account_id, &service)).await
    }

    /// The person may have been renamed or moved since they were seen, so the directory is asked for the DN again; one who left
    /// still has to be taken out.
    async fn holder_of(&self, account: &Account, wanted: bool) -> Result<Holder, Failure> {
        match self.outside.directory.behind(account).await? {
            Some(person) => Ok(Holder::from(&person)),
            None if wanted => Err(Failure::PersonGone),
            None => Ok(Holder::from(account)),
        }
    }

    /// Notes that the directory shows the decision, and that nothing is owed any more; if there is a newer decision by now, that
    /// one is owed instead, and returned.
    async fn note_applied(&self, entry: &mut Entry, shown: Decision) -> Result<Option<Decision>, db::Error> {
        let (owed, now) = (entry.clone(), self.outside.clock.now());
        let lease = self.lease(now);
        let renewed = lease.clone();
        let later = look_again_at(now + delta(self.settings.confirm_after));
        let noting = self.outside.database.write(move |conn| note_applied(conn, &owed, shown, (&lease, later), now));
        let newer = noting.await?;
        if newer.is_some() {
            entry.lease = renewed;
        }
        Ok(newer)
    }
}

/// The effect was seen, and has to be seen again.
fn look_again_at(due_at: Instant) -> Delay<'static> {
    Delay { due_at, trouble: outbox::CONFIRMING, needs_operator: false, is_unanswered: true }
}

/// Notes that the directory shows this decision. `next`: the lease under which a newer one is owed by the same entry, which is
/// returned then; or when to look again, if what the directory shows is not certain.
fn note_applied(
    conn: &mut Conn,
    entry: &Entry,
    shown: Decision,
    next: (&Lease, Delay<'_>),
    now: Instant,
) -> Result<Option<Decision>, db::Error> {
    let (lease, later) = next;
    let (account_id, service) = (entry.account.id.as_str(), entry.service.as_str());
    accounts::lock(conn, account_id)?;
    match outbox::writers(conn, entry)? {
        Writers::Others => {
            if decision(conn, account_id, service)?.is_some() {
                outbox::look_again(conn, account_id, service, now)?;
            }
            return Ok(None);
        }
        Writers::Several => {
            if decision(conn, account_id, service)?.is_some_and(|current| current.revision != shown.revision) {
                outbox::unsettle_others(conn, entry)?;
            }
            outbox::done(conn, entry)?;
        }
        Writers::AloneAtLast => {
            outbox::postpone(conn, entry, later, now)?;
        }
        Writers::Alone => {
            if entitlements::mark_applied(conn, account_id, service, shown.revision, now)? {
                record_written(conn, entry, shown, now)?;
            } else if let Some(newer) = decision(conn, account_id, service)?
                && newer.revision != shown.revision
            {
                return Ok(outbox::renew(conn, entry, lease)?.then_some(newer));
            }
            outbox::done(conn, entry)?;
        }
    }
    Ok(None)
}

fn record_written(conn: &mut Conn, entry: &Entry, shown: Decision, now: Instant) -> Result<(), db::Error> {
    let record = Record {
        kind: Kind::MembershipWritten,
        account_id: Some(&entry.account.id),
        service: Some(&entry.service),
        detail: json!({ "present": shown.wanted, "revision": shown.revision }),
    };
    log::append(conn, Origin { actor: Actor::System, request_id: &entry.id, at: now }, &record)
}

/// What is decided now about one account and one service.
fn decision(conn: &mut Conn, account_id: &str, service: &str) -> Result<Option<Decision>, db::Error> {
    let entitlement = entitlements::get(conn, account_id, service)?;
    Ok(entitlement.map(|entitlement| Decision { wanted: entitlement.wanted, revision: entitlement.revision }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;

    use super::*;
    use crate::{
        chance,
        clock::Clock,
        db::Database,
        domain::{
            accounts::Person,
            locale::Locale,
            outbox::{Due, Effect},
        },
    };

    const SERVICE: &str = "chat";

    /// Decides, and owes the write to one who delivers it at this moment.
    fn decide_and_take(conn: &mut Conn, account: &Account, wanted: bool, now: Instant) -> Result<Entry, db::Error> {
        entitlements::decide(conn, &account.id, SERVICE, wanted, "member", &chance::id(now), now)?;
        let lease = Lease { holder: chance::token(), until: now + TimeDelta::seconds(30) };
        let due = Due::new(SERVICE, Effect::Membership, Some(&lease), now);
        outbox::owe_all(conn, &account.id, std::slice::from_ref(&due), now)?;
        Ok(Entry {
            id: due.id.clone(),
            account: account.clone(),
            service: SERVICE.to_owned(),
            effect: Effect::Membership,
            attempts: 0,
            created_at: now,
            past: Past::Settled,
            lease: lease.clone(),
        })
    }

    /// Two write at the same time, and whoever has the older decision notes it first: nobody knows which of them the directory shows.
    #[tokio::test]
    async fn a_write_that_an_older_one_may_have_followed_is_looked_at_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let settings = db::Settings { url: url.into(), pool_size: 2, wait: Duration::from_secs(3) };
        let database = Database::open(&settings).expect("an address");
        database.migrate().await.expect("migrated");
        let now = Clock::system().now();
        let person = Person::maria();
        let story = database.write(move |conn| {
            let account = accounts::remember(conn, &person, Locale::De, now)?;
            let older = decide_and_take(conn, &account, true, now)?;
            let newer = decide_and_take(conn, &account, false, now)?;
            let mut note = |entry: &Entry, wanted, revision, now| {
                let later = look_again_at(now + TimeDelta::seconds(5));
                note_applied(conn, entry, Decision { wanted, revision }, (&entry.lease, later), now)
            };
            assert_eq!(note(&older, true, 1, now)?, None);
            assert_eq!(note(&newer, false, 2, now)?, None);
            let is_applied = |conn: &mut Conn| {
                Ok::<_, db::Error>(entitlements::get(conn, &account.id, SERVICE)?.is_some_and(|e| !e.is_owed()))
            };
            assert!(!is_applied(conn)?, "the membership may be there");

            let then = now + TimeDelta::seconds(6);
            let mut taken = outbox::take_due(conn, outbox::Kind::Membership, &older.lease, 8, then)?;
            let again = taken.pop().expect("it is looked at again");
            assert_eq!((again.past, taken.len()), (Past::BeingConfirmed, 0));
            note_applied(
                conn,
                &again,
                Decision { wanted: false, revision: 2 },
                (&again.lease, look_again_at(then)),
                then,
            )?;
            assert!(is_applied(conn)?);
            Ok::<_, db::Error>(())
        });
        story.await.expect("the database");
    }
}
