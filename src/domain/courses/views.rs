//! Who looks at what of which course: looking on, or reloading a page that says the same, is one look.

use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::{
    clock::Instant,
    db::{Conn, Error, schema::course_views},
};

/// Who is shown the same again within this time makes no new record.
const VIEW_LASTS: TimeDelta = TimeDelta::minutes(15);

/// What of courses somebody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Class,
    Board,
    /// The counts of the own courses.
    List,
    /// The count on the page of a reminder.
    Reminder,
    /// The same three where the count tells of each person in the class.
    BoardTelling,
    ListTelling,
    ReminderTelling,
}

impl View {
    fn name(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Board => "board",
            Self::List => "list",
            Self::Reminder => "reminder",
            Self::BoardTelling => "board-telling",
            Self::ListTelling => "list-telling",
            Self::ReminderTelling => "reminder-telling",
        }
    }
}

/// What somebody is shown.
#[derive(Clone, Debug)]
pub struct Sight {
    pub view: View,
    /// A course's id; empty for a view of several.
    pub course: String,
    /// A service's short name; empty for a view of several.
    pub service: String,
    /// Differs whenever something else is shown ([`digest`]).
    pub shown: String,
}

/// SHA-256 in hexadecimal of the parts, each with its length before it.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

/// Notes that this account is shown something now; returns whether that is news, and so worth a record: it has not been shown the
/// same a short time ago.
///
/// # Errors
/// [`Error::Conflict`] if the same person looked for the first time twice at the same moment: try again.
pub fn note(conn: &mut Conn, account_id: &str, sight: &Sight, now: Instant) -> Result<bool, Error> {
    let key = (account_id, sight.course.as_str(), sight.service.as_str(), sight.view.name());
    let is_news = course_views::viewed_at.le(now - VIEW_LASTS).or(course_views::shown_sha256.ne(&sight.shown));
    let renewed = diesel::update(course_views::table.find(key).filter(is_news))
        .set((course_views::viewed_at.eq(now), course_views::shown_sha256.eq(&sight.shown)))
        .execute(conn)?;
    if renewed == 1 {
        return Ok(true);
    }
    let known: Option<String> =
        course_views::table.find(key).select(course_views::account_id).first(conn).optional()?;
    if known.is_some() {
        return Ok(false);
    }
    diesel::insert_into(course_views::table)
        .values((
            course_views::account_id.eq(account_id),
            course_views::course.eq(&sight.course),
            course_views::service.eq(&sight.service),
            course_views::view.eq(sight.view.name()),
            course_views::shown_sha256.eq(&sight.shown),
            course_views::viewed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(true)
}

/// Forgets views that no longer keep a record from being written.
pub fn forget(conn: &mut Conn, now: Instant) -> Result<usize, Error> {
    Ok(diesel::delete(course_views::table.filter(course_views::viewed_at.le(now - VIEW_LASTS))).execute(conn)?)
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn parts_are_told_apart_wherever_they_are_split() {
        assert_eq!(digest(["ab", "c"]), digest(["ab", "c"]));
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
        assert_ne!(digest(["a", "b"]), digest(["b", "a"]));
        assert_ne!(digest([]), digest([""]));
    }
}
