//! The auditors' pages, the files they export and the receipts, as people see them, in both languages.

use chrono::TimeDelta;
use latchkey::command::terms::Weight;
use serde_json::Value;

use crate::{
    audit::give_reason,
    audit_exports::export_from,
    pages::{in_both_languages, redacted, same, same_page},
    world::{Base, PASSWORD, Visitor, World, who},
};

/// Anna has accepted, withdrawn and accepted; Bernd has accepted. Every step has a minute of its own, so that the order is clear.
async fn something_happens(world: &World) {
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.advance(TimeDelta::minutes(1));
    anna.withdraw("rocketchat").await;
    world.advance(TimeDelta::minutes(1));
    anna.activate(&["rocketchat"]).await;
    world.advance(TimeDelta::minutes(1));
    world.signed_in(who::BERND).await.activate(&["rocketchat"]).await;
    world.advance(TimeDelta::minutes(1));
    world.deliver().await;
    world.seal().await;
}

async fn enter(claudia: &mut Visitor) {
    claudia.sign_in(who::CLAUDIA, PASSWORD).await;
    give_reason(claudia, "Ticket 4711").await;
}

#[tokio::test]
async fn the_log_searched() {
    in_both_languages(async |world, mut claudia| {
        something_happens(world).await;
        claudia.sign_in(who::CLAUDIA, PASSWORD).await;
        let page = claudia.open("/audit/reason").await;
        same_page(world, "audit-reason", &page);
        same_page(world, "audit-reason-wrong", &claudia.post(&page.form("/audit/reason").fill("reason", "x")).await);
        give_reason(&claudia, "Ticket 4711").await;
        let page = claudia.open("/audit?q=anna&service=rocketchat&kind=terms-accepted").await;
        same_page(world, "audit-records", &page);
        same_page(world, "audit-records-none", &claudia.open("/audit?q=nobody").await);
        same_page(world, "audit-records-wrong", &claudia.open("/audit?from=2026-11-24&until=2026-11-23").await);
        let newest = world.lines("id", "log_records WHERE kind = 'terms-accepted' ORDER BY id DESC").remove(0);
        same_page(world, "audit-record", &claudia.open(&format!("/audit/records/{newest}")).await);
        same_page(world, "audit-export", &claudia.open("/audit/export?kind=terms-accepted").await);
    })
    .await;
}

#[tokio::test]
async fn people_and_figures() {
    in_both_languages(async |world, mut claudia| {
        something_happens(world).await;
        enter(&mut claudia).await;
        same_page(world, "audit-standing", &claudia.open("/audit/standing?service=rocketchat&on=2026-11-23").await);
        same_page(world, "audit-ungrounded", &claudia.open("/audit/standing?service=rocketchat&ground=none").await);
        let id = world.lines("id", "accounts WHERE username = 'amueller'").remove(0);
        // Looks at the same moment have no order.
        world.advance(TimeDelta::minutes(1));
        same_page(world, "audit-person", &claudia.open(&format!("/audit/people/{id}")).await);
        same_page(world, "audit-charts", &claudia.open("/audit/charts?service=rocketchat&days=14").await);
        let mut anna = world.visitor_in(claudia.language);
        anna.sign_in(who::ANNA, PASSWORD).await;
        same_page(world, "history-with-looks", &anna.open("/profile/history").await);
    })
    .await;
}

#[tokio::test]
async fn the_log_and_its_head() {
    in_both_languages(async |world, mut claudia| {
        something_happens(world).await;
        enter(&mut claudia).await;
        let page = claudia.open("/audit/log").await;
        let title = page.text("title");
        let source = page.content_source();
        let (before, note) = source.split_once("<pre").expect("the head");
        let (_, after) = note.split_once("</pre>").expect("its end");
        let key = world.config().audit.signer.as_ref().expect("a key").public().id();
        let content = format!("{title}\n{before}<pre>[head]</pre>{after}").replace(&key, "[key]");
        same(&format!("audit-log.{}", claudia.language), &redacted(&content));
    })
    .await;
}

#[tokio::test]
async fn files() {
    let world = World::new(Base::Sqlite).await;
    something_happens(&world).await;
    let mut claudia = world.visitor();
    enter(&mut claudia).await;
    for format in ["csv", "jsonl"] {
        let file = export_from(&claudia, "/audit/export", "kind=terms-accepted", format).await;
        same(&format!("file-log.{format}"), &redacted(&file.body));
        let query = "service=rocketchat&on=2026-11-23";
        let file = export_from(&claudia, "/audit/standing/export", query, format).await;
        same(&format!("file-standing.{format}"), &redacted(&file.body));
    }
}

#[tokio::test]
async fn receipts() {
    for language in ["de", "en"] {
        let world = World::new(Base::Sqlite).await;
        let mut anna = world.visitor_in(language);
        anna.sign_in(who::ANNA, PASSWORD).await;
        anna.activate(&["rocketchat"]).await;
        world.deliver().await;
        world.advance(TimeDelta::minutes(1));
        world.publish("rocketchat", 2, Weight { major: Some(false), grace_days: 0, effective_in_days: 0 }).await;
        anna.withdraw("rocketchat").await;
        world.deliver().await;
        for (name, table) in [("accepted", "acceptances"), ("withdrawn", "withdrawals")] {
            let number = world.lines("receipt", table).remove(0);
            let file = anna.open(&format!("/profile/receipts/{number}/json")).await.body;
            same(&format!("receipt-{name}.{language}"), &without_seal(&world, &file));
        }
    }
}

/// The document without what is different each time.
fn without_seal(world: &World, file: &str) -> String {
    let mut receipt: Value = serde_json::from_str(file).expect("JSON");
    receipt["publicKey"] = "[key]".into();
    receipt["latchkey"]["head"] = "[head]".into();
    // Records of the same moment are sealed in any order.
    receipt["latchkey"]["leafIndex"] = "[place]".into();
    receipt["latchkey"]["inclusionPath"] = "[path]".into();
    let record: Value = serde_json::from_str(receipt["latchkey"]["leaf"].as_str().expect("a leaf")).expect("JSON");
    receipt["latchkey"]["leaf"] = record;
    let text = serde_json::to_string_pretty(&receipt).expect("JSON");
    redacted(&text.replace(&world.address.to_string(), "portal.example"))
}
