//! Writing down what a press or the end of grace decided: acceptance, entitlement, log records, and what is owed to the outside.

use serde_json::json;

use super::Change;
use crate::{
    clock::Instant,
    db::{Conn, Error},
    domain::{
        acceptances::{self, AcceptedText, Cause},
        entitlements,
        locale::Locale,
        log::{self, Kind, Origin, Record},
        outbox::{self, Effect, Lease, MailOrder, News},
        terms::Version,
    },
};

/// For whom, with which press, and how the owed directory writes are leased.
#[derive(Clone, Copy, Debug)]
pub struct Press<'a> {
    pub account_id: &'a str,
    /// Whether mail can be sent at all.
    pub has_mail: bool,
    pub locale: Locale,
    /// One id for all changes of one press.
    pub change_id: &'a str,
    /// The directory writes belong to this request until the lease ends; `None`: to whoever comes first.
    pub lease: Option<&'a Lease>,
    pub origin: Origin<'a>,
}

/// A change that is written down; where something is owed the directory still has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub service: String,
    pub owed: Option<Owed>,
}

/// A directory write that follows from a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The outbox entry.
    pub id: String,
    pub decision: Decision,
}

/// What the directory shall show, and which revision of the entitlement says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub wanted: bool,
    pub revision: i64,
}

/// Writes down all changes of one press. Must run in one write transaction, with the account locked.
pub fn carry_out(conn: &mut Conn, press: Press<'_>, changes: &[Change]) -> Result<Vec<Decided>, Error> {
    changes.iter().map(|change| carry_out_one(conn, press, change)).collect()
}

fn carry_out_one(conn: &mut Conn, press: Press<'_>, change: &Change) -> Result<Decided, Error> {
    let owed = match change {
        Change::Grant { service, accept, entitle } => {
            if let Some(accepted) = accept {
                write_acceptance(conn, press, service, accepted, *entitle)?;
            }
            if *entitle { Some(entitle_and_owe(conn, press, service, true, "accepted")?) } else { None }
        }
        Change::Withdraw { service, acceptance } => {
            Some(write_end(conn, press, service, acceptance.as_ref(), Cause::Member)?)
        }
    };
    Ok(Decided { service: change.service().to_owned(), owed })
}

fn write_acceptance(
    conn: &mut Conn,
    press: Press<'_>,
    service: &str,
    accepted: &AcceptedText,
    is_new: bool,
) -> Result<(), Error> {
    let now = press.origin.at;
    let receipt = acceptances::accept(conn, press.account_id, service, accepted, press.change_id, now)?;
    let detail = json!({
        "receipt": receipt, "version": accepted.number, "locale": accepted.locale, "sha256": accepted.digest,
    });
    record(conn, press, Kind::TermsAccepted, service, detail)?;
    let news = if is_new { News::Granted } else { News::AcceptedAgain };
    owe_mail(conn, press, service, news, receipt, Some(accepted.number))
}

/// Ends an entitlement and, if there is one, the acceptance it stood on.
pub fn write_end(
    conn: &mut Conn,
    press: Press<'_>,
    service: &str,
    acceptance: Option<&(String, i32)>,
    cause: Cause,
) -> Result<Owed, Error> {
    let (id, number) = (acceptance.map(|(id, _)| id.as_str()), acceptance.map(|(_, number)| *number));
    let receipt = acceptances::withdraw(conn, press.account_id, service, id, cause, press.change_id, press.origin.at)?;
    let detail = json!({ "receipt": receipt, "version": number, "cause": cause.name() });
    record(conn, press, Kind::AcceptanceWithdrawn, service, detail)?;
    match cause {
        Cause::Member => owe_mail(conn, press, service, News::Withdrawn, receipt, number)?,
        Cause::GraceEnded => owe_mail(conn, press, service, News::GraceEnded, receipt, number)?,
        // Nobody is there to read it.
        Cause::AccountGone => {}
    }
    entitle_and_owe(conn, press, service, false, cause.name())
}

fn entitle_and_owe(conn: &mut Conn, press: Press<'_>, service: &str, wanted: bool, cause: &str) -> Result<Owed, Error> {
    let now = press.origin.at;
    let revision = entitlements::decide(conn, press.account_id, service, wanted, cause, press.change_id, now)?;
    let kind = if wanted { Kind::EntitlementGranted } else { Kind::EntitlementEnded };
    record(conn, press, kind, service, json!({ "cause": cause }))?;
    let id = outbox::owe(conn, press.account_id, service, &Effect::Membership, press.lease, now)?;
    Ok(Owed { id, decision: Decision { wanted, revision } })
}

fn owe_mail(
    conn: &mut Conn,
    press: Press<'_>,
    service: &str,
    news: News,
    receipt: String,
    terms_number: Option<i32>,
) -> Result<(), Error> {
    if press.has_mail {
        let order = MailOrder { news, receipt, at: press.origin.at, terms_number, locale: press.locale };
        outbox::owe(conn, press.account_id, service, &Effect::Mail(order), None, press.origin.at)?;
    }
    Ok(())
}

fn record(
    conn: &mut Conn,
    press: Press<'_>,
    kind: Kind,
    service: &str,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let record = Record { kind, account_id: Some(press.account_id), service: Some(service), detail };
    log::append(conn, press.origin, &record)
}

/// Ends entitlements whose grace has run out: a newer major version was not accepted in time. Looks at one account, in the
/// transaction that ends them, so that an acceptance at the last moment wins. Returns whether one was ended.
pub fn end_if_grace_is_over(
    conn: &mut Conn,
    press: Press<'_>,
    service: &str,
    required: &Version,
    now: Instant,
) -> Result<bool, Error> {
    if now < required.grace_ends_at() {
        return Ok(false);
    }
    let wanted = entitlements::get(conn, press.account_id, service)?.is_some_and(|e| e.wanted);
    let standing = acceptances::history(conn, press.account_id)?.standing(service).map(|a| (a.id.clone(), a.number));
    if !wanted || standing.as_ref().is_some_and(|(_, number)| *number >= required.number) {
        return Ok(false);
    }
    write_end(conn, press, service, standing.as_ref(), Cause::GraceEnded)?;
    Ok(true)
}
