//! Courses, the people in them, and who of them has activated a service.
//!
//! What a lecturer may learn is one word for each person of an own course: activated, or not. No time, no version of the
//! terms and no other service can be told from anything that leaves this module.

pub mod term;
pub mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use term::{Half, Term, TermDates};

use crate::{
    clock::{Instant, delta},
    db::{
        Conn, Error,
        schema::{accounts, entitlements},
    },
    domain::{accounts::Person, folding::folded, locale::Locale},
};

/// What the operator decided about classes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Of a smaller course only the count is shown.
    pub smallest: usize,
    /// How long what the directory said about a class is used.
    pub cached_for: Duration,
    pub terms: TermDates,
}

/// Names a course in addresses: 128 bits of HMAC-SHA-256 (RFC 2104) over its place in the directory, in hexadecimal. It stays
/// the same as long as the course does, says nothing about it, and cannot be made up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CourseId(String);

impl CourseId {
    /// The id of what the source calls `course`, under the installation's own key.
    pub fn of(key: &[u8], source: &str, course: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(source.as_bytes());
        mac.update(b"\n");
        mac.update(course.as_bytes());
        let code = mac.finalize().into_bytes();
        Self(hex::encode(&code[..16]))
    }

    /// Parses an id as addresses carry it; whether there is such a course is another question.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CourseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A course as the directory names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub id: CourseId,
    pub title: String,
    /// As it is written there; [`Term::parse`] understands the usual forms.
    pub term: Option<String>,
    pub number: Option<String>,
    /// The source in the configuration that it comes from.
    pub source: String,
}

impl Course {
    /// Whether the course belongs to this term or a later one. One without a term that can be read is not over.
    pub fn is_current(&self, now: Term) -> bool {
        self.parsed_term().is_none_or(|term| term >= now)
    }

    pub fn parsed_term(&self) -> Option<Term> {
        Term::parse(self.term.as_deref()?)
    }
}

/// A person of a course, as the directory shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The stable key, as an account keeps it ([`crate::domain::accounts::Person::key`]).
    pub key: String,
    /// Exactly as the server returned it.
    pub dn: String,
    pub username: String,
    pub display_name: String,
    /// By which lists are sorted, if the directory tells it.
    pub surname: Option<String>,
    pub mail: Option<String>,
    /// The matriculation number, if the configuration names its attribute.
    pub matriculation: Option<String>,
    /// The language that the directory says the person prefers.
    pub language: Option<Locale>,
}

impl Participant {
    /// Whether the text is part of the name or the username, without regard to case and accents.
    pub fn is_named_like(&self, sought: &Sought) -> bool {
        [&self.display_name, &self.username].into_iter().any(|name| folded(name).contains(&sought.folded))
    }
}

/// A part of a name that somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    text: String,
    folded: String,
}

impl Sought {
    /// No name is longer; what is typed behind that is not looked at.
    const LONGEST: usize = 100;

    /// `None` if nothing was typed.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().chars().take(Self::LONGEST).collect();
        (!text.is_empty()).then(|| Self { folded: folded(&text), text })
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The people of a course, sorted by surname and name, and what the directory said about them at that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    pub people: Vec<Participant>,
    /// For each service that lecturers may see, by its slug: the keys of those who have it by the directory's word.
    pub holders: BTreeMap<String, BTreeSet<String>>,
    pub read_at: Instant,
}

impl Roster {
    pub fn new(mut people: Vec<Participant>, holders: BTreeMap<String, BTreeSet<String>>, read_at: Instant) -> Self {
        people.sort_by_cached_key(|person| {
            let surname = person.surname.as_deref().map(sort_key).filter(|surname| !surname.is_empty());
            let name = sort_key(&person.display_name);
            (surname.unwrap_or_else(|| name.clone()), name, person.username.clone())
        });
        people.dedup_by(|a, b| a.key == b.key);
        Self { people, holders, read_at }
    }

    /// Whether it was read so recently that it need not be read again.
    pub fn is_fresh(&self, now: Instant, cached_for: Duration) -> bool {
        now - self.read_at < delta(cached_for)
    }
}

/// A name as lists sort it: only letters, digits and blanks, without case and accents.
fn sort_key(name: &str) -> String {
    folded(name).chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect()
}

/// Who of a course has activated one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation<'a> {
    pub missing: Vec<&'a Participant>,
    pub activated: Vec<&'a Participant>,
}

impl Activation<'_> {
    pub fn count(&self) -> Count {
        Count { activated: self.activated.len(), people: self.activated.len() + self.missing.len() }
    }
}

/// "23 of 30 activated".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub activated: usize,
    pub people: usize,
}

impl Count {
    /// Whole per cent, rounded down, so that 100 means everybody.
    pub fn percent(self) -> usize {
        (self.activated * 100).checked_div(self.people).unwrap_or(0)
    }

    pub fn is_complete(self) -> bool {
        self.people > 0 && self.activated == self.people
    }
}

impl Rules {
    /// Whether this lecturer may be shown names with who has activated. Whoever asks does not count.
    pub fn shows_names(&self, roster: &Roster, lecturer: &Person) -> bool {
        roster.people.iter().filter(|person| person.key != lecturer.key).count() >= self.smallest
    }

    /// Whether a count says of each person whether they have activated, or nearly so: everybody has, nobody has, or they are few.
    pub fn tells_of_each(&self, count: Count) -> bool {
        count.people > 0 && (count.people < self.smallest || count.activated == 0 || count.is_complete())
    }
}

/// How many keys go into one question to the database.
const KEYS_AT_ONCE: usize = 500;

/// Who of the class has activated the service: by our own decision once the directory has shown it; for people about whom we
/// never decided, by what the directory said when the class was read. Costs the directory nothing.
pub fn activation<'a>(conn: &mut Conn, service: &str, roster: &'a Roster) -> Result<Activation<'a>, Error> {
    let decided = decisions(conn, service, &roster.people)?;
    let seen = roster.holders.get(service);
    let is_active = |person: &&Participant| {
        let observed = || seen.is_some_and(|holders| holders.contains(&person.key));
        decided.get(&person.key).copied().unwrap_or_else(observed)
    };
    let (activated, missing) = roster.people.iter().partition(is_active);
    Ok(Activation { missing, activated })
}

/// What we decided about the service for those people about whom we decided anything, by their keys: whether they have it, as
/// far as the directory has shown that.
pub fn decisions(conn: &mut Conn, service: &str, people: &[Participant]) -> Result<BTreeMap<String, bool>, Error> {
    let mut decided = BTreeMap::new();
    for people in people.chunks(KEYS_AT_ONCE) {
        let keys = people.iter().map(|person| person.key.as_str());
        let rows: Vec<(Option<String>, bool, i64, i64)> = accounts::table
            .inner_join(entitlements::table.on(entitlements::account_id.eq(accounts::id)))
            .filter(entitlements::service.eq(service).and(accounts::directory_key.eq_any(keys)))
            .select((
                accounts::directory_key,
                entitlements::wanted,
                entitlements::applied_revision,
                entitlements::revision,
            ))
            .load(conn)?;
        let has = |wanted, applied: i64, revision| wanted && applied >= revision;
        decided.extend(rows.into_iter().filter_map(|(key, wanted, a, r)| Some((key?, has(wanted, a, r)))));
    }
    Ok(decided)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    fn noon(year: i32, month: u32, day: u32) -> Instant {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(12, 0, 0).unwrap()
    }

    fn participant(key: &str, name: &str) -> Participant {
        Participant {
            key: key.to_owned(),
            dn: format!("uid={key},ou=people"),
            username: key.to_owned(),
            display_name: name.to_owned(),
            surname: None,
            mail: None,
            matriculation: None,
            language: None,
        }
    }

    #[test]
    fn an_id_is_stable_and_depends_on_key_source_and_course() {
        let id = CourseId::of(b"key", "lms", "stat1");
        assert_eq!(id, CourseId::of(b"key", "lms", "stat1"));
        assert_eq!(CourseId::parse(id.as_str()), Some(id.clone()));
        for other in
            [("other", "lms", "stat1"), ("key", "sis", "stat1"), ("key", "lms", "stat2"), ("key", "lm", "s\nstat1")]
        {
            assert_ne!(id, CourseId::of(other.0.as_bytes(), other.1, other.2));
        }
        for text in ["", "upload", "../../etc", &id.as_str()[1..], &id.as_str().replace(|_| true, "G")] {
            assert_eq!(CourseId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_person_is_found_by_parts_of_the_name_and_by_nothing_else() {
        let person = participant("amueller", "Änne Müller-Lüd (Prof.)");
        let is_named_like = |text: &str| person.is_named_like(&Sought::parse(text).unwrap());
        for text in ["anne", "MULLER", "lüd", "(prof", "amueller", "-"] {
            assert!(is_named_like(text), "{text}");
        }
        for text in ["mueller-l", ".*", "[", "=", "anne  muller"] {
            assert!(!is_named_like(text), "{text}");
        }
        assert_eq!(Sought::parse(" \t "), None);
    }

    #[test]
    fn a_count_of_all_none_or_few_tells_of_each() {
        let rules = Rules { smallest: 3, cached_for: Duration::ZERO, terms: TermDates::default() };
        for (activated, people, tells) in
            [(0, 0, false), (0, 1, true), (1, 2, true), (0, 3, true), (1, 3, false), (29, 30, false), (30, 30, true)]
        {
            assert_eq!(rules.tells_of_each(Count { activated, people }), tells, "{activated} of {people}");
        }
    }

    #[test]
    fn a_roster_is_sorted_as_people_sort_and_names_nobody_twice() {
        let people = [("3", "Zoë Ü"), ("1", "änne B"), ("2", "Anne A"), ("1", "änne B")];
        let roster = Roster::new(people.map(|(k, n)| participant(k, n)).to_vec(), BTreeMap::new(), noon(2026, 11, 23));
        let names: Vec<&str> = roster.people.iter().map(|p| p.display_name.as_str()).collect();
        assert_eq!(names, ["Anne A", "änne B", "Zoë Ü"]);
        let people =
            [("1", "Zoë Adler", "Adler"), ("2", "Jan Łukasiewicz", "Łukasiewicz"), ("3", "Anne Müller", "Müller")];
        let people = people
            .map(|(key, name, surname)| Participant { surname: Some(surname.to_owned()), ..participant(key, name) });
        let roster = Roster::new(people.into_iter().rev().collect(), BTreeMap::new(), noon(2026, 11, 23));
        let names: Vec<&str> = roster.people.iter().map(|p| p.display_name.as_str()).collect();
        assert_eq!(names, ["Zoë Adler", "Jan Łukasiewicz", "Anne Müller"], "by surname, and Ł like L");
    }

    proptest! {
        #[test]
        fn a_hundred_per_cent_means_everybody(people in 0_usize..5000, missing in 0_usize..5000) {
            let count = Count { activated: people.saturating_sub(missing), people };
            prop_assert_eq!(count.percent() == 100, count.is_complete());
        }
    }
}
