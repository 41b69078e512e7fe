//! Who has a service, on what ground, at what time. Triggers keep what stands and what stood, and until when, in tables of their own.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::records::{COUNTED, Count};
use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{
            acceptances, ended_acceptances as ended, entitlements, standing_acceptances as standing,
            ungrounded_entitlements as ungrounded,
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
    /// Whether that is now: then what has ended does not matter.
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

/// The ids of a question's acceptances in one of the two tables. A macro, because diesel's type of a growing query cannot be named here.
macro_rules! walk {
    ($question:expr, $table:ident) => {{
        let question: &Question = $question;
        let mut query = $table::table.select($table::acceptance_id).into_boxed();
        // A version is of one service, so the service matters for people alone; it is written so that only the people lead through an
        // index: of one service there are very many.
        if let Some(people) = &question.people {
            query = query
                .filter($table::account_id.eq_any(people.clone()))
                .filter($table::service.concat("").eq(question.service.clone()));
        }
        query = match (&question.people, &question.version) {
            (Some(_), Some(version)) => query.filter($table::version_id.concat("").eq(version.clone())),
            (Some(_), None) => query,
            (None, Some(version)) => query.filter($table::version_id.eq(version.clone())),
            (None, None) => query.filter($table::service.eq(question.service.clone())),
        };
        if !question.is_now {
            query = query.filter($table::acceptance_id.lt(question.end()));
        }
        query
    }};
}

/// Those of a question's acceptances that have ended since.
macro_rules! ended_since {
    ($question:expr) => {
        walk!($question, ended).filter(ended::ended_at.gt($question.at))
    };
}

impl Question {
    /// Ids carry their time, so acceptances made later lie behind this one.
    fn end(&self) -> String {
        chance::first_id(self.at + chrono::TimeDelta::milliseconds(1))
    }
}

/// The newest ids of acceptances that stood, at most so many, older than the one named.
fn newest(conn: &mut Conn, question: &Question, before: Option<&str>, limit: usize) -> Result<Vec<String>, Error> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = walk!(question, standing).order(standing::acceptance_id.desc()).limit(most);
    if let Some(id) = before {
        query = query.filter(standing::acceptance_id.lt(id.to_owned()));
    }
    // What ends in this moment is found in both tables rather than in none.
    let mut ids: BTreeSet<String> = query.load::<String>(conn)?.into_iter().collect();
    if !question.is_now {
        let mut query = ended_since!(question).order(ended::acceptance_id.desc()).limit(most);
        // Where enough stand still, what is older than these is not asked for: of those who had it yesterday hardly anybody has ended it
        // since, and all would be looked through to find them.
        if let Some(oldest) = ids.first().filter(|_| ids.len() == limit) {
            query = query.filter(ended::acceptance_id.gt(oldest.clone()));
        }
        if let Some(id) = before {
            query = query.filter(ended::acceptance_id.lt(id.to_owned()));
        }
        ids.extend(query.load::<String>(conn)?);
    }
    Ok(ids.into_iter().rev().take(limit).collect())
}

/// A page of acceptances that stood, newest first, from behind the one named; and whether there are more.
pub fn page(
    conn: &mut Conn,
    question: &Question,
    before: Option<&str>,
    size: usize,
) -> Result<(Vec<Standing>, bool), Error> {
    let ids = newest(conn, question, before, size + 1)?;
    Ok((stored(conn, &ids[..ids.len().min(size)])?, ids.len() > size))
}

/// The first page, as [`page`] has it, and how many there are: both from one walk.
pub fn first_page(conn: &mut Conn, question: &Question, size: usize) -> Result<(Vec<Standing>, bool, Count), Error> {
    let ids = newest(conn, question, None, COUNTED + 1)?;
    Ok((stored(conn, &ids[..ids.len().min(size)])?, ids.len() > size, Count::of(ids.len())))
}

/// How many there are.
pub fn count(conn: &mut Conn, question: &Question) -> Result<Count, Error> {
    Ok(Count::of(newest(conn, question, None, COUNTED + 1)?.len()))
}

/// The acceptances of these ids, newest first.
fn stored(conn: &mut Conn, ids: &[String]) -> Result<Vec<Standing>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Standing> = acceptances::table
        .filter(acceptances::id.eq_any(ids))
        .select((
            acceptances::id,
            acceptances::account_id,
            acceptances::version_id,
            acceptances::locale,
            acceptances::digest,
            acceptances::receipt,
            acceptances::accepted_at,
        ))
        .load(conn)?;
    found.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(found)
}

/// How many there were, all of them counted.
pub fn count_all(conn: &mut Conn, question: &Question) -> Result<u64, Error> {
    let mut count: i64 = walk!(question, standing).count().get_result(conn)?;
    if !question.is_now {
        count += ended_since!(question).count().get_result::<i64>(conn)?;
    }
    Ok(u64::try_from(count).unwrap_or_default())
}

/// How many acceptances of each of a service's versions stand now, by the version's id.
pub fn count_by_version(conn: &mut Conn, service: &str) -> Result<BTreeMap<String, i64>, Error> {
    let counts: Vec<(String, i64)> = standing::table
        .filter(standing::service.eq(service))
        .group_by(standing::version_id)
        .select((standing::version_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// Who has a question's service without an acceptance. A macro for the same reason as above.
macro_rules! ungrounded {
    ($question:expr) => {{
        let question: &Question = $question;
        let mut query = ungrounded::table
            .inner_join(entitlements::table.on(
                entitlements::account_id.eq(ungrounded::account_id).and(entitlements::service.eq(ungrounded::service)),
            ))
            .filter(ungrounded::service.eq(question.service.clone()))
            .into_boxed();
        if let Some(people) = &question.people {
            query = query.filter(ungrounded::account_id.eq_any(people.clone()));
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
        .filter(ungrounded::account_id.gt(after.unwrap_or_default().to_owned()))
        .order(ungrounded::account_id)
        .limit(i64::try_from(size + 1).unwrap_or(i64::MAX))
        .select((ungrounded::account_id, entitlements::cause, entitlements::changed_at))
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
