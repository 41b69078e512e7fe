//! Courses: what a lecturer sees of the own classes.
//!
//! Whose course it is the directory says anew at each request; the list of a class is kept for a while. Every look at people,
//! and every export, is a record in the log that the people it is about can see.

mod board;
mod class;
pub(super) mod classes;
pub(super) mod entrance;
mod events;
mod list;
mod records;
mod reminder;
pub(super) mod tickers;
mod uploads;

use actix_web::{HttpRequest, web};

use super::{
    State, at, client,
    error::WebError,
    get,
    member::Member,
    pages::{
        courses::{Bar, CourseName},
        frame::Frame,
    },
    patience::Patience,
    post, roles,
};
use crate::{
    directory::{DirectoryError, OwnCourse},
    domain::{
        accounts::Person,
        catalogue::{Catalogue, Service},
        courses::{Count, Course, CourseId},
        roles::Role,
    },
};

/// What lecturers see; the entrance for students is elsewhere, since it has no language.
pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(at("/courses", get(list::show)))
        .service(at("/courses/upload", get(uploads::form)).route(post(uploads::create)))
        .service(at("/courses/upload/{list}", get(uploads::show)))
        // No HEAD where each answer is a record of its own.
        .service(at("/courses/upload/{list}/answers.csv", web::get().to(uploads::export)))
        .service(at("/courses/upload/{list}/end", post(uploads::end)))
        .service(at("/courses/{id:[0-9a-f]{32}}/reminder", get(reminder::form)).route(post(reminder::create)))
        .service(at("/courses/{id:[0-9a-f]{32}}", get(class::show)))
        .service(at("/courses/{id:[0-9a-f]{32}}/people.csv", web::get().to(class::export)))
        .service(at("/courses/{id:[0-9a-f]{32}}/board", get(board::show)))
        // No HEAD: nobody would read the stream, and its seat would stay taken.
        .service(at("/courses/{id:[0-9a-f]{32}}/board/events", web::get().to(events::show)));
}

/// A lecturer, and how long the request waits for all that the directory is asked.
pub(super) struct Lecturer {
    pub(super) person: Person,
    pub(super) patience: Patience,
}

/// The person behind the request, who must be a lecturer.
pub(super) async fn lecturer(request: &HttpRequest, state: &State, member: &Member) -> Result<Lecturer, WebError> {
    let patience = Patience::without_alternative(request, state);
    roles::require_in_time(request, state, member, Role::Lecturer, &patience).await?;
    let person = member.person(state, client::locale(request), &patience).await?;
    let person = person.ok_or_else(|| WebError::Unavailable("the directory does not say who this is".into()))?;
    Ok(Lecturer { person, patience })
}

/// Counts a page, file or upload with data of a class.
///
/// # Errors
/// [`WebError::TooMany`], if this lecturer has had as many as a minute allows.
pub(super) fn admit(state: &State, member: &Member) -> Result<(), WebError> {
    state.class_pages.admit(&member.account.id)
}

/// Counts a file with the list of one class, or with the answers to an upload: each is a record about everybody in it.
///
/// # Errors
/// [`WebError::TooMany`], if this lecturer has had as many as an hour allows.
pub(super) fn admit_export(state: &State, member: &Member, subject: &str) -> Result<(), WebError> {
    state.class_exports.admit_to(subject, &member.account.id)
}

/// The course of this id, if the directory calls it the lecturer's own now. Others' courses and made-up ids are the same: not
/// found.
pub(super) async fn own_course(state: &State, lecturer: &Lecturer, id: &str) -> Result<OwnCourse, WebError> {
    let id = CourseId::parse(id).ok_or(WebError::NotFound)?;
    let (courses, person, sought) = (state.classes.courses().clone(), lecturer.person.clone(), id.clone());
    let asked = lecturer.patience.ask(async move { courses.one_of(&person, &sought).await }).await;
    asked.map_err(|error| unavailable(&error))?.ok_or_else(|| {
        tracing::info!(event = "course.not-own", course = %id);
        WebError::NotFound
    })
}

/// The lecturer's own courses, by the directory's word now.
pub(super) async fn own_courses(state: &State, lecturer: &Lecturer) -> Result<Vec<OwnCourse>, WebError> {
    let (courses, person) = (state.classes.courses().clone(), lecturer.person.clone());
    let asked = lecturer.patience.ask(async move { courses.of(&person).await }).await;
    asked.map_err(|error| unavailable(&error))
}

/// The page cannot be shown without the directory.
pub(super) fn unavailable(error: &DirectoryError) -> WebError {
    tracing::warn!(event = "directory.courses", reason = %error);
    WebError::Unavailable("the directory does not say who is in the course".into())
}

/// The services that lecturers may see, in the order of the catalogue.
pub(super) fn visible(catalogue: &Catalogue) -> impl Iterator<Item = &Service> {
    catalogue.services.iter().filter(|service| service.visible_to_lecturers)
}

/// The service that the address names; the first visible one if it names none.
pub(super) fn chosen<'a>(catalogue: &'a Catalogue, slug: Option<&str>) -> Result<&'a Service, WebError> {
    let mut services = visible(catalogue);
    let service = match slug {
        Some(slug) => services.find(|service| service.slug.as_str() == slug),
        None => services.next(),
    };
    service.ok_or(WebError::NotFound)
}

/// What a course is called.
pub(super) fn name(frame: &Frame, course: &Course) -> CourseName {
    CourseName {
        title: course.title.clone(),
        number: course.number.clone(),
        term: CourseName::term(frame.locale, course),
        url: frame.url(&format!("/courses/{}", course.id)),
    }
}

/// How many have activated the service.
pub(super) fn bar(frame: &Frame, service: &Service, count: Count) -> Bar {
    Bar::new(frame.locale, service.name.get(frame.locale), count)
}
