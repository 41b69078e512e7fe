//! Sessions in the database, for actix-session: the cookie holds a random key, the table holds its SHA-256.

use std::{collections::HashMap, fmt::Display, time::Duration};

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key};
use actix_web::cookie::time;
use chrono::TimeDelta;

use super::{
    State,
    member::{ACCOUNT, SessionData},
};
use crate::{
    clock::{Clock, Instant},
    db::{self, Database},
    domain::{sessions, terms::digest},
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
    absolute: Duration,
}

type Values = HashMap<String, String>;

impl DatabaseSessions {
    pub fn new(state: &State) -> Self {
        Self {
            database: state.database.clone(),
            clock: state.clock.clone(),
            idle: state.settings.session.idle,
            absolute: state.settings.session.absolute,
        }
    }

    async fn find(&self, key: &SessionKey) -> Result<Option<Values>, db::Error> {
        let (hash, now, idle_since) = (hash(key), self.clock.now(), self.idle_since());
        let wanted = hash.clone();
        let loaded = self.database.read(move |conn| sessions::load(conn, &wanted, idle_since, now)).await?;
        let Some(loaded) = loaded else { return Ok(None) };
        if now - loaded.last_used_at >= TOUCH_EVERY {
            self.database.write(move |conn| sessions::touch(conn, &hash, now)).await?;
        }
        let Ok(mut values) = serde_json::from_str::<Values>(&loaded.state) else { return Ok(None) };
        let account = serde_json::to_string(&loaded.account).map_err(|error| db::Error::Broken(error.to_string()))?;
        values.insert(ACCOUNT.to_owned(), account);
        Ok(Some(values))
    }

    fn idle_since(&self) -> Instant {
        self.clock.now() - TimeDelta::from_std(self.idle).unwrap_or(TimeDelta::MAX)
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

    async fn save(&self, values: Values, _: &time::Duration) -> Result<SessionKey, SaveError> {
        let broken = |error: &dyn Display| SaveError::Other(anyhow::anyhow!("{error}"));
        let key = generate_session_key();
        let data = SessionData::from_values(&values).ok_or_else(|| broken(&"a session needs an account"))?;
        let state = state(values).map_err(|error| broken(&error))?;
        let (hash, now) = (hash(&key), self.clock.now());
        let ends_at = now + TimeDelta::from_std(self.absolute).unwrap_or(TimeDelta::MAX);
        self.database
            .write(move |conn| {
                let session = sessions::Beginning {
                    key_hash: &hash,
                    reference: &data.reference,
                    account_id: &data.account_id,
                    state: &state,
                    agent: &data.device,
                    ends_at,
                };
                sessions::begin(conn, &session, now)
            })
            .await
            .map_err(|error: db::Error| broken(&error))?;
        Ok(key)
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

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = hash(key);
        Ok(self.database.write(move |conn| sessions::end(conn, &hash)).await?)
    }
}

/// What is stored of a session; the account has its own table.
fn state(mut values: Values) -> serde_json::Result<String> {
    values.remove(ACCOUNT);
    serde_json::to_string(&values)
}

fn hash(key: &SessionKey) -> String {
    digest(key.as_ref().as_bytes())
}
