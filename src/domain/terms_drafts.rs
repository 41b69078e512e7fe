//! The next version of a service's terms while it is written: one draft per service, shared by all editors.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use diesel::prelude::*;

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{accounts, terms_drafts},
    },
    domain::{
        locale::{Locale, Text},
        log::Origin,
        terms::{self, Version},
    },
};

/// The longest text in one language, in bytes.
pub const LONGEST_TEXT: usize = 128 * 1024;

/// The most days of grace, and the most days that a version may be published ahead.
pub const MOST_DAYS: i32 = 366;

/// What editors decide about the next version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Markdown; a language may still be empty.
    pub source: Text,
    pub major: bool,
    /// 0 to [`MOST_DAYS`].
    pub grace_days: i32,
    /// In the portal's time zone; `None`: from the moment of publication.
    pub effective_on: Option<NaiveDate>,
}

/// A draft as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub service: String,
    /// Another one with every save.
    pub revision: String,
    pub content: Content,
    pub saved_by: String,
    pub saved_at: Instant,
}

/// What a draft begins with when there is none: the texts of the newest version.
pub const FIRST_GRACE_DAYS: i32 = 14;

/// A service's terms as an editor finds them.
#[derive(Clone, Debug)]
pub struct Desk {
    pub service: String,
    pub draft: Option<Draft>,
    /// Who saved the draft; their display name is empty if that account was erased.
    pub saved_by: Option<String>,
    /// All versions, oldest first.
    pub versions: Vec<Version>,
    /// The texts of the newest version; empty if there is none.
    pub published: Text,
}

impl Desk {
    /// Reads everything about one service's terms.
    pub fn read(conn: &mut Conn, service: &str) -> Result<Self, Error> {
        let draft = find(conn, service)?;
        let saved_by = match &draft {
            Some(draft) => {
                accounts::table.find(&draft.saved_by).select(accounts::display_name).first(conn).optional()?
            }
            None => None,
        };
        let versions = terms::versions(conn, service)?;
        let mut published = Text::default();
        if let Some(newest) = versions.last() {
            let source = |text: Option<terms::VersionText>| text.map(|text| text.source).unwrap_or_default();
            published.de = source(terms::text(conn, &newest.id, Locale::De)?);
            published.en = source(terms::text(conn, &newest.id, Locale::En)?);
        }
        Ok(Self { service: service.to_owned(), draft, saved_by, versions, published })
    }

    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub fn next_number(&self) -> i32 {
        self.newest().map_or(1, |newest| newest.number + 1)
    }

    /// Names what an editor has before them: the draft's revision and the newest version. Whoever saves or publishes says what
    /// they began with, so that nobody undoes unseen what somebody else did.
    pub fn basis(&self) -> String {
        let revision = self.draft.as_ref().map_or("", |draft| draft.revision.as_str());
        format!("{revision}.{}", self.newest().map_or(0, |newest| newest.number))
    }

    /// What an editor begins with.
    pub fn content(&self) -> Content {
        match &self.draft {
            Some(draft) => draft.content.clone(),
            None => Content {
                source: self.published.clone(),
                major: true,
                grace_days: FIRST_GRACE_DAYS,
                effective_on: None,
            },
        }
    }
}

/// Somebody else saved or published in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overtaken;

type Row = (String, String, String, String, bool, i32, Option<String>, String, Instant);

/// The draft of a service.
pub fn find(conn: &mut Conn, service: &str) -> Result<Option<Draft>, Error> {
    let row: Option<Row> = terms_drafts::table.find(service).first(conn).optional()?;
    Ok(row.map(draft))
}

/// All drafts.
pub fn all(conn: &mut Conn) -> Result<Vec<Draft>, Error> {
    let rows: Vec<Row> = terms_drafts::table.order(terms_drafts::service).load(conn)?;
    Ok(rows.into_iter().map(draft).collect())
}

fn draft((service, revision, de, en, major, grace_days, effective_on, saved_by, saved_at): Row) -> Draft {
    let effective_on = effective_on.and_then(|date| date.parse().ok());
    let content = Content { source: Text { de, en }, major, grace_days, effective_on };
    Draft { service, revision, content, saved_by, saved_at }
}

/// Stores a draft, unless somebody was faster.
///
/// # Errors
/// [`Error::Conflict`] means the same as [`Overtaken`]: somebody stored the first draft at this very moment.
pub fn save(
    conn: &mut Conn,
    service: &str,
    basis: &str,
    content: &Content,
    editor: &str,
    now: Instant,
) -> Result<Result<(), Overtaken>, Error> {
    let desk = Desk::read(conn, service)?;
    if desk.basis() != basis {
        return Ok(Err(Overtaken));
    }
    let stored = (
        terms_drafts::revision.eq(chance::id(now)),
        terms_drafts::source_de.eq(&content.source.de),
        terms_drafts::source_en.eq(&content.source.en),
        terms_drafts::major.eq(content.major),
        terms_drafts::grace_days.eq(content.grace_days),
        terms_drafts::effective_on.eq(content.effective_on.map(|date| date.to_string())),
        terms_drafts::saved_by.eq(editor),
        terms_drafts::saved_at.eq(now),
    );
    let stored = match &desk.draft {
        Some(draft) => diesel::update(this(&draft.service, &draft.revision)).set(stored).execute(conn)?,
        None => diesel::insert_into(terms_drafts::table)
            .values((terms_drafts::service.eq(service), stored))
            .execute(conn)?,
    };
    Ok(if stored == 1 { Ok(()) } else { Err(Overtaken) })
}

/// Throws a draft away, unless somebody went on with it.
pub fn discard(conn: &mut Conn, service: &str, basis: &str) -> Result<Result<(), Overtaken>, Error> {
    let desk = Desk::read(conn, service)?;
    match &desk.draft {
        Some(draft) if desk.basis() == basis => {
            let gone = diesel::delete(this(service, &draft.revision)).execute(conn)?;
            Ok(if gone == 1 { Ok(()) } else { Err(Overtaken) })
        }
        _ => Ok(Err(Overtaken)),
    }
}

#[diesel::dsl::auto_type]
fn this<'a>(service: &'a str, revision: &'a str) -> _ {
    terms_drafts::table.filter(terms_drafts::service.eq(service)).filter(terms_drafts::revision.eq(revision))
}

/// Why a draft cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Overtaken,
    /// There is no draft.
    NoDraft,
    /// The text in this language is missing.
    Empty(Locale),
    /// Neither text differs from the newest version's.
    Unchanged,
    /// It would take effect in the past.
    Past,
    /// It would take effect more than [`MOST_DAYS`] days from now.
    TooFar,
}

/// What keeps this content from being published as the service's next version; nothing if it is empty.
pub fn refusals(desk: &Desk, content: &Content, tz: Tz, now: Instant) -> Vec<Refusal> {
    let empty = Locale::ALL.into_iter().filter(|locale| content.source.get(*locale).trim().is_empty());
    let mut refusals: Vec<Refusal> = empty.map(Refusal::Empty).collect();
    if desk.newest().is_some() && content.source == desk.published {
        refusals.push(Refusal::Unchanged);
    }
    if effective_at(content.effective_on, tz, now).is_none() {
        refusals.push(Refusal::Past);
    }
    if content.effective_on.is_some_and(|on| on > latest_day(tz, now)) {
        refusals.push(Refusal::TooFar);
    }
    refusals
}

/// When a version published now takes effect: at the beginning of its day, but not before now. `None` if that day is over.
pub fn effective_at(on: Option<NaiveDate>, tz: Tz, now: Instant) -> Option<Instant> {
    let Some(on) = on else { return Some(now) };
    let today = now.and_utc().with_timezone(&tz).date_naive();
    if on < today {
        return None;
    }
    // Some days begin at one o'clock, because summer time begins with them.
    let midnight = on.and_time(NaiveTime::MIN);
    let begins = (0..4).find_map(|hour| (midnight + TimeDelta::hours(hour)).and_local_timezone(tz).earliest());
    Some(begins.map_or(midnight, |begins| begins.naive_utc()).max(now))
}

/// The last day that a version published now may take effect on.
pub fn latest_day(tz: Tz, now: Instant) -> NaiveDate {
    now.and_utc().with_timezone(&tz).date_naive() + TimeDelta::days(i64::from(MOST_DAYS))
}

/// Publishes the draft for good: one record in the log, and the draft is gone.
///
/// # Errors
/// [`Error::Conflict`] means the same as [`Refusal::Overtaken`]: somebody published at this very moment.
pub fn publish(
    conn: &mut Conn,
    service: &str,
    basis: &str,
    tz: Tz,
    origin: Origin<'_>,
) -> Result<Result<Version, Vec<Refusal>>, Error> {
    let desk = Desk::read(conn, service)?;
    let Some(draft) = &desk.draft else { return Ok(Err(vec![Refusal::NoDraft])) };
    if desk.basis() != basis {
        return Ok(Err(vec![Refusal::Overtaken]));
    }
    let refusals = refusals(&desk, &draft.content, tz, origin.at);
    let Some(effective_at) = effective_at(draft.content.effective_on, tz, origin.at).filter(|_| refusals.is_empty())
    else {
        return Ok(Err(refusals));
    };
    if diesel::delete(this(service, &draft.revision)).execute(conn)? == 0 {
        return Ok(Err(vec![Refusal::Overtaken]));
    }
    let next = terms::Draft {
        service: service.to_owned(),
        number: desk.next_number(),
        major: draft.content.major,
        grace_days: draft.content.grace_days,
        effective_at,
        source: draft.content.source.clone(),
    };
    Ok(Ok(terms::publish(conn, &next, origin)?))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn at(day: u32, hour: u32) -> Instant {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, day)
    }

    fn desk(published: Text) -> Desk {
        let version = Version {
            id: "v1".into(),
            service: "chat".into(),
            number: 1,
            major: true,
            grace_days: 0,
            effective_at: at(1, 0),
            published_at: at(1, 0),
        };
        Desk { service: "chat".into(), draft: None, saved_by: None, versions: vec![version], published }
    }

    #[test]
    fn a_version_takes_effect_when_its_day_begins_but_never_before_it_is_published() {
        assert_eq!(effective_at(None, Berlin, at(23, 8)), Some(at(23, 8)));
        assert_eq!(effective_at(day(23), Berlin, at(23, 8)), Some(at(23, 8)), "today is now");
        assert_eq!(effective_at(day(25), Berlin, at(23, 8)), Some(at(24, 23)), "midnight in Berlin is 23:00 UTC");
        assert_eq!(effective_at(day(22), Berlin, at(23, 8)), None);
        assert_eq!(effective_at(day(23), Berlin, at(23, 23)), None, "it is the 24th in Berlin already");
    }

    #[test]
    fn a_day_without_midnight_begins_later() {
        let (cairo, now) = (chrono_tz::Africa::Cairo, at(23, 8));
        // 30 April 2027 begins at one o'clock there.
        let on = NaiveDate::from_ymd_opt(2027, 4, 30);
        assert!(effective_at(on, cairo, now).is_some());
    }

    #[test]
    fn everything_that_keeps_a_draft_from_being_published_is_said_at_once() {
        let published = Text::new("# Alt", "");
        let content = Content { source: published.clone(), major: true, grace_days: 0, effective_on: day(1) };
        let found = refusals(&desk(published), &content, Berlin, at(23, 8));
        assert_eq!(found, [Refusal::Empty(Locale::En), Refusal::Unchanged, Refusal::Past]);
        let better = Content { source: Text::new("# Neu", "# New"), effective_on: None, ..content };
        assert_eq!(refusals(&desk(Text::new("# Alt", "# Old")), &better, Berlin, at(23, 8)), []);
    }

    #[test]
    fn a_draft_begins_with_the_newest_texts() {
        let desk = desk(Text::new("# Alt", "# Old"));
        assert_eq!((desk.content().source, desk.basis().as_str()), (Text::new("# Alt", "# Old"), ".1"));
    }
}
