//! Sealing: new records are added to the Merkle tree, and the new head is signed, in one transaction.
//!
//! Records become visible out of order: with several portals, a transaction that began earlier may commit later, and clocks differ.
//! So there is no "all up to here". A record is due if it is not sealed, whatever its id says, and its place in the log is the order of
//! sealing, not its time. The usual look goes back a little from the newest sealed record ([`LOOK_BACK`]), which an index answers at
//! once; [`is_any_left`] counts, from time to time, whether anything older has been left behind, and then everything is looked through.
//!
//! Who seals is decided by a lease, so that portals do not get in each other's way. That nothing is sealed twice does not depend on it:
//! the keys of the tables let only one of two transactions commit that seal at the same place.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{
    head::{SignedHead, Signer},
    leaf::Row,
    people,
    stored::{self, column, level_column},
    tree::Hash,
};
use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error, insert_all,
        schema::{log_keys, log_leaves, log_nodes, log_records, tree_heads},
    },
};

/// A record that became visible later than another may be older by so much. No transaction of ours lasts a minute.
pub const LOOK_BACK: TimeDelta = TimeDelta::minutes(10);

/// How many neighbours tell a place in the log.
const NEIGHBOURS: i64 = 100;

/// How many records are looked through at once.
const LOOKED_THROUGH: i64 = 20_000;

/// With which key, for which log, at what time.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    pub signer: &'a Signer,
    pub origin: &'a str,
    pub now: Instant,
}

/// The id from which on to look for records that are not sealed: a little before the newest sealed record, or before now if that
/// one came from a clock that is ahead.
pub fn look_from(conn: &mut Conn, now: Instant) -> Result<String, Error> {
    let newest: Option<String> = log_leaves::table.select(diesel::dsl::max(log_leaves::record_id)).first(conn)?;
    let Some(newest) = newest else { return Ok(String::new()) };
    let at: Option<Instant> = log_records::table.find(newest).select(log_records::at).first(conn).optional()?;
    Ok(at.map(|at| chance::first_id(at.min(now) - LOOK_BACK)).unwrap_or_default())
}

/// Records behind this id, and up to another, that are not sealed, in the order of their ids, up to `limit`.
pub fn unsealed(conn: &mut Conn, after: &str, to: Option<&str>, limit: i64) -> Result<Vec<Row>, Error> {
    // A value, not a join: whatever a database believes to know of so young records, it looks for the leaf of each by its key. As a
    // join PostgreSQL compared every record of the last minutes with every leaf of these.
    let leaf = log_leaves::table.filter(log_leaves::record_id.eq(log_records::id)).select(log_leaves::seq);
    let mut query = log_records::table
        .filter(log_records::id.gt(after).and(leaf.single_value().is_null()))
        .order(log_records::id)
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    if let Some(to) = to {
        query = query.filter(log_records::id.le(to));
    }
    Ok(query.load(conn)?)
}

/// About how many records there are from this id up to another, by their places in the log; `None` if the newest are not sealed.
///
/// What was sealed late has a place far behind its neighbours, so the first place of several neighbours counts.
pub fn about_between(conn: &mut Conn, from: &str, end: Option<String>) -> Result<Option<u64>, Error> {
    let end = end.unwrap_or_else(|| "~".to_owned());
    let begin: Vec<i64> = log_leaves::table
        .filter(log_leaves::record_id.ge(from))
        .order(log_leaves::record_id)
        .limit(NEIGHBOURS)
        .select(log_leaves::seq)
        .load(conn)?;
    let last: Vec<(String, i64)> = log_leaves::table
        .filter(log_leaves::record_id.lt(&end))
        .order(log_leaves::record_id.desc())
        .limit(NEIGHBOURS)
        .select((log_leaves::record_id, log_leaves::seq))
        .load(conn)?;
    let (Some(first), Some(behind)) = (begin.iter().min(), last.iter().map(|(_, seq)| seq).min()) else {
        return Ok(None);
    };
    let newest = last.first().map_or("", |(id, _)| id);
    let unsealed: Vec<String> = log_records::table
        .filter(log_records::id.gt(newest).and(log_records::id.lt(&end)))
        .order(log_records::id)
        .limit(LOOKED_THROUGH)
        .select(log_records::id)
        .load(conn)?;
    let (sealed, unsealed) = (behind - first + column(last.len() as u64), column(unsealed.len() as u64));
    Ok((unsealed < LOOKED_THROUGH).then(|| u64::try_from(sealed + unsealed).unwrap_or_default()))
}

/// Whether there are more records than sealed ones.
pub fn is_any_left(conn: &mut Conn) -> Result<bool, Error> {
    let records: i64 = log_records::table.count().get_result(conn)?;
    Ok(records > column(stored::size(conn)?))
}

/// Looks through a bounded number of records behind this id: those that are not sealed, and where to go on; `None` at the end.
pub fn left_behind(conn: &mut Conn, after: &str) -> Result<(Vec<Row>, Option<String>), Error> {
    let next: Option<String> = log_records::table
        .filter(log_records::id.gt(after))
        .order(log_records::id)
        .offset(LOOKED_THROUGH)
        .limit(1)
        .select(log_records::id)
        .first(conn)
        .optional()?;
    let left = unsealed(conn, after, next.as_deref(), LOOKED_THROUGH + 1)?;
    Ok((left, next))
}

/// Seals these records behind those that are sealed, and signs the new head. Must run in one write transaction.
///
/// # Errors
/// [`Error::Conflict`] if somebody else sealed at the same moment; then nothing has happened.
pub fn seal(conn: &mut Conn, records: &[Row], sealing: Sealing<'_>) -> Result<SignedHead, Error> {
    let ids: BTreeSet<&str> = records.iter().flat_map(Row::people).collect();
    let commitments = people::commit(conn, ids)?;
    let first = stored::size(conn)?;
    let mut frontier = stored::frontier(conn, first)?;
    let (mut leaves, mut nodes) = (Vec::with_capacity(records.len()), Vec::new());
    for (record, seq) in records.iter().zip(first..) {
        let hash = record.hash(|id| commitments.get(id).cloned());
        frontier.push(hash, |subtree, root| {
            if stored::is_kept(subtree) {
                nodes.push((subtree, *root));
            }
        });
        leaves.push((
            log_leaves::seq.eq(column(seq)),
            log_leaves::record_id.eq(&record.id),
            log_leaves::hash.eq(hash.to_vec()),
        ));
    }
    insert_all!(conn, log_leaves::table, log_leaves::record_id, leaves);
    for (subtree, root) in nodes {
        diesel::insert_into(log_nodes::table)
            .values((
                log_nodes::level.eq(level_column(subtree.level)),
                log_nodes::position.eq(column(subtree.position)),
                log_nodes::hash.eq(root.to_vec()),
            ))
            .execute(conn)?;
    }
    store_head(conn, frontier.size(), frontier.root(), sealing)
}

fn store_head(conn: &mut Conn, size: u64, root: Hash, sealing: Sealing<'_>) -> Result<SignedHead, Error> {
    let signed = sealing.signer.sign(sealing.origin, size, root, sealing.now);
    diesel::insert_into(tree_heads::table)
        .values((
            tree_heads::size.eq(column(size)),
            tree_heads::root.eq(root.to_vec()),
            tree_heads::signed_at.eq(sealing.now),
            tree_heads::key_id.eq(&signed.head.key_id),
            tree_heads::note.eq(&signed.note),
        ))
        .execute(conn)?;
    let is_known: bool =
        diesel::select(diesel::dsl::exists(log_keys::table.find(&signed.head.key_id))).get_result(conn)?;
    if !is_known {
        diesel::insert_into(log_keys::table)
            .values((
                log_keys::id.eq(&signed.head.key_id),
                log_keys::public_key.eq(sealing.signer.public().to_line()),
                log_keys::first_used_at.eq(sealing.now),
            ))
            .execute(conn)?;
    }
    Ok(signed)
}
