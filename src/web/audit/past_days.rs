//! Days that are over: what happened on them is counted once and kept while the program runs.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;

use crate::{clock::Instant, domain::audit::figures::Day};

/// How long a day must be over before it is kept: until then a record of it may still arrive, from a portal whose clock is behind.
const SETTLED: TimeDelta = TimeDelta::days(1);

/// How many days are kept, of all services together.
const MOST: usize = 10_000;

/// The days of a service, by their beginning and end.
#[derive(Default)]
pub(in crate::web::audit) struct PastDays(Mutex<HashMap<(String, Instant, Instant), Day>>);

impl PastDays {
    /// What is known of a service's days, between each of these times and the next.
    pub(super) fn known(&self, service: &str, bounds: &[Instant]) -> Vec<Option<Day>> {
        let days = self.lock();
        bounds.windows(2).map(|day| days.get(&(service.to_owned(), day[0], day[1])).copied()).collect()
    }

    /// Keeps what was counted `now`, if it is settled.
    pub(super) fn keep(&self, service: &str, bounds: &[Instant], counted: &[Day], now: Instant) {
        let mut days = self.lock();
        if days.len() >= MOST {
            days.clear();
        }
        let settled = bounds.windows(2).zip(counted).filter(|(day, _)| day[1] + SETTLED <= now);
        days.extend(settled.map(|(day, counted)| ((service.to_owned(), day[0], day[1]), *counted)));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, Instant, Instant), Day>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn only_what_is_over_for_a_day_is_kept() {
        let begin = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(23, 0, 0).unwrap();
        let bounds: Vec<Instant> = (0..4).map(|day| begin + TimeDelta::days(day)).collect();
        let counted = [1, 2, 3].map(|granted| Day { granted, ended: 0 });
        let days = PastDays::default();
        days.keep("vpn", &bounds, &counted, bounds[3] - TimeDelta::microseconds(1));
        assert_eq!(days.known("vpn", &bounds), [Some(counted[0]), None, None]);
        days.keep("vpn", &bounds, &counted, bounds[3]);
        assert_eq!(days.known("vpn", &bounds), [Some(counted[0]), Some(counted[1]), None]);
        assert_eq!(days.known("cloud", &bounds), [None, None, None]);
        // In another time zone the days are others.
        assert_eq!(days.known("vpn", &[bounds[0], bounds[1] + TimeDelta::hours(1)]), [None]);
    }
}
