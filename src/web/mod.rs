//! The pages: routes, sessions, forms, and what each page shows.
//!
//! A handler says who, what, decide, answer. `shell` surrounds all of them: request id, headers, cross-site checks, error pages,
//! one line in the log.

mod arrival;
mod audit;
mod client;
mod compression;
mod courses;
mod door;
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
mod patience;
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
    App, FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route,
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
    app.service(at("/", get(home)))
        .service(at("/health/live", get(health::live)))
        .service(at("/health/ready", get(health::ready)))
        .service(at("/favicon.svg", get(static_files::serve)))
        .service(at("/favicon.ico", get(static_files::favicon)))
        .service(at("/static/{name}", get(static_files::serve)))
        .service(at("/a/{service}", get(courses::entrance::show)));
    if has_mailbox {
        app.service(at("/demo/mail", get(mailbox::show)));
    }
    for locale in Locale::ALL {
        app.service(
            web::scope(locale.code())
                .service(at("", get(home)))
                .service(at("/", get(home)))
                .service(at("/sign-in", get(sign_in::show)).route(post(sign_in::create)))
                .service(at("/sign-out", post(sign_out::create)))
                .configure(profile::routes)
                .configure(terms_editor::routes)
                .configure(courses::routes)
                .configure(terms::routes)
                .configure(audit::routes)
                .service(at("/{text}", get(legal::show))),
        );
    }
}

/// A path with one method; `route` adds others. `App::route` would answer the rest 404 instead of 405.
fn at(path: &str, route: Route) -> Resource {
    web::resource(path).route(route)
}

/// GET, and HEAD for the same headers without a body.
fn get<H, Args>(handler: H) -> Route
where
    H: Handler<Args>,
    Args: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler)
}

fn post<H, Args>(handler: H) -> Route
where
    H: Handler<Args>,
    Args: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::post().to(handler)
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
