//! Leases: whose turn it is, and which of several portals does what only one may do at a time.

use diesel::prelude::*;

use crate::{
    clock::Instant,
    db::{Conn, Error, schema::leases},
};

/// Whose turn it is: while a lease lasts, nobody else takes what it is for. Two leases on the same differ, also of one holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub holder: String,
    pub until: Instant,
}

/// Takes or renews the lease of this name; `false` if somebody else holds it. In a transaction that then commits, nobody else has
/// held it meanwhile.
///
/// # Errors
/// [`Error::Conflict`] if two take a lease at the same moment that nobody has ever held.
pub fn hold(conn: &mut Conn, name: &str, lease: &Lease, now: Instant) -> Result<bool, Error> {
    let is_ours = leases::holder.eq(&lease.holder).or(leases::held_until.lt(now));
    let held = diesel::update(leases::table.filter(leases::name.eq(name).and(is_ours)))
        .set((leases::holder.eq(&lease.holder), leases::held_until.eq(lease.until)))
        .execute(conn)?;
    if held == 1 {
        return Ok(true);
    }
    if is_others(conn, name, &lease.holder, now)? {
        return Ok(false);
    }
    diesel::insert_into(leases::table)
        .values((leases::name.eq(name), leases::holder.eq(&lease.holder), leases::held_until.eq(lease.until)))
        .execute(conn)?;
    Ok(true)
}

/// Whether somebody else holds the lease of this name; asks without locking anybody out.
pub fn is_others(conn: &mut Conn, name: &str, holder: &str, now: Instant) -> Result<bool, Error> {
    let row: Option<(String, Instant)> =
        leases::table.find(name).select((leases::holder, leases::held_until)).first(conn).optional()?;
    Ok(row.is_some_and(|(other, until)| other != holder && until >= now))
}
