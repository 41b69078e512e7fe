//! Accounts that have left: looked for in the directory bit by bit, and erased once they have been gone long enough.
//!
//! Nothing is concluded while the directory is down or shows nobody, and nobody is erased whom the directory shows at that moment.

use std::collections::HashSet;

use super::Delivery;
use crate::{
    chance,
    clock::{self, Instant},
    db::{self, Conn},
    directory::DirectoryError,
    domain::{
        erasure::{self, Due, Known, Step},
        log::{Actor, Origin},
    },
};

/// How many accounts are looked for in one go, and how many of these goes the worker makes at a time.
const BATCH: i64 = 200;
const BATCHES: usize = 5;

/// More are never erased in one run.
const MOST: i64 = 10_000;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("the directory shows nobody at all; check directory.people, and that the portal's account may read it")]
    Strange,
    #[error(
        "{due} of {accounts} accounts would be erased at once, which is more than data_protection.at_most_share allows; check that \
         directory.people still finds everybody, or allow more for one run of latchkey purge"
    )]
    TooMany { due: usize, accounts: i64 },
}

/// What came of looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    pub accounts: usize,
    /// How many of them the directory does not show.
    pub gone: usize,
}

/// What came of erasing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub erased: usize,
    /// Those whose memberships the directory still has to be rid of; they are erased afterwards.
    pub waiting: usize,
    /// Those who are back.
    pub back: usize,
}

impl Delivery {
    /// The worker's turn.
    pub(super) async fn look_for_the_gone(&self) {
        let before = clock::before(self.outside.clock.now(), self.settings.erasure.look_every);
        for _ in 0..BATCHES {
            match self.look(before).await {
                Ok(looked) if looked.accounts == 0 => break,
                Ok(_) => {}
                Err(error) => return tracing::warn!(event = "erasure.look", reason = %error),
            }
        }
        match self.erase_due(self.settings.erasure.at_most_percent, Actor::System).await {
            Ok(purged) if purged == Purged::default() => {}
            Ok(Purged { erased, waiting, back }) => tracing::info!(event = "erasure", erased, waiting, back),
            Err(error) => tracing::error!(event = "erasure.refused", reason = %error),
        }
    }

    /// Looks for some accounts that the directory was not asked about since `before`, and notes what it says; none are left when
    /// none were looked for.
    pub async fn look(&self, before: Instant) -> Result<Looked, ErasureError> {
        let known = self.outside.database.read(move |conn| erasure::to_look_for(conn, before, BATCH)).await?;
        let keys: Vec<String> = known.iter().filter_map(|known| known.key.clone()).collect();
        let missing = self.outside.directory.missing(&keys).await?.ok_or(ErasureError::Strange)?;
        let looked = Looked { accounts: known.len(), gone: missing.len() };
        self.note(known, missing).await?;
        Ok(looked)
    }

    async fn note(&self, known: Vec<Known>, missing: HashSet<String>) -> Result<(), db::Error> {
        let now = self.outside.clock.now();
        let note_all = move |conn: &mut Conn| {
            for Known { account_id, key } in &known {
                let is_shown = key.as_ref().is_none_or(|key| !missing.contains(key));
                erasure::note(conn, account_id, is_shown, now)?;
            }
            Ok(())
        };
        match self.outside.database.write(note_all).await {
            // Another portal has noted one of them for the first time; its look is as good as ours.
            Err(db::Error::Conflict(_)) => Ok(()),
            noted => noted,
        }
    }

    /// How many accounts there are, and which would be erased now.
    pub async fn due(&self) -> Result<(i64, Vec<Due>), db::Error> {
        let gone_before = self.gone_before();
        self.outside
            .database
            .read(move |conn| Ok((erasure::count(conn)?, erasure::due(conn, gone_before, MOST)?)))
            .await
    }

    /// Erases everybody who has been gone long enough.
    ///
    /// # Errors
    /// [`ErasureError::TooMany`] if that would be more than a share of all accounts; then nobody is erased.
    pub async fn erase_due(&self, at_most_percent: u8, actor: Actor<'static>) -> Result<Purged, ErasureError> {
        let (accounts, due) = self.due().await?;
        if due.is_empty() {
            return Ok(Purged::default());
        }
        if !erasure::is_plausible(due.len(), accounts, at_most_percent) {
            return Err(ErasureError::TooMany { due: due.len(), accounts });
        }
        let keys: Vec<String> = due.iter().filter_map(|due| due.key.clone()).collect();
        let missing = self.outside.directory.missing(&keys).await?.ok_or(ErasureError::Strange)?;
        let (gone, back): (Vec<Due>, Vec<Due>) =
            due.into_iter().partition(|due| due.key.as_ref().is_some_and(|key| missing.contains(key)));
        let mut purged = Purged { back: back.len(), ..Purged::default() };
        self.note(back.into_iter().map(|due| Known { account_id: due.account_id, key: due.key }).collect(), missing)
            .await?;
        let mut owed = Vec::new();
        for due in gone {
            match self.erase(&due.account_id, actor).await? {
                Step::Erased => purged.erased += 1,
                Step::Owed => owed.push(due.account_id),
                Step::NotDue => {}
            }
        }
        if !owed.is_empty() {
            self.deliver_memberships().await?;
        }
        for account_id in owed {
            match self.erase(&account_id, actor).await? {
                Step::Erased => purged.erased += 1,
                Step::Owed => purged.waiting += 1,
                Step::NotDue => {}
            }
        }
        Ok(purged)
    }

    async fn erase(&self, account_id: &str, actor: Actor<'static>) -> Result<Step, db::Error> {
        let (account_id, now, gone_before) = (account_id.to_owned(), self.outside.clock.now(), self.gone_before());
        let erase = move |conn: &mut Conn| {
            let run = chance::id(now);
            erasure::erase(conn, &account_id, gone_before, Origin { actor, request_id: &run, at: now })
        };
        self.outside.database.write(erase).await
    }

    /// The time before which an account must have gone to be erased now.
    fn gone_before(&self) -> Instant {
        clock::before(self.outside.clock.now(), self.settings.erasure.after)
    }
}
