//! What the log keeps of lecturers' looks at classes.

use std::sync::Arc;

use actix_web::HttpRequest;
use serde_json::{Value, json};

use crate::{
    clock::Instant,
    db::{self, Conn},
    domain::{
        catalogue::Service,
        courses::{
            Course, CourseId, Roster,
            views::{self, Sight, View},
        },
        log::{self, Actor, Kind, Origin, Record},
        reservations,
    },
    web::{State, client, error::WebError, member::Member},
};

/// Who looks at what of whom.
pub(super) struct Look<'a> {
    pub(super) member: &'a Member,
    pub(super) course: &'a Course,
    pub(super) service: &'a Service,
    pub(super) roster: &'a Arc<Roster>,
}

impl Look<'_> {
    fn detail(&self) -> Value {
        json!({ "course": self.course.title, "number": self.course.number, "term": self.course.term, "course_id": self.course.id.as_str() })
    }

    fn fact(&self, kind: Kind) -> Fact {
        let service = Some(self.service.slug.to_string());
        Fact { kind, service, detail: self.detail(), sight: None, about: None }
    }

    fn sight(&self, view: View, shown: String) -> Sight {
        Sight { view, course: self.course.id.to_string(), service: self.service.slug.to_string(), shown }
    }
}

/// Records that somebody looks at a class: about all people in it. Looking on is no new record, until `shown` differs.
pub(super) async fn class_viewed(
    request: &HttpRequest,
    state: &State,
    look: &Look<'_>,
    shown: String,
) -> Result<(), WebError> {
    let sight = Some(look.sight(View::Class, shown));
    let fact = Fact { sight, about: Some(Arc::clone(look.roster)), ..look.fact(Kind::CourseViewed) };
    keep(request, state, look.member, fact).await
}

/// Records that somebody takes a class's list away, each time.
pub(super) async fn class_exported(request: &HttpRequest, state: &State, look: &Look<'_>) -> Result<(), WebError> {
    let fact = Fact { about: Some(Arc::clone(look.roster)), ..look.fact(Kind::CourseExported) };
    keep(request, state, look.member, fact).await
}

/// Records that somebody shows a class's count, as a page or as a stream; that is about nobody in particular. The count moves
/// while the board is shown, so that it is no news; other people in the class are.
pub(super) async fn board_viewed(request: &HttpRequest, state: &State, look: &Look<'_>) -> Result<(), WebError> {
    let shown = views::digest(look.roster.people.iter().map(|person| person.key.as_str()));
    let fact = Fact { sight: Some(look.sight(View::Board, shown)), ..look.fact(Kind::BoardViewed) };
    keep(request, state, look.member, fact).await
}

/// Records that somebody is shown before a reminder how many are missing; that is about nobody in particular.
pub(super) async fn missing_counted(
    request: &HttpRequest,
    state: &State,
    look: &Look<'_>,
    missing: usize,
) -> Result<(), WebError> {
    let sight = look.sight(View::Reminder, views::digest([missing.to_string().as_str()]));
    let fact = look.fact(Kind::CountsViewed);
    let detail = json!({ "course_ids": [look.course.id.as_str()] });
    keep(request, state, look.member, Fact { sight: Some(sight), detail, ..fact }).await
}

/// Records that somebody is shown the counts of these courses; that is about nobody in particular.
pub(super) async fn counts_viewed(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    courses: &[&CourseId],
    shown: String,
) -> Result<(), WebError> {
    let sight = Some(Sight { view: View::List, course: String::new(), service: String::new(), shown });
    let ids: Vec<&str> = courses.iter().map(|id| id.as_str()).collect();
    let detail = json!({ "course_ids": ids });
    keep(request, state, member, Fact { kind: Kind::CountsViewed, service: None, detail, sight, about: None }).await
}

/// What is to be recorded.
struct Fact {
    kind: Kind,
    service: Option<String>,
    detail: Value,
    /// What was shown, where being shown the same again is no new record.
    sight: Option<Sight>,
    /// Whom it is about.
    about: Option<Arc<Roster>>,
}

impl Fact {
    fn record(&self, conn: &mut Conn, account_id: &str, request_id: &str, at: Instant) -> Result<(), db::Error> {
        if let Some(sight) = &self.sight
            && !views::note(conn, account_id, sight, at)?
        {
            return Ok(());
        }
        let origin = Origin { actor: Actor::Account(account_id), request_id, at };
        let (service, detail) = (self.service.as_deref(), self.detail.clone());
        let record = Record { kind: self.kind, account_id: None, service, detail };
        let Some(roster) = &self.about else { return log::append(conn, origin, &record) };
        let ids = reservations::ids(conn, roster.people.iter().map(|person| person.key.as_str()), at)?;
        log::append_about(conn, origin, &record, &ids.iter().map(String::as_str).collect())
    }
}

async fn keep(request: &HttpRequest, state: &State, member: &Member, fact: Fact) -> Result<(), WebError> {
    let (request_id, now, fact) = (client::request_id(request), state.clock.now(), Arc::new(fact));
    let keeping = || {
        let (account_id, request_id, fact) = (member.account.id.clone(), request_id.clone(), Arc::clone(&fact));
        state.database.write(move |conn| fact.record(conn, &account_id, &request_id, now))
    };
    match keeping().await {
        // The same person's other request has noted the first look at this moment; it may have been shown something else.
        Err(db::Error::Conflict(_)) => Ok(keeping().await?),
        done => Ok(done?),
    }
}
