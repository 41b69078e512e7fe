//! Whose turn it is: as many transactions at once as there are connections, and everybody else in the order in which they came.
//!
//! Without, each of those who wait would hold a thread, and whoever wakes first would be next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::r2d2::{Pool, PooledConnection};
use tokio::runtime::{Builder, Handle, Runtime};

use super::{
    Error, Settings,
    connection::{Manager, begin_on_any, connect},
};

pub(super) struct Turns {
    pool: Pool<Manager>,
    wait: Duration,
    /// As many threads as connections; what waits for one waits in order.
    threads: Handle,
    /// Keeps the threads, and is used for nothing else.
    runtime: Option<Runtime>,
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
        let runtime = Builder::new_current_thread().max_blocking_threads(count).thread_name("database").build();
        let runtime = runtime.map_err(|error| Error::Unavailable(error.to_string()))?;
        let threads = runtime.handle().clone();
        Ok(Self { pool, wait: settings.wait, threads, runtime: Some(runtime) })
    }

    /// Does this when its turn has come, on a thread for it; waits for that as long as the settings say. It is not done if the wait
    /// ends before, or whoever waits goes away.
    pub(super) async fn take<T, E>(&self, work: impl FnOnce(&Turn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let turn = Turn { pool: self.pool.clone(), until: Instant::now() + self.wait };
        let waiting = Waiting::default();
        let is_decided = Arc::clone(&waiting.is_decided);
        let work = move || (!is_decided.swap(true, Ordering::SeqCst)).then(|| work(&turn));
        let mut working = self.threads.spawn_blocking(work);
        let done = match tokio::time::timeout(self.wait, &mut working).await {
            Ok(done) => done,
            Err(_) if waiting.has_begun() => working.await,
            Err(_) => return Err(Error::Unavailable("all its connections are in use".into()).into()),
        };
        match done {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(Error::Unavailable("all its connections are in use".into()).into()),
            Err(_) => Err(Error::Broken("the transaction panicked and was rolled back".into()).into()),
        }
    }
}

impl Drop for Turns {
    /// What has begun goes on: a runtime must not be waited for where others run.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Somebody who waits for a turn. Whoever is first decides: the thread that begins, or they who give up.
#[derive(Default)]
struct Waiting {
    is_decided: Arc<AtomicBool>,
}

impl Waiting {
    /// If not, it never will.
    fn has_begun(&self) -> bool {
        self.is_decided.swap(true, Ordering::SeqCst)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.is_decided.store(true, Ordering::SeqCst);
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
    use std::sync::Mutex;

    use super::*;

    fn one_at_once(wait: Duration) -> Turns {
        let settings = Settings { url: "sqlite://:memory:".into(), pool_size: 1, wait };
        let manager = Manager::new("sqlite://:memory:").unwrap();
        Turns::new(Pool::builder().max_size(1).build_unchecked(manager), &settings).unwrap()
    }

    #[tokio::test]
    async fn turns_come_in_order_and_are_waited_for_so_long() {
        let wait = Duration::from_millis(300);
        let turns = one_at_once(wait);
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
    async fn what_nobody_waits_for_is_not_begun() {
        let turns = one_at_once(Duration::from_secs(3));
        let is_done = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_done);
        let first = turns.take(|_| -> Result<(), Error> {
            std::thread::sleep(Duration::from_millis(200));
            Ok(())
        });
        let gone = tokio::time::timeout(
            Duration::from_millis(50),
            turns.take(move |_| Ok::<_, Error>(seen.swap(true, Ordering::SeqCst))),
        );
        let (first, gone) = tokio::join!(first, gone);
        assert!(first.is_ok() && gone.is_err());
        turns.take(|_| Ok::<_, Error>(())).await.unwrap();
        assert!(!is_done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_costs_no_turn() {
        let turns = one_at_once(Duration::from_secs(3));
        let panicking = turns.take(|_| -> Result<(), Error> { panic!("a mistake of ours") }).await;
        assert!(matches!(panicking, Err(Error::Broken(_))));
        turns.take(|_| Ok::<_, Error>(())).await.unwrap();
    }
}
