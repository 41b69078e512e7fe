//! Who had a service at a time, or has it without acceptance, as a file.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Serialize;

use super::{
    Wanted,
    content::{Content, known},
    format::{Format, Line},
    hand_over, offer, wish,
};
use crate::{
    clock::Instant,
    db::{self, Conn},
    domain::{
        audit::{
            people::Listed,
            records::Size,
            standing::{self, Question, Standing, Ungrounded},
        },
        terms,
    },
    texts,
    web::{
        State,
        audit::{
            auditor::Auditor,
            standing::{Asked, meant},
        },
        error::WebError,
        member::Member,
        pages::frame::Nav,
        view,
    },
};

/// `GET /audit/standing/export`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Audit);
    let wanted = wanted(&state, Asked::parse(request.query_string(), &state), false).await?;
    offer(StatusCode::OK, frame, &state, &member, auditor, wanted)
}

/// `POST /audit/standing/export`
pub(in crate::web) async fn create(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    fields: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let auditor = Auditor::admit(&request, &state, &member).await?;
    let (format, query) = wish(fields.into_inner(), &member)?;
    let wanted = wanted(&state, Asked::parse(&query, &state), true).await?;
    hand_over(&request, &state, &member, auditor, format, wanted).await
}

/// A day that is none is asked about on the page, not here.
async fn wanted(state: &State, asked: Asked, exactly: bool) -> Result<Wanted<List>, WebError> {
    if asked.is_wrong() {
        return Err(WebError::NotFound);
    }
    let (query, recorded) = (asked.query(true), asked.recorded());
    let now = state.clock.now();
    let at = asked.at(now, state.settings.portal.time_zone);
    let counting = state.database.search(move |conn| {
        let (list, too_many_people) = List::read(conn, &asked, at, at == now)?;
        let size = list.counted(conn, exactly)?;
        Ok::<_, db::Error>((list, size, too_many_people))
    });
    let (content, size, too_many_people) = counting.await?;
    Ok(Wanted { content, size, too_many_people, query, recorded })
}

#[derive(Clone, Debug)]
struct List {
    question: Question,
    /// Whether it is of the moment in which it was asked for.
    is_now: bool,
    ungrounded: bool,
    /// The number of each version, by its id.
    numbers: HashMap<String, i32>,
}

impl List {
    /// The list, and whether the question names more people than are looked at.
    fn read(conn: &mut Conn, asked: &Asked, at: Instant, is_now: bool) -> Result<(Self, bool), db::Error> {
        let versions = terms::all_versions(conn)?;
        // Of one moment, although it is read batch by batch while people decide anew.
        let (question, too_many_people) = meant(conn, asked, &versions, at, false)?;
        let numbers = versions.into_iter().map(|version| (version.id, version.number)).collect();
        Ok((Self { question, is_now, ungrounded: asked.ungrounded, numbers }, too_many_people))
    }
}

/// A line of the page.
enum Having {
    Grounded(Standing),
    Ungrounded(Ungrounded),
}

impl Content for List {
    type Record = Having;

    const FILE: &'static str = "latchkey-standing";
    const LIST: &'static str = "/audit/standing";
    const PATH: &'static str = "/audit/standing/export";
    const COLUMNS: &'static [&'static str] = &[
        "service",
        "as_of",
        "account",
        "username",
        "display_name",
        "mail",
        "since",
        "version",
        "sha256",
        "language",
        "receipt",
        "cause",
    ];
    const BYTES_OF_A_RECORD: u64 = 340;

    /// There are no more than people, and these are counted soon.
    fn size(&self, conn: &mut Conn) -> Result<Size, db::Error> {
        self.counted(conn, true)
    }

    fn count(&self, conn: &mut Conn, most: u64) -> Result<Option<u64>, db::Error> {
        let count = if self.ungrounded {
            standing::count_without_acceptance(conn, &self.question)?
        } else {
            // At this moment nothing has ended since.
            standing::count_all(conn, &Question { is_now: self.is_now, ..self.question.clone() })?
        };
        Ok(Some(count).filter(|count| *count <= most))
    }

    fn batch(&self, conn: &mut Conn, after: Option<&str>, size: usize) -> Result<Vec<Having>, db::Error> {
        if self.ungrounded {
            let (batch, _) = standing::without_acceptance(conn, &self.question, after, size)?;
            return Ok(batch.into_iter().map(Having::Ungrounded).collect());
        }
        let (batch, _) = standing::page(conn, &self.question, after, size)?;
        Ok(batch.into_iter().map(Having::Grounded).collect())
    }

    fn cursor(record: &Having) -> &str {
        match record {
            Having::Grounded(standing) => &standing.id,
            Having::Ungrounded(ungrounded) => &ungrounded.account_id,
        }
    }

    fn people(record: &Having) -> impl Iterator<Item = &String> {
        let (Having::Grounded(Standing { account_id, .. }) | Having::Ungrounded(Ungrounded { account_id, .. })) =
            record;
        std::iter::once(account_id)
    }

    fn line(&self, record: &Having, names: &HashMap<String, Listed>, format: Format) -> String {
        format.line(&self.having_line(record, names))
    }
}

#[derive(Debug, Serialize)]
struct HavingLine<'a> {
    service: &'a str,
    /// RFC 3339, in UTC, as all times.
    as_of: String,
    account: &'a str,
    username: Option<&'a str>,
    display_name: Option<&'a str>,
    mail: Option<&'a str>,
    since: String,
    /// What was accepted; nothing of it where there is no acceptance.
    version: Option<i32>,
    sha256: Option<&'a str>,
    language: Option<&'a str>,
    receipt: Option<&'a str>,
    /// Why somebody has the service without acceptance.
    cause: Option<&'a str>,
}

impl List {
    fn having_line<'a>(&'a self, record: &'a Having, names: &'a HashMap<String, Listed>) -> HavingLine<'a> {
        let (grounded, ungrounded) = match record {
            Having::Grounded(standing) => (Some(standing), None),
            Having::Ungrounded(ungrounded) => (None, Some(ungrounded)),
        };
        let (account, since) = match record {
            Having::Grounded(standing) => (&standing.account_id, standing.accepted_at),
            Having::Ungrounded(ungrounded) => (&ungrounded.account_id, ungrounded.changed_at),
        };
        let person = known(names, account);
        HavingLine {
            service: &self.question.service,
            as_of: texts::exact_time(self.question.at),
            account,
            username: person.map(|person| person.username.as_str()),
            display_name: person.map(|person| person.display_name.as_str()),
            mail: person.and_then(|person| person.mail.as_deref()),
            since: texts::exact_time(since),
            version: grounded.and_then(|standing| self.numbers.get(&standing.version_id).copied()),
            sha256: grounded.map(|standing| standing.digest.as_str()),
            language: grounded.map(|standing| standing.locale.as_str()),
            receipt: grounded.map(|standing| standing.receipt.as_str()),
            cause: ungrounded.map(|ungrounded| ungrounded.cause.as_str()),
        }
    }
}

impl Line<12> for HavingLine<'_> {
    fn cells(&self) -> [String; 12] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.service.to_owned(),
            self.as_of.clone(),
            self.account.to_owned(),
            text(self.username),
            text(self.display_name),
            text(self.mail),
            self.since.clone(),
            self.version.map(|number| number.to_string()).unwrap_or_default(),
            text(self.sha256),
            text(self.language),
            text(self.receipt),
            text(self.cause),
        ]
    }
}
