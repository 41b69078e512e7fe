//! Whether there is room for one more to sign in. A sign-in is the beginning of several more requests, so this is where load is
//! refused; people inside are never turned away (`docs/decisions/0013`).

use std::{
    cell::Cell,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{HttpMessage as _, HttpRequest};

/// Pages are watched for at least so long, and until there are enough of them to judge by …
const PERIOD: Duration = Duration::from_millis(250);
const ENOUGH: usize = 8;

/// … or until there are some, for so long …
const LONGER: Duration = Duration::from_secs(2);
const SOME: usize = 3;

/// … and where there are fewer for longer than any page takes, nobody waits.
const QUIET: Duration = Duration::from_secs(10);

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
    /// People inside wait too long for their pages, or did so a moment ago.
    Busy,
}

impl Door {
    /// At most `at_once` sign in at the same time; fewer while pages take longer than `busy_after`.
    pub(super) fn new(at_once: usize, busy_after: Duration) -> Self {
        let watch = Watch { limit: at_once, under_way: 0, most_under_way: 0, since: Instant::now(), pages: Vec::new() };
        Self(Arc::new(Inner { at_once, busy_after, watch: Mutex::new(watch) }))
    }

    /// Lets one more sign in, if there is room.
    pub(super) fn admit(&self) -> Result<Place, Full> {
        let mut watch = self.watch();
        watch.judge(&self.0, Instant::now());
        if watch.under_way < watch.limit {
            watch.under_way += 1;
            watch.most_under_way = watch.most_under_way.max(watch.under_way);
            return Ok(Place(self.clone()));
        }
        Err(if watch.limit < self.0.at_once { Full::Busy } else { Full::TooManyAtOnce })
    }

    /// A page of somebody inside is done, and took so long, without what it waited for the directory.
    pub(super) fn note_page(&self, began: Instant, took: Duration) {
        let mut watch = self.watch();
        watch.note(began, took);
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

/// Fewer at once by a factor, and more by degrees, as TCP finds out how much a network bears (RFC 5681).
#[derive(Debug)]
struct Watch {
    /// How many may be under way.
    limit: usize,
    under_way: usize,
    /// The most at the same time since pages are watched.
    most_under_way: usize,
    /// Since when pages are watched, and how long they took.
    since: Instant,
    pages: Vec<Duration>,
}

impl Watch {
    /// What began before the last judgement says nothing about what came of it.
    fn note(&mut self, began: Instant, took: Duration) {
        if began >= self.since {
            self.pages.push(took);
        }
    }

    /// At the end of a period: half as many as there were if half of the pages took too long, else a few more.
    fn judge(&mut self, door: &Inner, now: Instant) {
        let (watched, count) = (now.saturating_duration_since(self.since), self.pages.len());
        let limit = if (watched >= PERIOD && count >= ENOUGH) || (watched >= LONGER && count >= SOME) {
            if median(&mut self.pages) > door.busy_after {
                (self.limit.min(self.most_under_way) / 2).max(LEAST)
            } else {
                self.limit + (self.limit / 4).max(1)
            }
        } else if watched >= QUIET {
            door.at_once
        } else {
            return;
        };
        self.limit = limit.min(door.at_once);
        self.most_under_way = self.under_way;
        self.since = now;
        self.pages.clear();
    }
}

/// Of at least one.
fn median(pages: &mut [Duration]) -> Duration {
    let middle = pages.len() / 2;
    *pages.select_nth_unstable(middle).1
}

/// How a request goes, kept with it: whose it is, and what it waited for.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Rc<Cell<Steps>>);

#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    is_inside: bool,
    waited: Duration,
}

impl Pace {
    /// The request's own.
    pub(super) fn of(request: &HttpRequest) -> Self {
        request.extensions_mut().get_or_insert_with(Self::default).clone()
    }

    /// It is of somebody who is signed in.
    pub(super) fn is_inside(&self) {
        self.0.set(Steps { is_inside: true, ..self.0.get() });
    }

    /// It waited so long for what is not the portal's.
    pub(super) fn waited(&self, time: Duration) {
        let steps = self.0.get();
        self.0.set(Steps { waited: steps.waited + time, ..steps });
    }

    /// Tells the door, if the request was a page of somebody inside.
    pub(super) fn tell(&self, door: &Door, began: Instant) {
        let Steps { is_inside, waited } = self.0.get();
        if is_inside {
            door.note_page(began, began.elapsed().saturating_sub(waited));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(5);
    const SLOW: Duration = Duration::from_millis(300);

    /// A door for 64 that has been watched since now.
    fn door() -> Door {
        Door::new(64, Duration::from_millis(100))
    }

    /// Judges a period with these pages, while as many as may are signing in.
    fn judge(door: &Door, pages: &[Duration], period: Duration) -> usize {
        let mut watch = door.watch();
        watch.most_under_way = watch.limit;
        let since = watch.since;
        for &took in pages {
            watch.note(since, took);
        }
        watch.judge(&door.0, since + period);
        watch.limit
    }

    /// Judges a period with slow pages that began at this moment, whoever was signing in.
    fn judge_slow_pages(door: &Door, began: Instant) -> usize {
        let mut watch = door.watch();
        for _ in 0..ENOUGH {
            watch.note(began, SLOW);
        }
        let end = watch.since + PERIOD;
        watch.judge(&door.0, end);
        watch.limit
    }

    #[test]
    fn fewer_come_in_while_pages_are_slow_and_all_again_when_they_are_not() {
        let door = door();
        let limits = |took: Duration| std::iter::repeat_with(move || took);
        let slow: Vec<_> = limits(SLOW).take(6).map(|took| judge(&door, &[took; ENOUGH], PERIOD)).collect();
        assert_eq!(slow, [32, 16, 8, 4, 4, 4]);
        let quick: Vec<_> = limits(QUICK).take(16).map(|took| judge(&door, &[took; ENOUGH], PERIOD)).collect();
        assert!(quick.is_sorted() && quick[0] == 5 && quick[15] == 64, "{quick:?}");
    }

    #[test]
    fn one_slow_page_is_no_crowd() {
        let door = door();
        let mut pages = vec![SLOW; ENOUGH / 2 - 1];
        pages.extend([QUICK; ENOUGH / 2 + 1]);
        assert_eq!(judge(&door, &pages, PERIOD), 64);
        // At night there are none besides.
        for _ in 0..9 {
            assert_eq!(judge(&door, &[SLOW], QUIET), 64);
        }
    }

    #[test]
    fn where_all_is_slow_few_pages_count_and_a_quiet_hour_is_no_load() {
        let door = door();
        assert_eq!(judge(&door, &[SLOW; SOME], LONGER / 2), 64);
        assert_eq!(judge(&door, &[], LONGER), 32);
        assert_eq!(judge(&door, &[SLOW; SOME], LONGER), 16);
        assert_eq!(judge(&door, &[], QUIET), 64);
    }

    #[test]
    fn what_began_before_the_door_was_closed_does_not_close_it_further() {
        let door = door();
        let before = door.watch().since;
        assert_eq!(judge(&door, &[SLOW; ENOUGH], PERIOD), 32);
        assert_eq!(judge_slow_pages(&door, before), 32);
    }

    #[test]
    fn a_limit_that_nobody_reached_is_not_what_is_halved() {
        let door = door();
        let places: Vec<Place> = (0..20).map(|_| door.admit().unwrap()).collect();
        drop(places);
        let since = door.watch().since;
        assert_eq!(judge_slow_pages(&door, since), 10);
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
        let door = door();
        door.watch().limit = LEAST;
        let inside: Vec<Place> = (0..LEAST).map(|_| door.admit().unwrap()).collect();
        assert_eq!(door.admit().unwrap_err(), Full::Busy);
        drop(inside);
        door.admit().unwrap();
    }

    #[test]
    fn only_pages_of_people_inside_count_and_only_their_own_time() {
        let door = door();
        let began = door.watch().since;
        std::thread::sleep(4 * QUICK);
        Pace::default().tell(&door, began);
        assert!(door.watch().pages.is_empty());
        let pace = Pace::default();
        pace.is_inside();
        pace.waited(2 * QUICK);
        pace.tell(&door, began);
        let took = door.watch().pages[0];
        assert!(took >= 2 * QUICK && took + 2 * QUICK <= began.elapsed(), "{took:?}");
    }
}
