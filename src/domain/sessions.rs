//! Server-side sessions: what a browser holds is a random key, what we hold is its SHA-256.

use diesel::prelude::*;

use crate::{
    clock::Instant,
    db::{
        Conn, Error, prepared,
        schema::{accounts, sessions},
    },
    domain::accounts::Account,
};

/// A session as the list of own sessions shows it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Session {
    /// Names the session in forms; says nothing about the key.
    pub reference: String,
    pub agent: String,
    pub started_at: Instant,
    pub last_used_at: Instant,
    pub ends_at: Instant,
}

/// A session as it is loaded for a request, with the account behind it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Loaded {
    pub state: String,
    pub last_used_at: Instant,
    pub account: Account,
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct Beginning<'a> {
    pub key_hash: &'a str,
    pub reference: &'a str,
    pub account_id: &'a str,
    pub state: &'a str,
    pub agent: &'a str,
    pub ends_at: Instant,
}

/// Stores a session that begins now.
pub fn begin(conn: &mut Conn, session: &Beginning<'_>, now: Instant) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::key_hash.eq(session.key_hash),
            sessions::reference.eq(session.reference),
            sessions::account_id.eq(session.account_id),
            sessions::state.eq(session.state),
            sessions::agent.eq(session.agent),
            sessions::started_at.eq(now),
            sessions::last_used_at.eq(now),
            sessions::ends_at.eq(session.ends_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// The session of this key, if it has neither been idle since `idle_since` nor reached its end.
pub fn load(conn: &mut Conn, key_hash: &str, idle_since: Instant, now: Instant) -> Result<Option<Loaded>, Error> {
    Ok(sessions::table
        .inner_join(accounts::table)
        .filter(sessions::key_hash.eq(key_hash))
        .filter(sessions::last_used_at.gt(idle_since).and(sessions::ends_at.gt(now)))
        .select((sessions::state, sessions::last_used_at, Account::as_select()))
        .first(conn)
        .optional()?)
}

/// Notes that the session of this key is used now; does nothing if there is none.
pub fn touch(conn: &mut Conn, key_hash: &str, now: Instant) -> Result<(), Error> {
    let touching = diesel::update(sessions::table.find(key_hash)).set(sessions::last_used_at.eq(now));
    let _: Option<String> = prepared(touching.returning(sessions::reference)).get_result(conn).optional()?;
    Ok(())
}

/// Stores what the session holds; returns whether the session still exists.
pub fn store(conn: &mut Conn, key_hash: &str, state: &str, now: Instant) -> Result<bool, Error> {
    let storing = diesel::update(sessions::table.find(key_hash))
        .set((sessions::state.eq(state), sessions::last_used_at.eq(now)))
        .returning(sessions::reference);
    let stored: Option<String> = prepared(storing).get_result(conn).optional()?;
    Ok(stored.is_some())
}

/// Ends the session of this key; returns whose it was and its reference, if there was one.
pub fn end(conn: &mut Conn, key_hash: &str) -> Result<Option<(String, String)>, Error> {
    Ok(diesel::delete(sessions::table.find(key_hash))
        .returning((sessions::account_id, sessions::reference))
        .get_result(conn)
        .optional()?)
}

/// The account's sessions that still live, last used first.
pub fn of_account(conn: &mut Conn, account_id: &str, idle_since: Instant, now: Instant) -> Result<Vec<Session>, Error> {
    Ok(sessions::table
        .filter(sessions::account_id.eq(account_id))
        .filter(sessions::last_used_at.gt(idle_since).and(sessions::ends_at.gt(now)))
        .order(sessions::last_used_at.desc())
        .select((sessions::reference, sessions::agent, sessions::started_at, sessions::last_used_at, sessions::ends_at))
        .load(conn)?)
}

/// Whether the account's session still lives.
pub fn is_live(
    conn: &mut Conn,
    account_id: &str,
    reference: &str,
    idle_since: Instant,
    now: Instant,
) -> Result<bool, Error> {
    Ok(of_account(conn, account_id, idle_since, now)?.iter().any(|session| session.reference == reference))
}

/// Ends one session of the account; returns how many that were (0 or 1).
pub fn end_one(conn: &mut Conn, account_id: &str, reference: &str) -> Result<usize, Error> {
    Ok(diesel::delete(
        sessions::table.filter(sessions::account_id.eq(account_id).and(sessions::reference.eq(reference))),
    )
    .execute(conn)?)
}

/// Ends all sessions of the account but one; returns how many that were.
pub fn end_others(conn: &mut Conn, account_id: &str, keep: &str) -> Result<usize, Error> {
    Ok(diesel::delete(sessions::table.filter(sessions::account_id.eq(account_id).and(sessions::reference.ne(keep))))
        .execute(conn)?)
}

/// Deletes what no one can use any more; returns how many that were.
pub fn purge(conn: &mut Conn, idle_since: Instant, now: Instant) -> Result<usize, Error> {
    Ok(diesel::delete(sessions::table.filter(sessions::last_used_at.le(idle_since).or(sessions::ends_at.le(now))))
        .execute(conn)?)
}
