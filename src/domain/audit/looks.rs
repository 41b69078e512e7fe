//! Who looked at somebody's data: what the person concerned may read about it.

use diesel::prelude::*;

use crate::{
    clock::Instant,
    db::{
        Conn, Error,
        schema::{log_subjects, searched_records as records},
    },
};

/// One look at a person's data by somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Look {
    pub record_id: String,
    pub at: Instant,
    pub kind: String,
    /// Which service it was about, if it was about one.
    pub service: Option<String>,
    /// JSON: with the reason, or with the course.
    pub detail: String,
}

/// The newest looks of these kinds at one account, by whomever but the person; a bounded number.
pub fn at(conn: &mut Conn, account_id: &str, kinds: &[&str], limit: usize) -> Result<Vec<Look>, Error> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let columns = (records::id, records::at, records::kind, records::service, records::detail);
    // As one of several people …
    let mut looks: Vec<Look> = log_subjects::table
        .inner_join(records::table)
        .filter(log_subjects::account_id.eq(account_id).and(records::kind.concat("").eq_any(kinds)))
        .filter(records::actor.concat("").ne(account_id))
        .order(log_subjects::record_id.desc())
        .select(columns)
        .limit(most)
        .load(conn)?;
    // … or as the one whom the record is about.
    looks.extend(
        records::table
            .filter(records::account_id.eq(account_id).and(records::kind.concat("").eq_any(kinds)))
            .filter(records::actor.concat("").ne(account_id))
            .order(records::id.desc())
            .select(columns)
            .limit(most)
            .load::<Look>(conn)?,
    );
    looks.sort_by(|a, b| b.record_id.cmp(&a.record_id));
    looks.dedup_by(|a, b| a.record_id == b.record_id);
    looks.truncate(limit);
    Ok(looks)
}
