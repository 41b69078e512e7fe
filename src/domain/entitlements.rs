//! What we decided: this account shall (not) have this service. The desired state.

use diesel::prelude::*;

use crate::{
    clock::Instant,
    db::{Conn, Error, prepared, schema::entitlements},
};

/// A decision about one account and one service, with a revision that grows with every decision.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Entitlement {
    pub account_id: String,
    pub service: String,
    pub wanted: bool,
    pub revision: i64,
    pub cause: String,
    pub change_id: String,
    pub changed_at: Instant,
    /// The newest revision that the directory has shown.
    pub applied_revision: i64,
    pub applied_at: Option<Instant>,
}

impl Entitlement {
    /// Whether the directory has not shown this decision yet.
    pub fn is_owed(&self) -> bool {
        self.applied_revision < self.revision
    }

    /// Whether the directory was written after it was looked at, so that what was seen there may be no longer true.
    pub fn was_applied_after(&self, look: Instant) -> bool {
        self.applied_at.is_some_and(|applied_at| applied_at > look)
    }
}

/// All decisions about one account.
pub fn of_account(conn: &mut Conn, account_id: &str) -> Result<Vec<Entitlement>, Error> {
    Ok(entitlements::table.filter(entitlements::account_id.eq(account_id)).load(conn)?)
}

/// The decision about one account and one service.
pub fn get(conn: &mut Conn, account_id: &str, service: &str) -> Result<Option<Entitlement>, Error> {
    Ok(entitlements::table.find((account_id, service)).first(conn).optional()?)
}

/// Decides anew: the revision grows by one, whatever was decided before. Returns the revision of this decision.
pub fn decide(
    conn: &mut Conn,
    account_id: &str,
    service: &str,
    wanted: bool,
    cause: &str,
    change_id: &str,
    now: Instant,
) -> Result<i64, Error> {
    let first = (
        entitlements::account_id.eq(account_id),
        entitlements::service.eq(service),
        entitlements::wanted.eq(wanted),
        entitlements::revision.eq(1),
        entitlements::cause.eq(cause),
        entitlements::change_id.eq(change_id),
        entitlements::changed_at.eq(now),
        entitlements::applied_revision.eq(0),
    );
    let next = (
        entitlements::wanted.eq(wanted),
        entitlements::cause.eq(cause),
        entitlements::change_id.eq(change_id),
        entitlements::changed_at.eq(now),
        entitlements::revision.eq(entitlements::revision + 1),
    );
    let decided = diesel::insert_into(entitlements::table)
        .values(first)
        .on_conflict((entitlements::account_id, entitlements::service))
        .do_update()
        .set(next)
        .returning(entitlements::revision);
    let decided = prepared(decided);
    // What to do in a conflict is not among what both databases share in diesel.
    Ok(match conn {
        Conn::Sqlite(sqlite) => decided.get_result(sqlite)?,
        Conn::Postgres(postgres) => decided.get_result(postgres)?,
    })
}

/// Notes that the directory shows this revision, if no newer one was decided and this was not noted before. Returns whether this
/// was news.
pub fn mark_applied(
    conn: &mut Conn,
    account_id: &str,
    service: &str,
    revision: i64,
    now: Instant,
) -> Result<bool, Error> {
    let to_be_noted = entitlements::revision.eq(revision).and(entitlements::applied_revision.lt(revision));
    let noting = diesel::update(entitlements::table.find((account_id, service)).filter(to_be_noted))
        .set((entitlements::applied_revision.eq(revision), entitlements::applied_at.eq(now)))
        .returning(entitlements::revision);
    let noted: Option<i64> = prepared(noting).get_result(conn).optional()?;
    Ok(noted.is_some())
}
