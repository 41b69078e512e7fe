//! How often one person may ask for data of others, as auditor or as lecturer: a minute's or an hour's worth at once, then evenly.

use std::num::NonZeroU32;

use governor::{
    Quota, RateLimiter, clock::Clock as _, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{
    clock::Clock,
    web::{error::WebError, throttle::PortalClock},
};

/// How many people are remembered before those who have not asked lately are forgotten.
const REMEMBERED: usize = 10_000;

pub(super) struct Limit {
    limiter: RateLimiter<String, DefaultKeyedStateStore<String>, PortalClock, NoOpMiddleware<Nanos>>,
    clock: PortalClock,
}

impl Limit {
    pub(super) fn new(per_minute: u32, clock: &Clock) -> Self {
        Self::of(Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN)), clock)
    }

    pub(super) fn per_hour(most: u32, clock: &Clock) -> Self {
        Self::of(Quota::per_hour(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN)), clock)
    }

    fn of(quota: Quota, clock: &Clock) -> Self {
        let clock = PortalClock::new(clock);
        Self { limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()), clock }
    }

    /// # Errors
    /// [`WebError::TooMany`], with the seconds to wait.
    pub(super) fn admit(&self, account_id: &str) -> Result<(), WebError> {
        self.admit_to("", account_id)
    }

    /// The same where each subject has its own limit.
    pub(super) fn admit_to(&self, subject: &str, account_id: &str) -> Result<(), WebError> {
        if self.limiter.len() > REMEMBERED {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&format!("{account_id} {subject}")).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            tracing::info!(event = "looking.throttled", account = account_id);
            WebError::TooMany { seconds: wait.as_secs().max(1) }
        })
    }
}
