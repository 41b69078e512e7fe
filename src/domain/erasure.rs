//! Accounts that have left the directory: noticed, and after the configured time erased.
//!
//! Erasing takes everything that names the person (names, address, DN, affiliations, the key in the directory, the salt of the
//! log's commitment) out of the account. What was accepted and recorded stays under the account's id, which nobody can lead back
//! to a person any more.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use serde_json::json;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{account_checks, accounts, course_views, outbox, reminders, sessions, terms_notices, uploads},
    },
    domain::{
        acceptances::{self, Cause},
        accounts::Account,
        changes::{self, Press},
        entitlements,
        log::{self, Kind, Origin, Record},
        reservations,
    },
};

/// An account and its key in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Known {
    pub account_id: String,
    pub key: Option<String>,
}

/// Up to `limit` accounts that the directory has not been asked about since `before`, those first that were never asked about.
pub fn to_look_for(conn: &mut Conn, before: Instant, limit: i64) -> Result<Vec<Known>, Error> {
    let asked = account_checks::table.filter(account_checks::account_id.eq(accounts::id));
    let mut found: Vec<Known> = accounts::table
        .filter(accounts::directory_key.is_not_null().and(not(exists(asked))))
        .select((accounts::id, accounts::directory_key))
        .limit(limit)
        .load(conn)?;
    let left = limit - i64::try_from(found.len()).unwrap_or(limit);
    let older: Vec<Known> = account_checks::table
        .inner_join(accounts::table)
        .filter(account_checks::checked_at.lt(before).and(accounts::directory_key.is_not_null()))
        .order(account_checks::checked_at)
        .select((accounts::id, accounts::directory_key))
        .limit(left)
        .load(conn)?;
    found.extend(older);
    Ok(found)
}

/// Notes whether the directory shows an account. One that it does not show keeps the time since when; one that came back starts
/// afresh. Returns since when it has been gone.
pub fn note(conn: &mut Conn, account_id: &str, is_shown: bool, now: Instant) -> Result<Option<Instant>, Error> {
    let known: Option<Option<Instant>> =
        account_checks::table.find(account_id).select(account_checks::gone_since).first(conn).optional()?;
    let gone_since = (!is_shown).then(|| known.flatten().unwrap_or(now));
    let noted = (account_checks::checked_at.eq(now), account_checks::gone_since.eq(gone_since));
    if known.is_some() {
        diesel::update(account_checks::table.find(account_id)).set(noted).execute(conn)?;
    } else {
        diesel::insert_into(account_checks::table)
            .values((account_checks::account_id.eq(account_id), noted))
            .execute(conn)?;
    }
    Ok(gone_since)
}

/// How many accounts are not erased.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(accounts::table.filter(accounts::directory_key.is_not_null()).count().get_result(conn)?)
}

/// An account that is to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Due {
    pub account_id: String,
    pub key: Option<String>,
    pub username: String,
    pub gone_since: Option<Instant>,
}

/// All accounts that the directory has not shown since `gone_before`, or longer; up to `limit`.
pub fn due(conn: &mut Conn, gone_before: Instant, limit: i64) -> Result<Vec<Due>, Error> {
    Ok(account_checks::table
        .inner_join(accounts::table)
        .filter(account_checks::gone_since.le(gone_before).and(accounts::directory_key.is_not_null()))
        .order((account_checks::gone_since, accounts::id))
        .select((accounts::id, accounts::directory_key, accounts::username, account_checks::gone_since))
        .limit(limit)
        .load(conn)?)
}

/// Whether so many may be erased at once. One always may; more than the share mean that the directory, or what we ask it, has
/// changed rather than that everybody has left.
pub fn is_plausible(due: usize, accounts: i64, at_most_percent: u8) -> bool {
    let most = (accounts * i64::from(at_most_percent)).div_euclid(100).max(1);
    i64::try_from(due).is_ok_and(|due| due <= most)
}

/// How far an account is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is back, or was erased by somebody else.
    NotDue,
    /// Its services have ended, and the directory has to be told before the names are forgotten.
    Owed,
    Erased,
}

/// Takes an account that has been gone since `gone_before` one step further. Run in one transaction.
pub fn erase(conn: &mut Conn, account_id: &str, gone_before: Instant, origin: Origin<'_>) -> Result<Step, Error> {
    // Whoever signs in, presses a button or is written to the directory waits, or has been faster.
    let is_there = accounts::id.eq(account_id).and(accounts::directory_key.is_not_null());
    if diesel::update(accounts::table.filter(is_there)).set(accounts::id.eq(account_id)).execute(conn)? == 0 {
        return Ok(Step::NotDue);
    }
    let is_due = account_checks::account_id.eq(account_id).and(account_checks::gone_since.le(gone_before));
    let gone_since: Option<Option<Instant>> =
        account_checks::table.filter(is_due).select(account_checks::gone_since).first(conn).optional()?;
    let Some(gone_since) = gone_since.flatten() else { return Ok(Step::NotDue) };
    end_services(conn, account_id, origin)?;
    if entitlements::of_account(conn, account_id)?.iter().any(entitlements::Entitlement::is_owed) {
        return Ok(Step::Owed);
    }
    forget(conn, account_id)?;
    let detail = json!({ "gone_since": gone_since.and_utc().to_rfc3339() });
    let record = Record { kind: Kind::AccountErased, account_id: Some(account_id), service: None, detail };
    log::append(conn, origin, &record)?;
    Ok(Step::Erased)
}

fn end_services(conn: &mut Conn, account_id: &str, origin: Origin<'_>) -> Result<(), Error> {
    let account: Account = accounts::table.find(account_id).select(Account::as_select()).first(conn)?;
    let history = acceptances::history(conn, account_id)?;
    let change_id = chance::id(origin.at);
    let press =
        Press { account_id, has_mail: false, locale: account.locale(), change_id: &change_id, lease: None, origin };
    for entitlement in entitlements::of_account(conn, account_id)?.iter().filter(|e| e.wanted) {
        let standing = history.standing(&entitlement.service).map(|a| (a.id.clone(), a.number));
        changes::write_end(conn, press, &entitlement.service, standing.as_ref(), Cause::AccountGone)?;
    }
    Ok(())
}

/// Deletes what names the person, and what was kept for them only. A lecturer's lists name others, too, and a lecturer's reminders
/// hold own words.
fn forget(conn: &mut Conn, account_id: &str) -> Result<(), Error> {
    let key: Option<String> = accounts::table.find(account_id).select(accounts::directory_key).first(conn)?;
    if let Some(key) = key {
        reservations::forget(conn, &key)?;
    }
    diesel::delete(sessions::table.filter(sessions::account_id.eq(account_id))).execute(conn)?;
    diesel::delete(outbox::table.filter(outbox::account_id.eq(account_id))).execute(conn)?;
    diesel::delete(terms_notices::table.filter(terms_notices::account_id.eq(account_id))).execute(conn)?;
    diesel::delete(uploads::table.filter(uploads::account_id.eq(account_id))).execute(conn)?;
    diesel::delete(reminders::table.filter(reminders::account_id.eq(account_id))).execute(conn)?;
    diesel::delete(course_views::table.filter(course_views::account_id.eq(account_id))).execute(conn)?;
    diesel::delete(account_checks::table.find(account_id)).execute(conn)?;
    diesel::update(accounts::table.find(account_id))
        .set((
            accounts::directory_key.eq(None::<String>),
            accounts::mail.eq(None::<String>),
            (accounts::username.eq(""), accounts::dn.eq(""), accounts::display_name.eq("")),
            (accounts::affiliations.eq(""), accounts::salt.eq("")),
        ))
        .execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_may_always_be_erased_and_many_only_among_many() {
        assert!(is_plausible(1, 3, 5));
        assert!(!is_plausible(2, 3, 5));
        assert!(is_plausible(5_000, 100_000, 5));
        assert!(!is_plausible(5_001, 100_000, 5));
        assert!(is_plausible(3, 3, 100));
    }
}
