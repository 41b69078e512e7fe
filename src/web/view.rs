//! From what is known to what pages show: pieces that several pages share.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;

use super::{
    State, client,
    error::WebError,
    forms,
    member::Member,
    pages::{
        frame::{Frame, Nav, SignedIn},
        permissions::TermsItem,
    },
};
use crate::domain::{catalogue::Service, roles::Roles, terms::Version};

/// The surroundings of a page.
pub(super) fn frame(request: &HttpRequest, state: &State, member: Option<&Member>, nav: Nav) -> Frame {
    let locale = client::locale(request);
    let now = state.clock.now();
    Frame {
        locale,
        path: client::path_without_locale(request),
        portal_name: state.settings.portal.name.get(locale).to_owned(),
        organisation: state.settings.portal.organisation.get(locale).to_owned(),
        member: member.map(|member| SignedIn {
            display_name: member.account.display_name.clone(),
            form_token: forms::mask(&member.data.form_token),
            session_ends: member.session_ends,
            session_seconds: u64::try_from((member.session_ends - now).num_seconds()).unwrap_or_default(),
        }),
        nav,
        roles: member.and_then(|member| state.roles.last(&member.account.id)).unwrap_or(Roles::NONE),
        notice: member.and_then(|member| member.notice).map(|notice| notice.to_notice(locale)),
        request_id: client::request_id(request),
        address: format!("{}{}", state.settings.portal.public_url.as_str().trim_end_matches('/'), request.path()),
        now,
        tz: state.settings.portal.time_zone,
    }
}

/// A page as an answer.
pub(super) fn page(status: StatusCode, page: &impl Template) -> Result<HttpResponse, WebError> {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}

/// A link to a version of a service's terms.
pub(super) fn terms_item(frame: &Frame, service: &Service, version: &Version, digest: &str) -> TermsItem {
    TermsItem {
        slug: service.slug.to_string(),
        service_name: service.name.get(frame.locale).to_owned(),
        number: version.number.to_string(),
        url: frame.url(&format!("/terms/{}/{}", service.slug, version.number)),
        published: version.published_at,
        digest: digest.to_owned(),
    }
}
