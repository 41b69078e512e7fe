//! The whole way from the front door to an activated service and back, as different people go it.

use fantoccini::{Locator, key::Key};
use serde_json::json;

use crate::{
    browser::{Browser, ENGLISH, GERMAN, Kind},
    portal::Portal,
};

/// The words on the way; those of the permissions page are promised to the public help page.
struct Words {
    sign_in: &'static str,
    profiles: &'static str,
    permissions: &'static str,
    terms_box: &'static str,
    change: &'static str,
    admitted: &'static str,
    copy: &'static str,
    copied: &'static str,
    history: &'static str,
    accepted: &'static str,
    back: &'static str,
    withdraw: &'static str,
    withdrawn: &'static str,
}

const IN_ENGLISH: Words = Words {
    sign_in: "Sign in",
    profiles: "Profiles",
    permissions: "Permissions",
    terms_box: "Terms and Conditions read and accepted.",
    change: "Change permission",
    admitted: "Rocket.Chat is active for you",
    copy: "Copy",
    copied: "Copied",
    history: "History",
    accepted: "Accepted",
    back: "Status and next steps for Rocket.Chat",
    withdraw: "Withdraw acceptance",
    withdrawn: "Your acceptance of Rocket.Chat is withdrawn",
};

const IN_GERMAN: Words = Words {
    sign_in: "Anmelden",
    profiles: "Profile",
    permissions: "Berechtigungen",
    terms_box: "Nutzungsbedingungen gelesen und akzeptiert.",
    change: "Berechtigung ändern",
    admitted: "Rocket.Chat ist für Sie freigeschaltet",
    copy: "Kopieren",
    copied: "Kopiert",
    history: "Verlauf",
    accepted: "Zugestimmt",
    back: "Status und nächste Schritte für Rocket.Chat",
    withdraw: "Zustimmung zurückziehen",
    withdrawn: "Ihre Zustimmung zu Rocket.Chat ist zurückgezogen",
};

const ANNA: &str = "uid=amueller,ou=people,dc=demo,dc=example";

async fn activate(portal: &Portal, browser: &Browser, words: &Words) {
    browser.goto(&portal.url("/")).await;
    assert!(browser.title().await.starts_with(words.sign_in), "{}", browser.title().await);
    browser.fill("#name", "amueller").await;
    browser.fill("#password", "latchkey").await;
    browser.follow("button", words.sign_in).await;
    browser.follow("a", words.profiles).await;
    browser.follow("a", words.permissions).await;
    browser.click_text("label", "Rocket.Chat").await;
    browser.click_text("label", words.terms_box).await;
    browser.follow("button", words.change).await;
    assert_eq!(browser.path().await, format!("/{}/profile/permissions/rocketchat", language(words)));
    assert_eq!(browser.find("h1").await.text().await.expect("text"), words.admitted);
    assert!(
        browser.run("return document.querySelector('.lk-qr svg').getBoundingClientRect().width").await.as_f64()
            > Some(100.0)
    );
    assert!(portal.members("rocketchat").await.iter().any(|dn| dn == ANNA));
}

async fn look_at_the_history_and_withdraw(portal: &Portal, browser: &Browser, words: &Words) {
    browser.follow("a", words.profiles).await;
    browser.follow("a", words.history).await;
    let row = format!("//tr[th='Rocket.Chat' and .//span='{}' and .//code]", words.accepted);
    assert!(browser.client.find(Locator::XPath(&row)).await.is_ok(), "{}", browser.text().await);
    browser.follow("a", words.permissions).await;
    browser.follow("a", words.back).await;
    browser.follow("button", words.withdraw).await;
    assert_eq!(browser.find("h1").await.text().await.expect("text"), words.withdrawn);
    assert!(!portal.members("rocketchat").await.iter().any(|dn| dn == ANNA));
}

async fn copy_the_server_address(portal: &Portal, browser: &Browser, words: &Words) {
    let permissions =
        json!({ "origin": portal.address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    browser.devtools("Browser.grantPermissions", permissions).await;
    browser.click_text("button", words.copy).await;
    browser.wait_for(&format!("document.querySelector('[data-copied]').textContent === '{}'", words.copied)).await;
    let pasted = browser.run("return navigator.clipboard.readText()").await;
    assert_eq!(pasted, browser.run("return document.getElementById('server-address').textContent").await);
}

fn language(words: &Words) -> &'static str {
    if words.sign_in == IN_GERMAN.sign_in { "de" } else { "en" }
}

#[tokio::test]
async fn rocket_chat_is_activated_and_withdrawn_with_the_mouse() {
    for (kind, words) in [(ENGLISH, IN_ENGLISH), (GERMAN, IN_GERMAN)] {
        let (portal, browser) = tokio::join!(Portal::start(&[]), Browser::open(kind));
        activate(&portal, &browser, &words).await;
        copy_the_server_address(&portal, &browser, &words).await;
        look_at_the_history_and_withdraw(&portal, &browser, &words).await;
    }
}

#[tokio::test]
async fn rocket_chat_is_activated_and_withdrawn_without_scripts() {
    for (language, words) in [("en", IN_ENGLISH), ("de", IN_GERMAN)] {
        let (portal, browser) = tokio::join!(Portal::start(&[]), Browser::open(Kind { language, scripts: false }));
        browser.goto("data:text/html,<title>off</title><script>document.title = 'on'</script>").await;
        assert_eq!(browser.title().await, "off", "scripts run although they are forbidden");
        activate(&portal, &browser, &words).await;
        assert!(
            !browser.find("[data-copy]").await.is_displayed().await.expect("an answer"),
            "a button that cannot work"
        );
        look_at_the_history_and_withdraw(&portal, &browser, &words).await;
    }
}

/// Somebody with a keyboard: counts how often Tab is pressed, and looks at the ring each time.
struct Keyboard<'a> {
    browser: &'a Browser,
    stops: usize,
}

impl Keyboard<'_> {
    async fn tab(&mut self) -> String {
        self.browser.press(Key::Tab).await;
        self.stops += 1;
        let focused = self
            .browser
            .run(
                "const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect(); \
                 return { what: `${at.tagName.toLowerCase()} ${at.id} ${at.textContent.trim()}`, \
                 ring: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth), style: style.outlineStyle, \
                 seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth }",
            )
            .await;
        let what = focused["what"].as_str().unwrap_or_default().to_owned();
        assert!(focused["ring"].as_f64() >= Some(3.0), "{what}: {focused}");
        assert_eq!(focused["seen"], json!(true), "{what} has the focus and is not seen");
        what
    }

    async fn tab_to(&mut self, wanted: &str) {
        for _ in 0..40 {
            let found = self.tab().await;
            println!("{:2} {found}", self.stops);
            if found.starts_with(wanted) {
                return;
            }
        }
        panic!("no way to {wanted}");
    }

    /// Skips to the content: the first stop of every page offers that.
    async fn skip(&mut self) {
        let first = self.tab().await;
        assert!(first.contains("Skip to content"), "the first stop is {first}");
        self.browser.press(Key::Enter).await;
    }
}

#[tokio::test]
async fn fourteen_stops_of_the_keyboard_lead_from_sign_in_to_confirmation() {
    let (portal, browser) = tokio::join!(Portal::start(&[]), Browser::open(ENGLISH));
    browser.goto(&portal.url("/")).await;
    let mut keyboard = Keyboard { browser: &browser, stops: 0 };
    keyboard.skip().await;
    keyboard.tab_to("input name").await;
    browser.type_text("amueller").await;
    keyboard.tab_to("input password").await;
    browser.type_text("latchkey").await;
    browser.mark_page().await;
    browser.press(Key::Enter).await;
    browser.next_page().await;
    keyboard.skip().await;
    keyboard.tab_to("input service-rocketchat").await;
    browser.type_text(" ").await;
    keyboard.tab_to("input terms").await;
    browser.type_text(" ").await;
    keyboard.tab_to("button").await;
    browser.mark_page().await;
    browser.press(Key::Enter).await;
    browser.next_page().await;
    browser.with_text("h1", IN_ENGLISH.admitted).await;
    assert!(keyboard.stops <= 14, "{} stops", keyboard.stops);
}
