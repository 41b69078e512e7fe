//! Reminders: a lecturer has the portal write to those of a class who have not activated a service.
//!
//! The class is written to as a whole, and seldom: one row for each course says until when no other reminder may follow, and
//! only one of two lecturers who press at once can move it.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{accounts, reminders},
    },
    domain::{
        courses::{Course, Participant},
        entitlements,
        locale::{Locale, Text},
        log::{self, Kind, Origin, Record},
        outbox::{self, Effect, ReminderOrder},
        reservations,
    },
};

/// What the operator decided about reminders.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How long a course has no other reminder after one.
    pub every: Duration,
}

/// The longest that a lecturer's own words may be, in characters, for each language.
pub const LONGEST: usize = 1_000;

/// A lecturer's own words within a reminder: plain text of one paragraph or a few, without links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

/// Why words are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordsFault {
    Empty,
    TooLong,
    /// Something that a browser could take for HTML.
    Markup,
    /// Something that a mail program could make a link of: the piece.
    Link(String),
}

impl Words {
    /// Takes the words if they are plain; line breaks become `\n`, other control characters blanks. The portal's own address
    /// is the one link that may stand in them, and what the service is called is none, even if it looks like one
    /// ("Rocket.Chat").
    pub fn parse(text: &str, own_address: &str, service: &Text) -> Result<Self, WordsFault> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
        let text = text.trim();
        if text.is_empty() {
            return Err(WordsFault::Empty);
        }
        if text.chars().count() > LONGEST {
            return Err(WordsFault::TooLong);
        }
        if text.contains(['<', '>']) {
            return Err(WordsFault::Markup);
        }
        match text.split_whitespace().find(|piece| is_link(piece, own_address, service)) {
            Some(piece) => Err(WordsFault::Link(piece.to_owned())),
            None => Ok(Self(text.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a mail program could make a link of it: a scheme, an address, or a name with a dot in the middle and letters behind.
fn is_link(piece: &str, own_address: &str, service: &Text) -> bool {
    let bare = piece.trim_matches(|c: char| c.is_ascii_punctuation() && c != '/');
    if bare.strip_prefix(own_address.trim_end_matches('/')).is_some_and(is_plain_path) {
        return false;
    }
    let mut rest = bare.to_lowercase();
    let mut names_the_service = false;
    for name in [&service.de, &service.en].map(|name| name.to_lowercase()) {
        names_the_service |= !name.is_empty() && rest.contains(&name);
        rest = if name.is_empty() { rest } else { rest.replace(&name, "x") };
    }
    let marks = ["://", "@", "www.", "mailto:", "tel:", "javascript:", "data:"];
    let is_marked = marks.iter().any(|mark| piece.to_lowercase().contains(mark));
    let has_path = names_the_service && rest.contains('/');
    is_marked || has_path || rest.split('/').next().is_some_and(is_host)
}

fn is_plain_path(path: &str) -> bool {
    path.is_empty() || (path.starts_with('/') && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-".contains(&b)))
}

/// `uni.example` and `127.0.0.1`, but not `z.B`, `3.5` or `Ende.`
fn is_host(text: &str) -> bool {
    let host = text.split(':').next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let Some((last, before)) = labels.split_last() else { return false };
    let is_name = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let is_address = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    !before.is_empty() && labels.iter().all(is_label) && (is_name || is_address)
}

/// What has been sent to a class.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = reminders)]
pub struct Reminder {
    pub id: String,
    /// The lecturer who sent it.
    pub account_id: String,
    pub service: String,
    pub title: String,
    pub text_de: String,
    pub text_en: String,
    /// How many people it went to.
    pub people: i32,
    pub sent_at: Instant,
    /// From when on there may be another one. What could not be delivered by then is not delivered any more.
    pub again_at: Instant,
}

impl Reminder {
    /// The lecturer's own words.
    pub fn text(&self) -> Text {
        Text::new(&self.text_de, &self.text_en)
    }
}

/// What a lecturer sends.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    pub account_id: &'a str,
    pub course: &'a Course,
    pub service: &'a str,
    /// In German and in English.
    pub words: [&'a Words; 2],
    /// How long no other reminder may follow.
    pub every: Duration,
}

/// Owes a mail to each of the missing, unless the course had a reminder too recently: `false` then, and nothing is owed.
///
/// # Errors
/// [`Error::Conflict`] if somebody else sends the course's very first reminder at the same moment.
pub fn send(conn: &mut Conn, origin: Origin<'_>, order: &Order<'_>, missing: &[&Participant]) -> Result<bool, Error> {
    let Some(id) = claim(conn, order, missing.len(), origin.at)? else { return Ok(false) };
    for person in missing {
        let effect = Effect::Reminder(ReminderOrder {
            reminder: id.clone(),
            key: person.key.clone(),
            dn: person.dn.clone(),
            language: person.language,
        });
        outbox::owe(conn, order.account_id, order.service, &effect, None, origin.at)?;
    }
    let ids = reservations::ids(conn, missing.iter().map(|person| person.key.as_str()), origin.at)?;
    let subjects: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let detail = json!({
        "course": order.course.title,
        "number": order.course.number,
        "reminded": missing.len(),
    });
    let record = Record { kind: Kind::ReminderSent, account_id: None, service: Some(order.service), detail };
    log::append_about(conn, origin, &record, &subjects)?;
    Ok(true)
}

/// Makes this the course's reminder; `None` if it had one too recently. Whoever comes second at the same moment waits for the
/// first and is refused then.
fn claim(conn: &mut Conn, order: &Order<'_>, people: usize, now: Instant) -> Result<Option<String>, Error> {
    let id = chance::id(now);
    let course = order.course.id.as_str();
    let [de, en] = order.words;
    let values = (
        reminders::id.eq(&id),
        reminders::account_id.eq(order.account_id),
        reminders::service.eq(order.service),
        reminders::title.eq(&order.course.title),
        reminders::text_de.eq(de.as_str()),
        reminders::text_en.eq(en.as_str()),
        reminders::people.eq(i32::try_from(people).unwrap_or(i32::MAX)),
        reminders::sent_at.eq(now),
        reminders::again_at.eq(now + TimeDelta::from_std(order.every).unwrap_or(TimeDelta::MAX)),
    );
    let free = reminders::table.filter(reminders::course.eq(course).and(reminders::again_at.le(now)));
    if diesel::update(free).set(values).execute(conn)? == 1 {
        return Ok(Some(id));
    }
    if recent(conn, course, now)?.is_some() {
        return Ok(None);
    }
    diesel::insert_into(reminders::table).values((reminders::course.eq(course), values)).execute(conn)?;
    Ok(Some(id))
}

/// The reminder because of which the course may have no other one now.
pub fn recent(conn: &mut Conn, course: &str, now: Instant) -> Result<Option<Reminder>, Error> {
    let recent = reminders::course.eq(course).and(reminders::again_at.gt(now));
    Ok(reminders::table.filter(recent).select(Reminder::as_select()).first(conn).optional()?)
}

/// The reminder of this id, while it may be delivered.
pub fn get(conn: &mut Conn, id: &str, now: Instant) -> Result<Option<Reminder>, Error> {
    let deliverable = reminders::id.eq(id).and(reminders::again_at.gt(now));
    Ok(reminders::table.filter(deliverable).select(Reminder::as_select()).first(conn).optional()?)
}

/// Forgets reminders that keep nobody from sending another one.
pub fn purge(conn: &mut Conn, now: Instant) -> Result<usize, Error> {
    Ok(diesel::delete(reminders::table.filter(reminders::again_at.le(now))).execute(conn)?)
}

/// What decides how and whether one of the reminded is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The language in which the person uses the portal; `None` for people without an account.
    pub locale: Option<Locale>,
    /// The person has activated the service in the meantime.
    pub has_activated: bool,
}

/// What we know of the person of this key.
pub fn recipient(conn: &mut Conn, key: &str, service: &str) -> Result<Recipient, Error> {
    let account: Option<(String, String)> = accounts::table
        .filter(accounts::directory_key.eq(key))
        .select((accounts::id, accounts::locale))
        .first(conn)
        .optional()?;
    let Some((id, locale)) = account else { return Ok(Recipient { locale: None, has_activated: false }) };
    let has_activated = entitlements::get(conn, &id, service)?.is_some_and(|entitlement| entitlement.wanted);
    Ok(Recipient { locale: Locale::from_code(&locale), has_activated })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: &str = "https://account.uni.example/";

    fn parse(text: &str) -> Result<Words, WordsFault> {
        Words::parse(text, OWN, &Text::new("Rocket.Chat", "Rocket.Chat"))
    }

    #[test]
    fn plain_words_are_taken_as_they_are() {
        for text in [
            "Bitte schalten Sie Rocket.Chat frei, z.B. heute. Wir beginnen um 10.15 Uhr, Kap. 3.5.\n\nDanke – bis bald …",
            "See you on Monday (room A-112), 50 % are there already; \"Rocket.Chat\" is quick & easy.",
            "Hier geht es: https://account.uni.example/de/profile/permissions.",
            "https://account.uni.example",
        ] {
            assert_eq!(parse(text).map(|words| words.as_str().to_owned()), Ok(text.to_owned()));
        }
        assert_eq!(parse(" a\r\nb\rc\u{7}d ").unwrap().as_str(), "a\nb\nc d");
    }

    #[test]
    fn links_markup_and_too_much_are_refused() {
        for piece in [
            "http://evil.example",
            "HTTPS://EVIL.EXAMPLE/x",
            "www.evil.example",
            "evil.example/login",
            "(evil.example)",
            "192.0.2.1",
            "evil.example:8443/x",
            "anna@uni.example",
            "mailto:anna",
            "javascript:alert(1)",
            "https://account.uni.example.evil.example/",
            "https://account.uni.example@evil.example/",
            "https://account.uni.example/de/sign-in?next=//evil.example",
            "müller-straße.köln",
            "rocket.chat/login",
            "Rocket.Chat.evil.example",
            "https://rocket.chat",
        ] {
            let found = parse(&format!("Bitte hier: {piece} danke"));
            assert!(matches!(found, Err(WordsFault::Link(_))), "{piece}: {found:?}");
        }
        assert_eq!(parse("<b>fett</b>"), Err(WordsFault::Markup));
        assert_eq!(parse(" \r\n\t "), Err(WordsFault::Empty));
        assert!(parse(&"ä".repeat(LONGEST)).is_ok());
        assert_eq!(parse(&"ä".repeat(LONGEST + 1)), Err(WordsFault::TooLong));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_plain(text in "[ -~\r\n\täß\u{0}\u{1b}]{0,80}") {
            if let Ok(words) = parse(&text) {
                let words = words.as_str();
                prop_assert!(!words.contains(['<', '>', '@', '\r', '\0', '\u{1b}']) && !words.contains("://"), "{words:?}");
            }
        }
    }
}
