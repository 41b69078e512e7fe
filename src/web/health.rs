//! For operations: does the process live, can it do its work.

use actix_web::{HttpResponse, web};

use super::State;

/// `GET /health/live`
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /health/ready`: whether the database can be used. A directory that is down does not make the portal useless, so it does
/// not count.
pub(super) async fn ready(state: web::Data<State>) -> HttpResponse {
    match state.database.is_current().await {
        Ok(true) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Ok(false) | Err(_) => {
            HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body("database\n")
        }
    }
}
