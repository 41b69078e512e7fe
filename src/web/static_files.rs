//! Static files, compressed beforehand.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
};

use super::{
    error::WebError,
    pages::assets::{self, Asset},
};

/// `GET /static/{name}` and `/favicon.svg`
pub(super) async fn serve(request: HttpRequest) -> Result<HttpResponse, WebError> {
    let asset = assets::find(request.path()).ok_or(WebError::NotFound)?;
    Ok(answer(&request, asset))
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub(super) async fn favicon(request: HttpRequest) -> Result<HttpResponse, WebError> {
    let asset = assets::find("/favicon.svg").ok_or(WebError::NotFound)?;
    Ok(answer(&request, asset))
}

fn answer(request: &HttpRequest, asset: &'static Asset) -> HttpResponse {
    let keep =
        if assets::is_immutable(request.path()) { "public, max-age=31536000, immutable" } else { "max-age=86400" };
    let header_of = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header_of(header::IF_NONE_MATCH) == asset.etag {
        return HttpResponse::NotModified().insert_header((header::ETAG, asset.etag.as_str())).finish();
    }
    let accepted = header_of(header::ACCEPT_ENCODING);
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(asset.content_type)
        .insert_header((header::CACHE_CONTROL, keep))
        .insert_header((header::ETAG, asset.etag.as_str()))
        .insert_header((header::VARY, "Accept-Encoding"));
    // With an encoding set the compression for pages leaves the body alone.
    if accepted.contains("br") {
        answer.insert_header(ContentEncoding::Brotli).body(asset.brotli.as_slice())
    } else if accepted.contains("gzip") {
        answer.insert_header(ContentEncoding::Gzip).body(asset.gzip.as_slice())
    } else {
        answer.insert_header(ContentEncoding::Identity).body(asset.plain)
    }
}
