//! Headers and cookies of every answer, whatever its status.

use reqwest::{Method, header::SET_COOKIE};

use crate::world::{Base, PASSWORD, Page, World, who};

on_both![
    every_answer_has_the_headers_that_protect_it,
    every_cookie_is_bound_to_this_host,
    nobody_may_keep_pages_but_everybody_may_keep_static_files,
    other_sites_are_never_invited,
];

const POLICY: [&str; 9] = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
];

const EXPECTED: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

#[track_caller]
fn is_protected(page: &Page) {
    let about = format!("{} {}", page.status, page.path);
    let policy: Vec<&str> = page.header("content-security-policy").split("; ").collect();
    assert_eq!(policy, POLICY, "{about}");
    for (name, value) in EXPECTED {
        assert_eq!(page.header(name), value, "{name} of {about}");
    }
    for name in ["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"] {
        assert_eq!(page.header(name), "", "{name} of {about}");
    }
    if !page.body.is_empty() && !page.path.starts_with("/favicon") {
        let kind = page.header("content-type");
        assert!(kind.ends_with("; charset=utf-8") || kind == "application/json", "{kind} of {about}");
    }
}

/// One answer of each kind, errors included.
async fn all_kinds(world: &World) -> Vec<Page> {
    let (nobody, anna) = (world.visitor(), world.signed_in(who::ANNA).await);
    let form = anna.permissions().await.form("/profile/permissions").tick("service-cloud");
    let large = form.clone().with("x", &"x".repeat(70_000));
    let style = anna.open("/profile").await.attributes("link[rel=stylesheet]", "href").remove(0);
    let mut pages = vec![
        nobody.get("/").await,
        nobody.open("/sign-in").await,
        nobody.open("/profile").await,
        nobody.get(&style).await,
        nobody.get("/favicon.svg").await,
        nobody.get("/health/live").await,
        nobody.get("/health/ready").await,
        nobody.open("/terms/rocketchat/1").await,
        nobody.open("/terms/rocketchat/1/text").await,
        anna.permissions().await,
        anna.open("/unknown").await,
        nobody.get("/unknown").await,
        anna.post(&form.clone().without("form_token")).await,
        anna.post_from(&form, &[("sec-fetch-site", "cross-site")]).await,
        anna.post(&form).await,
        anna.post(&large).await,
        anna.send(Method::PUT, "/en/profile", &[], "").await,
        anna.open("/sign-out").await,
        anna.send(Method::POST, "/en/sign-in", &[("sec-fetch-site", "same-origin")], "name=%FF").await,
        nobody.try_to_sign_in("nobody", "wrong").await,
    ];
    for _ in 0..3 {
        pages.push(nobody.try_to_sign_in("nobody", "wrong").await);
    }
    world.execute("ALTER TABLE acceptances RENAME TO misplaced").expect("another name");
    pages.push(anna.open("/profile/history").await);
    world.execute("ALTER TABLE misplaced RENAME TO acceptances").expect("the old name");
    pages
}

async fn every_answer_has_the_headers_that_protect_it(base: Base) {
    let world = World::new(base).await;
    let pages = all_kinds(&world).await;
    pages.iter().for_each(is_protected);
    let mut statuses: Vec<u16> = pages.iter().map(|page| page.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 303, 403, 404, 405, 413, 422, 429, 500]);
    for page in pages.iter().filter(|page| page.status >= 400) {
        assert!(page.header("content-type").starts_with("text/html"), "{} {}", page.status, page.path);
        assert!(page.texts("main h1").len() == 1 && page.texts("title").len() == 1, "{}", page.body);
    }
}

async fn every_cookie_is_bound_to_this_host(base: Base) {
    let world = World::new(base).await;
    let anna = world.visitor();
    let form = anna.open("/sign-in").await;
    let signed_in = anna.post(&form.form("/sign-in").fill("name", who::ANNA).fill("password", PASSWORD)).await;
    let signed_out = anna.sign_out().await;
    let mut names = Vec::new();
    for page in [&form, &signed_in, &signed_out] {
        for cookie in page.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
            attributes.retain(|attribute| !attribute.starts_with("Expires=") && *attribute != "Max-Age=0");
            attributes.sort_unstable();
            assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{cookie}");
            names.push(cookie.split('=').next().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(names, ["__Host-latchkey-form", "__Host-latchkey", "__Host-latchkey"]);
    // Signing in again needs no new cookie for the form.
    assert!(anna.open("/sign-in").await.headers.get(SET_COOKIE).is_none());
}

async fn nobody_may_keep_pages_but_everybody_may_keep_static_files(base: Base) {
    let world = World::new(base).await;
    for page in all_kinds(&world).await {
        let keep = page.header("cache-control");
        if page.path.starts_with("/static/") {
            assert_eq!(keep, "public, max-age=31536000, immutable");
            let etag = page.header("etag").to_owned();
            let again = world.visitor().send(Method::GET, &page.path, &[("if-none-match", &etag)], "").await;
            assert_eq!((again.status, again.body.as_str()), (304, ""));
            is_protected(&again);
        } else if page.path == "/favicon.svg" {
            assert_eq!(keep, "max-age=86400");
        } else {
            assert_eq!(keep, "no-store", "{} {}", page.status, page.path);
        }
    }
}

async fn other_sites_are_never_invited(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let origin = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    for (method, path) in
        [(Method::GET, "/en/profile"), (Method::OPTIONS, "/en/profile/permissions"), (Method::GET, "/static/x")]
    {
        let page = anna.send(method, path, &origin, "").await;
        assert!(page.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{path}");
    }
}
