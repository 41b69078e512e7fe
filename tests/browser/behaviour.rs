//! What pages do: focus, warnings, languages, going back, and what a first visit costs.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, ENGLISH},
    portal::Portal,
};

async fn start() -> (Portal, Browser) {
    tokio::join!(Portal::start(&[]), Browser::open(ENGLISH))
}

async fn value(browser: &Browser, css: &str) -> Value {
    browser.run(&format!("return document.querySelector('{css}').value")).await
}

async fn focused(browser: &Browser) -> Value {
    browser.run("return document.activeElement.id").await
}

async fn is_ticked(browser: &Browser, css: &str) -> bool {
    browser.find(css).await.is_selected().await.expect("an answer")
}

/// Follows the first link of the error summary and says where that leads.
async fn first_problem(browser: &Browser) -> Value {
    browser.wait_for("document.activeElement.id === 'error-summary'").await;
    assert!(browser.title().await.starts_with("Error:"), "{}", browser.title().await);
    browser.click("#error-summary a").await;
    focused(browser).await
}

#[tokio::test]
async fn an_error_summary_takes_the_focus_and_what_was_entered_stays() {
    let (portal, browser) = start().await;
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("amueller", "wrong").await;
    assert_eq!(value(&browser, "#name").await, json!("amueller"));
    assert_eq!(value(&browser, "#password").await, json!(""));
    assert_eq!(first_problem(&browser).await, json!("name"));

    browser.sign_in("amueller", "latchkey").await;
    browser.click("#service-cloud").await;
    browser.submit(".lk-permissions .lk-actions button").await;
    assert!(is_ticked(&browser, "#service-cloud").await && !is_ticked(&browser, "#terms").await);
    assert_eq!(first_problem(&browser).await, json!("terms"));
}

#[tokio::test]
async fn a_session_that_ends_soon_is_announced_and_one_press_extends_it() {
    let settings = [("LATCHKEY_SESSION_IDLE", "122s")];
    let (portal, browser) = tokio::join!(Portal::start(&settings), Browser::open(ENGLISH));
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("amueller", "latchkey").await;
    portal.let_pass(TimeDelta::seconds(110));
    browser.wait_for("document.getElementById('session-dialog').open").await;
    let inside = "document.activeElement.closest('#session-dialog') !== null";
    assert_eq!(browser.run(&format!("return {inside}")).await, json!(true), "the dialog takes the focus");
    browser.click_text("button", "Stay signed in").await;
    browser.wait_for("!document.getElementById('session-dialog').open").await;
    portal.let_pass(TimeDelta::seconds(110));
    browser.goto(&portal.url("/en/profile")).await;
    assert!(browser.text().await.contains("Anna Müller"));
}

#[tokio::test]
async fn what_was_entered_goes_on_after_the_session_has_ended() {
    let (portal, browser) = start().await;
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("amueller", "latchkey").await;
    browser.click("#service-cloud").await;
    browser.click("#terms").await;
    portal.let_pass(TimeDelta::minutes(31));
    browser.submit(".lk-permissions .lk-actions button").await;
    assert!(browser.text().await.contains("Your session has ended."));
    browser.sign_in("amueller", "latchkey").await;
    assert!(is_ticked(&browser, "#service-cloud").await && is_ticked(&browser, "#terms").await);
    browser.submit(".lk-permissions .lk-actions button").await;
    browser.with_text("h1", "Cloud storage is active for you").await;
}

#[tokio::test]
async fn the_language_changes_and_the_page_stays() {
    let (portal, browser) = start().await;
    for (from, to) in [
        ("/en/terms/printing/1", "/de/terms/printing/1"),
        ("/en/sign-in?next=%2Fen%2Fprofile%2Fhistory", "/de/sign-in?next=%2Fen%2Fprofile%2Fhistory"),
    ] {
        browser.goto(&portal.url(from)).await;
        browser.follow("a", "Deutsch").await;
        assert_eq!(browser.path().await, to);
        assert_eq!(browser.run("return document.documentElement.lang").await, json!("de"));
    }
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("amueller", "wrong").await;
    browser.follow("a", "Deutsch").await;
    browser.sign_in("amueller", "latchkey").await;
    browser.follow("a", "English").await;
    assert_eq!(browser.path().await, "/en/profile/permissions");
}

#[tokio::test]
async fn going_back_after_signing_out_shows_nothing_of_the_account() {
    let (portal, browser) = start().await;
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("amueller", "latchkey").await;
    browser.goto(&portal.url("/en/profile")).await;
    // What a browser has kept as it was is asked for anew.
    browser.mark_page().await;
    browser.run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))").await;
    browser.next_page().await;
    browser.submit(".lk-sign-out").await;
    assert!(browser.text().await.contains("You have signed out."));
    for _ in 0..2 {
        browser.client.back().await.expect("a page");
        browser.wait_for("document.readyState === 'complete'").await;
        let html = browser.client.source().await.expect("HTML");
        assert!(!html.contains("Müller") && html.contains("current-password"), "{}", browser.path().await);
    }
}

#[tokio::test]
async fn a_change_under_way_shows_its_end_by_itself() {
    let (portal, browser) = start().await;
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("lschneider", "latchkey").await;
    browser.click("#service-rocketchat").await;
    browser.click("#terms").await;
    portal.stop_directory().await;
    browser.submit(".lk-permissions .lk-actions button").await;
    browser.with_text("h1", "Rocket.Chat is being set up for you").await;
    portal.start_directory().await;
    portal.let_pass(TimeDelta::minutes(1));
    browser.wait_for("document.querySelector('h1').textContent === 'Rocket.Chat is active for you'").await;
}

/// What has gone over the network since the browser was opened: requests and bytes, with headers.
async fn traffic(browser: &Browser) -> (Vec<String>, f64) {
    let (mut requests, mut bytes) = (Vec::new(), 0.0);
    for entry in browser.log("performance").await {
        let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default()).expect("JSON");
        let (method, parameters) = (&event["message"]["method"], &event["message"]["params"]);
        if method == "Network.requestWillBeSent" {
            bytes += parameters["redirectResponse"]["encodedDataLength"].as_f64().unwrap_or_default();
            let url = parameters["request"]["url"].as_str().unwrap_or_default();
            if url.starts_with("http") {
                requests.push(url.to_owned());
            }
        } else if method == "Network.loadingFinished" {
            bytes += parameters["encodedDataLength"].as_f64().unwrap_or_default();
        }
    }
    (requests, bytes)
}

#[tokio::test]
async fn a_first_visit_takes_six_requests_and_sixty_kilobytes() {
    let (portal, browser) = start().await;
    browser.goto("about:blank").await;
    traffic(&browser).await;
    browser.goto(&portal.url("/")).await;
    let (requests, bytes) = traffic(&browser).await;
    println!("{} requests, {bytes} bytes: {requests:#?}", requests.len());
    assert!(requests.iter().all(|url| url.starts_with(&portal.address)), "{requests:?}");
    assert!(requests.len() <= 6 && bytes <= 60_000.0);
    browser.goto(&portal.url("/en/help")).await;
    let (requests, bytes) = traffic(&browser).await;
    println!("the second page: {} requests, {bytes} bytes: {requests:#?}", requests.len());
    assert!(bytes < 10_000.0, "files are fetched again");
}
