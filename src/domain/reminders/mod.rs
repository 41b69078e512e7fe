//! Reminders: a lecturer has the portal write to those of a class who have not activated a service.
//!
//! The class is written to as a whole, and seldom: one row for each course says until when no other reminder may follow, and
//! only one of two lecturers who press at once can move it.

mod links;
mod words;

pub use words::{LONGEST, MOST_LINES, Words, WordsFault};

use std::{collections::BTreeSet, time::Duration};

use diesel::prelude::*;
use serde_json::json;

use crate::{
    chance,
    clock::{Instant, delta},
    db::{
        Conn, Error,
        schema::{accounts, reminders},
    },
    domain::{
        courses::{Course, Participant, views},
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
    /// The [`Order::seal`] of what the lecturer looked at before sending.
    pub seen: &'a str,
}

impl Order<'_> {
    /// Names what is sent, and to how many: SHA-256 in hexadecimal over course, service, words and count.
    pub fn seal(course: &Course, service: &str, words: [&Words; 2], people: usize) -> String {
        let [de, en] = words.map(Words::as_str);
        views::digest([course.id.as_str(), service, de, en, &people.to_string()])
    }
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// The course had one too recently.
    TooSoon,
    NobodyMissing,
    /// The lecturer has not looked at these words for this many people.
    NotSeen,
}

/// Owes a mail to each of the missing, if the lecturer has seen what goes to how many and the course had none too recently. Nothing
/// is owed otherwise.
///
/// # Errors
/// [`Error::Conflict`] if somebody else sends the course's very first reminder at the same moment.
pub fn send(
    conn: &mut Conn,
    origin: Origin<'_>,
    order: &Order<'_>,
    missing: &[&Participant],
) -> Result<Outcome, Error> {
    if recent(conn, order.course.id.as_str(), origin.at)?.is_some() {
        return Ok(Outcome::TooSoon);
    }
    if missing.is_empty() {
        return Ok(Outcome::NobodyMissing);
    }
    if order.seen != Order::seal(order.course, order.service, order.words, missing.len()) {
        return Ok(Outcome::NotSeen);
    }
    let Some(id) = claim(conn, order, missing.len(), origin.at)? else { return Ok(Outcome::TooSoon) };
    owe(conn, origin, order, &id, missing)?;
    Ok(Outcome::Sent)
}

/// The mails of the reminder of this id, and the record that tells whom it is about.
fn owe(
    conn: &mut Conn,
    origin: Origin<'_>,
    order: &Order<'_>,
    id: &str,
    missing: &[&Participant],
) -> Result<(), Error> {
    for person in missing {
        let effect = Effect::Reminder(ReminderOrder {
            reminder: id.to_owned(),
            key: person.key.clone(),
            dn: person.dn.clone(),
            language: person.language,
        });
        outbox::owe(conn, order.account_id, order.service, effect, origin.at)?;
    }
    let ids = reservations::ids(conn, missing.iter().map(|person| person.key.as_str()), origin.at)?;
    let subjects: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let detail = json!({
        "course": order.course.title,
        "number": order.course.number,
        "reminded": missing.len(),
    });
    let record = Record { kind: Kind::ReminderSent, account_id: None, service: Some(order.service), detail };
    log::append_about(conn, origin, &record, &subjects)
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
        reminders::again_at.eq(now + delta(order.every)),
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
