//! Pages, compressed in one piece where they were made.
//!
//! The middleware for streams hands each piece to another thread and sends it as a chunk of its own; for a page of a few
//! kilobytes that takes longer than compressing it, and head and body leave in several packets.

use std::io::Write as _;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody as _},
    http::{
        Method, StatusCode,
        header::{self, ContentEncoding, Encoding, Header as _, HeaderValue},
    },
};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// Smaller bodies fit one packet anyway.
const WORTH_IT: usize = 1024;

/// What the browser understands and we can do, best first for a page.
pub(super) fn accepted(request: &HttpRequest) -> Option<ContentEncoding> {
    if request.method() == Method::HEAD {
        return None;
    }
    let ours = [Encoding::brotli(), Encoding::gzip(), Encoding::identity()];
    match header::AcceptEncoding::parse(request).ok()?.negotiate(ours.iter())? {
        Encoding::Known(encoding @ (ContentEncoding::Brotli | ContentEncoding::Gzip)) => Some(encoding),
        _ => None,
    }
}

/// The answer with its page compressed; anything else is left as it is.
pub(super) fn compress(answer: HttpResponse, accepted: Option<ContentEncoding>) -> HttpResponse {
    let is_page = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    let Some(encoding) = accepted.filter(|_| is_page && answer.status() != StatusCode::NOT_MODIFIED) else {
        return answer;
    };
    if answer.headers().contains_key(header::CONTENT_ENCODING) {
        return answer;
    }
    let (mut answer, body) = answer.into_parts();
    let body = match body.try_into_bytes() {
        Ok(page) if page.len() >= WORTH_IT => match compressed(&page, encoding) {
            Ok(smaller) => {
                answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.as_str()));
                answer.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
                BoxBody::new(smaller)
            }
            Err(_) => BoxBody::new(page),
        },
        Ok(page) => BoxBody::new(page),
        Err(stream) => stream,
    };
    answer.set_body(body)
}

/// Level and window are for pages of some ten kilobytes: larger tables take longer to clear than to use.
fn compressed(page: &[u8], encoding: ContentEncoding) -> std::io::Result<Vec<u8>> {
    let mut smaller = Vec::with_capacity(page.len() / 2);
    if encoding == ContentEncoding::Brotli {
        let params =
            BrotliEncoderParams { quality: 1, lgwin: 16, size_hint: page.len(), ..BrotliEncoderParams::default() };
        brotli::BrotliCompress(&mut &page[..], &mut smaller, &params)?;
        return Ok(smaller);
    }
    let mut encoder = GzEncoder::new(smaller, Compression::fast());
    encoder.write_all(page)?;
    encoder.finish()
}
