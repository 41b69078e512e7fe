//! The append-only log: one record per fact. Database triggers refuse to change or delete a record, and sealing ([`seal`]) lets
//! everybody see if it happened all the same. `docs/LOG.md` describes all formats.

pub mod anchors;
pub mod counterparts;
pub mod feed;
pub mod head;
pub mod leaf;
pub mod misfit;
pub mod people;
pub mod receipt;
pub mod seal;
pub mod stored;
pub mod tree;
pub mod verify;

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error, insert_all,
        schema::{log_records, log_subjects},
    },
};

/// Rows in one statement: an export may be about everybody, and others wait to write meanwhile.
const SUBJECTS_AT_ONCE: usize = 1_000;

/// What a record states. The names are stable: they stand in the database and in exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SignedIn,
    SignedOut,
    TermsPublished,
    TermsAccepted,
    AcceptanceWithdrawn,
    EntitlementGranted,
    EntitlementEnded,
    MembershipWritten,
    /// Names and addresses of somebody who left were deleted.
    AccountErased,
    /// The directory refuses a membership, and only the operator can help.
    MembershipRefused,
    SignInRefused,
    /// Sessions were ended by their person from another one.
    SessionsEnded,
    /// A portal began to work, with this configuration.
    PortalStarted,
    CourseViewed,
    CourseExported,
    BoardViewed,
    /// How many have activated, of several courses or before a reminder.
    CountsViewed,
    // What auditors and other people with a role do, and how they came to it.
    RolesChanged,
    ReasonGiven,
    LogSearched,
    RecordViewed,
    PersonViewed,
    LogExported,
    // What lecturers do besides looking at their classes.
    RosterChecked,
    ReminderSent,
}

impl Kind {
    /// The kinds whose detail says `cause`. Searches for a cause look for these alone.
    pub const WITH_CAUSE: [Self; 3] = [Self::AcceptanceWithdrawn, Self::EntitlementGranted, Self::EntitlementEnded];

    /// The stable name, in the database, in leaves and in exports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::TermsPublished => "terms-published",
            Self::TermsAccepted => "terms-accepted",
            Self::AcceptanceWithdrawn => "acceptance-withdrawn",
            Self::EntitlementGranted => "entitlement-granted",
            Self::EntitlementEnded => "entitlement-ended",
            Self::MembershipWritten => "membership-written",
            Self::AccountErased => "account-erased",
            Self::MembershipRefused => "membership-refused",
            Self::SignInRefused => "sign-in-refused",
            Self::SessionsEnded => "sessions-ended",
            Self::PortalStarted => "portal-started",
            Self::CourseViewed => "course-viewed",
            Self::CourseExported => "course-exported",
            Self::BoardViewed => "board-viewed",
            Self::CountsViewed => "counts-viewed",
            Self::RolesChanged => "roles-changed",
            Self::ReasonGiven => "reason-given",
            Self::LogSearched => "log-searched",
            Self::RecordViewed => "record-viewed",
            Self::PersonViewed => "person-viewed",
            Self::LogExported => "log-exported",
            Self::RosterChecked => "roster-checked",
            Self::ReminderSent => "reminder-sent",
        }
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor<'a> {
    /// The account of this id.
    Account(&'a str),
    /// Somebody at the command line.
    Operator,
    /// The worker.
    System,
}

impl<'a> Actor<'a> {
    /// How a record tells it.
    fn name(self) -> &'a str {
        match self {
            Self::Account(id) => id,
            Self::Operator => "operator",
            Self::System => "system",
        }
    }
}

/// Who did something, in which request: what every record says about its origin.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub actor: Actor<'a>,
    /// The id in the program's log and on error pages; a run of the worker or a command has one, too.
    pub request_id: &'a str,
    pub at: Instant,
}

/// One fact to be recorded. `detail` holds no names and no addresses: people are told by their account's id.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    pub kind: Kind,
    pub account_id: Option<&'a str>,
    pub service: Option<&'a str>,
    pub detail: Value,
}

/// Adds a record.
pub fn append(conn: &mut Conn, origin: Origin<'_>, record: &Record<'_>) -> Result<(), Error> {
    append_all(conn, origin, std::slice::from_ref(record)).map(drop)
}

/// Adds records of one origin; returns their ids.
pub fn append_all(conn: &mut Conn, origin: Origin<'_>, records: &[Record<'_>]) -> Result<Vec<String>, Error> {
    let ids: Vec<String> = records.iter().map(|_| chance::id(origin.at)).collect();
    let row = |(id, record): (&String, &Record<'_>)| {
        debug_assert!(
            record.detail.get("cause").is_none() || Kind::WITH_CAUSE.contains(&record.kind),
            "a cause that is not found"
        );
        (
            log_records::id.eq(id.clone()),
            log_records::at.eq(origin.at),
            log_records::kind.eq(record.kind.name()),
            log_records::actor.eq(origin.actor.name().to_owned()),
            log_records::account_id.eq(record.account_id.map(str::to_owned)),
            log_records::service.eq(record.service.map(str::to_owned)),
            log_records::request_id.eq(origin.request_id.to_owned()),
            log_records::detail.eq(record.detail.to_string()),
        )
    };
    insert_all!(conn, log_records::table, log_records::id, ids.iter().zip(records).map(row).collect());
    Ok(ids)
}

/// Adds a record about several people: whose data the actor looked at, exported or wrote to. Each of them finds it under their
/// own history, whoever has no account yet from the first sign-in on ([`super::reservations`]). Their number and the SHA-256 of
/// their sorted ids become part of the record (`people`, `people_sha256`), so that nobody can be taken out of it afterwards.
pub fn append_about(
    conn: &mut Conn,
    origin: Origin<'_>,
    record: &Record<'_>,
    subjects: &BTreeSet<&str>,
) -> Result<(), Error> {
    let mut record = record.clone();
    record.detail["people"] = subjects.len().into();
    record.detail["people_sha256"] = subjects_digest(subjects.iter().copied()).into();
    let ids = append_all(conn, origin, &[record])?;
    ids.iter().try_for_each(|id| insert_subjects(conn, id, subjects))
}

fn insert_subjects(conn: &mut Conn, record_id: &str, subjects: &BTreeSet<&str>) -> Result<(), Error> {
    let row =
        |subject: &&'_ str| (log_subjects::account_id.eq((*subject).to_owned()), log_subjects::record_id.eq(record_id));
    let subjects: Vec<&str> = subjects.iter().copied().collect();
    for subjects in subjects.chunks(SUBJECTS_AT_ONCE) {
        insert_all!(conn, log_subjects::table, log_subjects::account_id, subjects.iter().map(row).collect());
    }
    Ok(())
}

/// SHA-256 in hexadecimal of the ids, in ascending order, each with a line feed behind it.
pub fn subjects_digest<'a>(sorted: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for id in sorted {
        digest.update(id);
        digest.update(b"\n");
    }
    hex::encode(digest.finalize())
}
