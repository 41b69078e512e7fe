//! Seals the log: whatever portal holds the lease adds new records to the tree and signs the new head.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::time::sleep;

use super::{AuditSettings, Delivery, Outside};
use crate::{
    chance,
    clock::{Instant, delta},
    db::{Conn, Error},
    domain::{
        leases,
        log::{
            leaf::Row,
            seal::{self, Sealing},
        },
        outbox::Lease,
    },
};

/// The name of the lease.
pub(super) const LEASE: &str = "sealer";

/// How long another portal waits before it goes on for one that has died.
const LEASE_LASTS: TimeDelta = TimeDelta::seconds(30);

/// How many records are sealed by one transaction. The writer of SQLite is ours alone meanwhile, some ten milliseconds.
const BATCH: i64 = 1000;

/// How often it is counted whether a record has been left behind.
const COUNT_EVERY: TimeDelta = TimeDelta::hours(1);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(10);

/// The sealer of one portal. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    pub(super) outside: Outside,
    pub(super) settings: Arc<AuditSettings>,
    /// Mails wait for the seal of what they are about.
    delivery: Delivery,
    pub(super) holder: Arc<str>,
    /// When it was last counted whether a record has been left behind.
    counted_at: Arc<Mutex<Option<Instant>>>,
}

impl Sealer {
    /// Seals nothing yet; its lease is told from those of all others by a random name.
    pub fn new(outside: Outside, settings: AuditSettings, delivery: Delivery) -> Self {
        let holder = chance::token().into();
        Self { outside, settings: Arc::new(settings), delivery, holder, counted_at: Arc::default() }
    }

    /// Seals until the process ends; does nothing without a key. Nothing waits for a head on its way outside: the mail server may ponder
    /// it for minutes.
    pub async fn run(&self) {
        if self.settings.signer.is_none() {
            tracing::warn!(event = "sealer.no-key", "the log is not sealed: set audit.signing_key_file");
            return;
        }
        let sealing = async {
            loop {
                self.rest_after(self.round().await).await;
            }
        };
        let anchoring = async {
            loop {
                self.rest_after(self.anchor_due().await.map(drop)).await;
            }
        };
        tokio::join!(sealing, anchoring);
    }

    async fn rest_after(&self, done: Result<(), Error>) {
        match done {
            Ok(()) => sleep(self.settings.seal_every).await,
            Err(error) => {
                tracing::error!(event = "sealer.failed", reason = %error, "the log could not be sealed");
                sleep(PAUSE).await;
            }
        }
    }

    async fn round(&self) -> Result<(), Error> {
        if self.seal_due().await? > 0 {
            self.delivery.wake();
        }
        self.feed_due().await?;
        Ok(())
    }

    /// Seals what is there; returns how many records that were. If another portal holds the lease, that is none.
    pub async fn seal_due(&self) -> Result<usize, Error> {
        if self.settings.signer.is_none() || self.is_others_turn().await? {
            return Ok(0);
        }
        let mut sum = 0;
        let now = self.outside.clock.now();
        let mut after = self.outside.database.read(move |conn| seal::look_from(conn, now)).await?;
        loop {
            let from = after.clone();
            let rows = self.outside.database.read(move |conn| seal::unsealed(conn, &from, None, BATCH)).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            sum += self.seal(rows).await?;
        }
        Ok(sum + self.seal_left_behind().await?)
    }

    pub(super) async fn is_others_turn(&self) -> Result<bool, Error> {
        let (holder, now) = (Arc::clone(&self.holder), self.outside.clock.now());
        self.outside.database.read(move |conn| leases::is_others(conn, LEASE, &holder, now)).await
    }

    /// From time to time: seals what the usual look does not see, because a clock was wrong or a backup was restored.
    async fn seal_left_behind(&self) -> Result<usize, Error> {
        let now = self.outside.clock.now();
        let counted_at = *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner);
        if counted_at.is_some_and(|at| now < at + COUNT_EVERY) {
            return Ok(0);
        }
        let (mut sum, mut from) = (0, String::new());
        if self.outside.database.read(seal::is_any_left).await? {
            loop {
                let (left, next) = self.outside.database.read(move |conn| seal::left_behind(conn, &from)).await?;
                for rows in left.chunks(usize::try_from(BATCH).unwrap_or(1)) {
                    sum += self.seal(rows.to_vec()).await?;
                }
                let Some(next) = next else { break };
                from = next;
            }
        }
        *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(sum)
    }

    /// Seals these records if it is our turn; returns how many that were.
    async fn seal(&self, rows: Vec<Row>) -> Result<usize, Error> {
        let (settings, now) = (Arc::clone(&self.settings), self.outside.clock.now());
        let lease = self.lease(now);
        let work = move |conn: &mut Conn| {
            let Some(signer) = &settings.signer else { return Ok(0) };
            if rows.is_empty() || !leases::hold(conn, LEASE, &lease, now)? {
                return Ok(0);
            }
            seal::seal(conn, &rows, Sealing { signer, origin: &settings.origin, now })?;
            Ok(rows.len())
        };
        match self.outside.database.write(work).await {
            // Somebody else was faster.
            Err(Error::Conflict(_)) => Ok(0),
            done => done,
        }
    }

    pub(super) fn lease(&self, now: Instant) -> Lease {
        Lease { holder: self.holder.to_string(), until: now + LEASE_LASTS.max(delta(self.settings.seal_every) * 3) }
    }
}
