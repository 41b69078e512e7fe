//! "Change permission": what a press of the button means, and carrying it out in one transaction.
//!
//! [`plan`] is a pure rule: from what the page showed, what is ticked, and what is true now, it computes the changes, or why
//! not. [`carry_out`] writes acceptance, entitlement, log records and what is owed to the outside.

use serde_json::json;

use crate::{
    clock::Instant,
    db::{Conn, Error},
    domain::{
        acceptances::{self, AcceptedText, Cause, History},
        entitlements::{self, Entitlement},
        locale::Locale,
        log::{self, Kind, Origin, Record},
        memberships::Membership,
        outbox::{self, Effect, Lease, MailOrder, News},
        terms::Version,
    },
};

/// The state of a service that the page showed when the person ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Active,
    Inactive,
    /// Active on the ground of terms that are no longer enough (or of none).
    AcceptAgain,
}

/// One service in the submitted form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub service: String,
    pub shown: Shown,
    pub ticked: bool,
    /// Digest of the terms text that the page linked to.
    pub digest: Option<String>,
}

impl Row {
    /// Whether the press wants something, and not only to be rid of something.
    pub fn asks_for_more(&self) -> bool {
        self.ticked && self.shown != Shown::Active
    }
}

/// What is true about one service and this account when the form arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    pub service: String,
    pub eligible: bool,
    /// The terms text to accept now, in the language of the page.
    pub current: Option<AcceptedText>,
    /// Number of the oldest version whose acceptance still counts.
    pub required_number: i32,
    /// Id and version number of the acceptance that stands.
    pub standing: Option<(String, i32)>,
    pub wanted: bool,
    /// The directory has not shown the last decision yet.
    pub owed: bool,
    pub membership: Membership,
}

impl Situation {
    /// Whether an acceptance stands that is still enough.
    pub fn is_accepted(&self) -> bool {
        self.standing.as_ref().is_some_and(|(_, number)| *number >= self.required_number)
    }

    /// Decided, and there or on its way.
    fn is_granted(&self) -> bool {
        self.wanted && (self.owed || self.membership != Membership::Absent)
    }

    fn is_gone(&self) -> bool {
        !self.wanted && self.standing.is_none() && (self.owed || self.membership != Membership::Present)
    }
}

/// The services of a form whose memberships decide what the press means: those of which the directory may show something else
/// than what was decided last. All others follow from the decisions alone.
pub fn open_questions<'a>(rows: &'a [Row], situations: &[Situation]) -> impl Iterator<Item = &'a str> {
    rows.iter()
        .filter(|row| {
            let situation = situations.iter().find(|s| s.service == row.service);
            situation.is_some_and(|s| match (row.shown, row.ticked) {
                (Shown::Active | Shown::AcceptAgain, false) => !s.wanted && s.standing.is_none() && !s.owed,
                (Shown::Inactive | Shown::AcceptAgain, true) => s.wanted && !s.owed,
                (Shown::Active, true) | (Shown::Inactive, false) => false,
            })
        })
        .map(|row| row.service.as_str())
}

/// One change to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Grant {
        service: String,
        /// `None`: what was accepted before still stands.
        accept: Option<AcceptedText>,
        /// Whether the directory has to be told.
        entitle: bool,
    },
    Withdraw {
        service: String,
        acceptance: Option<(String, i32)>,
    },
}

impl Change {
    pub fn service(&self) -> &str {
        match self {
            Self::Grant { service, .. } | Self::Withdraw { service, .. } => service,
        }
    }
}

/// Why a press is answered with the form again; nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    UnknownService,
    NotEligible(String),
    /// No terms are published, so nobody can accept them.
    NoTerms(String),
    /// The text changed after the page was shown.
    TermsChanged(String),
    /// Something is granted and the terms box is not ticked.
    TermsNotAccepted,
}

/// What the press means: ticked minus shown, so that a stale page never undoes something else.
///
/// Withdrawing needs no terms box. A press that was already carried out (a double click, a reload) plans nothing.
///
/// # Errors
/// All reasons at once, each once; then nothing may be changed.
pub fn plan(rows: &[Row], situations: &[Situation], terms_accepted: bool) -> Result<Vec<Change>, Vec<Refusal>> {
    let mut changes = Vec::new();
    let mut refusals = Vec::new();
    let mut left_to_accept = false;
    for row in rows {
        let Some(situation) = situations.iter().find(|s| s.service == row.service) else {
            refusals.push(Refusal::UnknownService);
            continue;
        };
        match (row.shown, row.ticked) {
            (Shown::Active | Shown::AcceptAgain, false) => changes.extend(withdrawal(situation)),
            (Shown::AcceptAgain, true) if !terms_accepted => left_to_accept |= !situation.is_accepted(),
            (Shown::Inactive | Shown::AcceptAgain, true) => match grant(row, situation, terms_accepted) {
                Ok(change) => changes.extend(change),
                Err(refusal) => refusals.push(refusal),
            },
            (Shown::Active, true) | (Shown::Inactive, false) => {}
        }
    }
    if left_to_accept && changes.is_empty() {
        refusals.push(Refusal::TermsNotAccepted);
    }
    refusals.sort();
    refusals.dedup();
    if refusals.is_empty() { Ok(changes) } else { Err(refusals) }
}

fn withdrawal(situation: &Situation) -> Option<Change> {
    (!situation.is_gone())
        .then(|| Change::Withdraw { service: situation.service.clone(), acceptance: situation.standing.clone() })
}

fn grant(row: &Row, situation: &Situation, terms_accepted: bool) -> Result<Option<Change>, Refusal> {
    let service = situation.service.clone();
    if situation.is_accepted() && situation.is_granted() {
        return Ok(None);
    }
    if !situation.eligible {
        return Err(Refusal::NotEligible(service));
    }
    let Some(current) = &situation.current else { return Err(Refusal::NoTerms(service)) };
    if row.digest.as_deref() != Some(current.digest.as_str()) {
        return Err(Refusal::TermsChanged(service));
    }
    if !terms_accepted {
        return Err(Refusal::TermsNotAccepted);
    }
    Ok(Some(Change::Grant {
        service,
        accept: (!situation.is_accepted()).then(|| current.clone()),
        entitle: !situation.is_granted(),
    }))
}

/// The situation of one service from what the database knows (`history`, `entitlement`, `versions` of this service,
/// oldest first) and what the directory says.
pub fn situation(
    service: &str,
    eligible: bool,
    membership: Membership,
    history: &History,
    entitlement: Option<&Entitlement>,
    terms: TermsNow<'_>,
) -> Situation {
    Situation {
        service: service.to_owned(),
        eligible,
        current: terms.current,
        required_number: terms.required.map_or(0, |v| v.number),
        standing: history.standing(service).map(|a| (a.id.clone(), a.number)),
        wanted: entitlement.is_some_and(|e| e.wanted),
        owed: entitlement.is_some_and(Entitlement::is_owed),
        membership,
    }
}

/// The terms of one service as they are now.
#[derive(Clone, Debug, Default)]
pub struct TermsNow<'a> {
    pub current: Option<AcceptedText>,
    pub required: Option<&'a Version>,
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> AcceptedText {
        AcceptedText { version_id: "v2".into(), number: 2, locale: Locale::De, digest: "d2".into() }
    }

    fn fresh() -> Situation {
        Situation {
            service: "chat".into(),
            eligible: true,
            current: Some(text()),
            required_number: 2,
            standing: None,
            wanted: false,
            owed: false,
            membership: Membership::Absent,
        }
    }

    fn row(shown: Shown, ticked: bool) -> Row {
        Row { service: "chat".into(), shown, ticked, digest: Some("d2".into()) }
    }

    #[test]
    fn ticking_with_terms_grants_and_accepts() {
        let change = Change::Grant { service: "chat".into(), accept: Some(text()), entitle: true };
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[fresh()], true), Ok(vec![change]));
    }

    #[test]
    fn ticking_without_terms_is_refused() {
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[fresh()], false), Err(vec![Refusal::TermsNotAccepted]));
    }

    #[test]
    fn a_double_submit_plans_nothing() {
        let done = Situation { wanted: true, owed: true, standing: Some(("a".into(), 2)), ..fresh() };
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[done], true), Ok(vec![]));
    }

    #[test]
    fn a_lost_membership_is_written_again_without_a_second_acceptance() {
        let drifted = Situation { wanted: true, standing: Some(("a".into(), 2)), ..fresh() };
        let change = Change::Grant { service: "chat".into(), accept: None, entitle: true };
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[drifted], true), Ok(vec![change]));
    }

    #[test]
    fn new_terms_can_be_accepted_or_left_while_something_else_is_withdrawn() {
        let outdated =
            Situation { wanted: true, standing: Some(("a".into(), 1)), membership: Membership::Present, ..fresh() };
        let again = Change::Grant { service: "chat".into(), accept: Some(text()), entitle: false };
        let situations = [outdated, Situation { service: "vpn".into(), membership: Membership::Present, ..fresh() }];
        assert_eq!(plan(&[row(Shown::AcceptAgain, true)], &situations, true), Ok(vec![again]));
        assert_eq!(plan(&[row(Shown::AcceptAgain, true)], &situations, false), Err(vec![Refusal::TermsNotAccepted]));
        let vpn = Row { service: "vpn".into(), ..row(Shown::Active, false) };
        let gone = Change::Withdraw { service: "vpn".into(), acceptance: None };
        assert_eq!(plan(&[row(Shown::AcceptAgain, true), vpn], &situations, false), Ok(vec![gone]));
    }

    #[test]
    fn changed_terms_unknown_services_and_missing_rights_are_refused() {
        let stale = Row { digest: Some("d1".into()), ..row(Shown::Inactive, true) };
        assert_eq!(plan(&[stale], &[fresh()], true), Err(vec![Refusal::TermsChanged("chat".into())]));
        let unknown = Row { service: "root".into(), ..row(Shown::Inactive, true) };
        assert_eq!(plan(&[unknown], &[fresh()], true), Err(vec![Refusal::UnknownService]));
        let staff_only = Situation { eligible: false, ..fresh() };
        assert_eq!(
            plan(&[row(Shown::Inactive, true)], &[staff_only], true),
            Err(vec![Refusal::NotEligible("chat".into())])
        );
    }

    fn any_situation() -> impl Strategy<Value = Situation> {
        let membership = prop_oneof![Just(Membership::Present), Just(Membership::Absent), Just(Membership::Unknown)];
        (any::<[bool; 4]>(), proptest::option::of(1..=2), membership).prop_map(
            |([eligible, has_terms, wanted, owed], standing, membership)| Situation {
                eligible,
                current: has_terms.then(text),
                standing: standing.map(|number| ("a".into(), number)),
                wanted,
                owed,
                membership,
                ..fresh()
            },
        )
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let shown = prop_oneof![Just(Shown::Active), Just(Shown::Inactive), Just(Shown::AcceptAgain)];
        let digest = proptest::option::of(prop_oneof![Just("d1".to_owned()), Just("d2".to_owned())]);
        (shown, any::<bool>(), digest).prop_map(|(shown, ticked, digest)| Row { digest, ..row(shown, ticked) })
    }

    /// What is true after the plan was carried out and the directory was told.
    fn after(before: &Situation, changes: &[Change]) -> Situation {
        let mut after = before.clone();
        for change in changes {
            match change {
                Change::Grant { accept, .. } => {
                    after.wanted = true;
                    after.membership = Membership::Present;
                    if let Some(text) = accept {
                        after.standing = Some(("b".into(), text.number));
                    }
                }
                Change::Withdraw { .. } => {
                    after = Situation { wanted: false, standing: None, membership: Membership::Absent, ..after };
                }
            }
            after.owed = false;
        }
        after
    }

    proptest! {
        #[test]
        fn nothing_is_granted_without_acceptance(row in any_row(), now in any_situation(), accepted: bool) {
            if let Ok(changes) = plan(std::slice::from_ref(&row), std::slice::from_ref(&now), accepted) {
                for change in &changes {
                    if let Change::Grant { accept, .. } = change {
                        prop_assert!(accepted && row.ticked && now.eligible);
                        prop_assert!(accept.is_some() || now.is_accepted());
                        prop_assert_eq!(row.digest.as_deref(), Some("d2"));
                    }
                }
            }
        }

        #[test]
        fn the_same_press_twice_is_the_same_as_once(row in any_row(), now in any_situation(), accepted: bool) {
            let rows = [row];
            if let Ok(changes) = plan(&rows, std::slice::from_ref(&now), accepted) {
                let then = after(&now, &changes);
                if !changes.is_empty() {
                    prop_assert_eq!(plan(&rows, &[then], accepted), Ok(vec![]));
                }
            }
        }

        #[test]
        fn a_membership_that_was_not_asked_for_decides_nothing(row in any_row(), now in any_situation(), accepted: bool) {
            let rows = [row];
            if open_questions(&rows, std::slice::from_ref(&now)).next().is_none() {
                let planned = |membership| plan(&rows, &[Situation { membership, ..now.clone() }], accepted);
                prop_assert_eq!(planned(Membership::Present), planned(Membership::Unknown));
                prop_assert_eq!(planned(Membership::Absent), planned(Membership::Unknown));
            }
        }

        #[test]
        fn withdrawing_never_needs_the_terms_box(now in any_situation(), shown_active: bool) {
            let shown = if shown_active { Shown::Active } else { Shown::AcceptAgain };
            let rows = [row(shown, false)];
            prop_assert_eq!(plan(&rows, std::slice::from_ref(&now), false), plan(&rows, &[now], true));
        }

        #[test]
        fn what_is_shown_and_left_alone_stays(now in any_situation(), accepted: bool) {
            prop_assert_eq!(plan(&[row(Shown::Active, true)], std::slice::from_ref(&now), accepted), Ok(vec![]));
            prop_assert_eq!(plan(&[row(Shown::Inactive, false)], &[now], accepted), Ok(vec![]));
        }
    }
}
