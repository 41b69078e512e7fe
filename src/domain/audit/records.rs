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

/// Which index a query walks. The choice is made here and not by the database, whose statistics may be old or missing: every other
/// condition is written so that no index fits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk<'a> {
    All,
    About(&'a str),
    By(&'a str),
    Cause(&'a str),
    CauseAndKind(&'a str, &'a str),
    CauseServiceAndKind(&'a str, &'a str, &'a str),
    Version(&'a str, i32),
    VersionAndKind(&'a str, i32, &'a str),
    VersionCauseAndKind(&'a str, i32, &'a str, &'a str),
    Kind(&'a str),
    Service(&'a str),
    ServiceAndKind(&'a str, &'a str),
}

impl Walk<'_> {
    fn has_service(self) -> bool {
        !matches!(
            self,
            Self::All | Self::About(_) | Self::By(_) | Self::Kind(_) | Self::Cause(_) | Self::CauseAndKind(..)
        )
    }

    fn has_kind(self) -> bool {
        !matches!(
            self,
            Self::All | Self::About(_) | Self::By(_) | Self::Service(_) | Self::Cause(_) | Self::Version(..)
        )
    }

    fn has_version(self) -> bool {
        matches!(self, Self::Version(..) | Self::VersionAndKind(..) | Self::VersionCauseAndKind(..))
    }

    fn has_cause(self) -> bool {
        matches!(
            self,
            Self::Cause(_) | Self::CauseAndKind(..) | Self::CauseServiceAndKind(..) | Self::VersionCauseAndKind(..)
        )
    }
}

impl Filter {
    /// The walks that together find every record that is meant: several where people are meant, or where a cause and a service are,
    /// but no kind.
    fn walks(&self) -> Vec<Walk<'_>> {
        if let Some(people) = &self.people {
            return people.iter().flat_map(|id| [Walk::About(id), Walk::By(id)]).collect();
        }
        let (service, kind) = (self.service.as_deref(), self.kind.as_deref());
        let with_cause =
            || kind.map_or_else(|| Kind::WITH_CAUSE.map(Kind::name).to_vec(), |kind| vec![kind]).into_iter();
        match (self.cause.as_deref(), self.version, service, kind) {
            (Some(cause), Some(version), Some(service), _) => {
                with_cause().map(|kind| Walk::VersionCauseAndKind(service, version, cause, kind)).collect()
            }
            (Some(cause), None, Some(service), _) => {
                with_cause().map(|kind| Walk::CauseServiceAndKind(cause, service, kind)).collect()
            }
            (None, Some(version), Some(service), Some(kind)) => vec![Walk::VersionAndKind(service, version, kind)],
            (None, Some(version), Some(service), None) => vec![Walk::Version(service, version)],
            (Some(cause), _, None, Some(kind)) => vec![Walk::CauseAndKind(cause, kind)],
            (Some(cause), _, None, None) => vec![Walk::Cause(cause)],
            (None, None, Some(service), Some(kind)) => vec![Walk::ServiceAndKind(service, kind)],
            (None, None, Some(service), None) => vec![Walk::Service(service)],
            (None, _, None, Some(kind)) => vec![Walk::Kind(kind)],
            (None, _, None, None) => vec![Walk::All],
        }
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
        query = match walk {
            Walk::All => query,
            Walk::About(id) => query.filter(records::account_id.eq(id.to_owned())),
            Walk::By(id) => query.filter(records::actor.eq(id.to_owned())),
            Walk::Kind(kind) => query.filter(records::kind.eq(kind.to_owned())),
            Walk::Service(service) => query.filter(records::service.eq(service.to_owned())),
            Walk::ServiceAndKind(service, kind) => {
                query.filter(records::service.eq(service.to_owned()).and(records::kind.eq(kind.to_owned())))
            }
            Walk::Version(service, version) => {
                query.filter(records::service.eq(service.to_owned()).and(records::version.eq(version)))
            }
            Walk::VersionAndKind(service, version, kind) => query.filter(
                records::service
                    .eq(service.to_owned())
                    .and(records::version.eq(version))
                    .and(records::kind.eq(kind.to_owned())),
            ),
            Walk::Cause(cause) => query.filter(records::cause.eq(cause.to_owned())),
            Walk::CauseAndKind(cause, kind) => {
                query.filter(records::cause.eq(cause.to_owned()).and(records::kind.eq(kind.to_owned())))
            }
            Walk::CauseServiceAndKind(cause, service, kind) => query.filter(
                records::cause
                    .eq(cause.to_owned())
                    .and(records::service.eq(service.to_owned()))
                    .and(records::kind.eq(kind.to_owned())),
            ),
            Walk::VersionCauseAndKind(service, version, cause, kind) => query.filter(
                records::service
                    .eq(service.to_owned())
                    .and(records::version.eq(version))
                    .and(records::cause.eq(cause.to_owned()))
                    .and(records::kind.eq(kind.to_owned())),
            ),
        };
        if let Some(service) = filter.service.as_ref().filter(|_| !walk.has_service()) {
            query = query.filter(records::service.concat("").eq(service.clone()));
        }
        if let Some(kind) = filter.kind.as_ref().filter(|_| !walk.has_kind()) {
            query = query.filter(records::kind.concat("").eq(kind.clone()));
        }
        if let Some(version) = filter.version.filter(|_| !walk.has_version()) {
            query = query.filter((records::version + 0).eq(version));
        }
        if let Some(cause) = filter.cause.as_ref().filter(|_| !walk.has_cause()) {
            query = query.filter(records::cause.concat("").eq(cause.clone()));
        }
        if let Some(first) = filter.first_id() {
            query = query.filter(records::id.ge(first));
        }
        if let Some(end) = filter.end_id() {
            query = query.filter(records::id.lt(end));
        }
        query
    }};
}

/// These columns of one record more than a page has, from where a walk is entered.
macro_rules! ends {
    ($filter:expr, $walk:expr, $from:expr, $size:expr, $columns:expr) => {{
        let query = walk!($filter, $walk).limit(i64::try_from($size + 1).unwrap_or(i64::MAX)).select($columns);
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
    let walks = filter.walks();
    if let [walk] = walks[..] {
        let found = ends!(filter, walk, from, size, records::all_columns).load(conn)?;
        return Ok(Page::cut(found, from, size));
    }
    // Most of what these walks find is not on this page, so they read ids alone.
    let mut ids = BTreeSet::new();
    for walk in walks {
        ids.extend(ends!(filter, walk, from, size, records::id).load::<String>(conn)?);
    }
    page_of(conn, &ids, from, size)
}

/// The same, and how many records are meant. What the newest page needs of many walks is among what is counted, so they are walked once.
pub fn page_and_count(conn: &mut Conn, filter: &Filter, from: From<'_>, size: usize) -> Result<(Page, Count), Error> {
    let walks = filter.walks();
    if walks.len() == 1 || from != From::Newest {
        return Ok((page(conn, filter, from, size)?, count(conn, filter)?));
    }
    let mut ids = BTreeSet::new();
    for walk in walks {
        let most = if ids.len() > COUNTED { size } else { COUNTED.max(size) };
        ids.extend(ends!(filter, walk, from, most, records::id).load::<String>(conn)?);
    }
    let count = if ids.len() > COUNTED { Count::Many } else { Count::Exactly(ids.len()) };
    Ok((page_of(conn, &ids, from, size)?, count))
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

/// How many records are meant.
pub fn count(conn: &mut Conn, filter: &Filter) -> Result<Count, Error> {
    let mut ids = BTreeSet::new();
    for walk in filter.walks() {
        let limit = i64::try_from(COUNTED + 1).unwrap_or(i64::MAX);
        let query = walk!(filter, walk).select(records::id).order(records::id.desc()).limit(limit);
        ids.extend(query.load::<String>(conn)?);
        if ids.len() > COUNTED {
            return Ok(Count::Many);
        }
    }
    Ok(Count::Exactly(ids.len()))
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
