//! The auditors' pages. Each of them shows data of other people, so each asks for a reason once per session and makes a record of
//! the log that says who looked, at whom or at how many, and why.

mod auditor;
mod limit;
pub(super) mod reason;
pub(super) mod record;
pub(super) mod records;
mod search;
mod words;

use limit::Limit;

use super::settings::Inspection;
use crate::clock::Clock;

/// What the auditors' pages share.
pub(super) struct Shared {
    limit: Limit,
}

impl Shared {
    pub(super) fn new(settings: &Inspection, clock: &Clock) -> Self {
        Self { limit: Limit::new(settings.requests_per_minute, clock) }
    }
}
