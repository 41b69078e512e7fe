//! One version of a service's terms, exactly as it is accepted; readable by anyone, for ever.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};

use super::{
    State, at, client,
    error::WebError,
    get,
    member::Member,
    pages::{
        data_protection::disclosure,
        frame::Nav,
        terms::{OtherVersion, TermsPage},
    },
    view,
};
use crate::domain::{
    catalogue::Service,
    locale::Locale,
    terms::{self, Version, VersionText},
};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(at("/terms/{service}/{version}", get(show))).service(at("/terms/{service}/{version}/text", get(text)));
}

/// `GET /terms/{service}/{version}`
async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let locale = client::locale(&request);
    let (service, version, text, all) = find(&state, &path, locale).await?;
    let member = Member::of(&request).ok();
    let frame = view::frame(&request, &state, member.as_ref(), Nav::None);
    let others = all.iter().rev().filter(|other| other.number != version.number);
    let page = TermsPage {
        service_name: service.name.get(locale).to_owned(),
        number: version.number.to_string(),
        html: text.html,
        digest: text.digest,
        published: version.published_at,
        effective: version.effective_at,
        major: version.major,
        language: locale,
        other_versions: others
            .map(|other| OtherVersion {
                number: other.number.to_string(),
                url: frame.url(&format!("/terms/{}/{}", service.slug, other.number)),
                published: other.published_at,
            })
            .collect(),
        data_protection: disclosure(&frame, service),
        seen_by_lecturers: service.visible_to_lecturers,
        raw_url: frame.url(&format!("/terms/{}/{}/text", service.slug, version.number)),
        frame,
    };
    view::page(StatusCode::OK, &page)
}

/// `GET /terms/{service}/{version}/text`: the bytes that the digest was taken of, to be kept or checked with any tool.
async fn text(
    request: HttpRequest,
    state: web::Data<State>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let locale = client::locale(&request);
    let (service, version, text, _) = find(&state, &path, locale).await?;
    let name = format!("attachment; filename=\"terms-{}-{}.{}.html\"", service.slug, version.number, locale.code());
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(text.html))
}

async fn find<'a>(
    state: &'a State,
    path: &(String, String),
    locale: Locale,
) -> Result<(&'a Service, Version, VersionText, Vec<Version>), WebError> {
    let service = state.catalogue.get(&path.0).ok_or(WebError::NotFound)?;
    let number: i32 = path.1.parse().map_err(|_| WebError::NotFound)?;
    if number.to_string() != path.1 {
        // One version, one address.
        return Err(WebError::NotFound);
    }
    let slug = service.slug.to_string();
    let (all, text) = state
        .database
        .read(move |conn| {
            let all = terms::versions(conn, &slug)?;
            let wanted = all.iter().find(|version| version.number == number);
            let text = match wanted {
                Some(version) => terms::text(conn, &version.id, locale)?,
                None => None,
            };
            Ok::<_, crate::db::Error>((all, text))
        })
        .await?;
    let version = all.iter().find(|version| version.number == number).cloned().ok_or(WebError::NotFound)?;
    Ok((service, version, text.ok_or(WebError::NotFound)?, all))
}
