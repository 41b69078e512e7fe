//! One class: who is missing, who has activated, and both as a file.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;

use super::{
    admit, admit_export, bar, chosen, classes, lecturer, name, own_course,
    records::{self, Look},
    visible,
};
use crate::{
    domain::{
        catalogue::Service,
        courses::{self, Course, Participant, Roster, Sought, views},
    },
    web::{
        State,
        error::WebError,
        export,
        member::Member,
        pages::{
            courses::{ClassPage, People, PersonRow, ServiceTab},
            frame::{Frame, Nav},
        },
        view,
    },
};

/// What the address of a class may say.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Wish {
    service: Option<String>,
    q: Option<String>,
    refresh: Option<String>,
}

/// `GET /courses/{id}`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    admit(&state, &member)?;
    let own = own_course(&state, &lecturer, &id).await?;
    let service = chosen(&state.catalogue, wish.service.as_deref())?;
    let roster = classes::roster(&state, &own, wish.refresh.is_some(), &lecturer.patience).await?;
    let look = Look { account_id: &member.account.id, course: &own.course, service, roster: &roster };
    let activation = Activation::read(&state, service, &roster).await?;
    records::class_viewed(&request, &state, &look, activation.digest()).await?;
    let sought = wish.q.as_deref().and_then(Sought::parse);
    let mut frame = view::frame(&request, &state, Some(&member), Nav::Courses);
    frame.path = class_path(&own.course, service, sought.as_ref());
    let shows_names = state.settings.courses.shows_names(&roster, &lecturer.person);
    view::page(StatusCode::OK, &page(frame, &state, &look, &activation, shows_names, sought.as_ref()))
}

/// `GET /courses/{id}/people.csv`
pub(in crate::web) async fn export(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    admit(&state, &member)?;
    let own = own_course(&state, &lecturer, &id).await?;
    let service = chosen(&state.catalogue, wish.service.as_deref())?;
    let roster = classes::roster(&state, &own, false, &lecturer.patience).await?;
    if !state.settings.courses.shows_names(&roster, &lecturer.person) {
        return Err(WebError::NotFound);
    }
    admit_export(&state, &member, own.course.id.as_str())?;
    let look = Look { account_id: &member.account.id, course: &own.course, service, roster: &roster };
    records::class_exported(&request, &state, &look).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Courses);
    let activation = Activation::read(&state, service, &roster).await?;
    let parts = [service.slug.as_str(), own.course.number.as_deref().unwrap_or_default(), &own.course.title];
    Ok(export::attachment(&export::file_name(&frame, &parts), csv(&frame, &activation)?))
}

/// Who has activated a service, detached from the database.
struct Activation {
    missing: Vec<Participant>,
    activated: Vec<Participant>,
}

impl Activation {
    async fn read(state: &State, service: &Service, roster: &Arc<Roster>) -> Result<Self, WebError> {
        let (slug, roster) = (service.slug.to_string(), Arc::clone(roster));
        let read = move |conn: &mut crate::db::Conn| -> Result<Self, crate::db::Error> {
            let found = courses::activation(conn, &slug, &roster)?;
            let owned = |people: Vec<&Participant>| people.into_iter().cloned().collect();
            Ok(Self { missing: owned(found.missing), activated: owned(found.activated) })
        };
        Ok(state.database.read(read).await?)
    }

    /// Differs whenever somebody else is in the class, or somebody else has activated.
    fn digest(&self) -> String {
        let parts = [("missing", &self.missing), ("activated", &self.activated)];
        let words = |(answer, people): (&'static str, &'_ Vec<Participant>)| -> Vec<String> {
            std::iter::once(answer.to_owned()).chain(people.iter().map(|person| person.key.clone())).collect()
        };
        let words: Vec<String> = parts.into_iter().flat_map(words).collect();
        views::digest(words.iter().map(String::as_str))
    }

    fn count(&self) -> courses::Count {
        courses::Count { activated: self.activated.len(), people: self.activated.len() + self.missing.len() }
    }
}

fn class_path(course: &Course, service: &Service, sought: Option<&Sought>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("service", service.slug.as_str());
    if let Some(sought) = sought {
        query.append_pair("q", sought.as_str());
    }
    format!("/courses/{}?{}", course.id, query.finish())
}

fn page(
    frame: Frame,
    state: &State,
    look: &Look<'_>,
    activation: &Activation,
    shows_names: bool,
    sought: Option<&Sought>,
) -> ClassPage {
    let Look { course, service, roster, .. } = *look;
    let tabs = visible(&state.catalogue).map(|other| ServiceTab {
        name: other.name.get(frame.locale).to_owned(),
        url: frame.url(&class_path(course, other, sought)),
        is_current: other.slug == service.slug,
    });
    let people = |of: &[Participant]| {
        let found = of.iter().filter(|person| sought.is_none_or(|q| person.is_named_like(q)));
        found.map(|p| PersonRow { name: p.display_name.clone(), username: p.username.clone() }).collect()
    };
    ClassPage {
        name: name(&frame, course),
        course_id: course.id.to_string(),
        tabs: tabs.collect(),
        service: service.slug.to_string(),
        bar: bar(&frame, service, activation.count()),
        smallest: state.settings.courses.smallest,
        read_at: roster.read_at,
        sought: sought.map(|sought| sought.as_str().to_owned()).unwrap_or_default(),
        invites: shows_names && service.admission.is_some(),
        usernames: activation.activated.iter().map(|person| person.username.clone()).collect(),
        people: shows_names
            .then(|| People { missing: people(&activation.missing), activated: people(&activation.activated) }),
        frame,
    }
}

/// Missing first, as on the page; cells that a spreadsheet would compute are defused.
fn csv(frame: &Frame, activation: &Activation) -> Result<Vec<u8>, WebError> {
    let head = ["class-csv-name", "class-csv-username", "class-csv-activated"].map(|key| frame.t(key));
    let answers = [(frame.t("class-csv-no"), &activation.missing), (frame.t("class-csv-yes"), &activation.activated)];
    let rows = answers.iter().flat_map(|(answer, people)| {
        people.iter().map(move |person| [person.display_name.clone(), person.username.clone(), answer.clone()])
    });
    export::csv(frame.locale, std::iter::once(head).chain(rows))
}
