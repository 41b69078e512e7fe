//! Who had a service at a time, on what ground; and who has it without one.

use std::collections::{BTreeSet, HashMap};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::{
    auditor::Auditor,
    records::{count_in_words, named},
    search::{begin, day_of, is_word, service_choices, version, version_choices},
    words,
};
use crate::{
    clock::Instant,
    db,
    domain::{
        audit::{
            people::{self, Listed},
            records::Count,
            standing::{self, Question, Standing, Ungrounded},
        },
        locale::Locale,
        log::Kind,
        terms::{self, Version},
    },
    web::{
        State,
        error::WebError,
        forms::Fields,
        member::Member,
        pages::{
            audit::{
                FieldProblem,
                standing::{StandingForm, StandingPage, StandingRow},
            },
            frame::{Frame, Nav},
        },
        view,
    },
};

/// Rows on a page.
const PAGE: usize = 50;

/// The question in the address.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    service: String,
    version: Option<(String, i32)>,
    q: String,
    on: String,
    day: Option<NaiveDate>,
    /// Those who have the service now although no acceptance stands.
    pub(super) ungrounded: bool,
    cursor: Option<String>,
}

impl Asked {
    pub(super) fn parse(query: &str, state: &State) -> Self {
        let fields = Fields::decode(query);
        let text = |name: &str| fields.get(name).map(str::trim).filter(|text| !text.is_empty() && text.len() <= 200);
        let first = || state.catalogue.services.first().map(|service| service.slug.to_string()).unwrap_or_default();
        let version = text("version").and_then(version);
        let service = version.as_ref().map(|(service, _)| service.clone());
        let chosen = || text("service").filter(|text| is_word(text)).map_or_else(first, str::to_owned);
        Self {
            service: service.unwrap_or_else(chosen),
            version,
            q: text("q").unwrap_or_default().to_owned(),
            on: text("on").unwrap_or_default().to_owned(),
            day: text("on").and_then(day_of),
            ungrounded: fields.get("ground") == Some("none"),
            cursor: text("before").filter(|text| is_word(text)).map(str::to_owned),
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        !self.on.is_empty() && self.day.is_none()
    }

    /// The end of the day, or now; who lacks an acceptance is known for now only.
    pub(super) fn at(&self, now: Instant, tz: chrono_tz::Tz) -> Instant {
        let end = |day: NaiveDate| begin(day + TimeDelta::days(1), tz) - TimeDelta::microseconds(1);
        self.day.filter(|_| !self.ungrounded).map_or(now, |day| end(day).min(now))
    }

    pub(super) fn query(&self, with_names: bool) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("service", &self.service);
        if let Some((service, number)) = &self.version {
            query.append_pair("version", &format!("{service}/{number}"));
        }
        if with_names && !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        if !self.on.is_empty() {
            query.append_pair("on", &self.on);
        }
        if self.ungrounded {
            query.append_pair("ground", "none");
        }
        query.finish()
    }

    /// What the log keeps of the question: no name.
    pub(super) fn recorded(&self) -> Value {
        json!({ "filter": self.query(false), "by_person": !self.q.is_empty(), "list": "standing" })
    }
}

/// What the database answers.
#[derive(Default)]
struct Answer {
    versions: Vec<Version>,
    standing: Vec<Standing>,
    ungrounded: Vec<Ungrounded>,
    more: bool,
    count: Option<Count>,
    names: HashMap<String, Listed>,
    too_many: bool,
}

/// `GET /audit/standing`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let asked = Asked::parse(request.query_string(), &state);
    let now = state.clock.now();
    let at = asked.at(now, frame.tz);
    let (question, is_wrong) = (asked.clone(), asked.is_wrong());
    let answer = state.database.search(move |conn| ask(conn, &question, at, at == now)).await?;
    if !is_wrong {
        let subjects: BTreeSet<String> = answer.names.keys().cloned().collect();
        auditor.note(&state, Kind::LogSearched, asked.recorded(), subjects).await?;
    }
    let last = answer.standing.last().map(|s| &s.id).or(answer.ungrounded.last().map(|u| &u.account_id));
    let next =
        last.filter(|_| answer.more).map(|id| frame.url(&format!("/audit/standing?{}&before={id}", asked.query(true))));
    let has_rows = last.is_some();
    let wrong = FieldProblem { field: "on", text: frame.t("audit-date-wrong") };
    let page = StandingPage {
        reason: auditor.reason,
        form: form(&frame, &state, &asked, &answer.versions),
        problems: is_wrong.then_some(wrong).into_iter().collect(),
        service_name: words::service(&frame, &state, &asked.service),
        at,
        too_many_people: answer.too_many,
        count: answer.count.map(|count| count_in_words(&frame, count)),
        rows: rows(&frame, &answer),
        next_url: next,
        export_url: has_rows.then(|| frame.url(&format!("/audit/standing/export?{}", asked.query(true)))),
        frame,
    };
    view::page(if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

fn ask(conn: &mut db::Conn, asked: &Asked, at: Instant, is_now: bool) -> Result<Answer, db::Error> {
    let mut answer = Answer { versions: terms::all_versions(conn)?, ..Answer::default() };
    if asked.is_wrong() {
        return Ok(answer);
    }
    let question;
    (question, answer.too_many) = meant(conn, asked, &answer.versions, at, is_now)?;
    let cursor = asked.cursor.as_deref();
    if asked.ungrounded {
        (answer.ungrounded, answer.more) = standing::without_acceptance(conn, &question, cursor, PAGE)?;
    } else if cursor.is_some() {
        (answer.standing, answer.more) = standing::page(conn, &question, cursor, PAGE)?;
        answer.count = Some(standing::count(conn, &question)?);
    } else {
        let count;
        (answer.standing, answer.more, count) = standing::first_page(conn, &question, PAGE)?;
        answer.count = Some(count);
    }
    let ids = answer.standing.iter().map(|s| &s.account_id).chain(answer.ungrounded.iter().map(|u| &u.account_id));
    answer.names = people::listed(conn, ids)?;
    Ok(answer)
}

/// Whom and which version a question means, and whether more people have such a name than are looked at.
pub(super) fn meant(
    conn: &mut db::Conn,
    asked: &Asked,
    versions: &[Version],
    at: Instant,
    is_now: bool,
) -> Result<(Question, bool), db::Error> {
    let found = (!asked.q.is_empty()).then(|| people::search(conn, &asked.q)).transpose()?;
    let too_many = found.as_ref().is_some_and(|found| found.too_many);
    let version = asked.version.as_ref().map(|(service, number)| {
        let known = versions.iter().find(|v| v.service == *service && v.number == *number);
        known.map_or_else(String::new, |version| version.id.clone())
    });
    let people = found.map(|found| found.people.into_iter().map(|person| person.id).collect());
    Ok((Question { service: asked.service.clone(), version, at, is_now, people }, too_many))
}

fn form(frame: &Frame, state: &State, asked: &Asked, versions: &[Version]) -> StandingForm {
    let chosen = asked.version.as_ref().map(|(service, number)| format!("{service}/{number}"));
    StandingForm {
        services: service_choices(frame, state, versions, Some(&asked.service)),
        versions: version_choices(frame, state, versions, chosen.as_deref()),
        q: asked.q.clone(),
        on: asked.on.clone(),
        ungrounded: asked.ungrounded,
    }
}

fn rows(frame: &Frame, answer: &Answer) -> Vec<StandingRow> {
    let number = |id: &str| answer.versions.iter().find(|version| version.id == id).map(|version| version.number);
    let standing = answer.standing.iter().map(|standing| StandingRow {
        person: named(frame, &answer.names, &standing.account_id),
        since: standing.accepted_at,
        ground: number(&standing.version_id).map(|number| frame.with("history-version-number", "number", number)),
        language: Locale::from_code(&standing.locale).map(|language| {
            frame.t(match language {
                Locale::De => "language-de",
                Locale::En => "language-en",
            })
        }),
        receipt: Some(standing.receipt.clone()),
        cause: None,
    });
    let ungrounded = answer.ungrounded.iter().map(|ungrounded| StandingRow {
        person: named(frame, &answer.names, &ungrounded.account_id),
        since: ungrounded.changed_at,
        ground: None,
        language: None,
        receipt: None,
        cause: Some(words::label(frame, words::CAUSES, &ungrounded.cause)),
    });
    standing.chain(ungrounded).collect()
}
