//! SQLite and PostgreSQL behind one type.
//!
//! A [`Database`] hands out transactions, never connections: [`Database::read`] and [`Database::write`] run a synchronous
//! function on a thread of their own and commit when it returns `Ok`.

mod batch;
mod connection;
mod prepared;
pub mod schema;
mod turns;

use std::{path::PathBuf, sync::Arc, time::Duration};

use diesel::{
    connection::SimpleConnection as _,
    r2d2::Pool,
    result::{DatabaseErrorKind, Error as DieselError},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};

use batch::{WriteSize, Writer};
pub use connection::{Backend, Conn};
use connection::{Manager, commit, roll_back};
pub(crate) use prepared::insert_all;
pub use prepared::{FEW, prepared};
use turns::Turns;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Whoever has waited so long for PostgreSQL is answered that it is not available: longer than any statement may take there
/// (`session_settings`), so it does not answer at all. What was asked for may still happen.
const PATIENCE: Duration = Duration::from_secs(15);

/// Which database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite:///path/to/latchkey.db` or `postgres://user@host/database`; may hold a password.
    pub url: SecretString,
    pub pool_size: u32,
    /// How long a request waits for a free connection before it answers 503.
    pub wait: Duration,
}

/// What can go wrong with the database.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Not reachable, too busy, or gone in the middle: worth trying again later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A unique constraint refused the row: somebody else was faster.
    #[error("the row exists already: {0}")]
    Conflict(String),
    #[error("the address of the database is wrong: {0}")]
    Address(String),
    #[error("the database cannot be brought to this version: {0}")]
    Migration(String),
    #[error("the database answered with an error: {0}")]
    Broken(String),
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                Self::Conflict(info.message().to_owned())
            }
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::SerializationFailure,
                _,
            )
            | DieselError::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            DieselError::DatabaseError(_, info) if says_busy(info.message()) => Self::Unavailable(error.to_string()),
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// Words of SQLite, PostgreSQL and libpq for a database that is too busy or gone; diesel has no kind of its own for them.
fn says_busy(message: &str) -> bool {
    [
        "database is locked",
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "could not receive data from server",
        "due to statement timeout",
        "due to lock timeout",
        "deadlock detected",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// Tries once more if somebody else made the same row at the same moment.
pub async fn again_after_conflict<T, F>(attempt: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    match attempt().await {
        Err(Error::Conflict(_)) => attempt().await,
        done => done,
    }
}

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Database {
    backend: Backend,
    turns: Arc<Turns>,
    /// SQLite's; PostgreSQL admits several writers and writes to the disk for them together by itself.
    writer: Option<Writer>,
    /// SQLite's file.
    file: Option<PathBuf>,
}

impl Database {
    /// Prepares the pool; connections are made when they are needed, so that a database that goes away is an answer 503 until it
    /// is back, and not a crash.
    ///
    /// # Errors
    /// [`Error::Address`] if the scheme is neither `sqlite` nor `postgres`.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let manager = Manager::new(settings.url.expose_secret())?;
        let backend = manager.backend();
        // SQLite's writer has one of its own: it waits for nobody who reads.
        let own = u32::from(backend == Backend::Sqlite);
        let pool = Pool::builder()
            .max_size(settings.pool_size + own)
            .min_idle(Some(0))
            .connection_timeout(settings.wait)
            .build_unchecked(manager);
        let path = settings.url.expose_secret().strip_prefix("sqlite://").map(PathBuf::from);
        let writer = (backend == Backend::Sqlite).then(|| Writer::new(pool.clone(), settings.wait));
        Ok(Self { backend, turns: Arc::new(Turns::new(pool, settings)?), writer, file: path })
    }

    /// Whether this is a SQLite database whose file does not exist yet; asking anything else would make it.
    pub fn is_missing_file(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.exists())
    }

    /// Which of the two databases this is, by the scheme of its address.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Brings the tables to this version of the program; does nothing where they are. Safe for several portals at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        self.turns
            .take(|turn| {
                let done = match &mut *turn.connect()? {
                    Conn::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(|_| ()),
                    Conn::Postgres(postgres) => connection::with_migration_lock(postgres, |postgres| {
                        postgres.run_pending_migrations(POSTGRES).map(|_| ())
                    }),
                };
                done.map_err(|error| match error.to_string() {
                    gone if says_busy(&gone) => Error::Unavailable(gone),
                    why => Error::Migration(why),
                })
            })
            .await
    }

    /// Whether the tables are at this version of the program.
    pub async fn is_current(&self) -> Result<bool, Error> {
        self.turns
            .take(|turn| {
                let pending = match &mut *turn.connect()? {
                    Conn::Sqlite(sqlite) => sqlite.has_pending_migration(SQLITE),
                    Conn::Postgres(postgres) => postgres.has_pending_migration(POSTGRES),
                };
                pending.map(|pending| !pending).map_err(|error| Error::Migration(error.to_string()))
            })
            .await
    }

    /// Makes what was deleted unreadable in SQLite's files, as far as nobody reads it at this moment. PostgreSQL does so by itself in
    /// time (autovacuum, and its write-ahead log is the operator's).
    pub async fn forget_deleted(&self) -> Result<(), Error> {
        self.turns
            .take(|turn| match &mut *turn.connect()? {
                Conn::Sqlite(sqlite) => connection::empty_write_ahead_log(sqlite),
                Conn::Postgres(_) => Ok(()),
            })
            .await
    }

    /// Looks at several things. On SQLite as they were at one moment; PostgreSQL shows each question what was committed when it was
    /// asked, with a transaction around them or without, so there is none: it would cost two more round trips.
    pub async fn read<T>(&self, look: impl Fn(&mut Conn) -> Result<T, Error> + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        match self.backend {
            Backend::Sqlite => self.transaction(look).await,
            Backend::Postgres => self.ask(look).await,
        }
    }

    /// Like [`Database::read`], for a look that uses up what it begins with and so cannot begin again on another connection: in one
    /// transaction, whose beginning shows whether the connection lives.
    pub async fn read_once<T, E>(&self, look: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.transaction(look).await
    }

    /// Runs one statement that may run twice without doing more than once; it is a transaction by itself.
    pub async fn run(&self, statement: impl Fn(&mut Conn) -> Result<(), Error> + Send + 'static) -> Result<(), Error> {
        match &self.writer {
            Some(writer) => writer.write(WriteSize::Usual, statement).await,
            None => self.ask(statement).await,
        }
    }

    /// Asks one question: a single statement that only reads needs no transaction around it, which would cost two more round trips. On
    /// a connection that died while it lay in the pool it is asked again on another one.
    pub async fn ask<T>(&self, question: impl Fn(&mut Conn) -> Result<T, Error> + Send + 'static) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        in_time(self.turns.take(move |turn| {
            let mut dead = 0;
            loop {
                let mut connection = turn.connect()?;
                match question(&mut connection) {
                    Err(error @ Error::Unavailable(_)) if connection::is_dead(&mut connection) => {
                        connection::give_up(&mut connection);
                        dead += 1;
                        if dead > turn.pool.max_size() {
                            return Err(error);
                        }
                    }
                    answer => return answer,
                }
            }
        }))
        .await
    }

    /// Like [`Database::read`], for searches: everything as it was at one moment, and each statement planned for the values that it is
    /// given. PostgreSQL would soon use one plan for all values, and with it walk through every record to find a rare one.
    pub async fn search<T, E>(&self, look: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.read_once(|conn| {
            if let Conn::Postgres(postgres) = conn {
                let settings = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
                                SET LOCAL plan_cache_mode = force_custom_plan";
                postgres.batch_execute(settings).map_err(Error::from)?;
            }
            look(conn)
        })
        .await
    }

    /// Runs `decide` in one transaction; commits if it returns `Ok`, else nothing has happened.
    ///
    /// On SQLite the write lock is taken at once, because a lock upgrade in the middle fails instead of waiting, and those who
    /// wait for it are stored by one commit; what one of them decides is undone alone if it fails.
    pub async fn write<T, E>(&self, decide: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(WriteSize::Usual, decide).await,
            None => in_time(self.transaction(decide)).await,
        }
    }

    /// Like [`Database::write`], for what changes very many rows: on SQLite nobody else's decision is stored with it, because that
    /// would take memory for each page that is changed.
    pub async fn write_large<T, E>(
        &self,
        decide: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(WriteSize::Large, decide).await,
            None => self.transaction(decide).await,
        }
    }

    async fn transaction<T, E>(&self, decide: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.turns
            .take(move |turn| {
                let mut connection = turn.begin()?;
                let decided = decide(&mut connection);
                let ended = if decided.is_ok() { commit(&mut connection) } else { roll_back(&mut connection) };
                let value = decided?;
                ended?;
                Ok(value)
            })
            .await
    }
}

async fn in_time<T, E: From<Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let silent = |_| Err(Error::Unavailable("it does not answer".into()).into());
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(silent)
}

#[cfg(test)]
mod tests {
    use diesel::{RunQueryDsl as _, sql_query};

    use super::*;

    #[tokio::test]
    async fn what_was_deleted_is_in_no_file_of_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let settings = Settings { url: url.into(), pool_size: 2, wait: Duration::from_secs(3) };
        let database = Database::open(&settings).unwrap();
        let run = async |sql: &'static str| {
            database.write::<_, Error>(move |conn| Ok(sql_query(sql).execute(conn)?)).await.unwrap();
        };
        let is_readable = || {
            let files =
                std::fs::read_dir(folder.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
            files.flatten().collect::<Vec<_>>().windows(11).any(|bytes| bytes == b"identity-42")
        };
        run("CREATE TABLE kept (text TEXT)").await;
        run("INSERT INTO kept VALUES ('identity-42'), ('another')").await;
        database.forget_deleted().await.unwrap();
        assert!(is_readable());
        run("DELETE FROM kept WHERE text LIKE 'identity%'").await;
        assert!(is_readable(), "it lies in the write-ahead log");
        database.forget_deleted().await.unwrap();
        assert!(!is_readable());
    }
}
