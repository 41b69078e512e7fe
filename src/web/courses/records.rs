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
            Count, Course, CourseId, Roster,
            views::{self, Sight, View},
        },
        log::{self, Actor, Kind, Origin, Record},
        reservations,
    },
    web::{State, client, error::WebError},
};

/// Who looks at what of whom.
pub(super) struct Look<'a> {
    /// The lecturer's account.
    pub(super) account_id: &'a str,
    pub(super) course: &'a Course,
    pub(super) service: &'a Service,
    pub(super) roster: &'a Arc<Roster>,
}

impl Look<'_> {
    fn detail(&self) -> Value {
        json!({ "course": self.course.title, "number": self.course.number, "term": self.course.term, "course_id": self.course.id.as_str() })
    }

    /// As a record of several courses names them.
    fn detail_of_counts(&self) -> Value {
        let mut detail = self.detail();
        detail["course_ids"] = json!([self.course.id.as_str()]);
        detail
    }

    fn fact(&self, kind: Kind) -> Fact {
        let service = Some(self.service.slug.to_string());
        Fact { kind, service, detail: self.detail(), sight: None, about: None, told: None }
    }

    /// With the people in the class, if the count tells of each of them.
    fn counted(&self, state: &State, count: Count, view: View, fact: Fact) -> Fact {
        if !state.settings.courses.tells_of_each(count) {
            return fact;
        }
        let share = if count.activated == 0 {
            "nobody"
        } else if count.is_complete() {
            "everybody"
        } else {
            "few"
        };
        let people = self.roster.people.iter().map(|person| person.key.as_str());
        let sight = self.sight(view, views::digest(std::iter::once(share).chain(people)));
        Fact { told: Some((sight, Arc::clone(self.roster))), ..fact }
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
    keep(state, &client::request_id(request), look.account_id, vec![fact]).await
}

/// Records that somebody takes a class's list away, each time.
pub(super) async fn class_exported(request: &HttpRequest, state: &State, look: &Look<'_>) -> Result<(), WebError> {
    let fact = Fact { about: Some(Arc::clone(look.roster)), ..look.fact(Kind::CourseExported) };
    keep(state, &client::request_id(request), look.account_id, vec![fact]).await
}

/// Records that somebody shows a class's count, as a page or as a stream; that is about nobody in particular, unless the count
/// tells of each. The count moves while the board is shown, so that it is no news; other people in the class are.
pub(super) async fn board_viewed(
    state: &State,
    request_id: &str,
    look: &Look<'_>,
    count: Count,
) -> Result<(), WebError> {
    let shown = views::digest(look.roster.people.iter().map(|person| person.key.as_str()));
    let fact = Fact { sight: Some(look.sight(View::Board, shown)), ..look.fact(Kind::BoardViewed) };
    keep(state, request_id, look.account_id, vec![look.counted(state, count, View::BoardTelling, fact)]).await
}

/// Records that somebody is shown before a reminder how many are missing; that is about nobody in particular, unless the count
/// tells of each.
pub(super) async fn missing_counted(
    request: &HttpRequest,
    state: &State,
    look: &Look<'_>,
    count: Count,
) -> Result<(), WebError> {
    let missing = count.people - count.activated;
    let sight = Some(look.sight(View::Reminder, views::digest([missing.to_string().as_str()])));
    let fact = Fact { detail: look.detail_of_counts(), sight, ..look.fact(Kind::CountsViewed) };
    let fact = look.counted(state, count, View::ReminderTelling, fact);
    keep(state, &client::request_id(request), look.account_id, vec![fact]).await
}

/// Records that somebody is shown the counts of these courses; that is about nobody in particular, but for those counts that tell of
/// each person in a class.
pub(super) async fn counts_viewed(
    request: &HttpRequest,
    state: &State,
    account_id: &str,
    courses: &[&CourseId],
    counted: &[(Look<'_>, Count)],
    shown: String,
) -> Result<(), WebError> {
    let sight = Some(Sight { view: View::List, course: String::new(), service: String::new(), shown });
    let ids: Vec<&str> = courses.iter().map(|id| id.as_str()).collect();
    let detail = json!({ "course_ids": ids });
    let all = Fact { kind: Kind::CountsViewed, service: None, detail, sight, about: None, told: None };
    let told = counted.iter().map(|(look, count)| {
        let fact = Fact { detail: look.detail_of_counts(), ..look.fact(Kind::CountsViewed) };
        look.counted(state, *count, View::ListTelling, fact)
    });
    let facts = std::iter::once(all).chain(told.filter(|fact| fact.told.is_some())).collect();
    keep(state, &client::request_id(request), account_id, facts).await
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
    /// What a count told of each of these people: then it is about them, as often as that is news.
    told: Option<(Sight, Arc<Roster>)>,
}

impl Fact {
    fn record(&self, conn: &mut Conn, account_id: &str, request_id: &str, at: Instant) -> Result<(), db::Error> {
        let mut note = |sight: &Sight| views::note(conn, account_id, sight, at);
        let is_news = self.sight.as_ref().map(&mut note).transpose()?;
        let has_told = self.told.as_ref().map(|(sight, _)| note(sight)).transpose()?;
        // Without anything to compare with it is always news.
        if !(is_news.unwrap_or(has_told.is_none()) || has_told.unwrap_or(false)) {
            return Ok(());
        }
        let told = self.told.as_ref().filter(|_| has_told == Some(true)).map(|(_, roster)| roster);
        let origin = Origin { actor: Actor::Account(account_id), request_id, at };
        let (service, detail) = (self.service.as_deref(), self.detail.clone());
        let record = Record { kind: self.kind, account_id: None, service, detail };
        let Some(roster) = self.about.as_ref().or(told) else { return log::append(conn, origin, &record) };
        let ids = reservations::ids(conn, roster.people.iter().map(|person| person.key.as_str()), at)?;
        log::append_about(conn, origin, &record, &ids.iter().map(String::as_str).collect())
    }
}

/// In one transaction: what is shown together is recorded together.
async fn keep(state: &State, request_id: &str, account_id: &str, facts: Vec<Fact>) -> Result<(), WebError> {
    let (now, facts) = (state.clock.now(), Arc::new(facts));
    let keeping = || {
        let (account_id, request_id, facts) = (account_id.to_owned(), request_id.to_owned(), Arc::clone(&facts));
        state
            .database
            .write(move |conn| facts.iter().try_for_each(|fact| fact.record(conn, &account_id, &request_id, now)))
    };
    // The same person's other request may note the first look at this moment; it may have been shown something else.
    Ok(db::again_after_conflict(keeping).await?)
}
