//! Acceptances of terms and their withdrawals; both are only ever added.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{acceptances, terms_versions, withdrawals},
    },
    domain::locale::Locale,
};

/// An account accepted one terms version of one service, in one language, at one time.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Acceptance {
    pub id: String,
    pub service: String,
    pub version_id: String,
    pub number: i32,
    pub locale: String,
    pub digest: String,
    pub receipt: String,
    pub change_id: String,
    pub accepted_at: Instant,
}

/// The end of an acceptance, or of a membership that nobody had accepted terms for.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Withdrawal {
    pub id: String,
    pub acceptance_id: Option<String>,
    pub service: String,
    pub cause: String,
    pub receipt: String,
    pub change_id: String,
    pub withdrawn_at: Instant,
}

/// Why an acceptance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The person withdrew it.
    Member,
    /// A new major version was not accepted in time.
    GraceEnded,
    /// The directory has not shown the person for so long that the account is erased.
    AccountGone,
}

impl Cause {
    /// The stable name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::GraceEnded => "grace-ended",
            Self::AccountGone => "account-gone",
        }
    }
}

/// Everything that an account accepted and withdrew, newest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub acceptances: Vec<Acceptance>,
    pub withdrawals: Vec<Withdrawal>,
}

impl History {
    /// The acceptance that stands for a service: the newest one, unless it was withdrawn. An older one never comes back
    /// to life.
    pub fn standing(&self, service: &str) -> Option<&Acceptance> {
        let newest = self.acceptances.iter().find(|a| a.service == service)?;
        let ended = self.withdrawals.iter().any(|w| w.acceptance_id.as_deref() == Some(&newest.id));
        (!ended).then_some(newest)
    }

    /// The moment of a decision that is made now: after all that were made before, even if the clock was put back meanwhile. What is
    /// newest stands, so the order must be that of the decisions.
    pub fn moment_after(&self, now: Instant) -> Instant {
        let decided =
            self.acceptances.iter().map(|a| a.accepted_at).chain(self.withdrawals.iter().map(|w| w.withdrawn_at));
        decided.max().map_or(now, |last| now.max(last + TimeDelta::microseconds(1)))
    }

    /// Since when the service has been accepted without a break: accepting new terms goes on where the older acceptance stood.
    pub fn accepted_since(&self, service: &str) -> Option<Instant> {
        self.standing(service)?;
        let is_withdrawn = |a: &Acceptance| self.withdrawals.iter().any(|w| w.acceptance_id.as_deref() == Some(&a.id));
        let of_service = self.acceptances.iter().filter(|a| a.service == service);
        of_service.take_while(|a| !is_withdrawn(a)).last().map(|a| a.accepted_at)
    }
}

/// Reads the history of one account.
pub fn history(conn: &mut Conn, account_id: &str) -> Result<History, Error> {
    let acceptances = acceptances::table
        .inner_join(terms_versions::table)
        .filter(acceptances::account_id.eq(account_id))
        .order((acceptances::accepted_at.desc(), acceptances::id.desc()))
        .select((
            acceptances::id,
            acceptances::service,
            acceptances::version_id,
            terms_versions::number,
            acceptances::locale,
            acceptances::digest,
            acceptances::receipt,
            acceptances::change_id,
            acceptances::accepted_at,
        ))
        .load(conn)?;
    let withdrawals = withdrawals::table
        .filter(withdrawals::account_id.eq(account_id))
        .order((withdrawals::withdrawn_at.desc(), withdrawals::id.desc()))
        .select((
            withdrawals::id,
            withdrawals::acceptance_id,
            withdrawals::service,
            withdrawals::cause,
            withdrawals::receipt,
            withdrawals::change_id,
            withdrawals::withdrawn_at,
        ))
        .load(conn)?;
    Ok(History { acceptances, withdrawals })
}

/// What is accepted: a version's text in the language that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedText {
    pub version_id: String,
    pub number: i32,
    pub locale: Locale,
    pub digest: String,
}

/// Records an acceptance and returns the number of its receipt.
pub fn accept(
    conn: &mut Conn,
    account_id: &str,
    service: &str,
    accepted: &AcceptedText,
    change_id: &str,
    now: Instant,
) -> Result<String, Error> {
    let receipt = chance::receipt_number();
    diesel::insert_into(acceptances::table)
        .values((
            acceptances::id.eq(chance::id(now)),
            acceptances::account_id.eq(account_id),
            acceptances::service.eq(service),
            acceptances::version_id.eq(&accepted.version_id),
            acceptances::locale.eq(accepted.locale.code()),
            acceptances::digest.eq(&accepted.digest),
            acceptances::receipt.eq(&receipt),
            acceptances::change_id.eq(change_id),
            acceptances::accepted_at.eq(now),
        ))
        .execute(conn)?;
    Ok(receipt)
}

/// Records a withdrawal and returns the number of its receipt.
pub fn withdraw(
    conn: &mut Conn,
    account_id: &str,
    service: &str,
    acceptance_id: Option<&str>,
    cause: Cause,
    change_id: &str,
    now: Instant,
) -> Result<String, Error> {
    let receipt = chance::receipt_number();
    diesel::insert_into(withdrawals::table)
        .values((
            withdrawals::id.eq(chance::id(now)),
            withdrawals::acceptance_id.eq(acceptance_id),
            withdrawals::account_id.eq(account_id),
            withdrawals::service.eq(service),
            withdrawals::cause.eq(cause.name()),
            withdrawals::receipt.eq(&receipt),
            withdrawals::change_id.eq(change_id),
            withdrawals::withdrawn_at.eq(now),
        ))
        .execute(conn)?;
    Ok(receipt)
}

/// Accounts that have a service on the ground of a version older than `required`, a bounded number at a time.
pub fn outdated(conn: &mut Conn, service: &str, required: i32, limit: i64) -> Result<Vec<String>, Error> {
    use crate::db::schema::entitlements;
    Ok(entitlements::table
        .filter(entitlements::service.eq(service).and(entitlements::wanted.eq(true)))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            acceptances::table.inner_join(terms_versions::table).filter(
                acceptances::account_id
                    .eq(entitlements::account_id)
                    .and(acceptances::service.eq(service))
                    .and(terms_versions::number.ge(required)),
            ),
        )))
        .select(entitlements::account_id)
        .limit(limit)
        .load(conn)?)
}
