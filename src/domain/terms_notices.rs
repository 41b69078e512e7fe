//! Asking those who have a service to accept its new terms: when a major version is published, one week and one day before
//! grace ends. Each person is asked once at each stage, and only as long as it is needed.

use chrono::TimeDelta;
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Instant,
    db::{
        Conn, Error,
        schema::{acceptances, accounts, entitlements, terms_notices, terms_versions},
    },
    domain::{
        outbox::{self, Effect},
        terms::Version,
    },
};

/// When somebody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Published,
    WeekBefore,
    DayBefore,
}

impl Stage {
    /// The stable name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::WeekBefore => "week-before",
            Self::DayBefore => "day-before",
        }
    }
}

/// When those affected by a version are asked, in order; nobody is for a minor one. A reminder less than a day after the
/// publication is left out, and so is everything once the service has ended for them: then another mail tells that.
pub fn plan(version: &Version) -> Vec<(Stage, Instant)> {
    let ends = version.grace_ends_at();
    if !version.major || version.number == 1 || ends <= version.published_at {
        return Vec::new();
    }
    let reminders = [(Stage::WeekBefore, TimeDelta::days(7)), (Stage::DayBefore, TimeDelta::days(1))];
    let reminders = reminders.into_iter().map(|(stage, before)| (stage, ends - before));
    let first_reminder = version.published_at + TimeDelta::days(1);
    let reminders = reminders.filter(|(_, at)| *at >= first_reminder);
    [(Stage::Published, version.published_at)].into_iter().chain(reminders).collect()
}

/// The stage that a version is in: the newest that has come. A stage that was missed is not made up for by a second mail.
pub fn stage(version: &Version, now: Instant) -> Option<Stage> {
    if now >= version.grace_ends_at() {
        return None;
    }
    plan(version).into_iter().rfind(|(_, at)| *at <= now).map(|(stage, _)| stage)
}

/// The versions that people have to be asked about now, of one service's versions: those published and not superseded by a newer
/// major one that is in effect.
pub fn asked(versions: &[Version], now: Instant) -> impl Iterator<Item = (&Version, Stage)> {
    let required = crate::domain::terms::required(versions, now).map_or(0, |version| version.number);
    versions.iter().filter(move |v| v.number >= required).filter_map(move |v| Some((v, stage(v, now)?)))
}

/// Up to `limit` accounts behind `after`, in order, that have the service, have not accepted this version, can be reached by
/// mail and have not been asked at this stage.
pub fn pending(
    conn: &mut Conn,
    version: &Version,
    stage: Stage,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let accepted = acceptances::table.inner_join(terms_versions::table).filter(
        acceptances::account_id
            .eq(entitlements::account_id)
            .and(acceptances::service.eq(&version.service))
            .and(terms_versions::number.ge(version.number)),
    );
    let asked = terms_notices::table.filter(
        terms_notices::version_id
            .eq(&version.id)
            .and(terms_notices::stage.eq(stage.name()))
            .and(terms_notices::account_id.eq(entitlements::account_id)),
    );
    Ok(entitlements::table
        .inner_join(accounts::table.on(accounts::id.eq(entitlements::account_id)))
        .filter(entitlements::service.eq(&version.service).and(entitlements::wanted.eq(true)))
        .filter(entitlements::account_id.gt(after).and(accounts::mail.is_not_null()))
        .filter(not(exists(accepted)).and(not(exists(asked))))
        .order(entitlements::account_id)
        .select(entitlements::account_id)
        .limit(limit)
        .load(conn)?)
}

/// Owes a mail to each of these accounts.
///
/// # Errors
/// [`Error::Conflict`] if another portal has asked one of them at this moment; then nobody was asked here.
pub fn ask(
    conn: &mut Conn,
    version: &Version,
    stage: Stage,
    account_ids: &[String],
    now: Instant,
) -> Result<(), Error> {
    for account_id in account_ids {
        diesel::insert_into(terms_notices::table)
            .values((
                terms_notices::version_id.eq(&version.id),
                terms_notices::stage.eq(stage.name()),
                terms_notices::account_id.eq(account_id),
                terms_notices::at.eq(now),
            ))
            .execute(conn)?;
        let effect = Effect::AcceptAgain { version_id: version.id.clone(), stage };
        outbox::owe(conn, account_id, &version.service, effect, now)?;
    }
    Ok(())
}

/// The version that an account is asked about, as long as that is needed: not if it was accepted meanwhile, the service was given
/// up, or grace is over.
pub fn needed(conn: &mut Conn, account_id: &str, version_id: &str, now: Instant) -> Result<Option<Version>, Error> {
    let version: Option<Version> = terms_versions::table.find(version_id).first(conn).optional()?;
    let Some(version) = version.filter(|version| now < version.grace_ends_at()) else { return Ok(None) };
    let accepted = acceptances::table.inner_join(terms_versions::table).filter(
        acceptances::account_id
            .eq(account_id)
            .and(acceptances::service.eq(&version.service))
            .and(terms_versions::number.ge(version.number)),
    );
    let has_it = entitlements::table.filter(
        entitlements::account_id
            .eq(account_id)
            .and(entitlements::service.eq(&version.service))
            .and(entitlements::wanted.eq(true)),
    );
    let accepted: bool = diesel::select(exists(accepted)).get_result(conn)?;
    let has_it: bool = diesel::select(exists(has_it)).get_result(conn)?;
    Ok((has_it && !accepted).then_some(version))
}

/// What publishing a version would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// How many have the service.
    pub members: i64,
    /// How many of them must accept again.
    pub must_accept: i64,
    /// How many of those can be reached by mail.
    pub reachable: i64,
    /// When they are asked.
    pub mails: Vec<(Stage, Instant)>,
    pub effective_at: Instant,
    /// When the first lose the service; `None` if nobody can.
    pub ends_at: Option<Instant>,
}

impl Impact {
    /// How many mails ask people to accept, if nobody does before the last.
    pub fn mail_count(&self) -> i64 {
        self.reachable * i64::try_from(self.mails.len()).unwrap_or_default()
    }
}

/// What publishing `version` (which is not stored) would do.
pub fn impact(conn: &mut Conn, version: &Version) -> Result<Impact, Error> {
    let having = entitlements::table
        .inner_join(accounts::table.on(accounts::id.eq(entitlements::account_id)))
        .filter(entitlements::service.eq(&version.service).and(entitlements::wanted.eq(true)));
    let members: i64 = having.count().get_result(conn)?;
    let reachable: i64 = having.filter(accounts::mail.is_not_null()).count().get_result(conn)?;
    let is_asked = version.major && version.number > 1;
    Ok(Impact {
        members,
        must_accept: if is_asked { members } else { 0 },
        reachable: if is_asked { reachable } else { 0 },
        mails: plan(version),
        effective_at: version.effective_at,
        ends_at: (is_asked && members > 0).then(|| version.grace_ends_at()),
    })
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn day(day: i64) -> Instant {
        NaiveDate::from_ymd_opt(2026, 11, 1).unwrap().and_hms_opt(8, 0, 0).unwrap() + TimeDelta::days(day)
    }

    fn version(number: i32, effective: i64, grace_days: i32) -> Version {
        Version {
            id: number.to_string(),
            service: "chat".into(),
            number,
            major: true,
            grace_days,
            effective_at: day(effective),
            published_at: day(0),
        }
    }

    #[test]
    fn people_are_asked_at_publication_a_week_and_a_day_before_the_end() {
        let all = [(Stage::Published, day(0)), (Stage::WeekBefore, day(7)), (Stage::DayBefore, day(13))];
        assert_eq!(plan(&version(2, 0, 14)), all);
        assert_eq!(plan(&version(2, 10, 4)), all, "grace begins with the effective date");
        assert_eq!(plan(&version(2, 0, 7)), [all[0], (Stage::DayBefore, day(6))]);
        assert_eq!(plan(&version(2, 0, 1)), all[..1]);
    }

    #[test]
    fn nobody_is_asked_about_what_needs_no_acceptance() {
        assert_eq!(plan(&Version { major: false, ..version(2, 0, 14) }), []);
        assert_eq!(plan(&version(1, 0, 14)), []);
        assert_eq!(plan(&version(2, 0, 0)), [], "it has ended before anybody could read the mail");
    }

    #[test]
    fn only_the_newest_stage_counts_and_none_after_the_end() {
        let version = version(2, 0, 14);
        let at = |hours: i64| stage(&version, day(0) + TimeDelta::hours(hours));
        assert_eq!(at(0), Some(Stage::Published));
        assert_eq!(at(7 * 24 - 1), Some(Stage::Published));
        assert_eq!(at(10 * 24), Some(Stage::WeekBefore));
        assert_eq!(at(13 * 24), Some(Stage::DayBefore));
        assert_eq!(at(14 * 24), None);
    }

    #[test]
    fn a_version_is_no_longer_asked_for_once_a_newer_one_holds() {
        let versions = [version(1, 0, 14), version(2, 0, 14), version(3, 2, 14)];
        let numbers = |now| asked(&versions, now).map(|(version, _)| version.number).collect::<Vec<_>>();
        assert_eq!(numbers(day(1)), [2, 3]);
        assert_eq!(numbers(day(2)), [3]);
        assert_eq!(numbers(day(17)), [0; 0]);
    }
}
