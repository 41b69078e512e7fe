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
        outbox::{self, Due, Effect, Lease, MailOrder, News, Past},
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
    /// What is known of earlier writes of the same membership.
    pub past: Past,
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
    let mut following = Following::new(press);
    let decided: Vec<Decided> =
        changes.iter().map(|change| carry_out_one(conn, &mut following, change)).collect::<Result<_, _>>()?;
    following.write(conn)?;
    Ok(decided)
}

/// Ends an entitlement and, if there is one, the acceptance it stood on.
pub fn write_end(
    conn: &mut Conn,
    press: Press<'_>,
    service: &str,
    acceptance: Option<&(String, i32)>,
    cause: Cause,
) -> Result<Owed, Error> {
    let mut following = Following::new(press);
    let owed = end(conn, &mut following, service, acceptance, cause)?;
    following.write(conn)?;
    Ok(owed)
}

/// What follows from a press: records and what is owed. Written together, since each statement is a round trip.
struct Following<'a> {
    press: Press<'a>,
    records: Vec<Record<'a>>,
    due: Vec<Due<'a>>,
}

impl<'a> Following<'a> {
    fn new(press: Press<'a>) -> Self {
        Self { press, records: Vec::new(), due: Vec::new() }
    }

    fn record(&mut self, kind: Kind, service: &'a str, detail: serde_json::Value) {
        self.records.push(Record { kind, account_id: Some(self.press.account_id), service: Some(service), detail });
    }

    fn mail(&mut self, service: &'a str, news: News, receipt: String, terms_number: Option<i32>) {
        if self.press.has_mail {
            let at = self.press.origin.at;
            let order = MailOrder { news, receipt, at, terms_number, locale: self.press.locale };
            self.due.push(Due::new(service, Effect::Mail(order), None, at));
        }
    }

    /// Owes the directory write that follows from a decision.
    fn membership(&mut self, conn: &mut Conn, service: &'a str, decision: Decision) -> Result<Owed, Error> {
        let press = self.press;
        let due = outbox::membership(conn, press.account_id, service, press.lease, press.origin.at)?;
        let owed = Owed { id: due.id.clone(), past: due.past(), decision };
        self.due.push(due);
        Ok(owed)
    }

    fn write(self, conn: &mut Conn) -> Result<(), Error> {
        log::append_all(conn, self.press.origin, &self.records)?;
        outbox::owe_all(conn, self.press.account_id, &self.due, self.press.origin.at)
    }
}

fn carry_out_one<'a>(conn: &mut Conn, following: &mut Following<'a>, change: &'a Change) -> Result<Decided, Error> {
    let owed = match change {
        Change::Grant { service, accept, entitle } => {
            if let Some(accepted) = accept {
                write_acceptance(conn, following, service, accepted, *entitle)?;
            }
            if *entitle { Some(entitle_and_owe(conn, following, service, true, "accepted")?) } else { None }
        }
        Change::Withdraw { service, acceptance } => {
            Some(end(conn, following, service, acceptance.as_ref(), Cause::Member)?)
        }
    };
    Ok(Decided { service: change.service().to_owned(), owed })
}

fn write_acceptance<'a>(
    conn: &mut Conn,
    following: &mut Following<'a>,
    service: &'a str,
    accepted: &AcceptedText,
    is_new: bool,
) -> Result<(), Error> {
    let press = following.press;
    let receipt = acceptances::accept(conn, press.account_id, service, accepted, press.change_id, press.origin.at)?;
    let detail = json!({
        "receipt": receipt, "version": accepted.number, "locale": accepted.locale, "sha256": accepted.digest,
    });
    following.record(Kind::TermsAccepted, service, detail);
    let news = if is_new { News::Granted } else { News::AcceptedAgain };
    following.mail(service, news, receipt, Some(accepted.number));
    Ok(())
}

fn end<'a>(
    conn: &mut Conn,
    following: &mut Following<'a>,
    service: &'a str,
    acceptance: Option<&(String, i32)>,
    cause: Cause,
) -> Result<Owed, Error> {
    let press = following.press;
    let (id, number) = (acceptance.map(|(id, _)| id.as_str()), acceptance.map(|(_, number)| *number));
    let receipt = acceptances::withdraw(conn, press.account_id, service, id, cause, press.change_id, press.origin.at)?;
    let detail = json!({ "receipt": receipt, "version": number, "cause": cause.name() });
    following.record(Kind::AcceptanceWithdrawn, service, detail);
    match cause {
        Cause::Member => following.mail(service, News::Withdrawn, receipt, number),
        Cause::GraceEnded => following.mail(service, News::GraceEnded, receipt, number),
        // Nobody is there to read it.
        Cause::AccountGone => {}
    }
    entitle_and_owe(conn, following, service, false, cause.name())
}

fn entitle_and_owe<'a>(
    conn: &mut Conn,
    following: &mut Following<'a>,
    service: &'a str,
    wanted: bool,
    cause: &str,
) -> Result<Owed, Error> {
    let press = following.press;
    let revision =
        entitlements::decide(conn, press.account_id, service, wanted, cause, press.change_id, press.origin.at)?;
    let kind = if wanted { Kind::EntitlementGranted } else { Kind::EntitlementEnded };
    following.record(kind, service, json!({ "cause": cause }));
    following.membership(conn, service, Decision { wanted, revision })
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
