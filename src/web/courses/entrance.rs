//! The short address that a board shows.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::web::{State, client, error::WebError, see_other};

/// `GET /a/{service}`: to the permissions, with the service marked; through signing in where that is needed.
pub(in crate::web) async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    service: web::Path<String>,
) -> Result<HttpResponse, WebError> {
    let service = state.catalogue.get(&service).ok_or(WebError::NotFound)?;
    let locale = client::locale(&request).code();
    Ok(see_other(&format!("/{locale}/profile/permissions?service={}", service.slug)))
}
