//! The board: a count for the projector, and the way for students to take part.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use serde::Deserialize;

use super::{
    chosen, classes, lecturer, own_course,
    records::{self, Look},
};
use crate::{
    domain::{
        catalogue::Service,
        courses::{self, Count, Roster},
    },
    web::{
        State, client,
        error::WebError,
        member::Member,
        pages::{
            courses::{BoardPage, Tally},
            frame::Nav,
        },
        result, view,
    },
};

/// What the address of a board may say.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Wish {
    pub(super) service: Option<String>,
}

/// `GET /courses/{id}/board`
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    member: Member,
    id: web::Path<String>,
    wish: web::Query<Wish>,
) -> Result<HttpResponse, WebError> {
    let lecturer = lecturer(&request, &state, &member).await?;
    let own = own_course(&state, &lecturer, &id).await?;
    let service = chosen(&state.catalogue, wish.service.as_deref())?;
    let roster = classes::roster(&state, &own, false, &lecturer.patience).await?;
    let count = count(&state, service, &roster).await?;
    let look = Look { account_id: &member.account.id, course: &own.course, service, roster: &roster };
    records::board_viewed(&state, &client::request_id(&request), &look, count).await?;
    let frame = view::frame(&request, &state, Some(&member), Nav::Courses);
    let address = format!("{}a/{}", state.settings.portal.public_url, service.slug);
    let query = format!("service={}", service.slug);
    let page = BoardPage {
        title: own.course.title.clone(),
        service_name: service.name.get(frame.locale).to_owned(),
        tally: Tally::new(frame.locale, count),
        qr_svg: result::qr_code(&address),
        short_address: address.split_once("://").map_or(address.as_str(), |(_, rest)| rest).to_owned(),
        address,
        events_url: frame.url(&format!("/courses/{}/board/events?{query}", own.course.id)),
        class_url: frame.url(&format!("/courses/{}?{query}", own.course.id)),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// How many of the class have activated the service now; costs the directory nothing.
pub(super) async fn count(state: &State, service: &Service, roster: &Arc<Roster>) -> Result<Count, crate::db::Error> {
    let (slug, roster) = (service.slug.to_string(), Arc::clone(roster));
    state.database.read(move |conn| Ok(courses::activation(conn, &slug, &roster)?.count())).await
}
