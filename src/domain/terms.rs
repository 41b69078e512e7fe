//! Terms versions: immutable texts with number, digest and effective date.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    chance,
    clock::Instant,
    db::{
        Conn, Error,
        schema::{terms_texts, terms_versions},
    },
    domain::{
        locale::{Locale, Text},
        log::{self, Kind, Origin, Record},
        markdown,
    },
};

/// One published version of a service's terms.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Version {
    pub id: String,
    pub service: String,
    /// 1, 2, 3 … per service, without gaps.
    pub number: i32,
    /// Everybody accepts again.
    pub major: bool,
    /// How many days after the effective date those keep the service who have not accepted again.
    pub grace_days: i32,
    pub effective_at: Instant,
    pub published_at: Instant,
}

impl Version {
    /// When those who have not accepted this version lose the service.
    pub fn grace_ends_at(&self) -> Instant {
        self.effective_at + TimeDelta::days(i64::from(self.grace_days))
    }
}

/// The text of a version in one language.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct VersionText {
    pub version_id: String,
    pub locale: String,
    /// SHA-256 of the bytes of `html`, in lower-case hexadecimal.
    pub digest: String,
    /// Exactly the bytes that the terms page shows.
    pub html: String,
    /// The Markdown that `html` was made from when it was published.
    pub source: String,
}

/// A version to be published.
#[derive(Clone, Debug)]
pub struct Draft {
    pub service: String,
    pub number: i32,
    pub major: bool,
    pub grace_days: i32,
    pub effective_at: Instant,
    /// Markdown.
    pub source: Text,
}

/// Why a draft cannot be published.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("version {0} is published and cannot be changed; put the new text into files with number {1}")]
    Changed(i32, i32),
    #[error("the next version has number {expected}, but the newest files have number {found}")]
    Gap { expected: i32, found: i32 },
    #[error("the {0} text is empty")]
    Empty(&'static str),
}

/// SHA-256 in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// All versions of a service, oldest first.
pub fn versions(conn: &mut Conn, service: &str) -> Result<Vec<Version>, Error> {
    Ok(terms_versions::table.filter(terms_versions::service.eq(service)).order(terms_versions::number).load(conn)?)
}

/// All versions of all services, oldest first.
pub fn all_versions(conn: &mut Conn) -> Result<Vec<Version>, Error> {
    Ok(terms_versions::table.order((terms_versions::service, terms_versions::number)).load(conn)?)
}

/// The text of a version in one language; every published version has both.
pub fn text(conn: &mut Conn, version_id: &str, locale: Locale) -> Result<Option<VersionText>, Error> {
    Ok(terms_texts::table.find((version_id, locale.code())).first(conn).optional()?)
}

/// All versions of all services, oldest first, each with the digest of its text in one language.
pub fn versions_with_digests(conn: &mut Conn, locale: Locale) -> Result<Vec<(Version, Option<String>)>, Error> {
    let text = terms_texts::version_id.eq(terms_versions::id).and(terms_texts::locale.eq(locale.code()));
    Ok(terms_versions::table
        .left_join(terms_texts::table.on(text))
        .order((terms_versions::service, terms_versions::number))
        .select((terms_versions::all_columns, terms_texts::digest.nullable()))
        .load(conn)?)
}

/// The version to show and to accept now: the newest that is in effect.
pub fn current<'a>(versions: impl IntoIterator<Item = &'a Version>, now: Instant) -> Option<&'a Version> {
    versions.into_iter().filter(|v| v.effective_at <= now).max_by_key(|v| v.number)
}

/// The oldest version whose acceptance still counts: the newest major one in effect.
pub fn required<'a>(versions: impl IntoIterator<Item = &'a Version>, now: Instant) -> Option<&'a Version> {
    versions.into_iter().filter(|v| v.major && v.effective_at <= now).max_by_key(|v| v.number)
}

/// Compares a draft with what is published.
///
/// # Errors
/// [`Refusal`] if it would change a published version or leave a gap. `Ok(false)`: the same version is published
/// already, there is nothing to do.
pub fn may_publish(draft: &Draft, published: &[Version], same_text: bool) -> Result<bool, Refusal> {
    for (locale, name) in [(Locale::De, "German"), (Locale::En, "English")] {
        if draft.source.get(locale).trim().is_empty() {
            return Err(Refusal::Empty(name));
        }
    }
    let newest = published.iter().map(|v| v.number).max().unwrap_or(0);
    if draft.number <= newest {
        return if same_text { Ok(false) } else { Err(Refusal::Changed(draft.number, newest + 1)) };
    }
    if draft.number > newest + 1 {
        return Err(Refusal::Gap { expected: newest + 1, found: draft.number });
    }
    Ok(true)
}

/// Whether the published version of the draft's number has exactly the draft's texts.
pub fn has_same_text(conn: &mut Conn, draft: &Draft) -> Result<bool, Error> {
    let Some(version) = versions(conn, &draft.service)?.into_iter().find(|v| v.number == draft.number) else {
        return Ok(false);
    };
    for locale in Locale::ALL {
        if text(conn, &version.id, locale)?.is_none_or(|t| t.source != draft.source.get(locale)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Publishes a draft for good. The first version of a service is always major.
///
/// # Errors
/// [`Error::Conflict`] if somebody else published this number at the same moment.
pub fn publish(conn: &mut Conn, draft: &Draft, origin: Origin<'_>) -> Result<Version, Error> {
    let version = Version {
        id: chance::id(origin.at),
        service: draft.service.clone(),
        number: draft.number,
        major: draft.major || draft.number == 1,
        grace_days: draft.grace_days,
        effective_at: draft.effective_at,
        published_at: origin.at,
    };
    diesel::insert_into(terms_versions::table)
        .values((
            terms_versions::id.eq(&version.id),
            terms_versions::service.eq(&version.service),
            terms_versions::number.eq(version.number),
            terms_versions::major.eq(version.major),
            terms_versions::grace_days.eq(version.grace_days),
            terms_versions::effective_at.eq(version.effective_at),
            terms_versions::published_at.eq(version.published_at),
        ))
        .execute(conn)?;
    let mut digests = serde_json::Map::new();
    for locale in Locale::ALL {
        let source = draft.source.get(locale);
        let html = markdown::to_html(source);
        let digest = digest(html.as_bytes());
        diesel::insert_into(terms_texts::table)
            .values((
                terms_texts::version_id.eq(&version.id),
                terms_texts::locale.eq(locale.code()),
                terms_texts::digest.eq(&digest),
                terms_texts::html.eq(&html),
                terms_texts::source.eq(source),
            ))
            .execute(conn)?;
        digests.insert(locale.code().to_owned(), digest.into());
    }
    let detail = json!({ "version": version.number, "major": version.major, "sha256": digests });
    log::append(
        conn,
        origin,
        &Record { kind: Kind::TermsPublished, account_id: None, service: Some(&version.service), detail },
    )?;
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> Instant {
        chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(0, 0, 0).unwrap()
    }

    fn version(number: i32, major: bool, effective: u32) -> Version {
        Version {
            id: number.to_string(),
            service: "chat".into(),
            number,
            major,
            grace_days: 14,
            effective_at: day(effective),
            published_at: day(1),
        }
    }

    fn draft(number: i32) -> Draft {
        Draft {
            service: "chat".into(),
            number,
            major: true,
            grace_days: 14,
            effective_at: day(1),
            source: Text::new("# Text", "# Text"),
        }
    }

    #[test]
    fn a_minor_version_is_shown_but_not_required() {
        let all = [version(1, true, 1), version(2, false, 2)];
        assert_eq!(current(&all, day(3)).unwrap().number, 2);
        assert_eq!(required(&all, day(3)).unwrap().number, 1);
    }

    #[test]
    fn a_version_counts_from_its_effective_date() {
        let all = [version(1, true, 1), version(2, true, 20)];
        assert_eq!(current(&all, day(19)).unwrap().number, 1);
        assert_eq!(required(&all, day(20)).unwrap().number, 2);
    }

    #[test]
    fn a_published_version_is_never_changed_and_numbers_have_no_gap() {
        let published = [version(1, true, 1)];
        assert_eq!(may_publish(&draft(1), &published, true), Ok(false));
        assert_eq!(may_publish(&draft(1), &published, false), Err(Refusal::Changed(1, 2)));
        assert_eq!(may_publish(&draft(2), &published, false), Ok(true));
        assert_eq!(may_publish(&draft(3), &published, false), Err(Refusal::Gap { expected: 2, found: 3 }));
        let missing = Draft { source: Text::new("# Text", " "), ..draft(2) };
        assert_eq!(may_publish(&missing, &published, false), Err(Refusal::Empty("English")));
    }
}
