//! Numbers for the charts. They hold no people.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    dsl::{count_star, max},
    prelude::*,
};

use super::standing;
use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{accounts, counted_accounts as counted, entitlements, searched_records as records},
    },
    domain::log::Kind,
};

/// What happened between two times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    pub granted: u64,
    pub ended: u64,
}

/// An affiliation, how many accounts known to Latchkey have it, and how many of these have the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub affiliation: String,
    pub known: u64,
    pub active: u64,
}

/// How a service stands with the accounts that are known here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub shares: Vec<Share>,
    /// How many acceptances of each version stand, by the version's id.
    pub versions: BTreeMap<String, u64>,
    /// When this was counted, some time ago where there are very many accounts; `None`: just now.
    pub counted_at: Option<Instant>,
}

/// Names, and how many accounts each has.
type Counts = BTreeMap<String, i64>;

/// How many accounts are counted while a page waits for it.
const FEW: i64 = 10_000;

/// What the parts of what is kept are called.
const KNOWN: &str = "known";
const ACTIVE: &str = "active";
const VERSION: &str = "version";

/// What happened to a service between two times.
pub fn day(conn: &mut Conn, service: &str, from: Instant, until: Instant) -> Result<Day, Error> {
    let [from, until] = [from, until].map(chance::first_id);
    // One kind at a time: then one index holds everything that is asked for, and a database whose statistics know nothing of so short a
    // time does not look through all records of the day.
    let mut count = |kind: Kind| -> Result<u64, Error> {
        let happened: i64 = records::table
            .filter(records::service.eq(service).and(records::kind.eq(kind.name())))
            .filter(records::id.ge(&from).and(records::id.lt(&until)))
            .count()
            .get_result(conn)?;
        Ok(number(happened))
    };
    Ok(Day { granted: count(Kind::EntitlementGranted)?, ended: count(Kind::EntitlementEnded)? })
}

/// How many of the accounts of each affiliation have a service, and on which versions. Somebody with two affiliations counts for both.
pub fn of_service(conn: &mut Conn, service: &str) -> Result<Figures, Error> {
    let kept: Vec<(String, String, i64, Instant)> = counted::table
        .filter(counted::service.eq_any(["", service]))
        .select((counted::part, counted::name, counted::accounts, counted::counted_at))
        .load(conn)?;
    let counted_at = kept.iter().map(|(_, _, _, at)| *at).max();
    if counted_at.is_none() {
        let (known, active) = (known_accounts(conn)?, accounts_with(conn, service)?);
        return Ok(figures(known, &active, standing::count_by_version(conn, service)?, None));
    }
    let part = |wanted: &str| -> Counts {
        let rows = kept.iter().filter(|(part, ..)| part == wanted);
        rows.map(|(_, name, count, _)| (name.clone(), *count)).collect()
    };
    Ok(figures(part(KNOWN), &part(ACTIVE), part(VERSION), counted_at))
}

fn figures(known: Counts, active: &Counts, versions: Counts, counted_at: Option<Instant>) -> Figures {
    let share = |(affiliation, count): (String, i64)| Share {
        active: active.get(&affiliation).map_or(0, |count| number(*count)),
        known: number(count),
        affiliation,
    };
    let versions = versions.into_iter().map(|(version, count)| (version, number(count))).collect();
    Figures { shares: known.into_iter().map(share).collect(), versions, counted_at }
}

/// When that was counted which is kept.
pub fn counted_at(conn: &mut Conn) -> Result<Option<Instant>, Error> {
    Ok(counted::table.select(max(counted::counted_at)).first(conn)?)
}

/// Counts to be kept, with the service and the part that they are of.
pub type Counted = Vec<(String, &'static str, Counts)>;

/// Counts for these services if there are so many accounts that no page can wait for it; else nothing.
pub fn count(conn: &mut Conn, services: &BTreeSet<String>) -> Result<Counted, Error> {
    let one_more: Option<String> = accounts::table.select(accounts::id).offset(FEW).limit(1).first(conn).optional()?;
    if one_more.is_none() {
        return Ok(Vec::new());
    }
    let mut counted = vec![(String::new(), KNOWN, known_accounts(conn)?)];
    for service in services {
        counted.push((service.clone(), ACTIVE, accounts_with(conn, service)?));
        counted.push((service.clone(), VERSION, standing::count_by_version(conn, service)?));
    }
    Ok(counted)
}

/// Keeps what was counted, in place of what was kept before.
///
/// # Errors
/// [`Error::Conflict`] if another portal does so at the same moment.
pub fn keep(conn: &mut Conn, counted: Counted, now: Instant) -> Result<(), Error> {
    diesel::delete(counted::table).execute(conn)?;
    for (service, part, counts) in counted {
        for (name, accounts) in counts {
            diesel::insert_into(counted::table)
                .values((
                    counted::service.eq(&service),
                    counted::part.eq(part),
                    counted::name.eq(name),
                    counted::accounts.eq(accounts),
                    counted::counted_at.eq(now),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

fn known_accounts(conn: &mut Conn) -> Result<Counts, Error> {
    let known = accounts::table
        .filter(accounts::directory_key.is_not_null())
        .group_by(accounts::affiliations)
        .select((accounts::affiliations, count_star()))
        .load(conn)?;
    Ok(of_each(known))
}

fn accounts_with(conn: &mut Conn, service: &str) -> Result<Counts, Error> {
    let active = accounts::table
        .inner_join(entitlements::table.on(entitlements::account_id.eq(accounts::id)))
        .filter(accounts::directory_key.is_not_null())
        .filter(entitlements::service.eq(service).and(entitlements::wanted.eq(true)))
        .group_by(accounts::affiliations)
        .select((accounts::affiliations, count_star()))
        .load(conn)?;
    Ok(of_each(active))
}

/// How many accounts have each affiliation; an account has several, one in a line.
fn of_each(rows: Vec<(String, i64)>) -> Counts {
    let mut counts = Counts::new();
    for (affiliations, count) in rows {
        for affiliation in affiliations.split('\n').filter(|word| !word.is_empty()) {
            *counts.entry(affiliation.to_lowercase()).or_default() += count;
        }
    }
    counts
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
