//! The lecturer's own courses.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::{StreamExt as _, stream};

use super::{admit, bar, lecturer, name, own_courses, visible};
use crate::{
    directory::OwnCourse,
    domain::courses::{self, Roster, Term},
    web::{
        State,
        error::WebError,
        member::Member,
        pages::{
            courses::{Bar, CourseRow, CoursesPage},
            frame::{Frame, Nav},
        },
        view,
    },
};

/// How many classes are read at once for one page.
const AT_ONCE: usize = 4;

/// `GET /courses`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    admit(&state, &member)?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Courses);
    let term = Term::at(frame.now, frame.tz, state.settings.courses.terms);
    let mut own = own_courses(&state, &lecturer).await?;
    own.sort_by_cached_key(|own| (std::cmp::Reverse(own.course.parsed_term()), own.course.title.to_lowercase()));
    let (current, older): (Vec<_>, Vec<_>) = own.into_iter().partition(|own| own.course.is_current(term));
    let rows = current.iter().map(|own| row(&state, &frame, own));
    let current: Vec<CourseRow> = stream::iter(rows).buffered(AT_ONCE).collect().await;
    let page = CoursesPage {
        older: older.iter().map(|own| name(&frame, &own.course)).collect(),
        has_sources: state.classes.courses().has_sources(),
        has_services: visible(&state.catalogue).next().is_some(),
        current,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// One course with its counts; without them if the class cannot be read now.
async fn row(state: &State, frame: &Frame, own: &OwnCourse) -> CourseRow {
    let name = name(frame, &own.course);
    let bars = match state.classes.roster(state, own, false).await {
        Ok(roster) => bars(state, frame, &roster).await.ok(),
        Err(_) => None,
    };
    CourseRow { name, bars }
}

async fn bars(state: &State, frame: &Frame, roster: &Arc<Roster>) -> Result<Vec<Bar>, WebError> {
    let slugs: Vec<String> = visible(&state.catalogue).map(|service| service.slug.to_string()).collect();
    let roster = Arc::clone(roster);
    let counts = state.database.read(move |conn| {
        slugs.iter().map(|slug| Ok(courses::activation(conn, slug, &roster)?.count())).collect::<Result<Vec<_>, _>>()
    });
    let counts: Result<_, crate::db::Error> = counts.await;
    Ok(visible(&state.catalogue).zip(counts?).map(|(service, count)| bar(frame, service, count)).collect())
}
