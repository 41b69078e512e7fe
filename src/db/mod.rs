//! SQLite and PostgreSQL behind one type.

use std::time::Duration;

/// Which database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite:///path/to/latchkey.db` or `postgres://user@host/database`.
    pub url: String,
    pub pool_size: u32,
    /// How long a request waits for a free connection before it answers 503.
    pub wait: Duration,
}
