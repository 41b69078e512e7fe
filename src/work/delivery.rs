//! Delivering what is owed: the request that owes it tries at once, the worker goes on.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, future::join_all, stream::FuturesUnordered};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Settings, memberships::Known, refusals};
use crate::{
    chance,
    clock::{self, Clock, Instant, delta},
    db::{self, Conn, Database},
    directory::{Directory, DirectoryError, Holder},
    domain::{
        accounts::Account,
        catalogue::{Catalogue, Service},
        changes::Decided,
        log::head::PublicKey,
        outbox::{self, Delay, Effect, Entry, Lease},
        portal::Portal,
    },
    mail::{MailError, Mailer},
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

/// What falls due while others are being delivered is taken together: when they are done, or after this time where one takes long.
const TOGETHER: Duration = Duration::from_millis(100);

/// How often what runs out by the day is looked at.
const UPKEEP_EVERY: Duration = Duration::from_mins(1);

/// How often some of the accounts are looked for in the directory.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// What delivery, the sealer and the state of `web` need of the outside world.
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

/// Delivers the outbox, and does what falls due besides: ends services after grace, erases accounts that have left, asks people for
/// new terms. Cheap to clone.
#[derive(Clone)]
pub struct Delivery {
    pub(super) outside: Outside,
    pub(super) settings: Arc<Settings>,
    /// Tells this process from others on the same database.
    holder: Arc<str>,
    /// When this process last had a membership to write, the directory could not be asked.
    pub(super) is_cut_off: Arc<AtomicBool>,
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
            Self::Mail(MailError::NotAdmitted(_)) => "mail-not-admitted",
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
    /// Delivers nothing yet; its leases are told from those of all others by a random name.
    pub fn new(outside: Outside, settings: Settings) -> Self {
        Self {
            outside,
            settings: Arc::new(settings),
            holder: chance::token().into(),
            is_cut_off: Arc::default(),
            wake: Arc::default(),
        }
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
    /// goes on without the request. `is_just_read`: the directory has shown the person as the account has them.
    pub async fn attempt(
        &self,
        account: &Account,
        is_just_read: bool,
        decided: &[Decided],
        lease: &Lease,
        deadline: Duration,
    ) {
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
            join_all(owed.into_iter().map(async |(mut entry, decision)| {
                let known = Known { decision, holder: is_just_read.then(|| Holder::from(&entry.account)) };
                if let Err(failure) = this.deliver_membership(&mut entry, Some(known)).await {
                    this.postpone(&entry, &failure).await;
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
        let lanes =
            tokio::try_join!(self.deliver_lane(MEMBERSHIPS), self.deliver_lane(MAILS), self.deliver_lane(REMINDERS))?;
        Ok(lanes.0 + lanes.1 + lanes.2)
    }

    /// The same for directory writes alone: mails may take long.
    pub(super) async fn deliver_memberships(&self) -> Result<usize, db::Error> {
        self.deliver_lane(MEMBERSHIPS).await
    }

    async fn deliver_lane(&self, lane: Lane) -> Result<usize, db::Error> {
        let mut sum = 0;
        loop {
            let taken = self.take(lane, lane.at_once.into(), false).await?;
            if taken.is_empty() {
                return Ok(sum);
            }
            sum += taken.len();
            join_all(taken.into_iter().map(|entry| self.deliver_safely(entry))).await;
        }
    }

    /// Takes entries that are due. `is_woken`: something is, so nobody is asked first. Asking locks nobody out, and so is what is
    /// done every `poll`.
    async fn take(&self, Lane { kind, .. }: Lane, most: usize, is_woken: bool) -> Result<Vec<Entry>, db::Error> {
        let now = self.outside.clock.now();
        let due = self.due_before(kind, now);
        let is_due = move |conn: &mut Conn| outbox::is_due(conn, kind, due);
        if !is_woken && !self.outside.database.ask(is_due).await? {
            return Ok(Vec::new());
        }
        let (lease, most) = (self.lease(now), i64::try_from(most).unwrap_or(i64::MAX));
        self.outside.database.write(move |conn| outbox::take_due(conn, kind, &lease, most, due)).await
    }

    /// Since when an entry has to be due to be taken. One of several portals may be cut off from the directory: what it takes waits
    /// for a time-out, so it leaves to the others whatever they come for.
    fn due_before(&self, kind: outbox::Kind, now: Instant) -> Instant {
        let is_for_others = kind == outbox::Kind::Membership && self.is_cut_off.load(Ordering::Relaxed);
        if is_for_others { clock::before(now, self.settings.poll * 2) } else { now }
    }

    /// Keeps a lane busy until the process ends: looks for what is due when woken, every `poll`, and where there may be more. One that
    /// takes long, as a mail may whose server ponders it, holds up no other.
    async fn work(&self, lane: Lane, wake: &Notify) {
        let mut under_way = FuturesUnordered::new();
        let (mut look, mut is_woken, mut may_be_more) = (true, false, false);
        let mut taken_at = std::time::Instant::now();
        loop {
            let room = usize::from(lane.at_once) - under_way.len();
            if look && room > 0 && (under_way.is_empty() || taken_at.elapsed() >= TOGETHER) {
                match self.take(lane, room, is_woken).await {
                    Ok(taken) => {
                        may_be_more = taken.len() == room;
                        under_way.extend(taken.into_iter().map(|entry| self.deliver_safely(entry)));
                    }
                    Err(error) => {
                        tracing::error!(event = "worker.database", reason = %error, "the outbox cannot be read");
                    }
                }
                (look, is_woken, taken_at) = (false, false, std::time::Instant::now());
            }
            tokio::select! {
                Some(()) = under_way.next() => look |= may_be_more,
                () = wake.notified() => (look, is_woken) = (true, true),
                () = sleep(TOGETHER), if look => {}
                () = sleep(self.settings.poll) => look = true,
            }
        }
    }

    /// Works until the process ends: delivers when woken, and every `poll`; looks after the rest every minute.
    pub async fn run(&self) {
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
            self.work(MEMBERSHIPS, &self.wake.memberships),
            self.work(MAILS, &self.wake.mails),
            self.work(REMINDERS, &self.wake.reminders),
            keeping,
            looking
        );
    }

    /// A panic ends one delivery, and no lane: the entry is due again when its lease has run out.
    async fn deliver_safely(&self, entry: Entry) {
        let (id, service) = (entry.id.clone(), entry.service.clone());
        if AssertUnwindSafe(Box::pin(self.deliver(entry))).catch_unwind().await.is_err() {
            tracing::error!(event = "outbox.failed", id, service, "a mistake of the program");
        }
    }

    async fn deliver(&self, mut entry: Entry) {
        let done = match entry.effect.clone() {
            Effect::Membership => self.deliver_membership(&mut entry, None).await,
            Effect::Mail(order) => self.deliver_mail(&mut entry, &order).await,
            Effect::AcceptAgain { version_id, stage } => self.deliver_question(&mut entry, &version_id, stage).await,
            Effect::Reminder(order) => self.deliver_reminder(&mut entry, &order).await,
        };
        if let Err(failure) = done {
            self.postpone(&entry, &failure).await;
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
