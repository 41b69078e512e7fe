//! The pages: routes, sessions, forms, and what each page shows.
//!
//! A handler says who, what, decide, answer. `shell` surrounds all of them: request id, headers, cross-site checks, error pages,
//! one line in the log.

mod client;
mod compression;
mod error;
mod forms;
mod health;
mod history;
mod legal;
mod mailbox;
mod member;
mod observed;
pub mod pages;
mod permissions;
mod profile;
mod result;
mod session_store;
mod sessions;
pub mod settings;
mod shell;
mod sign_in;
mod sign_out;
mod state;
mod static_files;
mod terms;
mod throttle;
mod view;

use actix_session::{
    SessionMiddleware,
    config::{BrowserSession, CookieContentSecurity},
};
use actix_web::{
    App, HttpRequest, HttpResponse, Route,
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

/// Every address is a resource of its own, so that a wrong method is answered 405 and not 404.
fn routes(app: &mut web::ServiceConfig, has_mailbox: bool) {
    app.service(web::resource("/").route(get().to(home)))
        .service(web::resource("/health/live").route(get().to(health::live)))
        .service(web::resource("/health/ready").route(get().to(health::ready)))
        .service(web::resource("/favicon.svg").route(get().to(static_files::serve)))
        .service(web::resource("/favicon.ico").route(get().to(static_files::favicon)))
        .service(web::resource("/static/{name}").route(get().to(static_files::serve)));
    if has_mailbox {
        app.service(web::resource("/demo/mail").route(get().to(mailbox::show)));
    }
    for locale in Locale::ALL {
        app.service(
            web::scope(locale.code())
                .service(web::resource("").route(get().to(home)))
                .service(
                    web::resource("/sign-in").route(get().to(sign_in::show)).route(web::post().to(sign_in::create)),
                )
                .service(web::resource("/sign-out").route(web::post().to(sign_out::create)))
                .service(web::resource("/profile").route(get().to(profile::show)))
                .service(
                    web::resource("/profile/permissions")
                        .route(get().to(permissions::show))
                        .route(web::post().to(permissions::change)),
                )
                .service(web::resource("/profile/permissions/{service}").route(get().to(result::show)))
                .service(web::resource("/profile/changes/{change}").route(get().to(result::show_change)))
                .service(web::resource("/profile/history").route(get().to(history::show)))
                .service(web::resource("/profile/sessions").route(get().to(sessions::show)))
                .service(web::resource("/profile/sessions/end").route(web::post().to(sessions::end)))
                .service(web::resource("/profile/sessions/extend").route(web::post().to(sessions::extend)))
                .service(web::resource("/terms/{service}/{version}").route(get().to(terms::show)))
                .service(web::resource("/terms/{service}/{version}/text").route(get().to(terms::text)))
                .service(web::resource("/{text}").route(get().to(legal::show))),
        );
    }
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
