//! What happens after commit: delivering the outbox, ending what has run out, clearing away old sessions.

mod delivery;
mod reminders;
mod upkeep;

use std::time::Duration;

pub use delivery::{Delivery, Outside};

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
}
