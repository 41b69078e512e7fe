//! The auditors' pages. Each of them shows data of other people, so each asks for a reason once per session and makes a record of
//! the log that says who looked, at whom or at how many, and why.

mod auditor;
pub(super) mod charts;
pub(super) mod export;
pub(super) mod log;
pub(super) mod looks;
mod past_days;
pub(super) mod person;
pub(super) mod reason;
pub(super) mod record;
pub(super) mod records;
mod search;
pub(super) mod standing;
mod words;

use export::Jobs;
use log::Checking;
use past_days::PastDays;

use super::{limit::Limit, settings::Inspection};
use crate::clock::Clock;

/// What the auditors' pages share.
pub(super) struct Shared {
    limit: Limit,
    jobs: Jobs,
    checking: Checking,
    past_days: PastDays,
}

impl Shared {
    pub(super) fn new(settings: &Inspection, clock: &Clock) -> Self {
        Self {
            limit: Limit::new(settings.requests_per_minute, clock),
            jobs: Jobs::new(settings),
            checking: Checking::default(),
            past_days: PastDays::default(),
        }
    }
}
