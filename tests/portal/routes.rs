//! Who may open what: every route for everybody.

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::Method;

use crate::{
    audit::give_reason,
    world::{Base, Visitor, World, who},
};

on_both![every_route_answers_everybody_as_it_should];

/// Method, path without the language, and the status for: nobody, a student, a lecturer, an auditor (who has given a reason), an
/// editor of terms.
type Row = (&'static str, &'static str, [u16; 5]);

const ANYBODY: [u16; 5] = [200; 5];
const MEMBERS: [u16; 5] = [303, 200, 200, 200, 200];
const MEMBERS_NOT_FOUND: [u16; 5] = [303, 404, 404, 404, 404];
const AUDITORS: [u16; 5] = [303, 403, 403, 200, 403];
const AUDITORS_NOT_FOUND: [u16; 5] = [303, 403, 403, 404, 403];
const WITHOUT_A_TOKEN: [u16; 5] = [303, 403, 403, 403, 403];
const LECTURERS: [u16; 5] = [303, 403, 200, 403, 403];
const NO_SUCH_COURSE: [u16; 5] = [303, 403, 404, 403, 403];
const NOT_FOUND: [u16; 5] = [404; 5];
const NOT_ALLOWED: [u16; 5] = [405; 5];
const TERMS_EDITORS: [u16; 5] = [303, 403, 403, 403, 200];

const IN_A_LANGUAGE: &[Row] = &[
    ("GET", "", [303; 5]),
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
    ("GET", "/terms/unknown/edit", [303, 403, 403, 403, 404]),
    ("GET", "/terms/rocketchat", [303; 5]),
    ("GET", "/terms/rocketchat/versions", [303; 5]),
    ("GET", "/terms/rocketchat/draft", NOT_ALLOWED),
    ("GET", "/terms/unknown", NOT_FOUND),
    ("GET", "/courses", LECTURERS),
    ("GET", "/courses/00000000000000000000000000000000", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/people.csv", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/board", NO_SUCH_COURSE),
    ("GET", "/courses/00000000000000000000000000000000/board/events", NO_SUCH_COURSE),
    ("HEAD", "/courses/00000000000000000000000000000000/board/events", NOT_ALLOWED),
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
    ("GET", "/audit", AUDITORS),
    ("GET", "/audit?kind=signed-in&q=anna", AUDITORS),
    ("GET", "/audit/reason", AUDITORS),
    ("GET", "/audit/records/unknown", AUDITORS_NOT_FOUND),
    ("GET", "/audit/people/unknown", AUDITORS_NOT_FOUND),
    ("GET", "/audit/standing", AUDITORS),
    ("GET", "/audit/standing/export", AUDITORS),
    ("GET", "/audit/standing/export?on=yesterday", AUDITORS_NOT_FOUND),
    ("POST", "/audit/standing/export", WITHOUT_A_TOKEN),
    ("GET", "/audit/charts", AUDITORS),
    ("GET", "/audit/log", AUDITORS),
    ("POST", "/audit/log", WITHOUT_A_TOKEN),
    ("GET", "/audit/export", AUDITORS),
    ("GET", "/audit/exports/unknown", AUDITORS_NOT_FOUND),
    ("GET", "/audit/exports/unknown/file", AUDITORS_NOT_FOUND),
    ("GET", "/audit/unknown", NOT_FOUND),
    ("POST", "/audit/reason", WITHOUT_A_TOKEN),
    ("POST", "/audit/export", WITHOUT_A_TOKEN),
    ("POST", "/audit", NOT_ALLOWED),
    ("PUT", "/audit/reason", NOT_ALLOWED),
    ("HEAD", "/profile", MEMBERS),
    ("HEAD", "/sign-in", ANYBODY),
    // Without a token: the form again for nobody, who may have been signed out; forbidden for members.
    ("POST", "/profile/permissions", [200, 403, 403, 403, 403]),
    ("POST", "/profile/sessions/end", [303, 403, 403, 403, 403]),
    ("POST", "/profile/sessions/extend", [303, 403, 403, 403, 403]),
    ("POST", "/courses/upload", [303, 403, 403, 403, 403]),
    ("POST", "/courses/upload/unknown/end", [303, 403, 403, 403, 403]),
    ("POST", "/courses/00000000000000000000000000000000/reminder", [303, 403, 403, 403, 403]),
    ("POST", "/sign-out", [303, 403, 403, 403, 403]),
    ("POST", "/sign-in", [403; 5]),
    ("POST", "/profile", NOT_ALLOWED),
    ("POST", "/profile/history", NOT_ALLOWED),
    // A text without a session is kept for after signing in.
    ("POST", "/terms/rocketchat/edit", [200, 403, 403, 403, 403]),
    ("POST", "/terms/rocketchat/versions", [303, 403, 403, 403, 403]),
    ("POST", "/terms/rocketchat/draft", [303, 403, 403, 403, 403]),
    ("POST", "/terms", NOT_ALLOWED),
    ("POST", "/terms/rocketchat/1", NOT_ALLOWED),
    ("POST", "/help", NOT_ALLOWED),
    ("PUT", "/profile/permissions", NOT_ALLOWED),
    ("DELETE", "/profile/sessions", NOT_ALLOWED),
    ("PATCH", "/profile", NOT_ALLOWED),
    ("TRACE", "/sign-in", NOT_ALLOWED),
];

const ELSEWHERE: &[Row] = &[
    ("GET", "/", [303; 5]),
    ("GET", "/health/live", ANYBODY),
    ("GET", "/health/ready", ANYBODY),
    ("GET", "/favicon.svg", ANYBODY),
    ("GET", "/favicon.ico", ANYBODY),
    ("GET", "/demo/mail", ANYBODY),
    ("GET", "/a/rocketchat", [303; 5]),
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

/// Looks of auditors and lecturers are recorded; nothing else may change by opening pages.
const LOOKS: &str = "kind IN ('log-searched', 'record-viewed', 'person-viewed', 'log-exported', 'counts-viewed')";

async fn every_route_answers_everybody_as_it_should(base: Base) {
    let settings = [
        ("ROLES_TERMS_EDITORS_FILTER", "(uid=okeine)"),
        ("INSPECTION_REQUESTS_PER_MINUTE", "1000"),
        ("COURSES_REQUESTS_PER_MINUTE", "1000"),
    ];
    let world = World::with(base, &settings).await;
    let everybody = [
        world.visitor(),
        world.signed_in(who::ANNA).await,
        world.signed_in(who::BERND).await,
        world.signed_in("sarslan").await,
        world.signed_in(who::WITHOUT_MAIL).await,
    ];
    give_reason(&everybody[3], "ticket 4711").await;
    let facts = || {
        let mut facts = world.dump();
        // A look at people who have not signed in yet reserves their ids.
        facts.remove("reserved_accounts");
        facts.insert("log_records", world.lines("id", &format!("log_records WHERE NOT ({LOOKS}) ORDER BY id")));
        facts
    };
    let before = facts();
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
    assert_eq!(facts(), before);
}

#[test]
fn no_route_is_missing_in_the_table() {
    let mut sources = Vec::new();
    read_sources(Path::new("src/web"), &mut sources);
    let mut routes = BTreeSet::new();
    for source in &sources {
        for beginning in ["at(\"/", "resource(\"/", "resource(\n\"/"] {
            let packed: String = source.split_whitespace().collect();
            routes.extend(
                packed
                    .split(&beginning.replace('\n', ""))
                    .skip(1)
                    .filter_map(|rest| Some(format!("/{}", rest.split('"').next()?))),
            );
        }
    }
    assert!(routes.len() > 20 && routes.contains("/audit/records/{id}"), "{routes:?}");
    let rows = || IN_A_LANGUAGE.iter().chain(ELSEWHERE).map(|(_, path, _)| path.split('?').next().unwrap_or_default());
    let missing: Vec<&String> = routes.iter().filter(|route| !rows().any(|path| fits(route, path))).collect();
    assert!(missing.is_empty(), "routes that nobody tried: {missing:?}");
}

fn read_sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the project").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else {
            let text = fs::read_to_string(path).expect("a file of the project");
            sources.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
        }
    }
}

/// Whether a path could be answered by a route; a placeholder stands for one part.
fn fits(route: &str, path: &str) -> bool {
    let (mut parts, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || (part.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// What is wrong with an answer, if anything.
async fn compare(visitor: &Visitor, method: &str, path: &str, expected: u16) -> Option<String> {
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    let page = visitor.send(Method::from_bytes(method.as_bytes()).expect("a method"), path, &headers, "").await;
    (page.status != expected).then(|| format!("{method} {path}: {} instead of {expected}", page.status))
}
