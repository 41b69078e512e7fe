//! Every page and every mail as people see them, in both languages.

use chrono::TimeDelta;
use latchkey::command::terms::Weight;
use mail_parser::MessageParser;
use reqwest::Method;

use crate::world::{Base, Browser, Form, PASSWORD, Page, Visitor, World, who};

/// Compares a page's own content with the one that was looked at before.
pub(super) fn same_page(world: &World, name: &str, page: &Page) {
    let title = page.text("title");
    let content = page.content_source().replace(&world.address.to_string(), "portal.example");
    same(&format!("{name}.{}", language(page)), &format!("{title}\n{}", redacted(&content)));
}

fn language(page: &Page) -> String {
    page.attributes("html", "lang").remove(0)
}

pub(crate) fn same(name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, content));
}

/// The text without what is different each time: tokens, digests, ids, receipts, and the dots of QR codes.
pub(super) fn redacted(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        out.push_str(stand_in(&rest[..end]));
        rest = &rest[end..];
    }
    out.push_str(rest);
    without_dots(&out)
}

fn stand_in(word: &str) -> &str {
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    match word.len() {
        64 if is_hex => "[digest]",
        65.. if is_hex => "[token]",
        36 if word.matches('-').count() == 4 => "[id]",
        16 if word.starts_with("R-") => "[receipt]",
        32 if is_hex => "[course]",
        _ => word,
    }
}

fn without_dots(html: &str) -> String {
    let mut parts = html.split(" d=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(" d=\"…");
        out.push_str(part.find('"').map_or("", |end| &part[end..]));
    }
    out
}

/// The same person in both languages; a world for each, so that times are the same.
pub async fn in_both_languages(show: impl AsyncFn(&World, Visitor)) {
    for language in ["de", "en"] {
        let world = World::new(Base::Sqlite).await;
        show(&world, world.visitor_in(language)).await;
        world.deliver().await;
    }
}

#[tokio::test]
async fn signing_in() {
    in_both_languages(async |world, mut anna| {
        same_page(world, "sign-in", &anna.open("/sign-in").await);
        same_page(world, "sign-in-nothing-typed", &anna.try_to_sign_in("", "").await);
        same_page(world, "sign-in-refused", &anna.try_to_sign_in(who::ANNA, "wrong").await);
        same_page(world, "sign-in-must-change", &anna.try_to_sign_in(who::MUST_CHANGE, PASSWORD).await);
        same_page(world, "sign-in-expired", &anna.try_to_sign_in(who::EXPIRED, PASSWORD).await);
        anna.sign_in(who::ANNA, PASSWORD).await;
        let form = anna.permissions().await.form("/profile/permissions");
        world.advance(TimeDelta::hours(1));
        same_page(world, "sign-in-session-ended", &anna.post(&form).await);
        anna.sign_in(who::ANNA, PASSWORD).await;
        let answer = anna.sign_out().await;
        same_page(world, "signed-out", &anna.follow(answer).await);
        for _ in 0..3 {
            anna.try_to_sign_in("nobody", "wrong").await;
        }
        same_page(world, "sign-in-throttled", &anna.try_to_sign_in("nobody", "wrong").await);
    })
    .await;
}

#[tokio::test]
async fn permissions_and_their_results() {
    in_both_languages(async |world, mut anna| {
        anna.sign_in(who::ANNA, PASSWORD).await;
        let page = anna.permissions().await;
        same_page(world, "permissions", &page);
        let form = page.form("/profile/permissions").tick("service-rocketchat");
        same_page(world, "permissions-refused", &anna.post(&form.with("service", "vpn")).await);
        same_page(world, "result-admitted", &anna.activate(&["rocketchat"]).await);
        same_page(world, "result-not-active", &anna.open("/profile/permissions/cloud").await);
        same_page(world, "changes", &anna.activate(&["cloud", "printing"]).await);
        same_page(world, "result-active", &anna.open("/profile/permissions/cloud").await);
        let major = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
        world.publish("cloud", 2, major).await;
        same_page(world, "permissions-new-terms", &anna.permissions().await);
        same_page(world, "result-withdrawn", &anna.withdraw("rocketchat").await);
        let form = anna.permissions().await.form("/profile/permissions").tick("terms");
        same_page(world, "result-accepted-again", &anna.press(&form).await);
    })
    .await;
}

#[tokio::test]
async fn what_does_not_go_as_usual() {
    in_both_languages(async |world, mut somebody| {
        let mut comma = world.visitor_in(somebody.language);
        comma.sign_in(who::COMMA, PASSWORD).await;
        same_page(world, "result-refused", &comma.activate(&["rocketchat"]).await);
        somebody.sign_in(who::WITHOUT_MAIL, PASSWORD).await;
        same_page(world, "result-no-mail", &somebody.activate(&["cloud"]).await);
        same_page(world, "profile-no-mail", &somebody.open("/profile").await);
        same_page(world, "error-403", &somebody.post(&Form::made_up(&somebody.path("/sign-out"))).await);
        same_page(world, "error-404", &somebody.open("/unknown").await);
        same_page(world, "error-405", &somebody.send(Method::PUT, &somebody.path("/profile"), &[], "").await);
        world.execute("ALTER TABLE acceptances RENAME TO misplaced").expect("another name");
        same_page(world, "error-500", &somebody.open("/profile/history").await);
        world.execute("ALTER TABLE misplaced RENAME TO acceptances").expect("the old name");
    })
    .await;
}

#[tokio::test]
async fn while_the_directory_is_away() {
    for language in ["de", "en"] {
        let mut world = World::with(Base::Sqlite, &[("DIRECTORY_BELIEVE_FOR", "0s")]).await;
        let mut anna = world.signed_in(who::ANNA).await;
        anna.language = language;
        let form = anna.permissions().await.form("/profile/permissions").tick("service-rocketchat").tick("terms");
        world.stop_directory().await;
        same_page(&world, "sign-in-directory-away", &world.visitor_in(language).try_to_sign_in("x", "x").await);
        same_page(&world, "result-being-applied", &anna.press(&form).await);
        same_page(&world, "permissions-directory-away", &anna.permissions().await);
        same_page(&world, "profile-directory-away", &anna.open("/profile").await);
        same_page(&world, "result-unknown", &anna.open("/profile/permissions/cloud").await);
        world.deliver().await;
        world.leaves_owed(1);
    }
}

#[tokio::test]
async fn own_pages() {
    in_both_languages(async |world, mut anna| {
        anna.sign_in(who::ANNA, PASSWORD).await;
        same_page(world, "profile", &anna.open("/profile").await);
        same_page(world, "history-empty", &anna.open("/profile/history").await);
        same_page(world, "sessions-one", &anna.open("/profile/sessions").await);
        anna.activate(&["rocketchat"]).await;
        anna.withdraw("rocketchat").await;
        same_page(world, "history", &anna.open("/profile/history").await);
        world.advance(TimeDelta::minutes(5));
        let phone = world.visitor().uses(Browser::SafariOnIphone);
        phone.try_to_sign_in(who::ANNA, PASSWORD).await;
        world.advance(TimeDelta::minutes(1));
        anna.open("/profile").await;
        same_page(world, "sessions", &anna.open("/profile/sessions").await);
    })
    .await;
}

#[tokio::test]
async fn pages_for_anybody() {
    in_both_languages(async |world, visitor| {
        for text in ["privacy", "imprint", "accessibility", "help"] {
            same_page(world, text, &visitor.open(&format!("/{text}")).await);
        }
        same_page(world, "terms", &visitor.open("/terms/printing/2").await);
    })
    .await;
}

#[tokio::test]
async fn mails() {
    for language in ["de", "en"] {
        let world = World::new(Base::Sqlite).await;
        let mut anna = world.signed_in(who::ANNA).await;
        anna.language = language;
        anna.activate(&["rocketchat"]).await;
        anna.withdraw("rocketchat").await;
        anna.activate(&["cloud"]).await;
        let major = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
        world.publish("cloud", 2, major).await;
        anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await;
        world.publish("cloud", 3, major).await;
        world.deliver().await;
        world.advance(TimeDelta::days(15));
        world.upkeep().await;
        let names = ["granted", "withdrawn", "granted-cloud", "accepted-again", "ended"];
        let mails = world.mails();
        assert_eq!(mails.len(), names.len());
        for (name, mail) in names.iter().zip(mails) {
            same(&format!("mail-{name}.{language}"), &readable(&world, &mail));
        }
        let mailbox = world.visitor().get(&format!("/demo/mail?{language}")).await;
        assert_eq!(mailbox.texts("main summary").len(), 5);
    }
}

/// Headers and both parts, without what is different each time.
fn readable(world: &World, raw: &str) -> String {
    let mail = MessageParser::default().parse(raw.as_bytes()).expect("a mail");
    let (head, _) = raw.split_once("\r\n\r\n").expect("a header");
    let volatile = ["Message-ID:", "Date:", "Content-Type:", " boundary="];
    let head: Vec<&str> = head.lines().filter(|line| volatile.iter().all(|name| !line.starts_with(name))).collect();
    let text = mail.body_text(0).expect("text").replace('\r', "");
    let html = mail.body_html(0).expect("HTML").replace('\r', "");
    let all =
        format!("{}\nSubject, decoded: {}\n\n{text}\n\n{html}", head.join("\n"), mail.subject().expect("a subject"));
    redacted(&all.replace(&world.address.to_string(), "portal.example"))
}

#[tokio::test]
async fn terms_for_editors() {
    in_both_languages(async |world, mut claudia| {
        world.signed_in(who::ANNA).await.activate(&["printing"]).await;
        claudia.sign_in(who::CLAUDIA, PASSWORD).await;
        let page = claudia.open("/terms/printing/edit").await;
        same_page(world, "terms-editor-first", &page);
        let form = page.form("/terms/printing/edit").fill("source_de", "# Drucken\r\n\r\nDrucken Sie wenig.");
        let page = claudia.press(&form.fill("source_en", "").fill("effective_on", "2026-12-01")).await;
        same_page(world, "terms-editor", &page);
        let form = page.form("/terms/printing/versions").fill("confirmation", "Drucken");
        same_page(world, "terms-editor-refused", &claudia.post(&form).await);
        same_page(world, "terms-index", &claudia.open("/terms").await);
    })
    .await;
}

#[tokio::test]
async fn all_own_data() {
    in_both_languages(async |world, mut anna| {
        anna.sign_in(who::ANNA, PASSWORD).await;
        anna.activate(&["rocketchat"]).await;
        anna.withdraw("rocketchat").await;
        world.deliver().await;
        same_page(world, "own-data", &anna.open("/profile/data").await);
    })
    .await;
}

#[tokio::test]
async fn mails_about_new_terms_in_effect_at_once() {
    for language in ["de", "en"] {
        let world = World::new(Base::Sqlite).await;
        let mut anna = world.signed_in(who::ANNA).await;
        anna.language = language;
        anna.activate(&["rocketchat"]).await;
        world.deliver().await;
        world.publish("rocketchat", 2, Weight { major: Some(true), grace_days: 14, effective_in_days: 0 }).await;
        world.ask_again().await;
        let mails = world.mails();
        let asking: Vec<&String> = mails.iter().filter(|mail| mail.contains("/terms/rocketchat/2")).collect();
        assert_eq!(asking.len(), 1);
        same(&format!("mail-new-terms.{language}"), &readable(&world, asking[0]));
    }
}

#[tokio::test]
async fn mails_about_new_terms() {
    for language in ["de", "en"] {
        let world = World::new(Base::Sqlite).await;
        let mut anna = world.signed_in(who::ANNA).await;
        anna.language = language;
        anna.activate(&["rocketchat"]).await;
        world.publish("rocketchat", 2, Weight { major: Some(true), grace_days: 14, effective_in_days: 3 }).await;
        let newest = |name: &str| {
            let mails = world.mails();
            let newest = mails.iter().max_by_key(|mail| mail.lines().find(|line| line.starts_with("Message-ID:")));
            same(&format!("mail-{name}.{language}"), &readable(&world, newest.expect("a mail")));
        };
        world.deliver().await;
        world.advance(TimeDelta::seconds(1));
        world.ask_again().await;
        newest("new-terms-ahead");
        world.advance(TimeDelta::days(11));
        world.ask_again().await;
        newest("new-terms-reminder");
        world.advance(TimeDelta::days(5));
        world.ask_again().await;
        newest("new-terms-last-day");
    }
}
