//! Who is asking: language, address, request id.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest, http::header};

use crate::domain::locale::Locale;

/// The id of a request, in the log, in records, and on error pages.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub String);

pub(super) fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// The language in the path; outside `/de` and `/en` the one the browser prefers.
pub(super) fn locale(request: &HttpRequest) -> Locale {
    let first = request.path().split('/').nth(1).unwrap_or_default();
    Locale::from_code(first).unwrap_or_else(|| {
        let preferred = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Locale::from_accept_language(preferred.unwrap_or_default())
    })
}

/// Path and query without the language: where the language link leads.
pub(super) fn path_without_locale(request: &HttpRequest) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    for locale in Locale::ALL {
        if let Some(rest) = path.strip_prefix('/').and_then(|path| path.strip_prefix(locale.code()))
            && (rest.is_empty() || rest.starts_with(['/', '?']))
        {
            return rest.to_owned();
        }
    }
    String::new()
}

/// The client's address. `X-Forwarded-For` is believed only from a proxy that the operator named; then the last address in it
/// that is not such a proxy counts.
pub(super) fn address(request: &HttpRequest, trusted_proxies: &[IpAddr]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    if !trusted_proxies.contains(&peer) {
        return Some(peer);
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let last = named.iter().rev().map_while(|text| text.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical());
    Some(last.into_iter().find(|ip| !trusted_proxies.contains(ip)).unwrap_or(peer))
}

/// Browser and system in a few words, for the list of own sessions.
pub(super) fn device(request: &HttpRequest) -> String {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let one_of =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    let browser = one_of(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = one_of(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_forged_forwarded_address_counts_only_from_a_named_proxy() {
        let request = TestRequest::default()
            .peer_addr("10.0.0.1:1".parse().unwrap())
            .insert_header(("x-forwarded-for", "6.6.6.6, 192.0.2.7"))
            .to_http_request();
        assert_eq!(address(&request, &[]), "10.0.0.1".parse().ok());
        assert_eq!(address(&request, &["10.0.0.1".parse().unwrap()]), "192.0.2.7".parse().ok());
        let both = ["10.0.0.1".parse().unwrap(), "192.0.2.7".parse().unwrap()];
        assert_eq!(address(&request, &both), "6.6.6.6".parse().ok());
    }

    #[test]
    fn the_language_link_keeps_path_and_query() {
        let path = |uri| path_without_locale(&TestRequest::with_uri(uri).to_http_request());
        assert_eq!(path("/de/sign-in?next=%2Fde%2Fprofile"), "/sign-in?next=%2Fde%2Fprofile");
        assert_eq!(path("/en"), "");
        assert_eq!(path("/english"), "");
    }
}
