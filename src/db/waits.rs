//! How busy the database is: how long those who come have to wait for their turn.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a period is of which the shortest wait counts.
const PERIOD: Duration = Duration::from_millis(250);

/// The waits in one queue. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Waits(Arc<Mutex<Queue>>);

/// Somebody's place in the queue.
#[derive(Clone, Copy)]
pub(super) struct Place(Instant);

impl Place {
    pub(super) fn waited(self) -> Duration {
        self.0.elapsed()
    }
}

impl Waits {
    /// Somebody comes now.
    pub(super) fn queue(&self) -> Place {
        let now = Instant::now();
        self.lock().queue(now);
        Place(now)
    }

    /// It is their turn now. Turns come in the order of the queue.
    pub(super) fn begin(&self, Place(came): Place) {
        self.lock().begin(came, Instant::now());
    }

    /// How long everybody waits at the least.
    pub(super) fn least(&self) -> Duration {
        self.lock().least(Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Long waits alone say little: whoever comes together waits for each other, and one slow commit holds up everybody once. Where
/// nobody comes to their turn at once, or nobody at all, more comes than can be done.
#[derive(Default)]
struct Queue {
    /// When those came whose turn it is not yet.
    waiting: VecDeque<Instant>,
    /// The period that has not ended: since when it lasts, and the shortest wait in it.
    period: Option<(Instant, Duration)>,
    /// When the last period ended, and the shortest wait in it.
    last: Option<(Instant, Duration)>,
}

impl Queue {
    fn queue(&mut self, now: Instant) {
        self.waiting.push_back(now);
    }

    fn begin(&mut self, came: Instant, now: Instant) {
        self.end_period(now);
        self.waiting.pop_front();
        let waited = now.saturating_duration_since(came);
        let (since, shortest) = self.period.unwrap_or((now, waited));
        self.period = Some((since, shortest.min(waited)));
    }

    fn least(&mut self, now: Instant) -> Duration {
        self.end_period(now);
        // What was long ago says nothing; if it was because nobody comes to their turn, the first of them has waited for so long.
        let stalled = self.waiting.front().map(|came| now.saturating_duration_since(*came));
        let stalled = stalled.filter(|_| self.period.is_none()).filter(|waited| *waited >= PERIOD);
        let last = self.last.filter(|(ended, _)| now.saturating_duration_since(*ended) < PERIOD);
        stalled.or(last.map(|(_, shortest)| shortest)).unwrap_or_default()
    }

    fn end_period(&mut self, now: Instant) {
        if let Some((since, shortest)) = self.period
            && now.saturating_duration_since(since) >= PERIOD
        {
            self.last = Some((since + PERIOD, shortest));
            self.period = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue, and what happened in it: when somebody came, and when it was their turn, in milliseconds.
    fn busy_at(events: &[(u64, Option<u64>)], now: u64) -> u128 {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut queue = Queue::default();
        let mut moments: Vec<(u64, bool, u64)> = Vec::new();
        for &(came, turn) in events {
            moments.push((came, false, came));
            moments.extend(turn.map(|turn| (turn, true, came)));
        }
        moments.sort_by_key(|&(when, is_turn, _)| (when, is_turn));
        for (when, is_turn, came) in moments {
            if is_turn { queue.begin(at(came), at(when)) } else { queue.queue(at(when)) }
        }
        queue.least(at(now)).as_millis()
    }

    #[test]
    fn one_slow_commit_is_no_crowd() {
        let mut events = vec![(10, Some(210)); 50];
        events.push((220, Some(220)));
        assert_eq!(busy_at(&events, 470), 0);
        // Even if nobody comes after it, it is soon forgotten.
        assert_eq!(busy_at(&[(10, Some(310))], 570), 300);
        assert_eq!(busy_at(&[(10, Some(310))], 811), 0);
    }

    #[test]
    fn where_everybody_waits_there_is_a_crowd() {
        let events: Vec<_> = (0..20_u64).map(|one| (10 * one, Some(10 * one + 90 + one % 3))).collect();
        assert_eq!(busy_at(&events, 300), 0, "the period is not over");
        assert_eq!(busy_at(&events, 345), 90);
        assert_eq!(busy_at(&events, 1_000), 0, "it is over");
    }

    #[test]
    fn where_nobody_comes_to_their_turn_there_is_a_crowd() {
        assert_eq!(busy_at(&[(0, Some(0)), (100, None)], 260), 0);
        assert_eq!(busy_at(&[(0, Some(0)), (100, None), (200, None)], 1_100), 1_000);
    }
}
