//! Numbers for the charts. They hold no people.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{accounts, entitlements, searched_records as records},
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

/// What happened to a service between each of these times and the next.
pub fn days(conn: &mut Conn, service: &str, bounds: &[Instant]) -> Result<Vec<Day>, Error> {
    let mut days = Vec::new();
    for pair in bounds.windows(2) {
        let [from, until] = [chance::first_id(pair[0]), chance::first_id(pair[1])];
        let mut count = |kind: Kind| -> Result<u64, Error> {
            let happened: i64 = records::table
                .filter(records::service.eq(service).and(records::kind.eq(kind.name())))
                .filter(records::id.ge(&from).and(records::id.lt(&until)))
                .count()
                .get_result(conn)?;
            Ok(u64::try_from(happened).unwrap_or_default())
        };
        days.push(Day { granted: count(Kind::EntitlementGranted)?, ended: count(Kind::EntitlementEnded)? });
    }
    Ok(days)
}

/// How many of the accounts of each affiliation have a service. Somebody with two affiliations counts for both.
pub fn shares(conn: &mut Conn, service: &str) -> Result<Vec<Share>, Error> {
    let known: Vec<(String, i64)> = accounts::table
        .filter(accounts::directory_key.is_not_null())
        .group_by(accounts::affiliations)
        .select((accounts::affiliations, diesel::dsl::count_star()))
        .load(conn)?;
    let active: Vec<(String, i64)> = accounts::table
        .inner_join(entitlements::table.on(entitlements::account_id.eq(accounts::id)))
        .filter(accounts::directory_key.is_not_null())
        .filter(entitlements::service.eq(service).and(entitlements::wanted.eq(true)))
        .group_by(accounts::affiliations)
        .select((accounts::affiliations, diesel::dsl::count_star()))
        .load(conn)?;
    let mut shares: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (place, rows) in [known, active].into_iter().enumerate() {
        for (affiliations, count) in rows {
            let count = u64::try_from(count).unwrap_or_default();
            for affiliation in affiliations.split('\n').filter(|word| !word.is_empty()) {
                let share = shares.entry(affiliation.to_lowercase()).or_default();
                if place == 0 { share.0 += count } else { share.1 += count }
            }
        }
    }
    let share = |(affiliation, (known, active))| Share { affiliation, known, active };
    Ok(shares.into_iter().map(share).collect())
}
