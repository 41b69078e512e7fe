//! What the directory has said about people who are signed in, for as long as a page may rely on it.
//!
//! Somebody who activates a service looks at several pages within a minute; asking anew at each of them who this is costs the
//! directory more than the change itself. Memberships are never kept here: they are what the pages are about.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::memory::{Memory, Question};
use crate::{clock::Instant, domain::accounts::Person};

/// Clones share what they remember.
#[derive(Clone)]
pub(super) struct Sightings(Arc<Memory<Sighting>>);

#[derive(Clone)]
struct Sighting {
    /// `None`: the directory does not show them any more.
    person: Option<Person>,
    /// Whether the person's entry matches a filter, and since when that is known.
    matches: HashMap<String, (bool, Instant, Question)>,
}

impl Sightings {
    pub(super) fn new(believe_for: Duration) -> Self {
        Self(Arc::new(Memory::new(believe_for)))
    }

    /// The person behind an account, if the directory has shown them lately.
    pub(super) fn person(&self, account_id: &str, now: Instant) -> Option<Person> {
        self.0.look(account_id, |sighting, at| sighting.person.clone().filter(|_| self.0.is_fresh(at, now)))
    }

    /// Whether the directory has said that the person is gone, and has not shown them again.
    pub(super) fn is_gone(&self, account_id: &str) -> bool {
        self.0.look(account_id, |sighting, _| Some(sighting.person.is_none())).unwrap_or_default()
    }

    /// The directory is asked now.
    pub(super) fn ask(&self) -> Question {
        self.0.ask()
    }

    /// To this question the directory showed the person, or did not show them any more.
    pub(super) fn keep(&self, account_id: &str, person: Option<&Person>, now: Instant, question: Question) {
        let known = self.0.last(account_id).filter(|_| person.is_some());
        let matches = known.map(|sighting| sighting.matches).unwrap_or_default();
        self.0.keep(account_id, Sighting { person: person.cloned(), matches }, now, question);
    }

    /// Whether the person's entry matches a filter, if that was asked lately.
    pub(super) fn matches(&self, account_id: &str, filter: &str, now: Instant) -> Option<bool> {
        let (matches, at, _) = self.0.look(account_id, |sighting, _| sighting.matches.get(filter).copied())?;
        self.0.is_fresh(at, now).then_some(matches)
    }

    /// Whether the person's entry matched a filter when that was asked last, however long ago.
    pub(super) fn has_matched(&self, account_id: &str, filter: &str) -> bool {
        let said = self.0.look(account_id, |sighting, _| sighting.matches.get(filter).copied());
        said.is_some_and(|(matches, ..)| matches)
    }

    /// To this question the directory said whether the person's entry matches a filter.
    pub(super) fn keep_match(&self, account_id: &str, filter: &str, matches: bool, now: Instant, question: Question) {
        self.0.change(account_id, |sighting| {
            if sighting.matches.get(filter).is_none_or(|(.., known)| *known < question) {
                sighting.matches.insert(filter.to_owned(), (matches, now, question));
            }
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
        sightings.keep("1", Some(&person), at(0), sightings.ask());
        sightings.keep_match("1", "(a=b)", true, at(10), sightings.ask());
        assert_eq!(sightings.person("1", at(29)).as_ref(), Some(&person));
        assert_eq!(sightings.person("1", at(30)), None);
        assert_eq!(sightings.matches("1", "(a=b)", at(39)), Some(true));
        assert_eq!(sightings.matches("1", "(a=b)", at(40)), None);
        assert_eq!(sightings.matches("1", "(c=d)", at(11)), None);
        // Seeing the person again says nothing about what was asked besides.
        sightings.keep("1", Some(&person), at(50), sightings.ask());
        assert_eq!(sightings.matches("1", "(a=b)", at(50)), None);
        assert_eq!(["(a=b)", "(c=d)"].map(|filter| sightings.has_matched("1", filter)), [true, false]);
        sightings.keep_match("1", "(a=b)", false, at(51), sightings.ask());
        assert!(!sightings.has_matched("1", "(a=b)"));
    }

    #[test]
    fn who_is_gone_stays_so_until_the_directory_shows_them_again() {
        let person = Person::maria();
        let sightings = Sightings::new(Duration::from_secs(30));
        sightings.keep("1", Some(&person), at(0), sightings.ask());
        sightings.keep_match("1", "(a=b)", true, at(0), sightings.ask());
        sightings.keep("1", None, at(1), sightings.ask());
        assert_eq!((sightings.is_gone("1"), sightings.person("1", at(2))), (true, None));
        assert!(!sightings.has_matched("1", "(a=b)"));
        sightings.keep("1", Some(&person), at(3601), sightings.ask());
        assert_eq!((sightings.is_gone("1"), sightings.person("1", at(3602))), (false, Some(person)));
    }
}
