//! "Change permission": what a press of the button means, and carrying it out in one transaction.
//!
//! [`plan`] is a pure rule: from what the page showed, what is ticked, and what is true now, it computes the changes, or why
//! not. [`carry_out`] writes acceptance, entitlement, log records and what is owed to the outside.

mod carrying_out;

pub use carrying_out::{Decided, Decision, Owed, Press, carry_out, end_if_grace_is_over, write_end};

use crate::domain::{
    acceptances::{AcceptedText, History},
    entitlements::Entitlement,
    memberships::Membership,
    terms::Version,
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
    /// What was decided last: whether it shall be there. `None`: nothing ever was.
    pub decided: Option<bool>,
    /// The directory has not shown the last decision yet.
    pub owed: bool,
    pub membership: Membership,
}

impl Situation {
    pub fn is_wanted(&self) -> bool {
        self.decided == Some(true)
    }

    /// Whether an acceptance stands that is still enough.
    pub fn is_accepted(&self) -> bool {
        self.standing.as_ref().is_some_and(|(_, number)| *number >= self.required_number)
    }

    /// Decided, and there or on its way. While the directory is silent that is as the page showed it: what was missing there is
    /// written again, which does no harm if it is there by now.
    fn is_granted(&self, shown: Shown) -> bool {
        let is_there = match self.membership {
            Membership::Present => true,
            Membership::Absent => false,
            Membership::Unknown => shown != Shown::Inactive,
        };
        self.is_wanted() && (self.owed || is_there)
    }

    /// While the directory is silent that is as it was decided; only what others gave, and nobody ever decided here, is there as
    /// the page showed it.
    fn is_gone(&self) -> bool {
        let is_absent = match self.membership {
            Membership::Present => false,
            Membership::Absent => true,
            Membership::Unknown => self.decided.is_some(),
        };
        !self.is_wanted() && self.standing.is_none() && (self.owed || is_absent)
    }
}

/// The services of a form whose memberships decide what the press means: those of which the directory may show something else
/// than what was decided last. All others follow from the decisions alone.
pub fn open_questions<'a>(rows: &'a [Row], situations: &[Situation]) -> impl Iterator<Item = &'a str> {
    rows.iter()
        .filter(|row| {
            let situation = situations.iter().find(|s| s.service == row.service);
            situation.is_some_and(|s| match (row.shown, row.ticked) {
                (Shown::Active | Shown::AcceptAgain, false) => !s.is_wanted() && s.standing.is_none() && !s.owed,
                (Shown::Inactive | Shown::AcceptAgain, true) => s.is_wanted() && !s.owed,
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
/// Withdrawing needs no terms box. A press that was already carried out (a double click, a reload) plans nothing; while the directory
/// is silent, what is granted already may be written once more.
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
    if situation.is_accepted() && situation.is_granted(row.shown) {
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
        entitle: !situation.is_granted(row.shown),
    }))
}

/// The situation of one service from what the database knows (`history`, `entitlement`, `terms`) and what the directory says
/// (`eligible`, `membership`).
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
        decided: entitlement.map(|e| e.wanted),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::locale::Locale;

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
            decided: None,
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
    fn what_the_page_showed_counts_while_the_directory_is_silent() {
        let silent = Situation { membership: Membership::Unknown, ..fresh() };
        let granted = Situation { decided: Some(true), standing: Some(("a".into(), 1)), ..silent.clone() };
        // New terms of a service that is in use are accepted, and nothing else happens.
        let accepted = Change::Grant { service: "chat".into(), accept: Some(text()), entitle: false };
        let plan_one = |shown, ticked, now: &Situation| plan(&[row(shown, ticked)], std::slice::from_ref(now), true);
        assert_eq!(plan_one(Shown::AcceptAgain, true, &granted), Ok(vec![accepted]));
        let lost = Situation { standing: Some(("a".into(), 2)), ..granted };
        let again = Change::Grant { service: "chat".into(), accept: None, entitle: true };
        assert_eq!(plan_one(Shown::Inactive, true, &lost), Ok(vec![again]));
        let withdrawn = Change::Withdraw { service: "chat".into(), acceptance: None };
        assert_eq!(plan_one(Shown::Active, false, &silent), Ok(vec![withdrawn]), "what others gave");
        let gone = Situation { decided: Some(false), ..silent };
        assert_eq!(plan_one(Shown::Active, false, &gone), Ok(vec![]), "what is withdrawn is not withdrawn again");
    }

    #[test]
    fn ticking_without_terms_is_refused() {
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[fresh()], false), Err(vec![Refusal::TermsNotAccepted]));
    }

    #[test]
    fn a_double_submit_plans_nothing() {
        let done = Situation { decided: Some(true), owed: true, standing: Some(("a".into(), 2)), ..fresh() };
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[done], true), Ok(vec![]));
    }

    #[test]
    fn a_lost_membership_is_written_again_without_a_second_acceptance() {
        let drifted = Situation { decided: Some(true), standing: Some(("a".into(), 2)), ..fresh() };
        let change = Change::Grant { service: "chat".into(), accept: None, entitle: true };
        assert_eq!(plan(&[row(Shown::Inactive, true)], &[drifted], true), Ok(vec![change]));
    }

    #[test]
    fn new_terms_can_be_accepted_or_left_while_something_else_is_withdrawn() {
        let outdated = Situation {
            decided: Some(true),
            standing: Some(("a".into(), 1)),
            membership: Membership::Present,
            ..fresh()
        };
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
        (any::<[bool; 3]>(), any::<Option<bool>>(), proptest::option::of(1..=2), membership).prop_map(
            |([eligible, has_terms, owed], decided, standing, membership)| Situation {
                eligible,
                current: has_terms.then(text),
                standing: standing.map(|number| ("a".into(), number)),
                // Nothing is owed that was not decided.
                decided: decided.or(owed.then_some(false)),
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
                    after.decided = Some(true);
                    after.membership = Membership::Present;
                    if let Some(text) = accept {
                        after.standing = Some(("b".into(), text.number));
                    }
                }
                Change::Withdraw { .. } => {
                    after = Situation { decided: Some(false), standing: None, membership: Membership::Absent, ..after };
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

        /// While the directory is silent the same press twice accepts, or withdraws, once.
        #[test]
        fn nothing_is_recorded_twice_while_the_directory_is_silent(
            row in any_row(),
            now in any_situation(),
            is_applied_between: bool,
        ) {
            let rows = [row];
            let now = Situation { membership: Membership::Unknown, ..now };
            if let Ok(changes) = plan(&rows, std::slice::from_ref(&now), true) {
                let owed = !changes.is_empty() && !is_applied_between;
                let then = Situation { membership: Membership::Unknown, owed, ..after(&now, &changes) };
                let again = plan(&rows, &[then], true).unwrap_or_default();
                let is_harmless = |change: &Change| matches!(change, Change::Grant { accept: None, .. });
                prop_assert!(again.iter().all(is_harmless), "{again:?}");
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
