//! The append-only log: one record per fact. Database triggers refuse to change or delete a record.

use diesel::prelude::*;
use serde_json::Value;

use crate::{
    chance,
    clock::Instant,
    db::{Conn, Error, schema::log_records},
};

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
}

impl Kind {
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
    let actor = match origin.actor {
        Actor::Account(id) => id,
        Actor::Operator => "operator",
        Actor::System => "system",
    };
    diesel::insert_into(log_records::table)
        .values((
            log_records::id.eq(chance::id(origin.at)),
            log_records::at.eq(origin.at),
            log_records::kind.eq(record.kind.name()),
            log_records::actor.eq(actor),
            log_records::account_id.eq(record.account_id),
            log_records::service.eq(record.service),
            log_records::request_id.eq(origin.request_id),
            log_records::detail.eq(record.detail.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}
