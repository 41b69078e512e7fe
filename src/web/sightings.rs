//! What the directory has said about people who are signed in, for as long as a page may rely on it.
//!
//! Somebody who activates a service looks at several pages within a minute; asking anew at each of them who this is costs the
//! directory more than the change itself. Memberships are never kept here: they are what the pages are about.

use std::{collections::HashMap, time::Duration};

use super::memory::Memory;
use crate::{clock::Instant, domain::accounts::Person};

pub(super) struct Sightings(Memory<Sighting>);

#[derive(Clone)]
struct Sighting {
    person: Person,
    /// Whether the person's entry matches a filter, and since when that is known.
    matches: HashMap<String, (bool, Instant)>,
}

impl Sightings {
    pub(super) fn new(believe_for: Duration) -> Self {
        Self(Memory::new(believe_for))
    }

    /// The person behind an account, if the directory has shown them lately.
    pub(super) fn person(&self, account_id: &str, now: Instant) -> Option<Person> {
        self.0.look(account_id, |sighting, at| self.0.is_fresh(at, now).then(|| sighting.person.clone()))
    }

    /// The directory shows the person now.
    pub(super) fn keep(&self, account_id: &str, person: &Person, now: Instant) {
        let matches = self.0.last(account_id).map(|sighting| sighting.matches).unwrap_or_default();
        self.0.keep(account_id, Sighting { person: person.clone(), matches }, now);
    }

    /// The directory no longer shows the person.
    pub(super) fn forget(&self, account_id: &str) {
        self.0.forget(account_id);
    }

    /// Whether the person's entry matches a filter, if that was asked lately.
    pub(super) fn matches(&self, account_id: &str, filter: &str, now: Instant) -> Option<bool> {
        let (matches, at) = self.0.look(account_id, |sighting, _| sighting.matches.get(filter).copied())?;
        self.0.is_fresh(at, now).then_some(matches)
    }

    /// Whether the person's entry matched a filter when that was asked last, however long ago.
    pub(super) fn has_matched(&self, account_id: &str, filter: &str) -> bool {
        let said = self.0.look(account_id, |sighting, _| sighting.matches.get(filter).copied());
        said.is_some_and(|(matches, _)| matches)
    }

    /// The directory says now whether the person's entry matches a filter.
    pub(super) fn keep_match(&self, account_id: &str, filter: &str, matches: bool, now: Instant) {
        self.0.change(account_id, |sighting| {
            sighting.matches.insert(filter.to_owned(), (matches, now));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{super::memory::tests::at, *};

    #[test]
    fn a_match_has_its_own_time() {
        let person = Person::maria();
        let sightings = Sightings::new(Duration::from_secs(30));
        sightings.keep("1", &person, at(0));
        sightings.keep_match("1", "(a=b)", true, at(10));
        assert_eq!(sightings.person("1", at(29)).as_ref(), Some(&person));
        assert_eq!(sightings.person("1", at(30)), None);
        assert_eq!(sightings.matches("1", "(a=b)", at(39)), Some(true));
        assert_eq!(sightings.matches("1", "(a=b)", at(40)), None);
        assert_eq!(sightings.matches("1", "(c=d)", at(11)), None);
        // Seeing the person again says nothing about what was asked besides.
        sightings.keep("1", &person, at(50));
        assert_eq!(sightings.matches("1", "(a=b)", at(50)), None);
        assert_eq!(["(a=b)", "(c=d)"].map(|filter| sightings.has_matched("1", filter)), [true, false]);
        sightings.keep_match("1", "(a=b)", false, at(51));
        assert!(!sightings.has_matched("1", "(a=b)"));
    }
}
