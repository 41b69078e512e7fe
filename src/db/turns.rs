//! Whose turn it is: as many transactions at once as there are connections, and everybody else in the order in which they came.
//!
//! Without, each of those who wait would hold a thread, whoever wakes first would be next, and nobody could tell how busy the
//! database is.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::r2d2::{Pool, PooledConnection};
use tokio::runtime::{Builder, Runtime};

use super::{
    Error, Settings,
    connection::{Manager, begin_on_any, connect},
};

pub(super) struct Turns {
    pool: Pool<Manager>,
    wait: Duration,
    waits: Arc<Mutex<Waits>>,
    /// For its threads alone: there are as many as connections, and what waits for them waits in order.
    threads: Option<Runtime>,
}

/// The right to one connection.
pub(super) struct Turn {
    pub(super) pool: Pool<Manager>,
    /// A connection that has to be made is waited for until then.
    until: Instant,
}

impl Turns {
    pub(super) fn new(pool: Pool<Manager>, settings: &Settings) -> Result<Self, Error> {
        let count = usize::try_from(settings.pool_size).unwrap_or(usize::MAX);
        let threads = Builder::new_current_thread().max_blocking_threads(count).thread_name("database").build();
        let threads = threads.map_err(|error| Error::Unavailable(error.to_string()))?;
        let waits = Arc::new(Mutex::new(Waits::since(Instant::now())));
        Ok(Self { pool, wait: settings.wait, waits, threads: Some(threads) })
    }

    /// Does this when its turn has come, on a thread for it; waits for that as long as the settings say, and then it is not done.
    pub(super) async fn take<T, E>(&self, work: impl FnOnce(&Turn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let Some(threads) = &self.threads else { return Err(Error::Unavailable("it is closed".into()).into()) };
        let asked = Instant::now();
        let turn = Turn { pool: self.pool.clone(), until: asked + self.wait };
        // Whoever is first decides: the thread that begins, or the one who has waited for too long.
        let is_decided = Arc::new(AtomicBool::new(false));
        let (is_begun, waits) = (Arc::clone(&is_decided), Arc::clone(&self.waits));
        let mut working = threads.spawn_blocking(move || {
            let is_late = is_begun.swap(true, Ordering::SeqCst);
            lock(&waits).note(asked, Instant::now());
            (!is_late).then(|| work(&turn))
        });
        let done = match tokio::time::timeout(self.wait, &mut working).await {
            Ok(done) => done,
            Err(_) if is_decided.swap(true, Ordering::SeqCst) => working.await,
            Err(_) => return Err(Error::Unavailable("all its connections are in use".into()).into()),
        };
        match done {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(Error::Unavailable("all its connections are in use".into()).into()),
            Err(_) => Err(Error::Broken("the transaction panicked and was rolled back".into()).into()),
        }
    }

    pub(super) fn delay(&self) -> Duration {
        lock(&self.waits).least(Instant::now())
    }
}

impl Drop for Turns {
    /// What has begun goes on: a runtime must not be waited for where others run.
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
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

fn lock(waits: &Mutex<Waits>) -> MutexGuard<'_, Waits> {
    waits.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;

    const WAITED: u64 = 90;

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
            waits.note(at(millis - WAITED - millis % 30), at(millis));
        }
        assert_eq!(waits.least(at(499)), Duration::ZERO, "the period is not over");
        assert_eq!(waits.least(at(511)), Duration::from_millis(WAITED));
        // Nobody comes any more.
        assert_eq!(waits.least(at(800)), Duration::ZERO);
    }

    #[tokio::test]
    async fn turns_come_in_order_and_are_waited_for_so_long() {
        let manager = Manager::new("sqlite://:memory:").unwrap();
        let wait = Duration::from_millis(300);
        let settings = Settings { url: "sqlite://:memory:".into(), pool_size: 1, wait };
        let turns = Turns::new(Pool::builder().max_size(1).build_unchecked(manager), &settings).unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go, may_go) = std::sync::mpsc::channel::<()>();
        let first = turns.take(move |_| {
            begun.send(()).unwrap();
            Ok::<_, Error>(may_go.recv().is_ok())
        });
        let others = futures_util::future::join_all((0..20).map(|number| {
            let order = Arc::clone(&order);
            turns.take(move |_| -> Result<(), Error> {
                order.lock().unwrap().push(number);
                Ok(())
            })
        }));
        let freeing = async {
            has_begun.await.unwrap();
            go.send(()).unwrap();
        };
        let (first, others, ()) = tokio::join!(first, others, freeing);
        assert!(first.unwrap() && others.into_iter().all(|done| done.is_ok()));
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());

        // What takes longer than the wait is waited for; what would begin later is not done.
        let is_done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_done);
        let long = turns.take(move |_| -> Result<(), Error> {
            std::thread::sleep(2 * wait);
            Ok(())
        });
        let late = turns.take(move |_| Ok::<_, Error>(seen.swap(true, Ordering::SeqCst)));
        let (long, late) = tokio::join!(long, late);
        assert!(long.is_ok() && matches!(late, Err(Error::Unavailable(_))), "{late:?}");
        turns.take(|_| Ok::<_, Error>(())).await.unwrap();
        assert!(!is_done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_costs_no_turn() {
        let manager = Manager::new("sqlite://:memory:").unwrap();
        let settings = Settings { url: "sqlite://:memory:".into(), pool_size: 1, wait: Duration::from_secs(3) };
        let turns = Turns::new(Pool::builder().max_size(1).build_unchecked(manager), &settings).unwrap();
        let panicking = turns.take(|_| -> Result<(), Error> { panic!("a mistake of ours") }).await;
        assert!(matches!(panicking, Err(Error::Broken(_))));
        turns.take(|_| Ok::<_, Error>(())).await.unwrap();
    }
}
