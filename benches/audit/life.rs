//! What people leave in the log over three years: the same at each size, only with more people.
//!
//! Everybody comes ten times. One coming is ten records within a day: signing in and out, accepting terms or withdrawing, and now
//! and then somebody of the staff who looks at others. Two fifths of all come in the first three weeks of a half-year.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use latchkey::{chance, domain::log::subjects_digest};
use sha2::{Digest as _, Sha256};

pub const RECORDS_OF_A_COMING: u32 = 10;

/// How often everybody comes.
const ROUNDS: u32 = 10;

const HALF_YEARS: u32 = 6;

/// A new version of each service's terms is published every half-year.
pub const VERSIONS: i32 = 6;

pub const SERVICES: [&str; 4] = ["rocketchat", "cloud", "printing", "vpn"];

/// SHA-256 of the text that everybody accepted.
pub const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A university whose log has so many records.
#[derive(Clone, Copy)]
pub struct Life {
    pub people: u32,
    pub comings: u32,
}

/// One record, and the row that goes with it.
pub struct Event {
    pub at: NaiveDateTime,
    pub kind: &'static str,
    /// `None`: the system.
    pub actor: Option<u32>,
    pub person: Option<u32>,
    pub service: Option<&'static str>,
    pub detail: String,
    /// Whom it is about besides.
    pub subjects: Vec<u32>,
    pub digits: String,
    pub row: Option<Row>,
}

/// What stands in a table of its own.
pub enum Row {
    Accepted { version: i32 },
    Withdrawn { acceptance: String, cause: &'static str },
}

/// What somebody comes for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Accept,
    Withdraw(&'static str),
    Nothing,
}

impl Life {
    pub fn of(records: u32) -> Self {
        let comings = (records / RECORDS_OF_A_COMING).max(1);
        Self { people: (comings / ROUNDS).max(100), comings }
    }

    pub fn records(self) -> u32 {
        self.comings * RECORDS_OF_A_COMING
    }

    /// Who comes, and for which time. People take turns in no order.
    fn who(self, coming: u32) -> (u32, u32) {
        let turn = u64::from(coming % self.people) * 2_654_435_761 % u64::from(self.people);
        (u32::try_from(turn).unwrap_or_default(), coming / self.people)
    }

    /// The beginning of a coming.
    pub fn at(self, coming: u32) -> NaiveDateTime {
        let along = f64::from(coming) / f64::from(self.comings) * f64::from(HALF_YEARS);
        let days = match along.fract() {
            rush if rush < 0.4 => rush / 0.4 * 21.0,
            calm => 21.0 + (calm - 0.4) / 0.6 * 161.0,
        };
        #[expect(clippy::cast_possible_truncation, reason = "three years are some 10^11 milliseconds")]
        let millis = ((along.floor() * 182.0 + days) * 86_400_000.0) as i64;
        start() + TimeDelta::milliseconds(millis)
    }

    fn purpose(person: u32, round: u32) -> Purpose {
        match (round + person % 4) % 4 {
            0 | 2 => Purpose::Accept,
            3 if round > 0 && person.is_multiple_of(3) => Purpose::Withdraw(match person {
                gone if gone.is_multiple_of(300) => "account-gone",
                late if late.is_multiple_of(30) => "grace-ended",
                _ => "member",
            }),
            _ => Purpose::Nothing,
        }
    }

    /// The version that is accepted at a coming.
    fn version(self, coming: u32) -> i32 {
        (1..=VERSIONS).rev().find(|number| published(*number) <= self.at(coming)).unwrap_or(1)
    }

    /// What whoever has this turn in each round has at the end: whether the service, why, and since when.
    pub fn last_change(self, turn: u32) -> Option<(bool, &'static str, NaiveDateTime)> {
        let person = self.person(turn);
        let comings = (0..ROUNDS).map(|round| (round, round * self.people + turn));
        comings.rev().filter(|(_, coming)| *coming < self.comings).find_map(|(round, coming)| {
            match Self::purpose(person, round) {
                Purpose::Accept => Some((true, "accepted", self.at(coming))),
                Purpose::Withdraw(cause) => Some((false, cause, self.at(coming))),
                Purpose::Nothing => None,
            }
        })
    }

    /// Who comes at this turn of each round.
    pub fn person(self, turn: u32) -> u32 {
        self.who(turn).0
    }

    /// The records of one coming, oldest first.
    pub fn coming(self, coming: u32) -> Vec<Event> {
        let (person, round) = self.who(coming);
        let (service, version) = (service_of(person), self.version(coming));
        let event = |place: u32, kind: &'static str| {
            let wait = if place < 5 { i64::from(place) * 7 } else { i64::from(place) * 1800 };
            Event {
                at: self.at(coming) + TimeDelta::seconds(wait),
                kind,
                actor: Some(person),
                person: Some(person),
                service: None,
                detail: "{}".to_owned(),
                subjects: Vec::new(),
                digits: digits("record", coming * RECORDS_OF_A_COMING + place),
                row: None,
            }
        };
        let session = |place: u32| [event(place, "signed-in"), event(place + 1, "signed-out")];
        let about = |place: u32, kind: &'static str, detail: String| Event {
            service: Some(service),
            detail,
            ..event(place, kind)
        };
        let written = |present: bool| Event {
            actor: None,
            ..about(3, "membership-written", format!(r#"{{"present":{present},"revision":{round}}}"#))
        };
        let mut events = match Self::purpose(person, round) {
            Purpose::Nothing => {
                vec![event(0, "signed-in"), event(1, "sign-in-refused"), event(2, "signed-in"), written(true)]
            }
            Purpose::Accept => {
                let receipt = receipt(coming);
                let detail =
                    format!(r#"{{"locale":"de","receipt":"{receipt}","sha256":"{DIGEST}","version":{version}}}"#);
                let row = Some(Row::Accepted { version });
                vec![
                    event(0, "signed-in"),
                    Event { row, ..about(1, "terms-accepted", detail) },
                    about(2, "entitlement-granted", r#"{"cause":"accepted"}"#.to_owned()),
                    written(true),
                ]
            }
            Purpose::Withdraw(cause) => {
                let before = coming - self.people;
                let (receipt, old) = (receipt(coming), self.version(before));
                let detail = format!(r#"{{"cause":"{cause}","receipt":"{receipt}","version":{old}}}"#);
                let row = Some(Row::Withdrawn { acceptance: self.coming_id(before), cause });
                vec![
                    event(0, "signed-in"),
                    Event { row, ..about(1, "acceptance-withdrawn", detail) },
                    about(2, "entitlement-ended", format!(r#"{{"cause":"{cause}"}}"#)),
                    written(false),
                ]
            }
        };
        events.push(event(4, "signed-out"));
        events.extend(session(5));
        events.extend(session(7));
        events.push(self.last_of(coming, event(9, "signed-in")));
        events
    }

    /// Mostly one more signing in; sometimes a look at others, rarely a membership that was refused.
    fn last_of(self, coming: u32, event: Event) -> Event {
        let some = |count: u32| (1..=count).map(|step| (coming * 7 + step * 13) % self.people).collect::<Vec<_>>();
        let look = |kind, actor, subjects: Vec<u32>, detail: &str| {
            let mut ids: Vec<String> = subjects.iter().map(|person| account_id(*person)).collect();
            ids.sort_unstable();
            ids.dedup();
            let digest = subjects_digest(ids.iter().map(String::as_str));
            let detail = format!(r#"{{{detail},"people":{},"people_sha256":"{digest}"}}"#, ids.len());
            Event { kind, actor: Some(actor), person: None, detail, subjects, ..event_of(&event) }
        };
        match coming % 1000 {
            0 => Event { kind: "membership-refused", actor: None, service: Some("rocketchat"), ..event },
            n if n % 20 == 7 => look("course-viewed", 100 + coming % 97, some(30), r#""course":"Statistik I""#),
            n if n % 20 == 11 => look("log-searched", coming % 5, some(5), r#""filter":"","reason":"ticket 4711""#),
            _ => event,
        }
    }

    /// The id of the acceptance of a coming.
    fn coming_id(self, coming: u32) -> String {
        let digits = digits("record", coming * RECORDS_OF_A_COMING + 1);
        id(self.at(coming) + TimeDelta::seconds(7), &digits)
    }
}

fn event_of(event: &Event) -> Event {
    Event { digits: event.digits.clone(), detail: String::new(), subjects: Vec::new(), row: None, ..*event }
}

impl Event {
    pub fn id(&self) -> String {
        id(self.at, &self.digits)
    }
}

pub fn start() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2023, 11, 27).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a date")
}

/// When a version of each service was published.
pub fn published(number: i32) -> NaiveDateTime {
    start() + TimeDelta::days(182) * (number - 1)
}

/// 32 hexadecimal digits that look random.
pub fn digits(kind: &str, number: u32) -> String {
    hex::encode(&Sha256::digest(format!("{kind} {number}"))[..16])
}

pub fn account_id(person: u32) -> String {
    id(start(), &digits("account", person))
}

/// UUIDv7
fn id(at: NaiveDateTime, digits: &str) -> String {
    format!("{}-7{}-8{}-{}", chance::first_id(at), &digits[..3], &digits[3..6], &digits[6..18])
}

pub fn version_id(service: &str, number: i32) -> String {
    format!("{service}-{number}")
}

/// The receipt's number of a coming's acceptance or withdrawal.
pub fn receipt(coming: u32) -> String {
    format!("R-{}", &digits("receipt", coming)[..14])
}

/// The service that somebody uses.
pub fn service_of(person: u32) -> &'static str {
    match person {
        few if few % 1000 == 7 => SERVICES[3],
        some if some % 10 == 3 => SERVICES[2],
        some if some % 5 == 1 => SERVICES[1],
        _ => SERVICES[0],
    }
}

/// Given name, family name and number, so that many share one and few share both.
pub fn name_of(person: u32) -> (String, String) {
    const GIVEN: [&str; 8] = ["Anna", "Bernd", "Claudia", "Dieter", "Zoë", "Jürgen", "Özlem", "Łukasz"];
    const FAMILY: [&str; 8] = ["Müller", "Schmidt", "Weiß", "Yılmaz", "Meier", "Lehmann", "Nguyen", "Öztürk"];
    let (given, family) = (GIVEN[person as usize % 8], FAMILY[person as usize / 8 % 8]);
    (format!("{given}{}", syllables(person / 64 % 64)), format!("{family}{}", syllables(person / 512)))
}

/// Numbers as one can say them.
fn syllables(number: u32) -> String {
    const SYLLABLES: [&str; 8] = ["", "be", "do", "ka", "li", "mo", "ne", "ru"];
    let (low, high) = (number as usize % 8, number as usize / 8 % 8);
    format!("{}{}{}", SYLLABLES[low], SYLLABLES[high], SYLLABLES[number as usize / 64 % 8])
}

pub fn username_of(person: u32) -> String {
    format!("person{person}")
}
