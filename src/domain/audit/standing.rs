//! Who has a service, on what ground, at what time.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};

use super::records::{COUNTED, Count};
use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{
            acceptances, acceptances_again as later, entitlements, standing_acceptances as standing, withdrawals,
        },
    },
};

/// Who had a service at a time, because of an acceptance that stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub service: String,
    /// Only on the ground of the version of this id.
    pub version: Option<String>,
    pub at: Instant,
    /// Whether that is now: then nothing has to be compared with what came later, and the answer is read from what stands.
    pub is_now: bool,
    /// Only these accounts.
    pub people: Option<Vec<String>>,
}

/// An acceptance that stood.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Standing {
    pub id: String,
    pub account_id: String,
    pub version_id: String,
    pub locale: String,
    pub digest: String,
    pub receipt: String,
    pub accepted_at: Instant,
}

/// A permission that stands without an acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Ungrounded {
    pub account_id: String,
    pub cause: String,
    pub changed_at: Instant,
}

/// The acceptances that stood: the newest of each account that was not withdrawn until then. A macro, because diesel's type of a
/// growing query cannot be named here.
macro_rules! stood {
    ($question:expr) => {{
        let question: &Question = $question;
        // Ids carry their time, so those made later lie behind this one.
        let end = chance::first_id(question.at + chrono::TimeDelta::milliseconds(1));
        let withdrawn = withdrawals::table.filter(
            withdrawals::acceptance_id.eq(acceptances::id.nullable()).and(withdrawals::withdrawn_at.le(question.at)),
        );
        let replaced = later::table.filter(
            later::account_id
                .eq(acceptances::account_id)
                // The service is written so that only the account leads through an index: of one service there are very many.
                .and(later::service.concat("").eq(acceptances::service))
                .and(later::accepted_at.le(question.at))
                .and(later::id.gt(acceptances::id)),
        );
        let mut query = acceptances::table
            .filter(not(exists(withdrawn)).and(not(exists(replaced))))
            .filter(acceptances::id.lt(end))
            .into_boxed();
        // One of the three leads through an index; the service is then written so that no index fits it.
        query = match (&question.people, &question.version) {
            (Some(people), _) => query.filter(acceptances::account_id.eq_any(people.clone())),
            (None, Some(version)) => query.filter(acceptances::version_id.eq(version.clone())),
            (None, None) => query.filter(acceptances::service.eq(question.service.clone())),
        };
        if let Some(version) = question.version.as_ref().filter(|_| question.people.is_some()) {
            query = query.filter(acceptances::version_id.concat("").eq(version.clone()));
        }
        query = query.filter(acceptances::service.concat("").eq(question.service.clone()));
        query
    }};
}

/// The acceptances that stand now.
macro_rules! stand {
    ($question:expr) => {{
        let question: &Question = $question;
        let mut query =
            standing::table.inner_join(acceptances::table.on(acceptances::id.eq(standing::acceptance_id))).into_boxed();
        // A version is of one service, so the service matters for people alone.
        if let Some(people) = &question.people {
            query = query
                .filter(standing::account_id.eq_any(people.clone()))
                .filter(standing::service.concat("").eq(question.service.clone()));
        }
        match (&question.people, &question.version) {
            (Some(_), Some(version)) => query.filter(standing::version_id.concat("").eq(version.clone())),
            (Some(_), None) => query,
            (None, Some(version)) => query.filter(standing::version_id.eq(version.clone())),
            (None, None) => query.filter(standing::service.eq(question.service.clone())),
        }
    }};
}

/// The columns of [`Standing`].
const COLUMNS: (
    acceptances::id,
    acceptances::account_id,
    acceptances::version_id,
    acceptances::locale,
    acceptances::digest,
    acceptances::receipt,
    acceptances::accepted_at,
) = (
    acceptances::id,
    acceptances::account_id,
    acceptances::version_id,
    acceptances::locale,
    acceptances::digest,
    acceptances::receipt,
    acceptances::accepted_at,
);

/// A page of acceptances that stood, newest first, from behind the one named; and whether there are more.
pub fn page(
    conn: &mut Conn,
    question: &Question,
    before: Option<&str>,
    size: usize,
) -> Result<(Vec<Standing>, bool), Error> {
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let mut found: Vec<Standing> = if question.is_now {
        let mut query = stand!(question);
        if let Some(id) = before {
            query = query.filter(standing::acceptance_id.lt(id.to_owned()));
        }
        query.order(standing::acceptance_id.desc()).limit(limit).select(COLUMNS).load(conn)?
    } else {
        let mut query = stood!(question);
        if let Some(id) = before {
            query = query.filter(acceptances::id.lt(id.to_owned()));
        }
        query.order(acceptances::id.desc()).limit(limit).select(COLUMNS).load(conn)?
    };
    let more = found.len() > size;
    found.truncate(size);
    Ok((found, more))
}

/// How many there are.
pub fn count(conn: &mut Conn, question: &Question) -> Result<Count, Error> {
    let limit = i64::try_from(COUNTED + 1).unwrap_or(i64::MAX);
    let ids: Vec<String> = if question.is_now {
        stand!(question).select(standing::acceptance_id).limit(limit).load(conn)?
    } else {
        stood!(question).select(acceptances::id).order(acceptances::id.desc()).limit(limit).load(conn)?
    };
    Ok(if ids.len() > COUNTED { Count::Many } else { Count::Exactly(ids.len()) })
}

/// How many there were, all of them counted.
pub fn count_all(conn: &mut Conn, question: &Question) -> Result<u64, Error> {
    let count: i64 = stood!(question).count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// How many acceptances of a version stand now.
pub fn count_of_version(conn: &mut Conn, version: &str) -> Result<u64, Error> {
    let count: i64 = standing::table.filter(standing::version_id.eq(version)).count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The entitlements of a question's service that stand now without an acceptance. A macro for the same reason as above.
macro_rules! ungrounded {
    ($question:expr) => {{
        let question: &Question = $question;
        let standing = standing::table
            .filter(standing::account_id.eq(entitlements::account_id).and(standing::service.eq(entitlements::service)));
        let mut query = entitlements::table
            .filter(entitlements::service.eq(question.service.clone()).and(entitlements::wanted.eq(true)))
            .filter(not(exists(standing)))
            .into_boxed();
        if let Some(people) = &question.people {
            query = query.filter(entitlements::account_id.eq_any(people.clone()));
        }
        query
    }};
}

/// A page of accounts that shall have the service now although no acceptance of theirs stands, from behind the account named.
/// Version and time of the question do not matter.
pub fn without_acceptance(
    conn: &mut Conn,
    question: &Question,
    after: Option<&str>,
    size: usize,
) -> Result<(Vec<Ungrounded>, bool), Error> {
    let mut found: Vec<Ungrounded> = ungrounded!(question)
        .filter(entitlements::account_id.gt(after.unwrap_or_default().to_owned()))
        .order(entitlements::account_id)
        .limit(i64::try_from(size + 1).unwrap_or(i64::MAX))
        .select((entitlements::account_id, entitlements::cause, entitlements::changed_at))
        .load(conn)?;
    let more = found.len() > size;
    found.truncate(size);
    Ok((found, more))
}

/// How many of these there are.
pub fn count_without_acceptance(conn: &mut Conn, question: &Question) -> Result<u64, Error> {
    let count: i64 = ungrounded!(question).count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}
