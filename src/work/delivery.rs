//! Delivering what is owed: the request that owes it tries at once, the worker goes on.
//!
//! A membership is delivered by making the directory show what the entitlement says *now*, and looking at the entitlement
//! again afterwards: an older decision never wins over a newer one, whoever is slower.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Settings, receipts::Receipt, refusals};
use crate::{
    chance,
    clock::{Clock, Instant},
    db::{self, Conn, Database},
    directory::{Directory, DirectoryError, Holder, Shown},
    domain::{
        accounts::{self, Account},
        catalogue::{Catalogue, Service},
        changes::{Decided, Decision},
        entitlements,
        log::{self, Actor, Kind, Origin, Record, head::PublicKey},
        outbox::{self, Delay, Effect, Entry, Lease, MailOrder, News, Past, Writers},
        portal::Portal,
    },
    mail::{ChangeMail, MailAction, MailError, MailTerms, Mailer},
};

/// One kind of effect, and how many of them are taken and delivered at once: all that are taken begin at once, or the lease of the
/// last could end before it begins.
#[derive(Clone, Copy)]
struct Lane {
    kind: outbox::Kind,
    at_once: u8,
}

/// Each lane goes on while the other waits: a mail server that hangs holds up no directory write.
const MEMBERSHIPS: Lane = Lane { kind: outbox::Kind::Membership, at_once: 64 };
const MAILS: Lane = Lane { kind: outbox::Kind::Mail, at_once: 8 };
const REMINDERS: Lane = Lane { kind: outbox::Kind::Reminder, at_once: 4 };

/// How often what runs out by the day is looked at.
const UPKEEP_EVERY: Duration = Duration::from_mins(1);

/// How often some of the accounts are looked for in the directory.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// What delivery needs of the outside world.
#[derive(Clone)]
pub struct Outside {
    pub database: Database,
    pub directory: Directory,
    pub mailer: Mailer,
    pub catalogue: Arc<Catalogue>,
    pub clock: Clock,
    /// What mails say about the portal.
    pub portal: Portal,
    /// The keys whose signatures under the log count.
    pub log_keys: Arc<[PublicKey]>,
}

/// Delivers the outbox. Cheap to clone.
#[derive(Clone)]
pub struct Delivery {
    pub(super) outside: Outside,
    pub(super) settings: Arc<Settings>,
    /// Tells this process from others on the same database.
    holder: Arc<str>,
    wake: Arc<Wake>,
}

/// Who sleeps until there is work.
#[derive(Default)]
struct Wake {
    memberships: Notify,
    mails: Notify,
    reminders: Notify,
}

/// Why an effect has not happened.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error("the directory no longer shows this person")]
    PersonGone,
    #[error("the service is no longer in the catalogue")]
    ServiceGone,
}

impl Failure {
    /// A short stable name for the outbox and the log.
    fn name(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Directory(error) => error.name(),
            Self::Mail(MailError::Passing(_)) => "mail-server",
            Self::Mail(_) => "mail-refused",
            Self::PersonGone => "person-gone",
            Self::ServiceGone => "service-gone",
        }
    }

    /// Whether the effect may still happen.
    fn is_unanswered(&self) -> bool {
        matches!(self, Self::Directory(error) if error.is_unanswered())
    }

    /// Whether it may go away by itself; if not, the operator has to do something.
    fn is_passing(&self) -> bool {
        match self {
            Self::Database(_) | Self::Mail(MailError::Passing(_)) => true,
            Self::Directory(error) => error.is_passing(),
            Self::Mail(_) | Self::PersonGone | Self::ServiceGone => false,
        }
    }
}

impl Delivery {
    pub fn new(outside: Outside, settings: Settings) -> Self {
        Self { outside, settings: Arc::new(settings), holder: chance::token().into(), wake: Arc::default() }
    }

    /// A lease on entries that the caller is about to deliver.
    pub fn lease(&self, now: Instant) -> Lease {
        Lease { holder: self.holder.to_string(), until: now + delta(self.settings.lease) }
    }

    /// Lets the worker look for due entries at once.
    pub fn wake(&self) {
        self.wake.memberships.notify_one();
        self.wake.mails.notify_one();
        self.wake.reminders.notify_one();
    }

    /// Delivers what a request has just decided under this lease and waits for it until the deadline. Whatever is not done by then
    /// goes on without the request.
    pub async fn attempt(&self, account: &Account, decided: &[Decided], lease: &Lease, deadline: Duration) {
        let now = self.outside.clock.now();
        let owed = decided.iter().filter_map(|decided| {
            let owed = decided.owed.as_ref()?;
            let entry = Entry {
                id: owed.id.clone(),
                account: account.clone(),
                service: decided.service.clone(),
                effect: Effect::Membership,
                attempts: 0,
                created_at: now,
                past: owed.past,
                lease: lease.clone(),
            };
            Some((entry, owed.decision))
        });
        let (this, owed) = (self.clone(), owed.collect::<Vec<_>>());
        let delivering = tokio::spawn(async move {
            join_all(owed.iter().map(async |(entry, decision)| {
                if let Err(failure) = this.deliver_membership(entry, Some(*decision)).await {
                    this.postpone(entry, &failure).await;
                }
            }))
            .await;
        });
        if timeout(deadline, delivering).await.is_err() {
            tracing::warn!(event = "delivery.deadline", "the directory write goes on without the request");
        }
        // What was put off is due later; the mail is due now.
        self.wake.mails.notify_one();
    }

    /// Delivers due entries until none is left that can be delivered now; returns how many were taken.
    pub async fn deliver_due(&self) -> Result<usize, db::Error> {
        let (memberships, mails, reminders) = tokio::try_join!(
            self.deliver_lane(MEMBERSHIPS, false),
            self.deliver_lane(MAILS, false),
            self.deliver_lane(REMINDERS, false)
        )?;
        Ok(memberships + mails + reminders)
    }

    /// `is_woken`: something is due, so it is taken without asking first. Asking locks nobody out, and so is what is done every
    /// `poll`.
    async fn deliver_lane(&self, Lane { kind, at_once }: Lane, mut is_woken: bool) -> Result<usize, db::Error> {
        let mut sum = 0;
        loop {
            let now = self.outside.clock.now();
            let is_due = move |conn: &mut Conn| outbox::is_due(conn, kind, now);
            if !std::mem::take(&mut is_woken) && !self.outside.database.ask(is_due).await? {
                return Ok(sum);
            }
            let lease = self.lease(now);
            let take = move |conn: &mut Conn| outbox::take_due(conn, kind, &lease, at_once.into(), now);
            let taken = self.outside.database.write(take).await?;
            sum += taken.len();
            join_all(taken.iter().map(|entry| self.deliver(entry))).await;
            // Whatever has been owed since then has woken the worker again.
            if taken.len() < usize::from(at_once) {
                return Ok(sum);
            }
        }
    }

    /// Works until the process ends: delivers when woken, and every `poll`; looks after the rest every minute.
    pub async fn run(&self) {
        let working = async |lane, wake: &Notify| {
            let mut is_woken = false;
            loop {
                if let Err(error) = self.deliver_lane(lane, is_woken).await {
                    tracing::error!(event = "worker.database", reason = %error, "the outbox cannot be read");
                }
                is_woken = timeout(self.settings.poll, wake.notified()).await.is_ok();
            }
        };
        let keeping = async {
            loop {
                if let Err(error) = self.upkeep().await {
                    tracing::error!(event = "worker.upkeep", reason = %error, "upkeep failed");
                }
                if let Err(error) = self.ask_again().await {
                    tracing::error!(event = "worker.questions", reason = %error, "people cannot be asked for new terms");
                }
                sleep(UPKEEP_EVERY).await;
            }
        };
        let looking = async {
            loop {
                self.look_for_the_gone().await;
                sleep(LOOK_EVERY).await;
            }
        };
        tokio::join!(
            working(MEMBERSHIPS, &self.wake.memberships),
            working(MAILS, &self.wake.mails),
            working(REMINDERS, &self.wake.reminders),
            keeping,
            looking
        );
    }

    async fn deliver(&self, entry: &Entry) {
        let done = match &entry.effect {
            Effect::Membership => self.deliver_membership(entry, None).await,
            Effect::Mail(order) => self.deliver_mail(entry, order).await,
            Effect::AcceptAgain { version_id, stage } => self.deliver_question(entry, version_id, *stage).await,
            Effect::Reminder(order) => self.deliver_reminder(entry, order).await,
        };
        if let Err(failure) = done {
            self.postpone(entry, &failure).await;
        }
    }

    /// `known`: what was decided just now, if the caller knows it.
    async fn deliver_membership(&self, entry: &Entry, known: Option<Decision>) -> Result<(), Failure> {
        let service = self.service(&entry.service)?;
        let mut next = match known {
            Some(decision) => Some(decision),
            None => self.decision(entry).await?,
        };
        if next.is_none() {
            return Ok(self.forget(entry).await?);
        }
        let mut entry = entry.clone();
        while let Some(decision) = next {
            let holder = self.holder_of(&entry.account, entry.attempts, decision.wanted).await?;
            let directory = &self.outside.directory;
            let is_confirmed =
                entry.past == Past::BeingConfirmed && directory.has(&service.grant, &holder).await? == decision.wanted;
            if !is_confirmed {
                let until = self.send_until(&entry.lease);
                let shown = directory.set(&service.grant, &holder, decision.wanted, until).await?;
                if entry.past != Past::Settled || shown == Shown::SeenAfterSilence {
                    return Ok(self.look_again_later(&entry).await?);
                }
            }
            next = self.note_applied(&mut entry, decision).await?;
        }
        Ok(())
    }

    /// The end of a lease on the clock that nobody sets.
    fn send_until(&self, lease: &Lease) -> std::time::Instant {
        let left = (lease.until - self.outside.clock.now()).to_std().unwrap_or_default();
        std::time::Instant::now() + left
    }

    /// A write that was never answered may wait in the buffers of a server that stood still, and arrive after the one that was
    /// answered. So what was written or seen after such a one counts only when it is still there a little later.
    async fn look_again_later(&self, entry: &Entry) -> Result<(), db::Error> {
        let (entry, now) = (entry.clone(), self.outside.clock.now());
        let delay = Delay {
            due_at: now + delta(self.settings.confirm_after),
            trouble: outbox::CONFIRMING,
            needs_operator: false,
            is_unanswered: true,
        };
        self.outside.database.write(move |conn| outbox::postpone(conn, &entry, delay, now).map(drop)).await
    }

    async fn decision(&self, entry: &Entry) -> Result<Option<Decision>, db::Error> {
        let (account_id, service) = (entry.account.id.clone(), entry.service.clone());
        self.outside.database.ask(move |conn| decision(conn, &account_id, &service)).await
    }

    /// The first attempt follows the request that has just read the person. Later the person may have been renamed or moved, so
    /// the directory is asked for the DN again; one who left still has to be taken out.
    async fn holder_of(&self, account: &Account, attempts: i32, wanted: bool) -> Result<Holder, Failure> {
        let known = Holder { dn: account.dn.clone(), username: account.username.clone() };
        if attempts == 0 {
            return Ok(known);
        }
        let at_dn = self.outside.directory.read(&account.dn).await?.filter(|person| account.is(person));
        let person = match at_dn {
            Some(person) => Some(person),
            None => self.outside.directory.find(&account.username).await?.filter(|person| account.is(person)),
        };
        match person {
            Some(person) => Ok(Holder::from(&person)),
            None if wanted => Err(Failure::PersonGone),
            None => Ok(known),
        }
    }

    /// Notes that the directory shows the decision, and that nothing is owed any more; if there is a newer decision by now, that
    /// one is owed instead, and returned.
    async fn note_applied(&self, entry: &mut Entry, shown: Decision) -> Result<Option<Decision>, db::Error> {
        let (owed, now) = (entry.clone(), self.outside.clock.now());
        let lease = self.lease(now);
        let renewed = lease.clone();
        let noting = self.outside.database.write(move |conn| note_applied(conn, &owed, shown, &lease, now));
        let newer = noting.await?;
        if newer.is_some() {
            entry.lease = renewed;
        }
        Ok(newer)
    }

    async fn deliver_mail(&self, entry: &Entry, order: &MailOrder) -> Result<(), Failure> {
        if let Some(to) = &entry.account.mail {
            let service = self.service(&entry.service)?;
            let receipt = match self.receipt(&entry.account, service, order).await? {
                Receipt::Awaited => return Ok(self.wait_for_seal(entry).await?),
                Receipt::Sealed(json) => Some(json),
                Receipt::NotSealed => None,
            };
            let mail = ChangeMail { receipt_file: receipt, ..self.mail(&entry.account, service, order) };
            self.send(entry, to, &mail).await?;
        }
        Ok(self.forget(entry).await?)
    }

    pub(super) async fn send(&self, entry: &Entry, to: &str, mail: &ChangeMail) -> Result<(), Failure> {
        match self.outside.mailer.send(&entry.id, to, mail).await {
            // Nobody can mend an address by waiting: the change stands, and the person sees the receipt under "History".
            Err(error @ MailError::Recipient(_)) => {
                tracing::error!(event = "mail.given-up", id = entry.id, service = entry.service, reason = %error);
                Ok(())
            }
            sent => Ok(sent?),
        }
    }

    fn mail(&self, account: &Account, service: &Service, order: &MailOrder) -> ChangeMail {
        let portal = &self.outside.portal;
        let terms = order.terms_number.map(|number| MailTerms {
            number: number.to_string(),
            url: portal.address(&format!("/terms/{}/{number}", service.slug)),
        });
        ChangeMail {
            locale: order.locale,
            portal_name: portal.name.clone(),
            organisation: portal.organisation.clone(),
            display_name: account.display_name.clone(),
            service_name: service.name.clone(),
            action: match order.news {
                News::Granted => MailAction::Granted,
                News::AcceptedAgain => MailAction::AcceptedAgain,
                News::Withdrawn => MailAction::Withdrawn,
                News::GraceEnded => MailAction::Ended,
            },
            at: order.at,
            receipt: Some(order.receipt.clone()),
            receipt_url: Some(portal.address(&format!("/profile/receipts/{}", order.receipt))),
            receipt_file: None,
            terms,
            permissions_url: portal.address("/profile/permissions"),
            support: service.next_steps.support.clone(),
            tz: portal.time_zone,
        }
    }

    pub(super) fn service(&self, slug: &str) -> Result<&Service, Failure> {
        self.outside.catalogue.get(slug).ok_or(Failure::ServiceGone)
    }

    pub(super) async fn forget(&self, entry: &Entry) -> Result<(), db::Error> {
        let entry = entry.clone();
        self.outside.database.run(move |conn| outbox::done(conn, &entry)).await
    }

    /// What may pass by itself is tried again soon; what only the operator can mend is said loudly and tried again slowly.
    async fn postpone(&self, entry: &Entry, failure: &Failure) {
        let wait = if failure.is_passing() { self.backoff(entry.attempts) } else { self.settings.retry_at_most };
        if failure.is_passing() {
            tracing::warn!(event = "outbox.postponed", id = entry.id, attempts = entry.attempts + 1, service = entry.service,
                trouble = failure.name(), reason = %failure);
        } else {
            tracing::error!(event = "outbox.needs-operator", id = entry.id, attempts = entry.attempts + 1,
                service = entry.service, trouble = failure.name(), reason = %failure);
        }
        let (owed, now) = (entry.clone(), self.outside.clock.now());
        let delay = Delay {
            due_at: now + delta(wait),
            trouble: failure.name(),
            needs_operator: !failure.is_passing(),
            is_unanswered: failure.is_unanswered(),
        };
        let postponed = self.outside.database.write(move |conn| refusals::postpone(conn, &owed, delay, now)).await;
        if let Err(error) = postponed {
            // The lease runs out by itself, then the entry is due again.
            tracing::error!(event = "outbox.postpone", id = entry.id, reason = %error);
        }
    }

    fn backoff(&self, attempts: i32) -> Duration {
        let doubled = self.settings.retry_first.saturating_mul(1 << attempts.clamp(0, 16));
        doubled.min(self.settings.retry_at_most).mul_f64(chance::jitter())
    }
}

pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// Notes that the directory shows this decision. Returns a newer one that is owed now by the same entry, under a new lease.
fn note_applied(
    conn: &mut Conn,
    entry: &Entry,
    shown: Decision,
    lease: &Lease,
    now: Instant,
) -> Result<Option<Decision>, db::Error> {
    let (account_id, service) = (entry.account.id.as_str(), entry.service.as_str());
    accounts::lock(conn, account_id)?;
    match outbox::writers(conn, entry)? {
        Writers::Others => return Ok(None),
        Writers::Several => outbox::done(conn, entry)?,
        Writers::Alone => {
            if entitlements::mark_applied(conn, account_id, service, shown.revision, now)? {
                let record = Record {
                    kind: Kind::MembershipWritten,
                    account_id: Some(account_id),
                    service: Some(service),
                    detail: json!({ "present": shown.wanted, "revision": shown.revision }),
                };
                log::append(conn, Origin { actor: Actor::System, request_id: &entry.id, at: now }, &record)?;
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

/// What is decided now about one account and one service.
fn decision(conn: &mut Conn, account_id: &str, service: &str) -> Result<Option<Decision>, db::Error> {
    let entitlement = entitlements::get(conn, account_id, service)?;
    Ok(entitlement.map(|entitlement| Decision { wanted: entitlement.wanted, revision: entitlement.revision }))
}
