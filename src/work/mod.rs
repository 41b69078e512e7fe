//! What happens after commit: delivering the outbox, ending what has run out, asking for new terms, clearing away old sessions and
//! accounts that have left.

mod delivery;
mod erasure;
mod questions;
mod upkeep;

use std::time::Duration;

pub use delivery::{Delivery, Outside};
pub use erasure::{ErasureError, Looked, Purged};

/// How the worker behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often the worker looks for due entries when nobody wakes it.
    pub poll: Duration,
    /// How long an entry belongs to whoever took it.
    pub lease: Duration,
    /// Wait after the first failure; doubled each time, with jitter, up to `retry_at_most`.
    pub retry_first: Duration,
    pub retry_at_most: Duration,
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
