//! One connection to either database, and the pool's manager for it.

use std::time::{Duration, Instant};

use diesel::{
    Connection as _, MultiConnection, PgConnection, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager, TransactionManagerStatus},
    r2d2::{ManageConnection, Pool, PooledConnection},
    sql_query,
};

use super::Error;

/// A connection to either database; queries are written once.
#[derive(MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Which of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Makes and checks connections. The derived `MultiConnection::establish` tries one database after the other and would
/// open a SQLite file for a misspelt address, so the scheme decides here.
pub(super) struct Manager {
    backend: Backend,
    address: String,
}

impl Manager {
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return Ok(Self { backend: Backend::Sqlite, address: path.to_owned() });
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self { backend: Backend::Postgres, address: with_network_limits(url) });
        }
        Err(Error::Address("it must begin with sqlite:// or postgres://".into()))
    }

    pub(super) fn backend(&self) -> Backend {
        self.backend
    }
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn, Error> {
        let unavailable = |error: String| Error::Unavailable(error);
        let mut connection = match self.backend {
            Backend::Sqlite => SqliteConnection::establish(&self.address).map(Conn::Sqlite),
            Backend::Postgres => PgConnection::establish(&self.address).map(Conn::Postgres),
        }
        .map_err(|error| unavailable(error.to_string()))?;
        connection.batch_execute(session_settings(self.backend)).map_err(|error| unavailable(error.to_string()))?;
        Ok(connection)
    }

    /// Whether the other side is still there shows at the beginning of the transaction ([`begin`]); asking before would cost
    /// every transaction another round trip.
    fn is_valid(&self, _: &mut Conn) -> Result<(), Error> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Conn) -> bool {
        std::thread::panicking()
            || !matches!(
                <Conn as diesel::Connection>::TransactionManager::transaction_manager_status_mut(connection),
                TransactionManagerStatus::Valid(status) if status.transaction_depth().is_none()
            )
    }
}

/// `synchronous=FULL`, because a commit that was answered must survive a power cut. What would undo a savepoint stays in memory:
/// many decisions of one commit would write it to a file. What is deleted is overwritten, because erased must mean erased. The
/// time-outs keep a statement that hangs from holding a thread. PostgreSQL's compiler takes longer than any search of ours.
fn session_settings(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => {
            "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; \
             PRAGMA secure_delete = ON;"
        }
        Backend::Postgres => {
            "SET TIME ZONE 'UTC'; SET jit = off; SET statement_timeout = '10s'; SET lock_timeout = '3s'; \
             SET idle_in_transaction_session_timeout = '30s'"
        }
    }
}

/// The address with limits for a network or a computer that is suddenly gone, where the operator has not set them: without, libpq
/// waits for a quarter of an hour and longer, and whoever waits with it holds a connection of the pool.
fn with_network_limits(url: &str) -> String {
    let limits = [
        ("connect_timeout", "3"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
    ];
    limits.into_iter().filter(|(name, _)| !url.contains(&format!("{name}="))).fold(
        url.to_owned(),
        |url, (name, value)| {
            let separator = if url.contains('?') { '&' } else { '?' };
            format!("{url}{separator}{name}={value}")
        },
    )
}

/// Whether a connection on which something went wrong cannot be used again. SQLite's is a file, and does not die.
pub(super) fn is_dead(connection: &mut Conn) -> bool {
    match connection {
        Conn::Sqlite(_) => false,
        Conn::Postgres(postgres) => postgres.batch_execute("SELECT 1").is_err(),
    }
}

/// Begins a transaction. A connection on which that fails is not used again.
pub(super) fn begin(connection: &mut Conn, on_sqlite: &str) -> Result<(), Error> {
    let begun = match connection {
        Conn::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, on_sqlite),
        Conn::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres),
    };
    begun.map_err(|error| {
        give_up(connection);
        error.into()
    })
}

/// Sees to it that a connection is not used again.
pub(super) fn give_up(connection: &mut Conn) {
    <Conn as diesel::Connection>::TransactionManager::transaction_manager_status_mut(connection).set_in_error();
}

/// A connection, waiting for it until this moment.
pub(super) fn connect(pool: &Pool<Manager>, until: Instant) -> Result<PooledConnection<Manager>, Error> {
    // Whose turn came late still has a moment for making one.
    let wait = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
    pool.get_timeout(wait).map_err(|error| Error::Unavailable(error.to_string()))
}

/// A connection with a transaction begun on it. Those that died while they lay in the pool, as all do when the server was
/// started again, are thrown away on the way.
pub(super) fn begin_on_any(
    pool: &Pool<Manager>,
    until: Instant,
    on_sqlite: &str,
) -> Result<PooledConnection<Manager>, Error> {
    let mut dead = 0;
    loop {
        let mut connection = connect(pool, until)?;
        match begin(&mut connection, on_sqlite) {
            Ok(()) => return Ok(connection),
            Err(Error::Unavailable(_)) if !matches!(*connection, Conn::Sqlite(_)) && dead < pool.max_size() => {
                dead += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Begins a transaction within the transaction.
pub(super) fn begin_within(connection: &mut Conn) -> Result<(), Error> {
    Ok(match connection {
        Conn::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction(sqlite),
        Conn::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres),
    }?)
}

/// Ends what was begun last, and keeps its effect.
pub(super) fn commit(connection: &mut Conn) -> Result<(), Error> {
    Ok(match connection {
        Conn::Sqlite(sqlite) => AnsiTransactionManager::commit_transaction(sqlite),
        Conn::Postgres(postgres) => AnsiTransactionManager::commit_transaction(postgres),
    }?)
}

/// Ends what was begun last, and undoes its effect.
pub(super) fn roll_back(connection: &mut Conn) -> Result<(), Error> {
    Ok(match connection {
        Conn::Sqlite(sqlite) => AnsiTransactionManager::rollback_transaction(sqlite),
        Conn::Postgres(postgres) => AnsiTransactionManager::rollback_transaction(postgres),
    }?)
}

/// Empties SQLite's write-ahead log, in which the old version of whatever was deleted lies until it is written over. Somebody who reads
/// at this moment is not waited for long: then it stays until the next time.
pub(super) fn empty_write_ahead_log(sqlite: &mut SqliteConnection) -> Result<(), Error> {
    let emptied = sqlite.batch_execute("PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE);");
    sqlite.batch_execute("PRAGMA busy_timeout = 3000;")?;
    Ok(emptied?)
}

/// Runs `migrate` while no other portal does the same on this database.
pub(super) fn with_migration_lock<T>(postgres: &mut PgConnection, migrate: impl FnOnce(&mut PgConnection) -> T) -> T {
    // If the lock cannot be had within the lock time-out the migration itself decides: it is transactional.
    let _ = sql_query("SELECT pg_advisory_lock(327961406312)").execute(postgres);
    let result = migrate(postgres);
    let _ = sql_query("SELECT pg_advisory_unlock(327961406312)").execute(postgres);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_network_are_added_where_the_operator_set_none() {
        let plain = with_network_limits("postgres://latchkey@db.example/latchkey");
        assert!(plain.starts_with("postgres://latchkey@db.example/latchkey?connect_timeout=3&tcp_user_timeout=10000&"));
        let own = "postgres://db.example/latchkey?sslmode=verify-full&connect_timeout=9";
        let more = with_network_limits(own);
        assert!(more.starts_with(&format!("{own}&tcp_user_timeout=10000&")), "{more}");
        assert_eq!((more.matches('?').count(), more.matches("connect_timeout=").count()), (1, 1));
    }
}
