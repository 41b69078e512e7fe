//! Whether there is room for one more to sign in. A sign-in is the beginning of several more requests, so this is where load is
//! refused; people inside are never turned away (`docs/decisions/0013`).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long pages are watched before it is judged how busy the portal is.
const PERIOD: Duration = Duration::from_millis(250);

/// So few pages say little: whoever is watched for a period in which there were no more is watched on, up to `LONG_ENOUGH`.
const FEW: usize = 8;
const LONG_ENOUGH: Duration = Duration::from_secs(2);

/// So many may sign in at the same time however busy the portal is, so that it is never closed for good.
const LEAST: usize = 4;

/// Counts who is signing in, and lets in as many as leave people inside their pages in time. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    at_once: usize,
    busy_after: Duration,
    watch: Mutex<Watch>,
}

/// The place of one who is signing in; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place(Door);

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    TooManyAtOnce,
    /// People inside wait too long for their pages.
    Busy,
}

impl Door {
    /// At most `at_once` sign in at the same time; fewer while pages take longer than `busy_after`.
    pub(super) fn new(at_once: usize, busy_after: Duration) -> Self {
        let watch = Watch { limit: at_once, under_way: 0, since: Instant::now(), pages: Vec::new() };
        Self(Arc::new(Inner { at_once, busy_after, watch: Mutex::new(watch) }))
    }

    /// Lets one more sign in, if there is room.
    pub(super) fn admit(&self) -> Result<Place, Full> {
        let mut watch = self.watch();
        watch.judge(&self.0, Instant::now());
        if watch.under_way < watch.limit {
            watch.under_way += 1;
            return Ok(Place(self.clone()));
        }
        Err(if watch.limit < self.0.at_once { Full::Busy } else { Full::TooManyAtOnce })
    }

    /// A page of somebody inside took so long, without what it waited for the directory.
    pub(super) fn note_page(&self, took: Duration) {
        let mut watch = self.watch();
        watch.pages.push(took);
        watch.judge(&self.0, Instant::now());
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.0.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.watch().under_way -= 1;
    }
}

/// Additive increase, multiplicative decrease, as TCP finds out how much a network bears (RFC 5681).
#[derive(Debug)]
struct Watch {
    /// How many may be under way.
    limit: usize,
    under_way: usize,
    /// Since when pages are watched, and how long they took.
    since: Instant,
    pages: Vec<Duration>,
}

impl Watch {
    /// At the end of a period: fewer if half of the pages took too long, else a few more.
    fn judge(&mut self, door: &Inner, now: Instant) {
        let watched = now.saturating_duration_since(self.since);
        if watched < PERIOD || (self.pages.len() < FEW && watched < LONG_ENOUGH) {
            return;
        }
        self.limit = match median(&mut self.pages) {
            Some(median) if median > door.busy_after => (self.limit / 2).max(LEAST),
            _ => self.limit + (self.limit / 8).max(1),
        };
        self.limit = self.limit.min(door.at_once);
        self.since = now;
        self.pages.clear();
    }
}

fn median(pages: &mut [Duration]) -> Option<Duration> {
    let middle = pages.len() / 2;
    (!pages.is_empty()).then(|| *pages.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(5);
    const SLOW: Duration = Duration::from_millis(300);

    /// The limit of a door for 64 after so many periods with these pages.
    fn limit_after(periods: u32, pages: &[Duration], limit: usize) -> usize {
        let Door(inner) = Door::new(64, Duration::from_millis(100));
        let mut watch = inner.watch.lock().unwrap();
        watch.limit = limit;
        for _ in 0..periods {
            watch.pages.extend(pages);
            let end = watch.since + PERIOD;
            watch.judge(&inner, end);
        }
        watch.limit
    }

    #[test]
    fn fewer_come_in_while_pages_are_slow_and_all_again_when_they_are_not() {
        assert_eq!(limit_after(1, &[SLOW; FEW], 64), 32);
        assert_eq!(limit_after(100, &[SLOW; FEW], 64), LEAST);
        assert_eq!(limit_after(1, &[QUICK; FEW], LEAST), LEAST + 1);
        assert_eq!(limit_after(100, &[QUICK; FEW], LEAST), 64);
    }

    #[test]
    fn one_slow_page_is_no_crowd() {
        let mut pages = vec![SLOW; FEW / 2 - 1];
        assert_eq!(limit_after(2, &pages, 64), 64, "they are watched on");
        pages.extend([QUICK; FEW / 2 + 1]);
        assert_eq!(limit_after(9, &pages, 64), 64);
    }

    #[test]
    fn few_pages_count_after_a_while() {
        let Door(inner) = Door::new(64, Duration::from_millis(100));
        let mut watch = inner.watch.lock().unwrap();
        let begin = watch.since;
        watch.pages.push(SLOW);
        watch.judge(&inner, begin + LONG_ENOUGH / 2);
        assert_eq!(watch.limit, 64);
        watch.judge(&inner, begin + LONG_ENOUGH);
        assert_eq!(watch.limit, 32);
    }

    #[test]
    fn whoever_is_done_makes_room() {
        let door = Door::new(2, Duration::from_millis(100));
        let (first, second) = (door.admit().unwrap(), door.admit().unwrap());
        assert_eq!(door.admit().unwrap_err(), Full::TooManyAtOnce);
        drop(first);
        let third = door.admit().unwrap();
        assert_eq!(door.admit().unwrap_err(), Full::TooManyAtOnce);
        drop((second, third));
        door.admit().unwrap();
    }

    #[test]
    fn somebody_comes_in_however_busy_it_is() {
        let door = Door::new(64, Duration::from_millis(100));
        door.watch().limit = LEAST;
        let inside: Vec<Place> = (0..LEAST).map(|_| door.admit().unwrap()).collect();
        assert_eq!(door.admit().unwrap_err(), Full::Busy);
        drop(inside);
        door.admit().unwrap();
    }
}
