//! The log, searched: newest first, a page at a time, by any of its words.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{accounts, log_subjects, searched_records as records},
    },
    domain::log::{Kind, seal},
};

/// More records than this are counted as "more than".
pub const COUNTED: usize = 1_000;

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Stored {
    pub id: String,
    pub at: Instant,
    pub kind: String,
    /// The id of an account, `operator` or `system`.
    pub actor: String,
    pub account_id: Option<String>,
    pub service: Option<String>,
    pub request_id: String,
    /// JSON.
    pub detail: String,
    pub version: Option<i32>,
    pub cause: Option<String>,
}

impl Stored {
    /// The accounts that the record names.
    pub fn people(&self) -> impl Iterator<Item = &String> {
        let actor = (self.actor != "operator" && self.actor != "system").then_some(&self.actor);
        self.account_id.iter().chain(actor)
    }
}

/// Which records are meant; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Records about one of these accounts or made by it; an empty list means none.
    pub people: Option<Vec<String>>,
    pub service: Option<String>,
    pub kind: Option<String>,
    /// A number of a version; of the service's terms, if one is meant.
    pub version: Option<i32>,
    pub cause: Option<String>,
    pub from: Option<Instant>,
    /// Records before this time.
    pub until: Option<Instant>,
}

/// From where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From<'a> {
    Newest,
    /// The newest of those that are older than this record.
    Before(&'a str),
    /// The oldest of those that are newer than this record.
    After(&'a str),
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exactly(usize),
    /// More than [`COUNTED`].
    Many,
}

impl Count {
    /// Told from how many were found, where up to one more than [`COUNTED`] were looked for.
    pub fn of(found: usize) -> Self {
        if found > COUNTED { Self::Many } else { Self::Exactly(found) }
    }
}

/// What a query is led by: columns of an index that fits. The choice is made here and not by the database, whose statistics may be old
/// or missing: whatever else is meant is written so that no index fits it.
#[derive(Clone, Copy, Debug, Default)]
struct Walk<'a> {
    about: Option<&'a str>,
    by: Option<&'a str>,
    service: Option<&'a str>,
    version: Option<i32>,
    cause: Option<&'a str>,
    kind: Option<&'a str>,
}

impl Filter {
    /// The walks that together find every record that is meant: several where people are meant, or where a cause and a service are,
    /// but no kind.
    fn walks(&self) -> Vec<Walk<'_>> {
        if let Some(people) = &self.people {
            let about_and_by = people
                .iter()
                .flat_map(|id| [Walk { about: Some(id), ..Walk::default() }, Walk { by: Some(id), ..Walk::default() }]);
            return about_and_by.collect();
        }
        let service = self.service.as_deref();
        let walk = Walk {
            service,
            // Versions are numbered per service: without one there is no index for them.
            version: self.version.filter(|_| service.is_some()),
            cause: self.cause.as_deref(),
            kind: self.kind.as_deref(),
            ..Walk::default()
        };
        if walk.service.is_some() && walk.cause.is_some() && walk.kind.is_none() {
            return Kind::WITH_CAUSE.map(|kind| Walk { kind: Some(kind.name()), ..walk }).to_vec();
        }
        vec![walk]
    }

    /// Ids carry the time at which they were made, so times need no index of their own.
    fn first_id(&self) -> Option<String> {
        self.from.map(chance::first_id)
    }

    fn end_id(&self) -> Option<String> {
        self.until.map(chance::first_id)
    }
}

/// The query of one walk. A macro, because diesel's types for a query that grows differ from database to database, and the plans
/// are tested on both.
macro_rules! walk {
    ($filter:expr, $walk:expr) => {{
        let (filter, walk): (&Filter, Walk<'_>) = ($filter, $walk);
        let mut query = records::table.into_boxed();
        if let Some(id) = walk.about {
            query = query.filter(records::account_id.eq(id.to_owned()));
        }
        if let Some(id) = walk.by {
            query = query.filter(records::actor.eq(id.to_owned()));
        }
        query = match (walk.service, &filter.service) {
            (Some(led), _) => query.filter(records::service.eq(led.to_owned())),
            (None, Some(meant)) => query.filter(records::service.concat("").eq(meant.clone())),
            (None, None) => query,
        };
        query = match (walk.version, filter.version) {
            (Some(led), _) => query.filter(records::version.eq(led)),
            (None, Some(meant)) => query.filter((records::version + 0).eq(meant)),
            (None, None) => query,
        };
        query = match (walk.cause, &filter.cause) {
            (Some(led), _) => query.filter(records::cause.eq(led.to_owned())),
            (None, Some(meant)) => query.filter(records::cause.concat("").eq(meant.clone())),
            (None, None) => query,
        };
        query = match (walk.kind, &filter.kind) {
            (Some(led), _) => query.filter(records::kind.eq(led.to_owned())),
            (None, Some(meant)) => query.filter(records::kind.concat("").eq(meant.clone())),
            (None, None) => query,
        };
        if let Some(first) = filter.first_id() {
            query = query.filter(records::id.ge(first));
        }
        if let Some(end) = filter.end_id() {
            query = query.filter(records::id.lt(end));
        }
        query
    }};
}

/// These columns of at most so many records, from where a walk is entered.
macro_rules! ends {
    ($filter:expr, $walk:expr, $from:expr, $most:expr, $columns:expr) => {{
        let query = walk!($filter, $walk).limit(i64::try_from($most).unwrap_or(i64::MAX)).select($columns);
        match $from {
            From::Newest => query.order(records::id.desc()),
            From::Before(id) => query.filter(records::id.lt(id.to_owned())).order(records::id.desc()),
            From::After(id) => query.filter(records::id.gt(id.to_owned())).order(records::id.asc()),
        }
    }};
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub records: Vec<Stored>,
    /// Whether there are more in the direction in which it was turned.
    pub more: bool,
}

/// The page that is entered here.
pub fn page(conn: &mut Conn, filter: &Filter, from: From<'_>, size: usize) -> Result<Page, Error> {
    if let [walk] = filter.walks()[..] {
        let found = ends!(filter, walk, from, size + 1, records::all_columns).load(conn)?;
        return Ok(Page::cut(found, from, size));
    }
    // Most of what these walks find is not on this page, so they read ids alone.
    let ids = gathered(conn, filter, from, size + 1, 0)?;
    page_of(conn, &ids, from, size)
}

/// The same, and how many records are meant. What the newest page needs of many walks is among what is counted, so they are walked once.
pub fn page_and_count(conn: &mut Conn, filter: &Filter, from: From<'_>, size: usize) -> Result<(Page, Count), Error> {
    if filter.walks().len() == 1 || from != From::Newest {
        return Ok((page(conn, filter, from, size)?, count(conn, filter)?));
    }
    let ids = gathered(conn, filter, from, size + 1, COUNTED + 1)?;
    Ok((page_of(conn, &ids, from, size)?, Count::of(ids.len())))
}

/// How many records are meant.
pub fn count(conn: &mut Conn, filter: &Filter) -> Result<Count, Error> {
    Ok(Count::of(gathered(conn, filter, From::Newest, 0, COUNTED + 1)?.len()))
}

/// The ids where the walks are entered: `of_each` of every walk, or `in_all` if that is more and fewer are known so far.
fn gathered(
    conn: &mut Conn,
    filter: &Filter,
    from: From<'_>,
    of_each: usize,
    in_all: usize,
) -> Result<BTreeSet<String>, Error> {
    let mut ids = BTreeSet::new();
    for walk in filter.walks() {
        let most = if ids.len() < in_all { of_each.max(in_all) } else { of_each };
        if most == 0 {
            break;
        }
        ids.extend(ends!(filter, walk, from, most, records::id).load::<String>(conn)?);
    }
    Ok(ids)
}

/// The page at the end of these ids at which the walks were entered.
fn page_of(conn: &mut Conn, ids: &BTreeSet<String>, from: From<'_>, size: usize) -> Result<Page, Error> {
    let ids: Vec<&String> = match from {
        From::After(_) => ids.iter().take(size + 1).collect(),
        From::Newest | From::Before(_) => ids.iter().rev().take(size + 1).collect(),
    };
    let found = if ids.is_empty() { Vec::new() } else { records::table.filter(records::id.eq_any(ids)).load(conn)? };
    Ok(Page::cut(found, from, size))
}

impl Page {
    /// Of at most one record more than the page has.
    fn cut(mut found: Vec<Stored>, from: From<'_>, size: usize) -> Self {
        found.sort_by(|a, b| b.id.cmp(&a.id));
        let more = found.len() > size;
        if more && matches!(from, From::After(_)) {
            found.remove(0);
        }
        found.truncate(size);
        Self { records: found, more }
    }
}

/// How many records a file would hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Exactly(u64),
    /// As their places in the sealed log tell.
    About(u64),
    MoreThan(u64),
}

/// More records than this are not counted while a page waits for it.
pub const COUNTED_FOR_A_FILE: u64 = 50_000;

/// How many records are meant, as exactly as can be said at once.
pub fn size(conn: &mut Conn, filter: &Filter) -> Result<Size, Error> {
    if let Some(count) = count_all(conn, filter, COUNTED_FOR_A_FILE)? {
        return Ok(Size::Exactly(count));
    }
    let is_everything = *filter == Filter { from: filter.from, until: filter.until, ..Filter::default() };
    if is_everything
        && let Some(count) = seal::about_between(conn, &filter.first_id().unwrap_or_default(), filter.end_id())?
    {
        return Ok(Size::About(count.max(COUNTED_FOR_A_FILE)));
    }
    Ok(Size::MoreThan(COUNTED_FOR_A_FILE))
}

/// How many records are meant, all of them counted; `None` if they are more than `most`.
pub fn count_all(conn: &mut Conn, filter: &Filter, most: u64) -> Result<Option<u64>, Error> {
    let behind = i64::try_from(most).unwrap_or(i64::MAX);
    let (mut count, mut ids) = (0, BTreeSet::new());
    for walk in filter.walks() {
        let one_more = walk!(filter, walk).select(records::id).order(records::id.desc()).offset(behind).limit(1);
        if one_more.first::<String>(conn).optional()?.is_some() {
            return Ok(None);
        }
        if filter.people.is_none() {
            let found: i64 = walk!(filter, walk).count().get_result(conn)?;
            count += u64::try_from(found).unwrap_or_default();
        } else {
            // The same record may be about one of them and by another.
            ids.extend(walk!(filter, walk).select(records::id).load::<String>(conn)?);
            count = ids.len() as u64;
        }
    }
    Ok(Some(count).filter(|count| *count <= most))
}

/// One record.
pub fn get(conn: &mut Conn, id: &str) -> Result<Option<Stored>, Error> {
    Ok(records::table.find(id).first(conn).optional()?)
}

/// The people whom a record is about besides its own account, a bounded number of them; who has not signed in yet is left out.
pub fn subjects(conn: &mut Conn, id: &str, limit: i64) -> Result<Vec<String>, Error> {
    Ok(log_subjects::table
        .inner_join(accounts::table.on(accounts::id.eq(log_subjects::account_id)))
        .filter(log_subjects::record_id.eq(id))
        .select(log_subjects::account_id)
        .order(log_subjects::account_id)
        .limit(limit)
        .load(conn)?)
}

/// How many people a record is about who have not signed in yet.
pub fn strangers(conn: &mut Conn, id: &str) -> Result<u64, Error> {
    let all: i64 = log_subjects::table.filter(log_subjects::record_id.eq(id)).count().get_result(conn)?;
    let here: i64 = log_subjects::table
        .inner_join(accounts::table.on(accounts::id.eq(log_subjects::account_id)))
        .filter(log_subjects::record_id.eq(id))
        .count()
        .get_result(conn)?;
    Ok(u64::try_from(all - here).unwrap_or_default())
}
