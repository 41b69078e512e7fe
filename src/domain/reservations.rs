//! Ids of accounts that are yet to come.
//!
//! Who looks at a class looks at people, too, who have never signed in. The record is about them all the same: each of them gets
//! the id now that the account will have, and finds the record under the own history after the first sign-in. Until then nothing
//! of the person is stored but a keyed digest of the key in the directory.
//!
//! A look and a first sign-in at the same moment wait for each other at the reservation's row, so that both find the same id:
//! whoever signs in reserves before making the account, and whoever looks asks for accounts again after having reserved.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, upsert::excluded};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error, prepared,
        schema::{accounts, reserved_accounts},
    },
    domain::secrets,
};

/// The name of the secret under which people are told apart; made when the portal starts.
pub const SECRET: &str = "person-key";

/// How many rows one statement asks for or writes.
const AT_ONCE: usize = 500;

/// How many reservations one run deletes at most.
const DELETED_AT_ONCE: i64 = 1_000;

/// The ids of the accounts that these people have or will have, told by their keys in the directory. Run in the transaction that
/// records something about them.
pub fn ids<'a>(
    conn: &mut Conn,
    keys: impl IntoIterator<Item = &'a str>,
    now: Instant,
) -> Result<BTreeSet<String>, Error> {
    let keys: BTreeSet<&str> = keys.into_iter().collect();
    let known = accounts_of(conn, &keys)?;
    let strangers: BTreeSet<&str> = keys.into_iter().filter(|key| !known.contains_key(*key)).collect();
    let mut ids: BTreeSet<String> = known.into_values().collect();
    if strangers.is_empty() {
        return Ok(ids);
    }
    let people = people(conn, strangers.iter().copied())?;
    let mut reserved = reserve(conn, &people, now)?;
    // Whoever signed in for the first time while we waited for their reservation has an account by now.
    let arrived = accounts_of(conn, &strangers)?;
    for (person, key) in &people {
        if arrived.contains_key(*key) {
            reserved.remove(person);
            diesel::delete(reserved_accounts::table.find(person)).execute(conn)?;
        }
    }
    ids.extend(arrived.into_values());
    ids.extend(reserved.into_values());
    Ok(ids)
}

/// The id that this person's new account gets: the reserved one, if a record has been made about the person before.
pub fn take(conn: &mut Conn, key: &str, now: Instant) -> Result<String, Error> {
    let person = person(&secret(conn)?, key);
    let account_id = reserve_one(conn, &person, now)?;
    diesel::delete(reserved_accounts::table.find(&person)).execute(conn)?;
    Ok(account_id)
}

/// Forgets what is reserved for this person.
pub fn forget(conn: &mut Conn, key: &str) -> Result<(), Error> {
    let person = person(&secret(conn)?, key);
    diesel::delete(reserved_accounts::table.find(person)).execute(conn)?;
    Ok(())
}

/// Forgets reservations of people who have not come, and about whom no record has been made since `before`; a bounded number.
/// Returns how many these were.
pub fn forget_older(conn: &mut Conn, before: Instant) -> Result<usize, Error> {
    let old = reserved_accounts::seen_at.lt(before);
    let mut people: Vec<String> = reserved_accounts::table
        .filter(old)
        .order(reserved_accounts::seen_at)
        .select(reserved_accounts::person)
        .limit(DELETED_AT_ONCE)
        .load(conn)?;
    // One after the other in the order in which looks take them, so that nobody waits for somebody who waits.
    people.sort_unstable();
    let mut forgotten = 0;
    for person in people {
        forgotten += diesel::delete(reserved_accounts::table.find(person).filter(old)).execute(conn)?;
    }
    Ok(forgotten)
}

/// The accounts of those who have one, by their keys.
fn accounts_of(conn: &mut Conn, keys: &BTreeSet<&str>) -> Result<BTreeMap<String, String>, Error> {
    let mut known = BTreeMap::new();
    for keys in keys.iter().copied().collect::<Vec<_>>().chunks(AT_ONCE) {
        let rows: Vec<(Option<String>, String)> = accounts::table
            .filter(accounts::directory_key.eq_any(keys))
            .select((accounts::directory_key, accounts::id))
            .load(conn)?;
        known.extend(rows.into_iter().filter_map(|(key, id)| Some((key?, id))));
    }
    Ok(known)
}

/// What stands for each of these people, with their keys; sorted, so that all who reserve several do it in the same order.
fn people<'a>(conn: &mut Conn, keys: impl IntoIterator<Item = &'a str>) -> Result<BTreeMap<String, &'a str>, Error> {
    let secret = secret(conn)?;
    Ok(keys.into_iter().map(|key| (person(&secret, key), key)).collect())
}

fn secret(conn: &mut Conn) -> Result<String, Error> {
    secrets::obtain(conn, SECRET, &chance::token())
}

/// HMAC-SHA-256 (RFC 2104) over the key, in hexadecimal.
fn person(secret: &str, key: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(key.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

type Reservation<'a> = (
    diesel::dsl::Eq<reserved_accounts::person, &'a str>,
    diesel::dsl::Eq<reserved_accounts::account_id, String>,
    diesel::dsl::Eq<reserved_accounts::seen_at, Instant>,
);

/// Reserves an id for each of these people who has none; says which they have. Their rows are locked then: whoever wants one of
/// them, too, waits until the transaction ends.
fn reserve(conn: &mut Conn, people: &BTreeMap<String, &str>, now: Instant) -> Result<BTreeMap<String, String>, Error> {
    let mut reserved = BTreeMap::new();
    for people in people.keys().map(String::as_str).collect::<Vec<_>>().chunks(AT_ONCE) {
        let rows: Vec<Reservation<'_>> = people.iter().map(|person| fresh(person, now)).collect();
        upsert(conn, &rows)?;
        let found: Vec<(String, String)> = reserved_accounts::table
            .filter(reserved_accounts::person.eq_any(people))
            .select((reserved_accounts::person, reserved_accounts::account_id))
            .load(conn)?;
        reserved.extend(found);
    }
    Ok(reserved)
}

/// The same for one person, in one statement that the database need not read anew each time.
fn reserve_one(conn: &mut Conn, person: &str, now: Instant) -> Result<String, Error> {
    let reservation = diesel::insert_into(reserved_accounts::table)
        .values(fresh(person, now))
        .on_conflict(reserved_accounts::person)
        .do_update()
        .set(reserved_accounts::seen_at.eq(now))
        .returning(reserved_accounts::account_id);
    let reservation = prepared(reservation);
    Ok(match conn {
        Conn::Sqlite(sqlite) => reservation.get_result(sqlite)?,
        Conn::Postgres(postgres) => reservation.get_result(postgres)?,
    })
}

fn fresh(person: &str, now: Instant) -> Reservation<'_> {
    (
        reserved_accounts::person.eq(person),
        reserved_accounts::account_id.eq(chance::id(now)),
        reserved_accounts::seen_at.eq(now),
    )
}

/// Neither many rows in one statement nor a conflict's answer are among what both databases share in diesel, so the statement is
/// made for each.
fn upsert(conn: &mut Conn, rows: &[Reservation<'_>]) -> Result<(), Error> {
    let seen_at = reserved_accounts::seen_at;
    match conn {
        Conn::Sqlite(sqlite) => diesel::insert_into(reserved_accounts::table)
            .values(rows)
            .on_conflict(reserved_accounts::person)
            .do_update()
            .set(seen_at.eq(excluded(seen_at)))
            .execute(sqlite)?,
        Conn::Postgres(postgres) => diesel::insert_into(reserved_accounts::table)
            .values(rows)
            .on_conflict(reserved_accounts::person)
            .do_update()
            .set(seen_at.eq(excluded(seen_at)))
            .execute(postgres)?,
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::person;

    #[test]
    fn a_person_is_told_by_the_key_and_only_with_the_secret() {
        let one = person("secret", "entryUUID:1");
        assert_eq!((one.len(), &one), (64, &person("secret", "entryUUID:1")));
        assert_ne!(one, person("secret", "entryUUID:2"));
        assert_ne!(one, person("another", "entryUUID:1"));
    }
}
