//! One writer for SQLite: the decisions that wait at one moment are written to the disk together.
//!
//! SQLite admits one writer at a time, and a commit waits for the disk. So whoever is first takes the others along: each
//! decision runs in a savepoint of its own, one commit makes all of them last, and only then everybody is answered.
//! Nothing waits for company: the writer takes what is there when it is free.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use diesel::r2d2::Pool;
use tokio::sync::oneshot;

use super::{
    Conn, Error,
    connection::{Manager, begin_on_any, begin_within, commit, roll_back},
};

/// How many decisions go into one commit at most.
const BATCH: usize = 64;

/// The queue of those who want to write.
#[derive(Clone)]
pub(super) struct Writer(Arc<Inner>);

struct Inner {
    pool: Pool<Manager>,
    /// Whoever has waited for so long is answered that the database is too busy.
    wait: Duration,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    is_busy: bool,
}

struct Waiting {
    since: Instant,
    work: Box<dyn Work>,
}

/// A decision and who waits for it.
trait Work: Send {
    /// Decides within the transaction of the batch. An error means that nothing more can be done in this transaction.
    fn decide(self: Box<Self>, connection: &mut Conn) -> Result<Answer, Error>;
    /// Nothing has happened, and this is why.
    fn refuse(self: Box<Self>, error: Error);
}

/// Answers whoever waits, once it is known whether the batch was stored.
type Answer = Box<dyn FnOnce(Result<(), Error>)>;

impl Writer {
    pub(super) fn new(pool: Pool<Manager>, wait: Duration) -> Self {
        Self(Arc::new(Inner { pool, wait, queue: Mutex::default() }))
    }

    /// Runs `decide` and waits until its effect is stored, or until it is certain that there is none.
    pub(super) async fn write<T, E>(
        &self,
        decide: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let work = Box::new(Decision { decide, answer });
        let is_first = {
            let mut queue = self.lock();
            queue.waiting.push_back(Waiting { since: Instant::now(), work });
            !std::mem::replace(&mut queue.is_busy, true)
        };
        if is_first {
            let this = self.clone();
            tokio::task::spawn_blocking(move || {
                while let Some(batch) = this.next_batch() {
                    this.store(batch);
                }
            });
        }
        waiting.await.unwrap_or_else(|_| Err(Error::Broken("the writer ended".into()).into()))
    }

    /// What is there now, up to the limit; `None` if nothing is.
    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.lock();
        let count = queue.waiting.len().min(BATCH);
        queue.is_busy = count > 0;
        (count > 0).then(|| queue.waiting.drain(..count).collect())
    }

    fn store(&self, batch: Vec<Waiting>) {
        let (timely, late): (Vec<_>, Vec<_>) = batch.into_iter().partition(|one| one.since.elapsed() < self.0.wait);
        for one in late {
            one.work.refuse(Error::Unavailable("too many wait to write".into()));
        }
        match begin_on_any(&self.0.pool, "BEGIN IMMEDIATE") {
            Ok(mut connection) => decide_all(&mut connection, timely),
            Err(error) => timely.into_iter().for_each(|one| one.work.refuse(error.clone())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One decision after the other, then one commit for all, then the answers.
fn decide_all(connection: &mut Conn, batch: Vec<Waiting>) {
    let mut answers = Vec::with_capacity(batch.len());
    let mut stopped = None;
    for one in batch {
        match &stopped {
            Some(error) => one.work.refuse(Error::clone(error)),
            None => match one.work.decide(connection) {
                Ok(answer) => answers.push(answer),
                Err(error) => stopped = Some(error),
            },
        }
    }
    let stored = match stopped {
        None => commit(connection),
        Some(error) => {
            // If even this fails the connection is not used again, and SQLite undoes what is left.
            let _ = roll_back(connection);
            Err(error)
        }
    };
    for answer in answers {
        answer(stored.clone());
    }
}

struct Decision<F, T, E> {
    decide: F,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Work for Decision<F, T, E>
where
    F: FnOnce(&mut Conn) -> Result<T, E> + Send,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    fn decide(self: Box<Self>, connection: &mut Conn) -> Result<Answer, Error> {
        let Self { decide, answer } = *self;
        match in_savepoint(connection, decide) {
            Ok(decided) => Ok(Box::new(move |stored| {
                // Nobody may be waiting any more; the effect stands all the same.
                let _ = answer.send(decided.and_then(|value| stored.map(|()| value).map_err(E::from)));
            })),
            Err(error) => {
                let _ = answer.send(Err(error.clone().into()));
                Err(error)
            }
        }
    }

    fn refuse(self: Box<Self>, error: Error) {
        let _ = self.answer.send(Err(error.into()));
    }
}

/// The decision in a transaction within the transaction: undone alone if it fails. The outer error says that the
/// transaction as a whole cannot go on.
fn in_savepoint<T, E: From<Error>>(
    connection: &mut Conn,
    decide: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<Result<T, E>, Error> {
    begin_within(connection)?;
    let decided = catch_unwind(AssertUnwindSafe(|| decide(connection)))
        .unwrap_or_else(|_| Err(Error::Broken("the transaction panicked and was rolled back".into()).into()));
    match &decided {
        Ok(_) => commit(connection)?,
        Err(_) => roll_back(connection)?,
    }
    Ok(decided)
}

#[cfg(test)]
mod tests {
    use diesel::{RunQueryDsl as _, sql_query};
    use futures_util::future::join_all;

    use super::super::{Database, Settings};
    use super::*;

    async fn database(folder: &tempfile::TempDir) -> Database {
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let settings = Settings { url: url.into(), pool_size: 4, wait: Duration::from_secs(3) };
        let database = Database::open(&settings).unwrap();
        let table = |conn: &mut Conn| Ok(sql_query("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").execute(conn)?);
        database.write::<_, Error>(table).await.unwrap();
        database
    }

    fn insert(conn: &mut Conn, number: usize) -> Result<usize, Error> {
        Ok(sql_query(format!("INSERT INTO numbers VALUES ({number})")).execute(conn)?)
    }

    async fn count(database: &Database) -> usize {
        database.write::<_, Error>(|conn| Ok(sql_query("UPDATE numbers SET n = n").execute(conn)?)).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_stored_together_fails_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let decisions = (0..300_usize).map(|number| {
            database.write(move |conn| {
                insert(conn, number)?;
                match number % 3 {
                    0 => Ok(number),
                    1 => insert(conn, number).map(|_| number),
                    _ => panic!("a mistake of ours"),
                }
            })
        });
        for (number, answer) in join_all(decisions).await.into_iter().enumerate() {
            match number % 3 {
                0 => assert_eq!(answer.unwrap(), number),
                1 => assert!(matches!(answer, Err(Error::Conflict(_))), "{answer:?}"),
                _ => assert!(matches!(answer, Err(Error::Broken(_))), "{answer:?}"),
            }
        }
        assert_eq!(count(&database).await, 100);
    }

    #[tokio::test]
    async fn a_transaction_that_is_gone_is_success_for_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let decisions = (0..20_usize).map(|number| {
            database.write(move |conn| {
                insert(conn, number)?;
                if number == 7 {
                    // As SQLite does by itself when the disk is full.
                    sql_query("ROLLBACK").execute(conn)?;
                }
                Ok::<_, Error>(number)
            })
        });
        let stored = join_all(decisions).await.into_iter().flatten().count();
        assert!(stored < 20);
        assert_eq!(count(&database).await, stored);
    }
}
