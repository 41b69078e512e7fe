//! What the directory has said about people who are signed in, for as long as a page may rely on it.
//!
//! Somebody who activates a service looks at several pages within a minute; asking anew at each of them who this is costs the
//! directory more than the change itself. Memberships are never kept here: they are what the pages are about.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;

use crate::{clock::Instant, domain::accounts::Person};

/// How many people are remembered at most.
const REMEMBERED: usize = 20_000;

pub(super) struct Sightings {
    believe_for: TimeDelta,
    /// By the account's id.
    kept: Mutex<HashMap<String, Sighting>>,
}

struct Sighting {
    person: Person,
    at: Instant,
    /// Whether the person's entry matches a filter, and since when that is known.
    matches: HashMap<String, (bool, Instant)>,
}

impl Sightings {
    pub(super) fn new(believe_for: Duration) -> Self {
        Self { believe_for: TimeDelta::from_std(believe_for).unwrap_or(TimeDelta::MAX), kept: Mutex::default() }
    }

    /// The person behind an account, if the directory has shown them lately.
    pub(super) fn person(&self, account_id: &str, now: Instant) -> Option<Person> {
        let kept = self.lock();
        let sighting = kept.get(account_id)?;
        self.is_fresh(sighting.at, now).then(|| sighting.person.clone())
    }

    /// The directory shows the person now.
    pub(super) fn keep(&self, account_id: &str, person: &Person, now: Instant) {
        let mut kept = self.lock();
        if kept.len() >= REMEMBERED {
            kept.retain(|_, sighting| self.is_fresh(sighting.at, now));
        }
        if kept.len() < REMEMBERED {
            let sighting = Sighting { person: person.clone(), at: now, matches: HashMap::new() };
            kept.insert(account_id.to_owned(), sighting);
        }
    }

    /// The directory no longer shows the person.
    pub(super) fn forget(&self, account_id: &str) {
        self.lock().remove(account_id);
    }

    /// Whether the person's entry matches a filter, if that was asked lately.
    pub(super) fn matches(&self, account_id: &str, filter: &str, now: Instant) -> Option<bool> {
        let kept = self.lock();
        let (matches, at) = kept.get(account_id)?.matches.get(filter)?;
        self.is_fresh(*at, now).then_some(*matches)
    }

    /// The directory says now whether the person's entry matches a filter.
    pub(super) fn keep_match(&self, account_id: &str, filter: &str, matches: bool, now: Instant) {
        if let Some(sighting) = self.lock().get_mut(account_id) {
            sighting.matches.insert(filter.to_owned(), (matches, now));
        }
    }

    fn is_fresh(&self, at: Instant, now: Instant) -> bool {
        // A clock that was put back makes nothing fresh.
        (TimeDelta::zero()..self.believe_for).contains(&(now - at))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Sighting>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        let start = chrono::NaiveDate::from_ymd_opt(2026, 11, 25).unwrap().and_hms_opt(9, 0, 0).unwrap();
        start + TimeDelta::seconds(seconds)
    }

    fn person() -> Person {
        Person {
            key: "entryuuid:1".into(),
            dn: "uid=a,dc=x".into(),
            username: "a".into(),
            display_name: "A".into(),
            mail: None,
            affiliations: Vec::new(),
        }
    }

    #[test]
    fn what_was_seen_is_believed_for_a_while() {
        let sightings = Sightings::new(Duration::from_secs(30));
        sightings.keep("1", &person(), at(0));
        sightings.keep_match("1", "(a=b)", true, at(10));
        assert_eq!(sightings.person("1", at(29)), Some(person()));
        assert_eq!(sightings.person("1", at(30)), None);
        assert_eq!(sightings.person("1", at(-1)), None);
        assert_eq!(sightings.matches("1", "(a=b)", at(39)), Some(true));
        assert_eq!(sightings.matches("1", "(a=b)", at(40)), None);
        assert_eq!(sightings.matches("1", "(c=d)", at(11)), None);
        sightings.forget("1");
        assert_eq!(sightings.person("1", at(1)), None);
    }

    #[test]
    fn nothing_is_believed_where_the_operator_wants_it_so() {
        let sightings = Sightings::new(Duration::ZERO);
        sightings.keep("1", &person(), at(0));
        assert_eq!(sightings.person("1", at(0)), None);
    }

    #[test]
    fn the_memory_is_bounded() {
        let sightings = Sightings::new(Duration::from_secs(30));
        for number in 0..REMEMBERED + 10 {
            sightings.keep(&number.to_string(), &person(), at(0));
        }
        assert_eq!(sightings.lock().len(), REMEMBERED);
        sightings.keep("later", &person(), at(60));
        assert_eq!(sightings.lock().len(), 1);
    }
}
