//! What signing in stores: the person as the directory shows them, that they came, and the session that begins.

use chrono::TimeDelta;
use serde_json::json;

use super::member::{SessionData, first_state};
use crate::{
    chance,
    clock::Instant,
    db::{self, Database},
    domain::{
        accounts::{self, Account, Person},
        locale::Locale,
        log::{self, Actor, Kind, Origin, Record},
        sessions,
    },
};

/// Somebody who has proven who they are.
#[derive(Clone)]
pub(super) struct Arrival {
    pub(super) person: Person,
    pub(super) locale: Locale,
    pub(super) request_id: String,
    /// Of the session that begins.
    pub(super) key_hash: String,
    pub(super) device: String,
    pub(super) resume: Option<String>,
    pub(super) now: Instant,
    /// How long the session lasts at most.
    pub(super) absolute: TimeDelta,
}

impl Arrival {
    /// Remembers the person and stores the session; when two browsers do that for the first time at the same moment, the slower
    /// one looks again.
    pub(super) async fn record(self, database: &Database) -> Result<Account, db::Error> {
        let attempt = || {
            let this = self.clone();
            database.write(move |conn| this.write(conn))
        };
        db::again_after_conflict(attempt).await
    }

    fn write(&self, conn: &mut db::Conn) -> Result<Account, db::Error> {
        let account = accounts::remember(conn, &self.person, self.locale, self.now)?;
        let origin = Origin { actor: Actor::Account(&account.id), request_id: &self.request_id, at: self.now };
        let record = Record { kind: Kind::SignedIn, account_id: Some(&account.id), service: None, detail: json!({}) };
        log::append(conn, origin, &record)?;
        let data = SessionData {
            account_id: account.id.clone(),
            reference: chance::id(self.now),
            form_token: chance::token(),
            device: self.device.clone(),
            ends_at: self.now + self.absolute,
        };
        let state = first_state(&data, self.resume.as_deref()).map_err(|error| db::Error::Broken(error.to_string()))?;
        let session = sessions::Beginning {
            key_hash: &self.key_hash,
            reference: &data.reference,
            account_id: &account.id,
            state: &state,
            agent: &self.device,
            ends_at: data.ends_at,
        };
        sessions::begin(conn, &session, self.now)?;
        Ok(account)
    }
}
