//! Charts: numbers without people, so a reason is not asked.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::{NaiveDate, TimeDelta};

use super::{
    search::{begin, is_word, service_choices},
    words,
};
use crate::{
    clock::Instant,
    db,
    domain::{
        audit::figures::{self, Day, Figures, Share},
        roles::Role,
        terms::{self, Version},
    },
    web::{
        State,
        error::WebError,
        forms::Fields,
        member::Member,
        pages::{
            audit::charts::{Bar, Bars, ChartsPage, DayBar, Days},
            frame::{Frame, Nav},
        },
        profile, roles, view,
    },
};

/// How many days may be shown.
const PERIODS: [u32; 3] = [14, 30, 90];

/// What the database counts.
struct Counted {
    all_versions: Vec<Version>,
    days: Vec<Day>,
    figures: Figures,
}

/// `GET /audit/charts`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    roles::require(&request, &state, &member, Role::Auditor).await?;
    state.audit.limit.admit(&member.account.id)?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let fields = Fields::decode(request.query_string());
    let first = state.catalogue.services.first().map(|service| service.slug.to_string()).unwrap_or_default();
    let service = fields.get("service").filter(|text| is_word(text)).map_or(first, str::to_owned);
    let period =
        fields.get("days").and_then(|text| text.parse().ok()).filter(|days| PERIODS.contains(days)).unwrap_or(30);
    let now = state.clock.now();
    let calendar = calendar(&frame, now, period);
    let bounds = bounds(&frame, &calendar);
    let known = state.audit.past_days.known(&service, &bounds);
    let (asked, days) = (service.clone(), bounds.clone());
    let counted = state.database.search(move |conn| count(conn, &asked, &days, known)).await?;
    state.audit.past_days.keep(&service, &bounds, &counted.days, now);
    let versions = counted.all_versions.iter().filter(|version| version.service == service);
    let page = ChartsPage {
        services: service_choices(&frame, &state, &counted.all_versions, Some(&service)),
        periods: PERIODS.iter().map(|days| (*days, *days == period)).collect(),
        service_name: words::service(&frame, &state, &service),
        days: Days::new(calendar.into_iter().zip(&counted.days).map(|(day, counted)| day_bar(day, *counted)).collect()),
        shares: Bars::new(counted.figures.shares.iter().map(|share| share_bar(&frame, share)).collect()),
        counted_at: counted.figures.counted_at,
        versions: Bars::new(version_bars(&frame, versions, &counted.figures)),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// The days, oldest first; the last is today.
fn calendar(frame: &Frame, now: Instant, period: u32) -> Vec<NaiveDate> {
    let today = now.and_utc().with_timezone(&frame.tz).date_naive();
    (0..period).rev().map(|ago| today - TimeDelta::days(i64::from(ago))).collect()
}

/// Where the days begin, and where the last ends.
fn bounds(frame: &Frame, calendar: &[NaiveDate]) -> Vec<Instant> {
    let end = calendar.last().map(|day| *day + TimeDelta::days(1));
    calendar.iter().copied().chain(end).map(|day| begin(day, frame.tz)).collect()
}

/// Counts the days that are not known yet, and the rest.
fn count(
    conn: &mut db::Conn,
    service: &str,
    bounds: &[Instant],
    known: Vec<Option<Day>>,
) -> Result<Counted, db::Error> {
    let mut days = Vec::with_capacity(known.len());
    for (bounds, known) in bounds.windows(2).zip(known) {
        days.push(match known {
            Some(day) => day,
            None => figures::day(conn, service, bounds[0], bounds[1])?,
        });
    }
    Ok(Counted { all_versions: terms::all_versions(conn)?, days, figures: figures::of_service(conn, service)? })
}

fn day_bar(day: NaiveDate, counted: Day) -> DayBar {
    DayBar { day, granted: counted.granted, ended: counted.ended }
}

fn share_bar(frame: &Frame, share: &Share) -> Bar {
    Bar { label: profile::affiliation(frame.locale, &share.affiliation), part: share.active, whole: share.known }
}

/// Each version's share of all that stand.
fn version_bars<'a>(frame: &Frame, versions: impl Iterator<Item = &'a Version>, figures: &Figures) -> Vec<Bar> {
    let whole = figures.versions.values().sum();
    let bar = |version: &Version| Bar {
        label: frame.with("history-version-number", "number", version.number),
        part: figures.versions.get(&version.id).copied().unwrap_or_default(),
        whole,
    };
    versions.map(bar).collect()
}
