//! From signing in to signing out.

use chrono::TimeDelta;
use reqwest::Method;
use sha2::{Digest as _, Sha256};

use crate::world::{
    Base, Browser, Form, PASSWORD, Page, Visitor, World, about, change_person, dn, en, remove_person, who,
};

on_both![
    an_interrupted_form_is_for_its_own_person_only,
    a_session_ends_when_it_is_not_used,
    a_session_ends_after_a_working_day_however_much_it_is_used,
    a_form_that_comes_too_late_comes_back_with_its_values_after_signing_in,
    a_form_that_comes_too_late_can_be_put_right_after_signing_in,
    signing_in_begins_a_new_session,
    a_made_up_session_is_not_taken_over,
    the_cookie_is_worth_nothing_after_signing_out,
    own_sessions_are_listed_and_ended_one_by_one,
    all_other_sessions_end_at_once,
    nobody_ends_sessions_of_others,
    a_session_ends_with_the_person_in_the_directory,
    a_session_ends_for_people_whom_the_directory_shuts_out,
    staying_signed_in_counts_as_use,
];

/// Where a page leads people who are not signed in.
#[track_caller]
fn leads_to_sign_in(page: &Page) {
    page.expect(303);
    assert!(page.location().starts_with("/en/sign-in?next="), "{}", page.location());
}

/// Another browser with the same cookies.
fn with_cookies_of(world: &World, visitor: &Visitor) -> Visitor {
    let other = world.visitor();
    other.cookies.lock().expect("a jar").clone_from(&visitor.cookies.lock().expect("a jar"));
    other
}

async fn a_session_ends_when_it_is_not_used(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    for _ in 0..3 {
        world.advance(TimeDelta::minutes(29));
        anna.open("/profile/history").await.expect(200);
    }
    world.advance(TimeDelta::minutes(31));
    leads_to_sign_in(&anna.open("/profile/history").await);
    assert_eq!(world.count("sessions"), 1);
    world.upkeep().await;
    assert_eq!(world.count("sessions"), 0, "what nobody can use is cleared away");
}

async fn a_session_ends_after_a_working_day_however_much_it_is_used(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    for _ in 0..23 {
        world.advance(TimeDelta::minutes(20));
        anna.open("/profile/sessions").await.expect(200);
    }
    world.advance(TimeDelta::minutes(21));
    leads_to_sign_in(&anna.open("/profile/sessions").await);
}

async fn a_form_that_comes_too_late_comes_back_with_its_values_after_signing_in(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat").tick("terms");
    world.advance(TimeDelta::hours(1));
    let before = world.facts();
    let page = anna.post(&form).await;
    page.expect(200).says(&en("sign-in-session-ended"));
    assert_eq!(world.facts(), before);

    // A slip of the hand does not lose them either.
    let sign_in = page.form("/sign-in").fill("name", who::ANNA);
    let page = anna.post(&sign_in.fill("password", "wrong")).await;
    let page = anna.press(&page.expect(422).form("/sign-in").fill("password", PASSWORD)).await;
    assert_eq!(page.path, "/en/profile/permissions");
    let ticked = ["service-rocketchat", "service-cloud", "terms"].map(|id| page.is_ticked(id));
    assert_eq!(ticked, [Some(true), Some(false), Some(true)]);
    let result = anna.press(&page.form("/profile/permissions")).await;
    result.expect(200).says(&about("result-admitted", "Rocket.Chat"));
    assert_eq!(anna.permissions().await.is_ticked("terms"), Some(false), "kept once");
    world.deliver().await;
}

async fn a_form_that_comes_too_late_can_be_put_right_after_signing_in(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await;
    let form = anna.permissions().await.form("/profile/permissions").untick("service-cloud");
    world.advance(TimeDelta::hours(1));
    let page = anna.post(&form).await;
    // Somebody else sits down at the same browser.
    let page = anna.press(&page.form("/sign-in").fill("name", who::BERND).fill("password", PASSWORD)).await;
    page.expect(200);
    assert_eq!(page.is_ticked("service-cloud"), Some(false));
    anna.press(&page.form("/profile/permissions")).await.says(&en("notice-nothing-changed"));
    assert_eq!(world.members("cloud").await, [dn(who::ANNA)]);
    world.deliver().await;
}

async fn signing_in_begins_a_new_session(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let before = with_cookies_of(&world, &anna);
    anna.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
    assert_ne!(anna.session_cookie(), before.session_cookie());
    anna.permissions().await.expect(200);
    leads_to_sign_in(&before.open("/profile").await);
    assert_eq!(world.count("sessions"), 1);

    // The key is 64 random letters and digits; the database has its digest only.
    let cookie = anna.session_cookie().expect("a cookie");
    let key = &cookie[cookie.len() - 64..];
    assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
    assert_eq!(world.lines("key_hash", "sessions"), [hex::encode(Sha256::digest(key))]);
    assert_eq!(world.count(&format!("sessions WHERE state LIKE '%{key}%'")), 0);
}

async fn a_made_up_session_is_not_taken_over(base: Base) {
    let world = World::new(base).await;
    let anna = world.visitor();
    let made_up = format!("{}{}", "A".repeat(44), "b".repeat(64));
    anna.cookies.lock().expect("a jar").insert("__Host-latchkey".to_owned(), made_up.clone());
    leads_to_sign_in(&anna.open("/profile").await);
    anna.cookies.lock().expect("a jar").insert("__Host-latchkey".to_owned(), made_up.clone());
    anna.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
    assert_ne!(anna.session_cookie(), Some(made_up));

    // Neither does another key fit an old signature.
    let cookie = anna.session_cookie().expect("a cookie");
    let forged = format!("{}{}", &cookie[..cookie.len() - 64], "b".repeat(64));
    anna.cookies.lock().expect("a jar").insert("__Host-latchkey".to_owned(), forged);
    leads_to_sign_in(&anna.open("/profile").await);
}

async fn the_cookie_is_worth_nothing_after_signing_out(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    for path in ["/profile", "/profile/permissions", "/profile/history", "/profile/sessions", "/help"] {
        assert_eq!(anna.open(path).await.texts("header form button"), [en("sign-out")], "{path}");
    }
    let thief = with_cookies_of(&world, &anna);
    let form = anna.permissions().await.form("/profile/permissions").tick("service-cloud").tick("terms");
    let answer = anna.sign_out().await;
    assert_eq!((answer.status, anna.session_cookie()), (303, None));
    anna.follow(answer).await.says(&en("notice-signed-out"));

    leads_to_sign_in(&thief.open("/profile/permissions").await);
    let thief = with_cookies_of(&world, &thief);
    thief.post(&form).await.expect(200).says(&en("sign-in-title"));
    assert!(world.members("cloud").await.is_empty());
    assert_eq!(world.lines("kind", "log_records WHERE kind LIKE 'signed%' ORDER BY id"), ["signed-in", "signed-out"]);
}

async fn own_sessions_are_listed_and_ended_one_by_one(base: Base) {
    let world = World::new(base).await;
    let (anna, phone) = (world.signed_in(who::ANNA).await, world.visitor().uses(Browser::SafariOnIphone));
    phone.try_to_sign_in(who::ANNA, PASSWORD).await.expect(303);
    let page = anna.open("/profile/sessions").await;
    page.says("Firefox, Linux").says("Safari, iPhone").says(&en("sessions-current"));
    assert_eq!(page.texts("main tbody tr").len(), 2);
    let page = anna.press(&page.form("/profile/sessions/end")).await;
    page.says(&en("notice-session-ended")).says(&en("sessions-only-one"));
    leads_to_sign_in(&phone.open("/profile").await);
    anna.permissions().await.expect(200);
}

async fn all_other_sessions_end_at_once(base: Base) {
    let world = World::new(base).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    let others = [world.signed_in(who::ANNA).await, world.signed_in(who::ANNA).await];
    let form = anna.open("/profile/sessions").await.form("/profile/sessions/end").without("session");
    let page = anna.press(&form.clone().with("session", "others")).await;
    page.says(&en("notice-sessions-ended"));
    for other in others {
        leads_to_sign_in(&other.open("/profile").await);
    }
    bernd.permissions().await.expect(200);

    // Ending the own session by hand signs out.
    let own = world.lines("reference", "sessions ORDER BY started_at").remove(0);
    let form = form.with("session", &own);
    assert_eq!(anna.post(&form).await.location(), "/en/sign-in?signed-out=yes");
    leads_to_sign_in(&anna.open("/profile").await);
}

async fn nobody_ends_sessions_of_others(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let reference = world.lines("reference", "sessions").remove(0);
    let (anna, other) = (world.signed_in(who::ANNA).await, world.signed_in(who::ANNA).await);
    let form = anna.open("/profile/sessions").await.form("/profile/sessions/end").without("session");
    for session in [reference.as_str(), "", "%", "' OR 1=1 --"] {
        anna.post(&form.clone().with("session", session)).await.expect(404);
    }
    bernd.permissions().await.expect(200);
    other.permissions().await.expect(200);
    assert_eq!(world.count("sessions"), 3);
}

/// What the directory said about a person is not asked again for so long.
const BELIEVED: TimeDelta = TimeDelta::seconds(30);

async fn a_session_ends_with_the_person_in_the_directory(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-cloud").tick("terms");
    world.stop_directory().await;
    world.start_directory(|entries| remove_person(entries, who::ANNA)).await;
    world.advance(BELIEVED);
    let page = anna.post(&form).await;
    page.expect(303);
    assert_eq!((page.location(), world.count("sessions"), world.count("acceptances")), ("/en/sign-in", 0, 0));
    anna.try_to_sign_in(who::ANNA, PASSWORD).await.expect(422);
}

async fn a_session_ends_for_people_whom_the_directory_shuts_out(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    world.stop_directory().await;
    world.start_directory(|entries| change_person(entries, who::ANNA, "objectClass", Some("person"))).await;
    world.advance(BELIEVED);
    let page = anna.open("/profile").await;
    assert_eq!((page.status, page.location(), world.count("sessions")), (303, "/en/sign-in", 0));
}

async fn staying_signed_in_counts_as_use(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.open("/profile").await;
    let token = page.attributes("#session-dialog input[name=form_token]", "value").remove(0);
    let form = Form::made_up("/en/profile/sessions/extend").with("form_token", &token);
    world.advance(TimeDelta::minutes(29));
    let answer = anna.post(&form).await;
    assert_eq!(
        (answer.expect(200).body.as_str(), answer.header("content-type")),
        (r#"{"seconds":1800}"#, "application/json")
    );
    world.advance(TimeDelta::minutes(29));
    let html = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
    assert_eq!(anna.post_from(&form, &html).await.expect(303).location(), "/en/profile/permissions");
    world.advance(TimeDelta::minutes(29));
    anna.send(Method::HEAD, "/en/profile", &[], "").await.expect(200);
}

async fn an_interrupted_form_is_for_its_own_person_only(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat").tick("terms");
    world.advance(TimeDelta::hours(1));
    let sign_in = anna.post(&form).await.expect(200).form("/sign-in");
    let page = anna.press(&sign_in.fill("name", who::BERND).fill("password", PASSWORD)).await;
    assert_eq!(page.path, "/en/profile/permissions");
    assert_eq!(["service-rocketchat", "terms"].map(|id| page.is_ticked(id)), [Some(false); 2]);
}
