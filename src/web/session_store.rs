//! Sessions in the database, for actix-session: the cookie holds a random key, the table holds its SHA-256.

use std::{collections::HashMap, fmt::Display, time::Duration};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time;
use chrono::TimeDelta;
use serde_json::json;

use super::{
    State,
    member::{ACCOUNT, STORED_UNDER},
};
use crate::{
    clock::{self, Clock, Instant},
    db::{self, Database},
    domain::{
        log::{self, Actor, Kind, Origin, Record},
        sessions,
        terms::digest,
    },
};

/// A session's use is noted once in this time, not at every request.
const TOUCH_EVERY: TimeDelta = TimeDelta::seconds(30);

/// Present in the state of a request whose session could not be loaded because the database does not answer.
pub(super) const UNAVAILABLE: &str = "unavailable";

/// The store.
pub struct DatabaseSessions {
    database: Database,
    clock: Clock,
    idle: Duration,
}

type Values = HashMap<String, String>;

impl DatabaseSessions {
    pub fn new(state: &State) -> Self {
        Self { database: state.database.clone(), clock: state.clock.clone(), idle: state.settings.session.idle }
    }

    async fn find(&self, key: &SessionKey) -> Result<Option<Values>, db::Error> {
        let (hash, now, idle_since) = (hash(key), self.clock.now(), self.idle_since());
        let wanted = hash.clone();
        let loaded = self.database.ask(move |conn| sessions::load(conn, &wanted, idle_since, now)).await?;
        let Some(loaded) = loaded else { return Ok(None) };
        if now - loaded.last_used_at >= TOUCH_EVERY {
            self.database.run(move |conn| sessions::touch(conn, &hash, now)).await?;
        }
        let Ok(mut values) = serde_json::from_str::<Values>(&loaded.state) else { return Ok(None) };
        let account = serde_json::to_string(&loaded.account).map_err(|error| db::Error::Broken(error.to_string()))?;
        values.insert(ACCOUNT.to_owned(), account);
        Ok(Some(values))
    }

    fn idle_since(&self) -> Instant {
        clock::before(self.clock.now(), self.idle)
    }
}

impl SessionStore for DatabaseSessions {
    /// An outage is no reason to sign anybody out: the request is answered 503 where it needs the session.
    async fn load(&self, key: &SessionKey) -> Result<Option<Values>, LoadError> {
        match self.find(key).await {
            Ok(values) => Ok(values),
            Err(db::Error::Unavailable(reason)) => Ok(Some(HashMap::from([(UNAVAILABLE.to_owned(), reason)]))),
            Err(error) => Err(LoadError::Other(anyhow::Error::new(error))),
        }
    }

    /// A session begins with a sign-in and was stored with it, in one transaction.
    async fn save(&self, values: Values, _: &time::Duration) -> Result<SessionKey, SaveError> {
        let key = values.get(STORED_UNDER).and_then(|key| serde_json::from_str::<String>(key).ok());
        let broken = || SaveError::Other(anyhow::anyhow!("a session begins with signing in"));
        key.and_then(|key| key.try_into().ok()).ok_or_else(broken)
    }

    async fn update(&self, key: SessionKey, values: Values, _: &time::Duration) -> Result<SessionKey, UpdateError> {
        let broken = |error: &dyn Display| UpdateError::Other(anyhow::anyhow!("{error}"));
        if values.contains_key(UNAVAILABLE) {
            return Ok(key);
        }
        let state = state(values).map_err(|error| broken(&error))?;
        let (hash, now) = (hash(&key), self.clock.now());
        self.database
            .write(move |conn| sessions::store(conn, &hash, &state, now))
            .await
            .map_err(|error: db::Error| broken(&error))?;
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &time::Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    /// A session ends by signing out, by signing in anew, or with the person in the directory.
    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let (hash, now) = (hash(key), self.clock.now());
        let ended = self.database.write(move |conn| -> Result<(), db::Error> {
            let Some((account_id, reference)) = sessions::end(conn, &hash)? else { return Ok(()) };
            let origin = Origin { actor: Actor::Account(&account_id), request_id: &reference, at: now };
            let record =
                Record { kind: Kind::SignedOut, account_id: Some(&account_id), service: None, detail: json!({}) };
            log::append(conn, origin, &record)
        });
        Ok(ended.await?)
    }
}

/// What is stored of a session; the account has its own table.
fn state(mut values: Values) -> serde_json::Result<String> {
    values.remove(ACCOUNT);
    serde_json::to_string(&values)
}

/// What the table holds of a key.
pub(super) fn hash(key: &SessionKey) -> String {
    digest(key.as_ref().as_bytes())
}
