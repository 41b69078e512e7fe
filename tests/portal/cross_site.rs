//! Forms of other sites, and links that must not do anything.

use std::collections::BTreeSet;

use crate::world::{Base, Form, PASSWORD, Visitor, World, who};

on_both![
    a_form_without_the_sessions_own_token_changes_nothing,
    a_form_of_another_site_changes_nothing,
    a_form_of_an_older_browser_is_taken_by_its_origin,
    no_link_changes_anything,
];

/// Every form there is, filled in so that it would do something, with the token of the visitor's session.
async fn all_forms(anna: &Visitor) -> Vec<Form> {
    let page = anna.permissions().await;
    let token = page.sign_out_form().value("form_token").expect("a token").to_owned();
    let sign_in = anna.open("/sign-in").await.form("/sign-in").fill("name", who::ANNA).fill("password", PASSWORD);
    vec![
        page.form("/profile/permissions").tick("service-cloud").tick("terms"),
        Form::made_up("/en/profile/sessions/end").with("form_token", &token).with("session", "others"),
        Form::made_up("/en/profile/sessions/extend").with("form_token", &token),
        page.sign_out_form(),
        sign_in,
    ]
}

async fn a_form_without_the_sessions_own_token_changes_nothing(base: Base) {
    let world = World::new(base).await;
    let (anna, _phone) = (world.signed_in(who::ANNA).await, world.signed_in(who::ANNA).await);
    let bernd = world.signed_in(who::BERND).await;
    let foreign: Vec<String> =
        all_forms(&bernd).await.iter().map(|form| form.value("form_token").expect("a token").to_owned()).collect();
    let forms = all_forms(&anna).await;
    let before = world.dump();
    let made_up = "0".repeat(192);
    for (form, foreign) in forms.iter().zip(&foreign) {
        anna.post(&form.clone().without("form_token")).await.expect(403);
        for token in ["", "x", &made_up, foreign, &foreign[..64], "ä"] {
            let page = anna.post(&form.clone().fill("form_token", token)).await;
            assert_eq!(page.status, 403, "{} with '{token}'", form.action);
        }
    }
    assert_eq!(world.dump(), before);
    for form in &forms {
        anna.post(form).await;
    }
    assert_ne!(world.dump(), before, "with the token the same forms work");
    world.deliver().await;
}

async fn a_form_of_another_site_changes_nothing(base: Base) {
    let world = World::new(base).await;
    let (anna, _phone) = (world.signed_in(who::ANNA).await, world.signed_in(who::ANNA).await);
    let forms = all_forms(&anna).await;
    let before = world.dump();
    let port = format!("http://127.0.0.1:{}", world.address.port().wrapping_add(1));
    let elsewhere: [&[(&str, &str)]; 10] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "cross-site"), ("origin", &world.origin())],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", &port)],
        &[("origin", "http://evil.example"), ("host", "evil.example")],
        &[("referer", &world.origin())],
    ];
    for form in &forms {
        for headers in elsewhere {
            let page = anna.post_from(form, headers).await;
            assert_eq!(page.status, 403, "{} with {headers:?}", form.action);
        }
    }
    assert_eq!(world.dump(), before);
}

async fn a_form_of_an_older_browser_is_taken_by_its_origin(base: Base) {
    let world = World::new(base).await;
    let anna = world.visitor();
    let form = anna.open("/sign-in").await.form("/sign-in").fill("name", who::ANNA).fill("password", PASSWORD);
    anna.post_from(&form, &[("origin", &world.origin())]).await.expect(303);
    anna.permissions().await.expect(200);
}

async fn no_link_changes_anything(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    let before = world.dump();
    for _ in 0..2 {
        let mut seen = BTreeSet::new();
        let mut ahead = vec!["/".to_owned(), "/en/profile".to_owned(), "/demo/mail".to_owned()];
        while let Some(path) = ahead.pop() {
            let path = path.split('#').next().unwrap_or_default().to_owned();
            if !path.starts_with('/') || !seen.insert(path.clone()) {
                continue;
            }
            let page = anna.get(&path).await;
            assert!([200, 303].contains(&page.status), "{path} is linked and answers {}", page.status);
            ahead.push(page.location().to_owned());
            if page.header("content-type").starts_with("text/html") {
                ahead.extend(page.attributes("[href]", "href"));
            }
        }
        assert!(seen.len() > 30, "{seen:?}");
    }
    assert_eq!(world.dump(), before);
    assert_eq!(world.members("rocketchat").await.len(), 1);
}
