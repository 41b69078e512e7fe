//! From a failure to a status: one table. The page itself is made by [`super::shell`], which knows language and request id.

use actix_web::{HttpResponse, ResponseError, http::StatusCode, http::header};

use crate::{db, domain::locale::Locale};

/// What a handler answers instead of a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebError {
    /// Nobody is signed in; afterwards the person comes back to `next`.
    #[error("sign in first")]
    SignInFirst { locale: Locale, next: Option<String> },
    #[error("forbidden")]
    Forbidden,
    /// 403 with a page of its own, which says what is missing.
    #[error("forbidden")]
    ForbiddenPage(String),
    /// Look there first.
    #[error("see {0}")]
    GoTo(String),
    #[error("too many requests")]
    TooMany { seconds: u64 },
    #[error("not found")]
    NotFound,
    /// The database does not answer; `Retry-After` says when to come back.
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("internal: {0}")]
    Internal(String),
}

impl From<db::Error> for WebError {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Unavailable(reason) => Self::Unavailable(reason),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignInFirst { .. } | Self::GoTo(_) => StatusCode::SEE_OTHER,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Forbidden | Self::ForbiddenPage(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::SignInFirst { locale, next } => {
                let query = next.as_ref().map(|next| {
                    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
                    format!("?{query}")
                });
                let location = format!("/{}/sign-in{}", locale.code(), query.unwrap_or_default());
                answer.insert_header((header::LOCATION, location));
            }
            Self::GoTo(location) => {
                answer.insert_header((header::LOCATION, location.as_str()));
            }
            Self::TooMany { seconds } => {
                answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            Self::Unavailable(_) => {
                answer.insert_header((header::RETRY_AFTER, "30"));
            }
            Self::ForbiddenPage(html) => {
                return answer.content_type("text/html; charset=utf-8").body(html.clone());
            }
            Self::Forbidden | Self::NotFound | Self::Internal(_) => {}
        }
        answer.finish()
    }
}
