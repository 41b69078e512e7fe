//! Whose turn it is: as many transactions at once as there are connections, and everybody else in the order in which they came.
//!
//! Without, each of those who wait would hold a thread, whoever wakes first would be next, and nobody could tell how busy the
//! database is.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use diesel::r2d2::{Pool, PooledConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Error, Settings,
    connection::{Manager, begin_on_any, connect},
};

pub(super) struct Turns {
    pool: Pool<Manager>,
    free: Arc<Semaphore>,
    wait: Duration,
    waits: Mutex<Waits>,
}

/// The right to one connection, for as long as this is held.
pub(super) struct Turn {
    pub(super) pool: Pool<Manager>,
    /// A connection that has to be made is waited for until then.
    until: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(pool: Pool<Manager>, settings: &Settings) -> Self {
        let free = Arc::new(Semaphore::new(usize::try_from(settings.pool_size).unwrap_or(Semaphore::MAX_PERMITS)));
        Self { pool, free, wait: settings.wait, waits: Mutex::new(Waits::since(Instant::now())) }
    }

    /// Waits for a turn as long as the settings say.
    pub(super) async fn take(&self) -> Result<Turn, Error> {
        let asked = Instant::now();
        let permit = tokio::time::timeout(self.wait, Arc::clone(&self.free).acquire_owned()).await;
        self.waits().note(asked, Instant::now());
        let permit = permit.map_err(|_| Error::Unavailable("all its connections are in use".into()))?;
        let permit = permit.map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Turn { pool: self.pool.clone(), until: asked + self.wait, _permit: permit })
    }

    pub(super) fn delay(&self) -> Duration {
        self.waits().least(Instant::now())
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a period is of which the shortest wait counts.
const PERIOD: Duration = Duration::from_millis(250);

/// The shortest wait of the last whole period. Long waits alone say little: whoever comes together waits for each other, and one
/// slow commit holds up everybody once. Where nobody comes to their turn at once, more comes than can be done.
struct Waits {
    since: Instant,
    shortest: Option<Duration>,
    last: Duration,
}

impl Waits {
    fn since(now: Instant) -> Self {
        Self { since: now, shortest: None, last: Duration::ZERO }
    }

    /// Somebody who asked then came to their turn now.
    fn note(&mut self, asked: Instant, now: Instant) {
        self.turn_over(now);
        let waited = now.saturating_duration_since(asked);
        self.shortest = Some(self.shortest.map_or(waited, |shortest| shortest.min(waited)));
    }

    fn least(&mut self, now: Instant) -> Duration {
        self.turn_over(now);
        self.last
    }

    fn turn_over(&mut self, now: Instant) {
        if now.saturating_duration_since(self.since) >= PERIOD {
            // Nobody came, so nobody waited.
            self.last = self.shortest.take().unwrap_or_default();
            self.since = now;
        }
    }
}

impl Turn {
    pub(super) fn connect(&self) -> Result<PooledConnection<Manager>, Error> {
        connect(&self.pool, self.until)
    }

    /// A connection with a transaction begun on it.
    pub(super) fn begin(&self) -> Result<PooledConnection<Manager>, Error> {
        begin_on_any(&self.pool, self.until, "BEGIN")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITED: Duration = Duration::from_millis(90);

    #[test]
    fn it_is_busy_where_nobody_comes_to_their_turn_at_once() {
        let begin = Instant::now();
        let mut waits = Waits::since(begin);
        let at = |millis| begin + Duration::from_millis(millis);
        // A slow commit: many have waited, the next did not have to.
        for _ in 0..50 {
            waits.note(at(10), at(200));
        }
        waits.note(at(201), at(201));
        assert_eq!(waits.least(at(260)), Duration::ZERO);
        // Too much: the queue does not become empty.
        for millis in (300..500).step_by(10) {
            waits.note(at(millis) - WAITED - Duration::from_millis(millis % 30), at(millis));
        }
        assert_eq!(waits.least(at(499)), Duration::ZERO, "the period is not over");
        assert_eq!(waits.least(at(511)), WAITED);
        // Nobody comes any more.
        assert_eq!(waits.least(at(800)), Duration::ZERO);
    }

    #[tokio::test]
    async fn turns_come_in_order_and_are_waited_for_so_long() {
        let manager = Manager::new("sqlite://:memory:").unwrap();
        let wait = Duration::from_millis(200);
        let settings = Settings { url: "sqlite://:memory:".into(), pool_size: 1, wait };
        let turns = Arc::new(Turns::new(Pool::builder().max_size(1).build_unchecked(manager), &settings));
        let first = turns.take().await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiting: Vec<_> = (0..20)
            .map(|number| {
                let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
                async move {
                    let turn = turns.take().await.unwrap();
                    order.lock().unwrap().push(number);
                    drop(turn);
                }
            })
            .collect();
        let freeing = async { drop(first) };
        futures_util::future::join(futures_util::future::join_all(waiting), freeing).await;
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());

        let held = turns.take().await.unwrap();
        let asked = Instant::now();
        assert!(matches!(turns.take().await, Err(Error::Unavailable(_))));
        assert!(asked.elapsed() >= wait);
        drop(held);
        turns.take().await.unwrap();
    }
}
