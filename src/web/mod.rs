//! The pages: routes, sessions, forms, and what each page shows.
//!
//! A handler says who, what, decide, answer. `shell` surrounds all of them: request id, headers, cross-site checks, error pages,
//! one line in the log.

mod audit;
mod client;
mod compression;
mod courses;
mod error;
mod export;
mod forms;
mod health;
mod history;
mod legal;
mod limit;
mod mailbox;
mod member;
mod memory;
mod multipart;
mod observed;
mod own_data;
pub mod pages;
mod permissions;
mod press;
mod profile;
mod receipts;
mod refusals;
mod result;
mod roles;
mod seats;
mod session_store;
mod sessions;
pub mod settings;
mod shell;
mod sightings;
mod sign_in;
mod sign_out;
mod state;
mod static_files;
mod terms;
mod terms_editor;
mod throttle;
mod view;

use actix_session::{
    SessionMiddleware,
    config::{BrowserSession, CookieContentSecurity},
};
use actix_web::{
    App, HttpRequest, HttpResponse, Resource, Route,
    body::MessageBody,
    cookie::{Key, SameSite},
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    guard,
    http::header,
    middleware::{Compress, from_fn},
    web,
};

use crate::domain::locale::Locale;
pub use session_store::DatabaseSessions;
pub use state::State;

/// The largest body that a form may have.
const FORM_LIMIT: usize = 64 * 1024;

/// The largest body of the form with a draft of terms: two texts, of which each byte may be encoded as three.
const DRAFT_LIMIT: usize = 1024 * 1024;

/// Does once, at the start, what would make the first visitor wait.
pub fn prepare() {
    pages::assets::all();
}

/// The application of one server thread.
pub fn application(
    state: web::Data<State>,
    cookie_key: Key,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(web::FormConfig::default().limit(FORM_LIMIT))
        .app_data(web::PayloadConfig::default().limit(FORM_LIMIT))
        .wrap(session_middleware(&state, cookie_key))
        .wrap(from_fn(shell::surround))
        .wrap(Compress::default())
        .configure(|app| routes(app, state.mailbox.is_some()))
        .app_data(state)
}

/// The cookie holds a random key and nothing else; the session itself is in the database.
fn session_middleware(state: &web::Data<State>, key: Key) -> SessionMiddleware<DatabaseSessions> {
    SessionMiddleware::builder(DatabaseSessions::new(state), key)
        .cookie_name(member::COOKIE.to_owned())
        .cookie_secure(true)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build()
}

fn routes(app: &mut web::ServiceConfig, has_mailbox: bool) {
    app.service(at("/", get().to(home)))
        .service(at("/health/live", get().to(health::live)))
        .service(at("/health/ready", get().to(health::ready)))
        .service(at("/favicon.svg", get().to(static_files::serve)))
        .service(at("/favicon.ico", get().to(static_files::favicon)))
        .service(at("/static/{name}", get().to(static_files::serve)))
        .service(at("/a/{service}", get().to(courses::entrance::show)));
    if has_mailbox {
        app.service(at("/demo/mail", get().to(mailbox::show)));
    }
    for locale in Locale::ALL {
        app.service(
            web::scope(locale.code())
                .service(at("", get().to(home)))
                .service(at("/", get().to(home)))
                .service(
                    web::resource("/sign-in").route(get().to(sign_in::show)).route(web::post().to(sign_in::create)),
                )
                .service(at("/sign-out", web::post().to(sign_out::create)))
                .service(at("/profile", get().to(profile::show)))
                .service(
                    web::resource("/profile/permissions")
                        .route(get().to(permissions::show))
                        .route(web::post().to(press::create)),
                )
                .service(at("/profile/permissions/{service}", get().to(result::show)))
                .service(at("/profile/changes/{change}", get().to(result::show_change)))
                .service(at("/profile/history", get().to(history::show)))
                .service(at("/profile/data", get().to(own_data::show)))
                .service(at("/profile/data/json", get().to(own_data::download)))
                .service(at("/profile/receipts/{receipt}", get().to(receipts::show)))
                .service(at("/profile/receipts/{receipt}/json", get().to(receipts::download)))
                .service(at("/profile/sessions", get().to(sessions::show)))
                .service(at("/profile/sessions/end", web::post().to(sessions::end)))
                .service(at("/profile/sessions/extend", web::post().to(sessions::extend)))
                .service(at("/terms", get().to(terms_editor::index)))
                .service(at("/terms/{service}", get().to(terms_editor::current)))
                .service(
                    web::resource("/terms/{service}/edit")
                        .app_data(web::FormConfig::default().limit(DRAFT_LIMIT))
                        .route(get().to(terms_editor::edit))
                        .route(web::post().to(terms_editor::save)),
                )
                .service(at("/terms/{service}/draft", web::post().to(terms_editor::discard)))
                .service(
                    web::resource("/terms/{service}/versions")
                        .route(get().to(terms_editor::current))
                        .route(web::post().to(terms_editor::publish)),
                )
                .service(at("/courses", get().to(courses::list::show)))
                .service(
                    web::resource("/courses/upload")
                        .route(get().to(courses::uploads::form))
                        .route(web::post().to(courses::uploads::create)),
                )
                .service(at("/courses/upload/{list}", get().to(courses::uploads::show)))
                // No HEAD where each answer is a record of its own.
                .service(at("/courses/upload/{list}/answers.csv", web::get().to(courses::uploads::export)))
                .service(at("/courses/upload/{list}/end", web::post().to(courses::uploads::end)))
                .service(
                    web::resource("/courses/{id:[0-9a-f]{32}}/reminder")
                        .route(get().to(courses::reminder::form))
                        .route(web::post().to(courses::reminder::create)),
                )
                .service(at("/courses/{id:[0-9a-f]{32}}", get().to(courses::class::show)))
                .service(at("/courses/{id:[0-9a-f]{32}}/people.csv", web::get().to(courses::class::export)))
                .service(at("/courses/{id:[0-9a-f]{32}}/board", get().to(courses::board::show)))
                // No HEAD: nobody would read the stream, and its seat would stay taken.
                .service(at("/courses/{id:[0-9a-f]{32}}/board/events", web::get().to(courses::events::show)))
                .service(at("/terms/{service}/{version}", get().to(terms::show)))
                .service(at("/terms/{service}/{version}/text", get().to(terms::text)))
                .service(at("/audit", get().to(audit::records::show)))
                .service(
                    web::resource("/audit/reason")
                        .route(get().to(audit::reason::show))
                        .route(web::post().to(audit::reason::create)),
                )
                .service(
                    web::resource("/audit/export")
                        .route(get().to(audit::export::show_of_log))
                        .route(web::post().to(audit::export::create_of_log)),
                )
                .service(at("/audit/exports/{id}", get().to(audit::export::show_job)))
                .service(at("/audit/exports/{id}/file", get().to(audit::export::file)))
                .service(
                    web::resource("/audit/log")
                        .route(get().to(audit::log::show))
                        .route(web::post().to(audit::log::verify)),
                )
                .service(at("/audit/charts", get().to(audit::charts::show)))
                .service(at("/audit/standing", get().to(audit::standing::show)))
                .service(
                    web::resource("/audit/standing/export")
                        .route(get().to(audit::export::show_of_standing))
                        .route(web::post().to(audit::export::create_of_standing)),
                )
                .service(at("/audit/people/{account}", get().to(audit::person::show)))
                .service(at("/audit/records/{id}", get().to(audit::record::show)))
                .service(at("/{text}", get().to(legal::show))),
        );
    }
}

/// A path with one method. `App::route` would answer other methods 404 instead of 405.
fn at(path: &str, route: Route) -> Resource {
    web::resource(path).route(route)
}

/// GET, and HEAD for the same headers without a body.
fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// `/` guesses the language; both lead to the page that most people come for. Without a session that is one after signing in,
/// and there is no detour.
async fn home(request: HttpRequest) -> HttpResponse {
    let place = if request.cookie(member::COOKIE).is_some() { "profile/permissions" } else { "sign-in" };
    see_other(&format!("/{}/{place}", client::locale(&request).code()))
}

/// 303: "look there", after every successful POST.
fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}
