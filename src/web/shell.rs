//! What surrounds every request: id, method, cross-site check, headers, error pages, one line in the log.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use askama::Template;
use futures_util::FutureExt;

use super::{
    State,
    client::RequestId,
    compression,
    door::Pace,
    pages::{
        error::{self, ErrorPage},
        frame::{Frame, Nav},
    },
    view,
};
use crate::chance;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// On every answer, whatever its status.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (header::PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=()"),
];

/// The middleware.
///
/// The request itself may not be kept while it is answered, so whatever an error page needs is taken down before.
pub(super) async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Err(actix_web::error::ErrorInternalServerError("no state"));
    };
    let (began, pace) = (Instant::now(), Pace::of(request.request()));
    let id = chance::id(state.clock.now());
    request.extensions_mut().insert(RequestId(id.clone()));
    let frame = view::frame(request.request(), &state, None, Nav::None);
    let accepted = compression::accepted(request.request());
    let is_probe = request.path().starts_with("/health/");
    let method = request.method().clone();
    let (request, mut answer) = match refuse_early(request.request(), &state) {
        Some(status) => {
            let (request, _) = request.into_parts();
            (Some(request), HttpResponse::new(status))
        }
        None => answer(request, next, &id).await,
    };
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED && !answer.headers().contains_key(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    let mut answer = if is_probe { answer } else { with_error_page(answer, frame) };
    answer = compression::compress(answer, accepted);
    add_headers(answer.headers_mut());
    pace.tell(&state.door, began);
    tracing::info!(
        event = "request",
        request_id = id,
        %method,
        route = request.as_ref().and_then(HttpRequest::match_pattern).unwrap_or_default(),
        status = answer.status().as_u16(),
        milliseconds = began.elapsed().as_millis(),
    );
    match request {
        Some(request) => Ok(ServiceResponse::new(request, answer)),
        None => Err(InternalError::from_response("see the log", answer).into()),
    }
}

/// 405 for methods that nothing here answers, 403 for a form that another site sent.
fn refuse_early(request: &HttpRequest, state: &State) -> Option<StatusCode> {
    match *request.method() {
        Method::GET | Method::HEAD => None,
        Method::POST => (!is_same_origin(request, state)).then_some(StatusCode::FORBIDDEN),
        _ => Some(StatusCode::METHOD_NOT_ALLOWED),
    }
}

/// Browsers say where a request comes from (Fetch Metadata); older ones name at least the origin, which must be the configured
/// one: a `Host` header proves nothing.
fn is_same_origin(request: &HttpRequest, state: &State) -> bool {
    if let Some(site) = request.headers().get("sec-fetch-site") {
        return site == "same-origin";
    }
    let ours = state.settings.portal.public_url.origin().ascii_serialization();
    request.headers().get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() == ours.as_bytes())
}

/// The handler's answer, with the request if it survived; a panic becomes a 500 and the process lives.
async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    id: &str,
) -> (Option<HttpRequest>, HttpResponse) {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let (request, response) = response.into_parts();
            if let Some(error) = response.error()
                && response.status().is_server_error()
            {
                tracing::error!(event = "request.failed", request_id = id, reason = %error);
            }
            (Some(request), response.map_into_boxed_body())
        }
        Ok(Err(error)) => {
            tracing::error!(event = "request.failed", request_id = id, reason = %error);
            (None, error.error_response())
        }
        Err(_) => {
            tracing::error!(event = "request.panicked", request_id = id);
            (None, HttpResponse::InternalServerError().finish())
        }
    }
}

/// Gives every refusal the same layout, with its headers kept.
fn with_error_page(mut answer: HttpResponse, frame: Frame) -> HttpResponse {
    let status = answer.status();
    let is_page = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let is_unreadable = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let status = if is_unreadable { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    *answer.status_mut() = status;
    let request_id = frame.request_id.clone();
    let html = ErrorPage::new(frame, status.as_u16()).render().unwrap_or_else(|_| error::plain(&request_id));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    answer.set_body(BoxBody::new(html))
}

fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
