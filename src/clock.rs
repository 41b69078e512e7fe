//! The only source of "now".
//!
//! Everything else gets the time as an argument, so that tests decide what time it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// A point in time in UTC, to the microsecond (what both databases store).
pub type Instant = NaiveDateTime;

/// The length as the difference of two [`Instant`]s; one that is too long becomes the longest there is.
pub fn delta(length: Duration) -> TimeDelta {
    TimeDelta::from_std(length).unwrap_or(TimeDelta::MAX)
}

/// The moment so long before `now`, but none before 1970: nothing that is stored is older, and both databases can hold it.
pub fn before(now: Instant, length: Duration) -> Instant {
    let earliest = DateTime::UNIX_EPOCH.naive_utc();
    now.checked_sub_signed(delta(length)).unwrap_or(earliest).max(earliest)
}

/// The clock of one running portal.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved. Clones share the time.
    pub fn standing_at(start: Instant) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.and_utc().timestamp_micros()))))
    }

    /// Now, in UTC, truncated to microseconds.
    pub fn now(&self) -> Instant {
        let micros = match &self.0 {
            Some(standing) => standing.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
            None => Utc::now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH).naive_utc()
    }

    /// Moves a standing clock forward (or back); the machine's clock is left alone.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(standing) = &self.0 {
            standing.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_length_leads_before_1970() {
        let (earliest, day) = (DateTime::UNIX_EPOCH.naive_utc(), Duration::from_hours(24));
        let now = earliest + TimeDelta::days(3);
        assert_eq!(before(now, day), earliest + TimeDelta::days(2));
        for too_long in [day * 4, day * 365 * 10_000, Duration::MAX] {
            assert_eq!(before(now, too_long), earliest);
        }
    }
}
