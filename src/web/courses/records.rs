//! What the log keeps of lecturers' looks at classes.

use std::{collections::BTreeSet, sync::Arc};

use actix_web::HttpRequest;
use serde_json::{Value, json};

use crate::{
    db,
    domain::{
        catalogue::Service,
        courses::{self, Course, Roster, View},
        log::{self, Actor, Kind, Origin, Record},
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
}

/// Records that somebody looks at a class: about all people in it who have an account. Looking on makes no new record.
pub(super) async fn class_viewed(request: &HttpRequest, state: &State, look: &Look<'_>) -> Result<(), WebError> {
    keep(request, state, look, Kind::CourseViewed, Some(View::Class)).await
}

/// Records that somebody shows a class's count; that is about nobody in particular.
pub(super) async fn board_viewed(request: &HttpRequest, state: &State, look: &Look<'_>) -> Result<(), WebError> {
    keep(request, state, look, Kind::BoardViewed, Some(View::Board)).await
}

/// Records that somebody takes a class's list away, each time.
pub(super) async fn class_exported(request: &HttpRequest, state: &State, look: &Look<'_>) -> Result<(), WebError> {
    keep(request, state, look, Kind::CourseExported, None).await
}

async fn keep(
    request: &HttpRequest,
    state: &State,
    look: &Look<'_>,
    kind: Kind,
    view: Option<View>,
) -> Result<(), WebError> {
    let (actor, request_id, now) = (look.member.account.id.clone(), client::request_id(request), state.clock.now());
    let (id, service, detail) = (look.course.id.clone(), look.service.slug.to_string(), look.detail());
    let roster = Arc::clone(look.roster);
    let kept = state.database.write(move |conn| -> Result<(), db::Error> {
        if let Some(view) = view
            && !courses::note_view(conn, &actor, &id, &service, view, now)?
        {
            return Ok(());
        }
        let origin = Origin { actor: Actor::Account(&actor), request_id: &request_id, at: now };
        let record = Record { kind, account_id: None, service: Some(&service), detail };
        if kind == Kind::BoardViewed {
            return log::append(conn, origin, &record);
        }
        let accounts = courses::accounts_of(conn, &roster.people)?;
        let subjects: BTreeSet<&str> = accounts.values().map(String::as_str).collect();
        log::append_about(conn, origin, &record, &subjects)
    });
    match kept.await {
        // The same person's other request has made the record at this moment.
        Err(db::Error::Conflict(_)) if view.is_some() => Ok(()),
        done => Ok(done?),
    }
}
