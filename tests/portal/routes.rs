//! Who may open what: every route for everybody.

use reqwest::Method;

use crate::world::{Base, Visitor, World, who};

on_both![every_route_answers_everybody_as_it_should];

/// Method, path without the language, and the status for: nobody, a student, a lecturer, IT staff.
type Row = (&'static str, &'static str, [u16; 4]);

const ANYBODY: [u16; 4] = [200; 4];
const MEMBERS: [u16; 4] = [303, 200, 200, 200];
const MEMBERS_NOT_FOUND: [u16; 4] = [303, 404, 404, 404];
const TERMS_EDITORS: [u16; 4] = [303, 403, 403, 200];
const LECTURERS: [u16; 4] = [303, 403, 200, 403];
const NO_SUCH_COURSE: [u16; 4] = [303, 403, 404, 403];
const NOT_FOUND: [u16; 4] = [404; 4];
const NOT_ALLOWED: [u16; 4] = [405; 4];

const IN_A_LANGUAGE: &[Row] = &[
    ("GET", "", [303; 4]),
    ("GET", "/sign-in", ANYBODY),
    ("GET", "/sign-out", NOT_ALLOWED),
    ("GET", "/profile", MEMBERS),
    ("GET", "/profile/permissions", MEMBERS),
    ("GET", "/profile/permissions/rocketchat", MEMBERS),
    ("GET", "/profile/permissions/vpn", MEMBERS),
    ("GET", "/profile/permissions/unknown", MEMBERS_NOT_FOUND),
    ("GET", "/profile/changes/unknown", MEMBERS_NOT_FOUND),
    ("GET", "/profile/history", MEMBERS),
    ("GET", "/profile/receipts/R-0000-0000-0000", MEMBERS_NOT_FOUND),
    ("GET", "/profile/receipts/R-0000-0000-0000/json", MEMBERS_NOT_FOUND),
    ("POST", "/profile/receipts/R-0000-0000-0000", NOT_ALLOWED),
    ("GET", "/profile/sessions", MEMBERS),
    ("GET", "/profile/sessions/end", NOT_ALLOWED),
    ("GET", "/profile/sessions/extend", NOT_ALLOWED),
    ("GET", "/profile/unknown", NOT_FOUND),
    ("GET", "/profile/data", MEMBERS),
    ("GET", "/profile/data/json", MEMBERS),
    ("GET", "/terms", TERMS_EDITORS),
    ("GET", "/terms/rocketchat/edit", TERMS_EDITORS),
    ("GET", "/terms/unknown/edit", [303, 403, 403, 404]),
    ("GET", "/terms/rocketchat", [303; 4]),
    ("GET", "/terms/rocketchat/versions", [303; 4]),
    ("GET", "/terms/rocketchat/draft", NOT_ALLOWED),
    ("GET", "/terms/unknown", NOT_FOUND),
    ("GET", "/courses", LECTURERS),
    ("GET", "/courses/00000000000000000000000000000000", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/people.csv", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/board", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/board/events", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/reminder", NO_SUCH_COURSE),
    ("GET", "/courses/stat1-2026w", NOT_FOUND),
    ("GET", "/courses/upload", LECTURERS),
    ("GET", "/courses/upload/unknown", NO_SUCH_COURSE),
    ("GET", "/courses/upload/unknown/answers.csv", NO_SUCH_COURSE),
    ("GET", "/courses/upload/unknown/end", NOT_ALLOWED),
    ("GET", "/terms/rocketchat/1", ANYBODY),
    ("GET", "/terms/rocketchat/1/text", ANYBODY),
    ("GET", "/terms/rocketchat/9", NOT_FOUND),
    ("GET", "/terms/rocketchat/x", NOT_FOUND),
    ("GET", "/terms/unknown/1", NOT_FOUND),
    ("GET", "/privacy", ANYBODY),
    ("GET", "/imprint", ANYBODY),
    ("GET", "/accessibility", ANYBODY),
    ("GET", "/help", ANYBODY),
    ("GET", "/unknown", NOT_FOUND),
    ("GET", "/..%2f..%2fetc%2fpasswd", NOT_FOUND),
    ("HEAD", "/profile", MEMBERS),
    ("HEAD", "/sign-in", ANYBODY),
    // Without a token: the form again for nobody, who may have been signed out; forbidden for members.
    ("POST", "/profile/permissions", [200, 403, 403, 403]),
    ("POST", "/profile/sessions/end", [303, 403, 403, 403]),
    ("POST", "/profile/sessions/extend", [303, 403, 403, 403]),
    ("POST", "/courses/upload", [303, 403, 403, 403]),
    ("POST", "/courses/upload/unknown/end", [303, 403, 403, 403]),
    ("POST", "/courses/00000000000000000000000000000000/reminder", [303, 403, 403, 403]),
    ("POST", "/sign-out", [303, 403, 403, 403]),
    ("POST", "/sign-in", [403; 4]),
    ("POST", "/profile", NOT_ALLOWED),
    ("POST", "/profile/history", NOT_ALLOWED),
    // A text without a session is kept for after signing in.
    ("POST", "/terms/rocketchat/edit", [200, 403, 403, 403]),
    ("POST", "/terms/rocketchat/versions", [303, 403, 403, 403]),
    ("POST", "/terms/rocketchat/draft", [303, 403, 403, 403]),
    ("POST", "/terms", NOT_ALLOWED),
    ("POST", "/terms/rocketchat/1", NOT_ALLOWED),
    ("POST", "/help", NOT_ALLOWED),
    ("PUT", "/profile/permissions", NOT_ALLOWED),
    ("DELETE", "/profile/sessions", NOT_ALLOWED),
    ("PATCH", "/profile", NOT_ALLOWED),
    ("TRACE", "/sign-in", NOT_ALLOWED),
];

const ELSEWHERE: &[Row] = &[
    ("GET", "/", [303; 4]),
    ("GET", "/health/live", ANYBODY),
    ("GET", "/health/ready", ANYBODY),
    ("GET", "/favicon.svg", ANYBODY),
    ("GET", "/favicon.ico", ANYBODY),
    ("GET", "/demo/mail", ANYBODY),
    ("GET", "/a/rocketchat", [303; 4]),
    ("GET", "/a/unknown", NOT_FOUND),
    ("GET", "/static/unknown.css", NOT_FOUND),
    ("GET", "/static/..%2fCargo.toml", NOT_FOUND),
    ("GET", "/fr/profile", NOT_FOUND),
    ("GET", "/.git/config", NOT_FOUND),
    ("GET", "/.env", NOT_FOUND),
    ("GET", "/metrics", NOT_FOUND),
    ("GET", "/debug", NOT_FOUND),
    ("GET", "/audit", NOT_FOUND),
    ("POST", "/", NOT_ALLOWED),
    ("POST", "/health/ready", NOT_ALLOWED),
    ("PUT", "/favicon.svg", NOT_ALLOWED),
    ("OPTIONS", "/", NOT_ALLOWED),
    ("TRACE", "/", NOT_ALLOWED),
    ("DELETE", "/unknown", NOT_ALLOWED),
];

async fn every_route_answers_everybody_as_it_should(base: Base) {
    let world = World::new(base).await;
    let everybody = [
        world.visitor(),
        world.signed_in(who::ANNA).await,
        world.signed_in(who::BERND).await,
        world.signed_in(who::CLAUDIA).await,
    ];
    let before = world.dump();
    for (place, visitor) in everybody.iter().enumerate() {
        let mut wrong = Vec::new();
        for language in ["de", "en"] {
            for (method, path, expected) in IN_A_LANGUAGE {
                let path = format!("/{language}{path}");
                wrong.extend(compare(visitor, method, &path, expected[place]).await);
            }
        }
        for (method, path, expected) in ELSEWHERE {
            wrong.extend(compare(visitor, method, path, expected[place]).await);
        }
        assert!(wrong.is_empty(), "visitor {place}: {wrong:#?}");
    }
    assert_eq!(world.dump(), before);
}

/// What is wrong with an answer, if anything.
async fn compare(visitor: &Visitor, method: &str, path: &str, expected: u16) -> Option<String> {
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    let page = visitor.send(Method::from_bytes(method.as_bytes()).expect("a method"), path, &headers, "").await;
    (page.status != expected).then(|| format!("{method} {path}: {} instead of {expected}", page.status))
}
