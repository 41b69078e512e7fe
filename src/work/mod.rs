//! What happens after commit: delivering the outbox, sealing the log, ending what has run out, asking for new terms, clearing away
//! old sessions and accounts that have left.

mod delivery;
mod erasure;
mod mails;
mod memberships;
mod outlets;
mod questions;
mod receipts;
mod refusals;
mod reminders;
mod sealer;
mod syslog;
mod upkeep;
mod verification;

use std::{path::PathBuf, time::Duration};

pub use delivery::{Delivery, Outside};
pub use erasure::{ErasureError, Looked, Purged};
pub use outlets::Feed;
pub use sealer::Sealer;
pub use verification::verify;

use crate::domain::log::head::{PublicKey, Signer};

/// How the worker behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often the worker looks for due entries when nobody wakes it.
    pub poll: Duration,
    /// How long an entry belongs to whoever took it; renewed while its mail is being sent.
    pub lease: Duration,
    /// Wait after the first failure; doubled each time, with jitter, up to `retry_at_most`.
    pub retry_first: Duration,
    pub retry_at_most: Duration,
    /// After a write that was never answered: how long after the next one the directory is looked at again.
    pub confirm_after: Duration,
    /// Sessions that were idle for longer are cleared away.
    pub session_idle: Duration,
    pub erasure: Erasure,
}

/// When accounts that have left the directory are erased.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// For how long the directory must not have shown an account.
    pub after: Duration,
    /// How often the directory is asked about each account.
    pub look_every: Duration,
    /// Nobody is erased if it would be more than this share of all accounts at once, in percent.
    pub at_most_percent: u8,
}

/// How the log is sealed.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// Without it nothing is sealed.
    pub signer: Option<Signer>,
    /// Keys that signed before this one, and are still trusted for what they signed.
    pub former_keys: Vec<PublicKey>,
    /// Names the log in its heads.
    pub origin: String,
    pub seal_every: Duration,
    pub anchors: Anchors,
    pub feed: Feed,
}

/// Where heads are brought to, and how often.
#[derive(Clone, Debug)]
pub struct Anchors {
    pub every: Duration,
    /// Gets one file per head.
    pub folder: Option<PathBuf>,
    pub mail_to: Option<String>,
    pub syslog: bool,
}

impl AuditSettings {
    /// The keys whose signatures count.
    pub fn trusted_keys(&self) -> Vec<PublicKey> {
        self.signer.iter().map(Signer::public).chain(self.former_keys.iter().cloned()).collect()
    }
}
