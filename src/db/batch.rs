//! One writer for SQLite: the decisions that wait at one moment are written to the disk together.
//!
//! SQLite admits one writer at a time, and a commit waits for the disk. So whoever is first takes the others along: each
//! decision runs in a savepoint of its own, one commit makes all of them last, and only then everybody is answered.
//! Nothing waits for company: the writer takes what is there when it is free.
//!
//! A decision without company needs no savepoint. One that changes very many rows never has company: what would undo a savepoint
//! is every page as it was before, in memory.

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
    size: WriteSize,
    work: Box<dyn Work>,
}

/// How much a decision changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteSize {
    Usual,
    /// Rows for everybody, say.
    Large,
}

/// A decision and who waits for it.
trait Work: Send {
    /// Decides in a transaction of its own, ends it and answers.
    fn decide_alone(self: Box<Self>, connection: &mut Conn);
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
        size: WriteSize,
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
            queue.waiting.push_back(Waiting { since: Instant::now(), size, work });
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

    /// What is there now, up to the limit, or one large decision; `None` if nothing is.
    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.lock();
        let usual = queue.waiting.iter().take(BATCH).take_while(|one| one.size == WriteSize::Usual).count();
        let count = usual.max(1).min(queue.waiting.len());
        queue.is_busy = count > 0;
        (count > 0).then(|| queue.waiting.drain(..count).collect())
    }

    fn store(&self, batch: Vec<Waiting>) {
        let (timely, late): (Vec<_>, Vec<_>) = batch.into_iter().partition(|one| one.since.elapsed() < self.0.wait);
        for one in late {
            one.work.refuse(Error::Unavailable("too many wait to write".into()));
        }
        match begin_on_any(&self.0.pool, Instant::now() + self.0.wait, "BEGIN IMMEDIATE") {
            Ok(mut connection) => match <[Waiting; 1]>::try_from(timely) {
                Ok([one]) => one.work.decide_alone(&mut connection),
                Err(several) => decide_all(&mut connection, several),
            },
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
    fn decide_alone(self: Box<Self>, connection: &mut Conn) {
        let Self { decide, answer } = *self;
        let decided = undisturbed(|| decide(connection));
        let ended = if decided.is_ok() { commit(connection) } else { roll_back(connection) };
        let _ = answer.send(decided.and_then(|value| ended.map(|()| value).map_err(E::from)));
    }

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
    let decided = undisturbed(|| decide(connection));
    match &decided {
        Ok(_) => commit(connection)?,
        Err(_) => roll_back(connection)?,
    }
    Ok(decided)
}

/// A panic in a decision is an error of it alone.
fn undisturbed<T, E: From<Error>>(decide: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(decide))
        .unwrap_or_else(|_| Err(Error::Broken("the transaction panicked and was rolled back".into()).into()))
}

#[cfg(test)]
mod tests {
    use diesel::{
        RunQueryDsl as _,
        connection::{TransactionManager as _, TransactionManagerStatus},
        sql_query,
    };
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
    async fn what_is_stored_alone_fails_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let write = async |decide: fn(&mut Conn) -> Result<usize, Error>| database.write(decide).await;
        assert_eq!(write(|conn| insert(conn, 1)).await.unwrap(), 1);
        assert!(matches!(write(|conn| insert(conn, 2).and(insert(conn, 1))).await, Err(Error::Conflict(_))));
        assert!(matches!(
            write(|conn| insert(conn, 3).map(|_| panic!("a mistake of ours"))).await,
            Err(Error::Broken(_))
        ));
        assert_eq!(write(|conn| insert(conn, 4)).await.unwrap(), 1);
        assert_eq!(count(&database).await, 2);
    }

    fn depth(conn: &mut Conn) -> Option<u32> {
        let status = <Conn as diesel::Connection>::TransactionManager::transaction_manager_status_mut(conn);
        let TransactionManagerStatus::Valid(status) = status else { return None };
        status.transaction_depth().map(u32::from)
    }

    #[tokio::test]
    async fn a_large_decision_has_no_company_and_no_savepoint() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let (release, waits) = std::sync::mpsc::channel();
        let (began, has_begun) = oneshot::channel();
        let busy = database.write(move |_| {
            let _ = began.send(());
            Ok::<_, Error>(waits.recv().is_ok())
        });
        let small = || database.write(|conn| Ok::<_, Error>(depth(conn)));
        let large = database.write_large(|conn| Ok::<_, Error>(depth(conn)));
        let others = async {
            has_begun.await.unwrap();
            let others = join_all([small(), small()]);
            let all = async { tokio::join!(others, large, join_all([small(), small()])) };
            let releasing = async {
                tokio::task::yield_now().await;
                release.send(()).unwrap();
            };
            tokio::join!(all, releasing).0
        };
        let (_, (before, large, after)) = tokio::join!(busy, others);
        assert_eq!(before.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [Some(2), Some(2)]);
        assert_eq!(large.unwrap(), Some(1));
        assert_eq!(after.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [Some(2), Some(2)]);
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
