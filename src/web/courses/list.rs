//! The lecturer's own courses.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use futures_util::{StreamExt as _, stream};

use super::{
    admit, bar, classes, lecturer, name, own_courses,
    records::{self, Look},
    visible,
};
use crate::{
    directory::OwnCourse,
    domain::courses::{self, Count, Course, CourseId, Roster, Term, views},
    web::{
        State,
        error::WebError,
        member::Member,
        pages::{
            courses::{CourseRow, CoursesPage},
            frame::{Frame, Nav},
        },
        patience::Patience,
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
    let reading = current.iter().map(|own| counts(&state, own, &lecturer.patience));
    let counted: Vec<Option<Counted>> = stream::iter(reading).buffered(AT_ONCE).collect().await;
    record(&request, &state, &member, &current, &counted).await?;
    let current = current.iter().zip(counted).map(|(own, counts)| row(&state, &frame, own, counts)).collect();
    let page = CoursesPage {
        older: older.iter().map(|own| name(&frame, &own.course)).collect(),
        has_sources: state.classes.courses().has_sources(),
        has_services: visible(&state.catalogue).next().is_some(),
        current,
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// A class, and how many of it have activated each of the visible services.
struct Counted {
    roster: Arc<Roster>,
    counts: Vec<Count>,
}

/// `None` if the class cannot be read now.
async fn counts(state: &web::Data<State>, own: &OwnCourse, patience: &Patience) -> Option<Counted> {
    let roster = classes::roster(state, own, false, patience).await.ok()?;
    let asked = Arc::clone(&roster);
    let slugs: Vec<String> = visible(&state.catalogue).map(|service| service.slug.to_string()).collect();
    let counts = state.database.read(move |conn| {
        slugs.iter().map(|slug| Ok(courses::activation(conn, slug, &asked)?.count())).collect::<Result<Vec<_>, _>>()
    });
    let counts: Result<_, crate::db::Error> = counts.await;
    Some(Counted { roster, counts: counts.ok()? })
}

/// Which counts are shown, if any are, and what they tell of each person in a class.
async fn record(
    request: &HttpRequest,
    state: &State,
    member: &Member,
    own: &[OwnCourse],
    counted: &[Option<Counted>],
) -> Result<(), WebError> {
    let shown = own.iter().zip(counted).filter_map(|(own, counted)| Some((&own.course, counted.as_ref()?)));
    let shown: Vec<(&Course, &Counted)> = shown.filter(|(_, counted)| !counted.counts.is_empty()).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let words = shown.iter().flat_map(|(course, counted)| {
        let counts = counted.counts.iter().map(|count| format!("{}/{}", count.activated, count.people));
        std::iter::once(course.id.to_string()).chain(counts)
    });
    let words: Vec<String> = words.collect();
    let ids: Vec<&CourseId> = shown.iter().map(|(course, _)| &course.id).collect();
    let (account_id, digest) = (member.account.id.as_str(), views::digest(words.iter().map(String::as_str)));
    let counted: Vec<(Look<'_>, Count)> = shown
        .iter()
        .flat_map(|(course, Counted { roster, counts })| {
            let look = move |service| Look { account_id, course, service, roster };
            visible(&state.catalogue).map(look).zip(counts.iter().copied())
        })
        .collect();
    records::counts_viewed(request, state, account_id, &ids, &counted, digest).await
}

fn row(state: &State, frame: &Frame, own: &OwnCourse, counted: Option<Counted>) -> CourseRow {
    let bars = |counts: Vec<Count>| {
        visible(&state.catalogue).zip(counts).map(|(service, count)| bar(frame, service, count)).collect()
    };
    CourseRow { name: name(frame, &own.course), bars: counted.map(|counted| bars(counted.counts)) }
}
