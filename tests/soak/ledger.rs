//! What people did, compared with what is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use chrono::{NaiveDateTime, TimeDelta};

use crate::{
    evidence::{Dossier, Event, Mail},
    people::{Press, REST},
    person,
};

/// A mail that is sent in pieces arrives a little after it was interrupted.
const SHORTLY: TimeDelta = TimeDelta::seconds(2);

/// All presses.
#[derive(Debug, Default)]
pub struct Ledger(Vec<Press>);

impl Ledger {
    pub fn extend(&mut self, presses: Vec<Press>) {
        self.0.extend(presses);
    }

    /// Presses, and how they were answered.
    pub fn summary(&self) -> String {
        let answered = self.0.iter().filter(|press| press.is_answered).count();
        let double = self.0.iter().filter(|press| press.was_double).count();
        let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
        for status in self.0.iter().flat_map(|press| &press.statuses) {
            let name = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            *statuses.entry(name).or_default() += 1;
        }
        let mut took: Vec<Duration> = self.0.iter().filter(|press| press.is_answered).map(|press| press.took).collect();
        took.sort();
        let at = |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
        let mut text = format!("{} presses ({double} double), {answered} answered", self.0.len());
        let _ =
            write!(text, ", requests {statuses:?}, answers p50 {:.0?} p99 {:.1?} max {:.1?}", at(50), at(99), at(100));
        text
    }

    /// Presses and records that do not fit together. A press that was answered made exactly one record, between its beginning and
    /// its answer; one without an answer made one or none; nothing else made any.
    pub fn breaches(&self, dossiers: &BTreeMap<String, Dossier>) -> Vec<String> {
        let mut of_people: BTreeMap<&str, Vec<&Press>> = BTreeMap::new();
        for press in &self.0 {
            of_people.entry(&press.uid).or_default().push(press);
        }
        let mut breaches = Vec::new();
        for press in &self.0 {
            // A refusal would mean that the portal lost its own form; an error 500 is always ours.
            if press.statuses.iter().flatten().any(|status| !matches!(status, 303 | 503)) {
                breaches.push(format!("strange answer: {press:?}"));
            }
        }
        for (uid, mut presses) in of_people {
            presses.sort_by_key(|press| press.began);
            let none = Dossier::default();
            let mut events = dossiers.get(uid).unwrap_or(&none).events.iter().peekable();
            for press in presses {
                let record = events.next_if(|event| belongs(event, press));
                if record.is_none() && press.is_answered {
                    breaches.push(format!("{uid}: answered without a record: {press:?}; next {:?}", events.peek()));
                }
            }
            breaches.extend(events.map(|event| format!("{uid}: a record without a press: {event:?}")));
        }
        breaches
    }
}

fn belongs(event: &Event, press: &Press) -> bool {
    // A second request of the same press may have come later than the answer to the first.
    let is_complete = press.is_answered && !press.statuses.contains(&None);
    let rest = if is_complete { Duration::ZERO } else { REST };
    let until = press.ended + TimeDelta::from_std(rest).expect("a short time");
    event.granted == press.granting && (press.began..=until).contains(&event.at)
}

/// Records, decisions and memberships that do not agree, person by person.
pub fn compare(
    dossiers: &BTreeMap<String, Dossier>,
    members: &BTreeSet<String>,
    before: &BTreeSet<String>,
    people: usize,
) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut expected = before.clone();
    for (uid, dn) in (1..=people).map(person) {
        let Some(dossier) = dossiers.get(&uid) else { continue };
        if dossier.wanted {
            expected.insert(dn);
        }
        if dossier.wanted != dossier.stands() || (!dossier.is_applied && !dossier.events.is_empty()) {
            breaches.push(format!("{uid}: decision and records differ: {dossier:?}"));
        }
        let mut standing: Option<&Event> = None;
        for event in &dossier.events {
            let fits = match (event.granted, standing) {
                (true, None) => true,
                (false, Some(acceptance)) => event.acceptance == acceptance.acceptance,
                _ => false,
            };
            if !fits {
                breaches.push(format!("{uid}: {event:?} after {standing:?}"));
            }
            standing = event.granted.then_some(event);
        }
    }
    breaches.extend(members.difference(&expected).map(|dn| format!("a member without acceptance: {dn}")));
    breaches.extend(expected.difference(members).map(|dn| format!("a membership is missing: {dn}")));
    breaches
}

/// How many mails came again, and what is wrong with the mails: each record is told about once, and again only by the same message,
/// after something interrupted its delivery.
pub fn mails(
    dossiers: &BTreeMap<String, Dossier>,
    receipts: &BTreeMap<String, Vec<Mail>>,
    interruptions: &[NaiveDateTime],
) -> (usize, Vec<String>) {
    let mut breaches = Vec::new();
    let mut repeats = 0;
    let mut explained = BTreeSet::new();
    let is_explained = |one: &Mail, next: &Mail| {
        one.id == next.id && interruptions.iter().any(|at| (one.arrived - SHORTLY..=next.arrived).contains(at))
    };
    for (uid, dossier) in dossiers {
        for event in &dossier.events {
            explained.insert(event.receipt.as_str());
            let mails = receipts.get(&event.receipt).map(Vec::as_slice).unwrap_or_default();
            repeats += mails.len().saturating_sub(1);
            let to_owner = mails.iter().all(|mail| mail.to == format!("{uid}@uni.example"));
            if mails.is_empty() || !to_owner || !mails.windows(2).all(|pair| is_explained(&pair[0], &pair[1])) {
                breaches.push(format!("{uid}: mails about {}: {mails:?}", event.receipt));
            }
        }
    }
    let strange = receipts.keys().filter(|receipt| !explained.contains(receipt.as_str()));
    breaches.extend(strange.map(|receipt| format!("a mail about nothing: {receipt}")));
    (repeats, breaches)
}
