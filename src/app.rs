//! Assembles the portal from its configuration, for the program and for tests.

use std::{io, net::TcpListener, path::PathBuf, sync::Arc, time::Duration};

use actix_web::{HttpServer, cookie::Key, dev::Server, web::Data};

use crate::{
    chance,
    clock::Clock,
    config::Config,
    db::{self, Database},
    directory::{Courses, Directory, DirectoryError},
    domain::{audit::people, reservations, secrets},
    mail::{MailError, Mailer},
    web::{self, State},
    work::{Delivery, Outside, Sealer},
};

/// How many connections each of the server's threads keeps; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 10_000;

/// How many older accounts one transaction makes findable.
const PEOPLE_AT_ONCE: i64 = 500;

/// How often a start tries again, each half a second, while the database is not there.
const PATIENCE: u32 = 4;

/// What keeps the portal from starting.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A portal that is ready to answer.
pub struct App {
    pub state: Data<State>,
    pub delivery: Delivery,
    pub sealer: Sealer,
    cookie_key: Key,
}

impl App {
    /// Opens the database, brings its tables up to date, and prepares directory and mail; neither of these two has to be
    /// reachable now. `mailbox` is the folder with the demo's mails.
    pub async fn assemble(config: &Config, clock: Clock, mailbox: Option<PathBuf>) -> Result<Self, AppError> {
        let database = Database::open(&config.database)?;
        let Secrets { cookie_key, course_key } = patiently(async || prepare(&database).await).await?;
        let outside = Outside {
            directory: Directory::new(config.directory.clone())?,
            mailer: Mailer::new(&config.mail)?,
            catalogue: Arc::new(config.catalogue.clone()),
            portal: config.web.portal.clone(),
            log_keys: config.audit.trusted_keys().into(),
            database,
            clock,
        };
        let courses = Courses::new(outside.directory.clone(), config.courses.clone(), course_key.as_bytes());
        let delivery = Delivery::new(outside.clone(), config.work.clone());
        let sealer = Sealer::new(outside.clone(), config.audit.clone(), delivery.clone());
        let state = Data::new(State::new(config.web.clone(), outside, courses, delivery.clone(), mailbox));
        Ok(Self { state, delivery, sealer, cookie_key })
    }

    /// The HTTP server on a socket that is already bound; it runs when it is awaited, and ends gracefully.
    pub fn server(&self, listener: TcpListener) -> Result<Server, AppError> {
        web::prepare();
        let (state, key) = (self.state.clone(), self.cookie_key.clone());
        let server = HttpServer::new(move || web::application(state.clone(), key.clone()))
            // Without it the end of an answer may wait for the browser's acknowledgement of its beginning, some 40 ms.
            .tcp_nodelay(true)
            // More than any first week of term brings, and a bound for all that can queue up behind it.
            .max_connections(MOST_CONNECTIONS)
            .client_request_timeout(Duration::from_secs(10))
            .shutdown_timeout(10)
            .listen(listener)?;
        Ok(server.run())
    }
}

/// Does what a start needs of the database, from the beginning if need be: one that is just being restarted, or ends a connection in
/// the middle, is given a little time.
pub async fn patiently<T>(work: impl AsyncFn() -> Result<T, db::Error>) -> Result<T, db::Error> {
    for _ in 0..PATIENCE {
        match work().await {
            Err(db::Error::Unavailable(reason)) => tracing::warn!(event = "start.waiting", reason),
            done => return done,
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    work().await
}

/// What all portals on one database share and nobody else knows.
struct Secrets {
    cookie_key: Key,
    course_key: String,
}

/// Brings the database to what this version needs.
async fn prepare(database: &Database) -> Result<Secrets, db::Error> {
    database.migrate().await?;
    // Accounts that are older than the search for people; none are, but at the first start of a version that has it.
    while database.write(|conn| people::index_older(conn, PEOPLE_AT_ONCE)).await? > 0 {}
    // Made now, so that two who need it for the first time at the same moment do not get in each other's way.
    secret(database, reservations::SECRET, &chance::token()).await?;
    Ok(Secrets {
        cookie_key: cookie_key(database).await?,
        course_key: secret(database, "course-key", &chance::token()).await?,
    })
}

/// The key that signs session cookies: all portals on one database share it, and restarts keep it.
async fn cookie_key(database: &Database) -> Result<Key, db::Error> {
    let text = secret(database, "cookie-key", &hex::encode(Key::generate().master())).await?;
    let bytes = hex::decode(&text).map_err(|error| db::Error::Broken(error.to_string()))?;
    // 64 bytes, as it was made; anything else has been tampered with.
    Key::try_from(bytes.as_slice()).map_err(|error| db::Error::Broken(error.to_string()))
}

/// A random value that all portals on one database share.
async fn secret(database: &Database, name: &'static str, fresh: &str) -> Result<String, db::Error> {
    let obtain = || {
        let fresh = fresh.to_owned();
        database.write(move |conn| secrets::obtain(conn, name, &fresh))
    };
    db::again_after_conflict(obtain).await
}
