//! The sealed log as the database holds it: leaves, complete subtrees of 256, 65536, … leaves, and signed heads.
//!
//! Only every eighth level of the tree is stored. What lies between is computed from at most 256 neighbours, so that a proof reads a
//! few rows in a row at any size, and the tree costs one row per record and little more.

use diesel::prelude::*;

use super::{
    head::SignedHead,
    leaf::Row,
    tree::{self, Frontier, Hash, Subtree},
};
use crate::db::{
    Conn, Error,
    schema::{log_leaves, log_nodes, log_records, tree_heads},
};

/// Levels between stored nodes.
const STEP: u32 = 8;

/// Whether the root of this subtree is stored as a node; leaves have rows of their own.
pub(super) fn is_kept(subtree: Subtree) -> bool {
    subtree.level > 0 && subtree.level.is_multiple_of(STEP)
}

/// How many records are sealed.
pub fn size(conn: &mut Conn) -> Result<u64, Error> {
    let last: Option<i64> = log_leaves::table.select(diesel::dsl::max(log_leaves::seq)).first(conn)?;
    Ok(last.map_or(0, |last| number(last) + 1))
}

/// The root of a complete subtree.
pub fn subtree(conn: &mut Conn, subtree: Subtree) -> Result<Hash, Error> {
    let above = subtree.level % STEP;
    let (level, first) = (subtree.level - above, subtree.position << above);
    let mut whole = Frontier::default();
    for root in row(conn, level, first, 1 << above)? {
        whole.push(root, |_, _| {});
    }
    Ok(whole.root())
}

/// Neighbouring roots of a stored level.
fn row(conn: &mut Conn, level: u32, first: u64, count: u64) -> Result<Vec<Hash>, Error> {
    let (from, to) = (column(first), column(first + count));
    let stored: Vec<Vec<u8>> = if level == 0 {
        log_leaves::table
            .filter(log_leaves::seq.ge(from).and(log_leaves::seq.lt(to)))
            .order(log_leaves::seq)
            .select(log_leaves::hash)
            .load(conn)?
    } else {
        log_nodes::table
            .filter(log_nodes::level.eq(level_column(level)))
            .filter(log_nodes::position.ge(from).and(log_nodes::position.lt(to)))
            .order(log_nodes::position)
            .select(log_nodes::hash)
            .load(conn)?
    };
    let hashes: Vec<Hash> = stored.into_iter().filter_map(|hash| hash.try_into().ok()).collect();
    if number(i64::try_from(hashes.len()).unwrap_or_default()) == count {
        Ok(hashes)
    } else {
        Err(Error::Broken(format!("the sealed log lacks nodes of level {level} from {first} on")))
    }
}

/// The frontier of the first `size` records.
pub fn frontier(conn: &mut Conn, size: u64) -> Result<Frontier, Error> {
    Frontier::load(size, &mut |wanted| subtree(conn, wanted))
}

/// Proves that the record at this place is in the log of this size.
pub fn inclusion_proof(conn: &mut Conn, seq: u64, size: u64) -> Result<Vec<Hash>, Error> {
    tree::inclusion_proof(seq, size, &mut |wanted| subtree(conn, wanted))
}

/// Proves that the log of the new size begins with the log of the old size.
pub fn consistency_proof(conn: &mut Conn, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
    tree::consistency_proof(old, new, &mut |wanted| subtree(conn, wanted))
}

/// The place of a record, if it is sealed.
pub fn place(conn: &mut Conn, record_id: &str) -> Result<Option<u64>, Error> {
    let seq: Option<i64> =
        log_leaves::table.filter(log_leaves::record_id.eq(record_id)).select(log_leaves::seq).first(conn).optional()?;
    Ok(seq.map(number))
}

/// The newest head; `None` if nothing is sealed.
pub fn newest_head(conn: &mut Conn) -> Result<Option<SignedHead>, Error> {
    let note: Option<String> =
        tree_heads::table.order(tree_heads::size.desc()).select(tree_heads::note).first(conn).optional()?;
    note.as_deref().map(read_head).transpose()
}

/// The first head that covers the record at this place.
pub fn head_over(conn: &mut Conn, seq: u64) -> Result<Option<SignedHead>, Error> {
    let note: Option<String> = tree_heads::table
        .filter(tree_heads::size.gt(column(seq)))
        .order(tree_heads::size)
        .select(tree_heads::note)
        .first(conn)
        .optional()?;
    note.as_deref().map(read_head).transpose()
}

/// Sealed records from a place on, in order, with their places.
pub fn records(conn: &mut Conn, from: u64, limit: i64) -> Result<Vec<(u64, Row)>, Error> {
    let rows: Vec<(i64, Row)> = log_leaves::table
        .inner_join(log_records::table.on(log_records::id.eq(log_leaves::record_id)))
        .filter(log_leaves::seq.ge(column(from)))
        .order(log_leaves::seq)
        .limit(limit)
        .select((log_leaves::seq, Row::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(seq, row)| (number(seq), row)).collect())
}

fn read_head(note: &str) -> Result<SignedHead, Error> {
    SignedHead::parse(note).map_err(|error| Error::Broken(format!("a tree head cannot be read: {error}")))
}

/// A count as both databases store it.
pub(super) fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A level as both databases store it.
pub(super) fn level_column(level: u32) -> i32 {
    i32::try_from(level).unwrap_or(i32::MAX)
}

pub(super) fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or_default()
}
