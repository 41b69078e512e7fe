//! The sealed log as a stream of events for other programs (a SIEM): one JSON object per record, with stable names (docs/LOG.md).

use diesel::prelude::*;
use serde_json::{Value, json};

use super::{
    leaf::{Row, time},
    stored::{self, column, number},
};
use crate::db::{Conn, Error, schema::log_cursors};

/// How many events are read at once.
const PAGE: i64 = 500;

/// The name of the place that says how far the feed has come.
const CURSOR: &str = "feed";

/// The next events in sealed order, one line each, and the place behind them.
pub fn next(conn: &mut Conn) -> Result<(Vec<String>, u64), Error> {
    let place: Option<i64> = log_cursors::table.find(CURSOR).select(log_cursors::position).first(conn).optional()?;
    let from = place.map_or(0, number);
    let records = stored::records(conn, from, PAGE)?;
    let behind = records.last().map_or(from, |(seq, _)| seq + 1);
    Ok((records.iter().map(|(seq, row)| event(*seq, row)).collect(), behind))
}

/// The events before this place have been handed over. Never goes back.
pub fn advance(conn: &mut Conn, to: u64) -> Result<(), Error> {
    let position = log_cursors::position.eq(column(to));
    let moved = diesel::update(log_cursors::table.filter(log_cursors::name.eq(CURSOR)))
        .filter(log_cursors::position.lt(column(to)))
        .set(position)
        .execute(conn)?;
    let is_known: bool = diesel::select(diesel::dsl::exists(log_cursors::table.find(CURSOR))).get_result(conn)?;
    if moved == 0 && !is_known {
        diesel::insert_into(log_cursors::table).values((log_cursors::name.eq(CURSOR), position)).execute(conn)?;
    }
    Ok(())
}

/// One record as one line.
fn event(seq: u64, row: &Row) -> String {
    // What cannot be read as JSON was not written by us; it is handed on as a text.
    let detail = serde_json::from_str(&row.detail).unwrap_or_else(|_| Value::from(row.detail.as_str()));
    json!({
        "event": format!("latchkey.log.{}", row.kind),
        "seq": seq,
        "id": row.id,
        "at": time(row.at),
        "actor": row.actor,
        "account": row.account_id,
        "service": row.service,
        "request": row.request_id,
        "detail": detail,
    })
    .to_string()
}
