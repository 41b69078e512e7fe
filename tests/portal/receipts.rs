//! Receipts: read in the portal, downloaded, sent by mail, and proven without the portal.

use std::{fs, path::PathBuf};

use chrono::TimeDelta;
use latchkey::{
    command::audit::verify_receipt,
    domain::log::{
        head::Signer,
        receipt::{BadReceipt, Document},
    },
};
use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::Value;

use crate::world::{Base, World, en, who};

on_both![
    an_acceptance_is_proven_without_the_portal,
    a_withdrawal_has_a_receipt_of_its_own,
    a_receipt_that_says_something_else_proves_nothing,
    before_it_is_sealed_the_page_says_so,
    nobody_sees_the_receipts_of_others,
    receipts_name_the_country_and_older_ones_without_it_hold,
    the_mail_waits_for_the_seal_but_not_for_ever,
];

/// The receipt of the only acceptance (or withdrawal).
fn number(world: &World, table: &str) -> String {
    world.lines("receipt", table).into_iter().next().expect("a receipt")
}

fn key(world: &World) -> latchkey::domain::log::head::PublicKey {
    world.config().audit.signer.as_ref().expect("a key").public()
}

/// The receipt and the key as files.
fn files(world: &World, json: &str) -> (PathBuf, PathBuf) {
    let (receipt, public) = (world.mail_folder().join("receipt.json"), world.mail_folder().join("key.txt"));
    fs::write(&receipt, json).expect("a file");
    fs::write(&public, key(world).to_line()).expect("a file");
    (receipt, public)
}

async fn an_acceptance_is_proven_without_the_portal(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let result = anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    let number = number(&world, "acceptances");
    let page = format!("/profile/receipts/{number}");
    let from_result = result.attributes("main dd a", "href");
    assert!(from_result.contains(&format!("/en{page}")), "{from_result:?}");
    let from_history = anna.open("/profile/history").await.attributes("td a", "href");
    assert!(from_history.contains(&format!("/en{page}")), "{from_history:?}");

    let shown = anna.open(&page).await;
    shown
        .expect(200)
        .says(&number)
        .says("Rocket.Chat")
        .says("Version 1")
        .says(&en("receipt-sealed"))
        .says(&key(&world).to_line());
    let file = anna.open(&format!("{page}/json")).await;
    file.expect(200);
    assert_eq!(file.header("content-type"), "application/json");
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"receipt-{number}.json\""));
    let (receipt, public) = files(&world, &file.body);
    assert!(verify_receipt(&receipt, &public).expect("readable files"));

    let json: Value = serde_json::from_str(&file.body).expect("JSON");
    assert_eq!(json["consentReceiptID"], number.as_str());
    assert_eq!(json["version"], "KI-CR-v1.1.0");
    assert_eq!(json["language"], "en");
    assert_eq!(json["jurisdiction"], "DE");
    assert_eq!(json["services"][0]["service"], "Rocket.Chat");
    assert_eq!(json["policyUrl"], format!("{}/en/terms/rocketchat/1", world.origin()));
    assert_eq!(json["piiPrincipalId"], world.lines("commitment", "accounts")[0].as_str());
    for name in ["Anna", "Müller", who::ANNA, "anna.mueller@"] {
        assert!(!file.body.contains(name), "the receipt tells {name}");
    }
    // What is sealed later changes nothing about it.
    world.signed_in(who::BERND).await;
    world.advance(TimeDelta::minutes(1));
    world.seal().await;
    assert_eq!(anna.open(&format!("{page}/json")).await.body, file.body);
}

async fn a_withdrawal_has_a_receipt_of_its_own(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await.expect(200);
    world.advance(TimeDelta::minutes(1));
    anna.withdraw("cloud").await.expect(200);
    world.deliver().await;
    let number = number(&world, "withdrawals");
    anna.open(&format!("/profile/receipts/{number}"))
        .await
        .expect(200)
        .says(&en("receipt-withdrawn"))
        .says("Version 1");
    let json = anna.open(&format!("/profile/receipts/{number}/json")).await.body;
    let document = Document::parse(&json).expect("a receipt");
    assert_eq!(document.verify(&key(&world)).map(|head| head.size > 0), Ok(true));
    assert!(document.facts().contains(&("What", "acceptance withdrawn".to_owned())));
}

async fn a_receipt_that_says_something_else_proves_nothing(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await.expect(200);
    world.deliver().await;
    let json = anna.open(&format!("/profile/receipts/{}/json", number(&world, "acceptances"))).await.body;
    let good: Value = serde_json::from_str(&json).expect("JSON");
    let verify = |value: &Value| Document::parse(&value.to_string()).and_then(|document| document.verify(&key(&world)));
    assert!(verify(&good).is_ok());
    let changes = [
        ("/consentTimestamp", Value::from(1)),
        ("/consentReceiptID", "R-0000-0000-0000".into()),
        ("/publicKey", "another".into()),
        ("/language", "de".into()),
        ("/piiPrincipalId", "00".into()),
        ("/policyUrl", "https://account.uni.example/en/terms/rocketchat/2".into()),
        ("/policyUrl", Value::Null),
        ("/latchkey/event", "acceptance-withdrawn".into()),
        ("/latchkey/at", "2026-11-23T09:00:00.000000Z".into()),
        ("/latchkey/service", "cloud".into()),
        ("/latchkey/termsVersion", 2.into()),
        ("/latchkey/termsSha256", "00".into()),
    ];
    for (field, value) in changes {
        let mut bent = good.clone();
        *bent.pointer_mut(field).expect("a field") = value;
        assert!(matches!(verify(&bent), Err(BadReceipt::Differs(_))), "{field}: {:?}", verify(&bent));
    }
    for (field, value, bad) in [
        ("/latchkey/leafIndex", Value::from(0), BadReceipt::NotIncluded),
        ("/latchkey/treeSize", 1.into(), BadReceipt::NotIncluded),
        ("/latchkey/leaf", "{}".into(), BadReceipt::NotIncluded),
        ("/latchkey/opening/salt", "00".into(), BadReceipt::Opening),
        ("/latchkey/opening/accountId", "00".into(), BadReceipt::Opening),
        ("/latchkey/format", "another".into(), BadReceipt::Form),
    ] {
        let mut bent = good.clone();
        *bent.pointer_mut(field).expect("a field") = value;
        assert_eq!(verify(&bent), Err(bad), "{field}");
    }
    let document = Document::parse(&json).expect("a receipt");
    let another = Signer::from_seed(&[3; 32]).public();
    assert!(matches!(document.verify(&another), Err(BadReceipt::Head(_))));
    let (receipt, public) = files(&world, &json.replace("rocketchat", "cloud"));
    assert!(!verify_receipt(&receipt, &public).expect("readable files"));
}

async fn before_it_is_sealed_the_page_says_so(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await.expect(200);
    let page = format!("/profile/receipts/{}", number(&world, "acceptances"));
    anna.open(&page).await.expect(200).says(&en("receipt-not-sealed"));
    anna.open(&format!("{page}/json")).await.expect(404);
    world.leaves_owed(1);
}

async fn nobody_sees_the_receipts_of_others(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await.expect(200);
    world.deliver().await;
    let page = format!("/profile/receipts/{}", number(&world, "acceptances"));
    for other in [who::BERND, who::CLAUDIA] {
        let other = world.signed_in(other).await;
        other.open(&page).await.expect(404);
        other.open(&format!("{page}/json")).await.expect(404);
    }
    let nobody = world.visitor().get(&format!("/en{page}/json")).await;
    assert_eq!(nobody.status, 303);
}

async fn receipts_name_the_country_and_older_ones_without_it_hold(base: Base) {
    let world = World::with(base, &[("PORTAL_JURISDICTION", "AT")]).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await.expect(200);
    world.deliver().await;
    let json = anna.open(&format!("/profile/receipts/{}/json", number(&world, "acceptances"))).await.body;
    let mut receipt: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(receipt.as_object_mut().and_then(|fields| fields.remove("jurisdiction")), Some("AT".into()));
    let older = Document::parse(&receipt.to_string()).expect("a receipt");
    assert!(older.verify(&key(&world)).is_ok());
}

async fn the_mail_waits_for_the_seal_but_not_for_ever(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let attachment = |mail: &str| {
        let mail = MessageParser::default().parse(mail.as_bytes()).expect("a mail");
        let file = mail.attachment(0)?;
        Some((file.attachment_name().expect("a name").to_owned(), file.text_contents().expect("JSON").to_owned()))
    };
    anna.activate(&["rocketchat"]).await.expect(200);
    world.deliver_unsealed().await;
    assert!(world.mails().is_empty());
    world.advance(TimeDelta::seconds(1));
    world.deliver().await;
    let (name, json) = attachment(&world.mails()[0]).expect("a receipt");
    assert_eq!(name, format!("receipt-{}.json", number(&world, "acceptances")));
    assert!(Document::parse(&json).expect("a receipt").verify(&key(&world)).is_ok());

    world.advance(TimeDelta::minutes(1));
    anna.withdraw("rocketchat").await.expect(200);
    world.deliver_unsealed().await;
    assert_eq!(world.mails().len(), 1);
    world.advance(TimeDelta::seconds(10));
    world.deliver_unsealed().await;
    let [_, mail] = &world.mails()[..] else { panic!("two mails") };
    assert_eq!(attachment(mail), None);
    let body =
        MessageParser::default().parse(mail.as_bytes()).expect("a mail").body_text(0).expect("text").into_owned();
    assert!(body.contains(&format!("/en/profile/receipts/{}", number(&world, "withdrawals"))), "{body}");
}
