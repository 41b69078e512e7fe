//! Anchors: where a signed head was brought to, outside of what the database's administrators can change.

use diesel::prelude::*;

use super::stored::{column, number};
use crate::{
    chance,
    clock::Instant,
    db::{Conn, Error, schema::log_anchors},
};

/// A way to bring heads outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Folder,
    Mail,
    Syslog,
}

impl Way {
    /// The stable name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Mail => "mail",
            Self::Syslog => "syslog",
        }
    }
}

/// A head that was brought outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// How many records the head covers.
    pub size: u64,
    /// The name of a [`Way`].
    pub way: String,
    pub at: Instant,
}

/// Notes that the head over so many records was brought outside.
pub fn note(conn: &mut Conn, size: u64, way: Way, now: Instant) -> Result<(), Error> {
    diesel::insert_into(log_anchors::table)
        .values((
            log_anchors::id.eq(chance::id(now)),
            log_anchors::size.eq(column(size)),
            log_anchors::way.eq(way.name()),
            log_anchors::anchored_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Anchors, newest first, up to `limit`.
pub fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Anchor>, Error> {
    let rows = log_anchors::table.order(log_anchors::id.desc()).limit(limit).into_boxed();
    read(conn, rows)
}

/// The newest anchor of this way.
pub fn newest_of(conn: &mut Conn, way: Way) -> Result<Option<Anchor>, Error> {
    let rows = log_anchors::table.filter(log_anchors::way.eq(way.name())).order(log_anchors::id.desc()).limit(1);
    Ok(read(conn, rows.into_boxed())?.pop())
}

type Rows<'a> = diesel::helper_types::IntoBoxed<'a, log_anchors::table, <Conn as Connection>::Backend>;

fn read(conn: &mut Conn, rows: Rows<'_>) -> Result<Vec<Anchor>, Error> {
    let rows: Vec<(i64, String, Instant)> =
        rows.select((log_anchors::size, log_anchors::way, log_anchors::anchored_at)).load(conn)?;
    Ok(rows.into_iter().map(|(size, way, at)| Anchor { size: number(size), way, at }).collect())
}
