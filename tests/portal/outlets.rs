//! What leaves the sealed log: events for other programs, heads to places outside; and what is recorded besides the changes.

use std::{fs, io};

use chrono::TimeDelta;
use latchkey::{
    app::App,
    config::Config,
    domain::log::{anchors, head::SignedHead, verify::Verification},
    work,
};
use mail_parser::MessageParser;
use serde_json::Value;

use crate::world::{Base, World, who};

on_both![
    every_record_becomes_an_event_in_sealed_order,
    events_come_again_if_they_could_not_be_handed_over,
    heads_are_brought_to_folder_and_mailbox,
    refused_sign_ins_are_recorded_without_what_was_typed,
    a_directory_that_refuses_for_good_is_recorded_once,
    sessions_that_are_ended_are_recorded,
];

async fn events(portal: &App) -> Vec<Value> {
    let mut lines = Vec::new();
    let keep = |line: &str| {
        lines.push(line.to_owned());
        Ok(())
    };
    portal.sealer.feed_to(keep).await.expect("the database");
    lines.iter().map(|line| serde_json::from_str(line).expect("one JSON object per line")).collect()
}

async fn every_record_becomes_an_event_in_sealed_order(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await.expect(200);
    world.advance(TimeDelta::minutes(1));
    let portal = world.another_portal().await;
    assert!(events(&portal).await.is_empty(), "nothing is sealed yet");
    portal.sealer.seal_due().await.expect("a seal");
    let first = events(&portal).await;
    assert_eq!(first.len(), usize::try_from(world.count("log_records")).expect("a number"));
    let places: Vec<u64> = first.iter().map(|event| event["seq"].as_u64().expect("a place")).collect();
    assert!(places.iter().copied().eq(0..places.len() as u64));
    let accepted = first.iter().find(|event| event["event"] == "latchkey.log.terms-accepted").expect("the acceptance");
    assert_eq!(accepted["service"], "rocketchat");
    assert_eq!(accepted["account"], world.lines("id", "accounts")[0].as_str());
    assert_eq!(accepted["detail"]["version"], 1);
    let all = serde_json::to_string(&first).expect("JSON");
    for name in ["Anna", who::ANNA, "demo.example"] {
        assert!(!all.contains(name), "the feed tells {name}");
    }
    assert!(events(&portal).await.is_empty(), "each comes once");
    // Only the portal that seals hands on.
    world.signed_in(who::ANNA).await;
    portal.sealer.seal_due().await.expect("a seal");
    assert!(events(&world.another_portal().await).await.is_empty());
    assert_eq!(events(&portal).await.len(), 1);
    world.advance(TimeDelta::minutes(1));
    world.deliver().await;
}

async fn events_come_again_if_they_could_not_be_handed_over(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    let portal = world.another_portal().await;
    portal.sealer.seal_due().await.expect("a seal");
    let refuse = |_: &str| Err(io::Error::other("nobody listens"));
    assert_eq!(portal.sealer.feed_to(refuse).await.expect("the database"), 0);
    assert_eq!(events(&portal).await.len(), usize::try_from(world.count("log_records")).expect("a number"));
}

async fn heads_are_brought_to_folder_and_mailbox(base: Base) {
    let world = World::new(base).await;
    let mut config: Config = world.config().clone();
    let folder = world.mail_folder().join("heads");
    config.audit.anchors.folder = Some(folder.clone());
    config.audit.anchors.mail_to = Some("archive@demo.example".to_owned());
    let portal = world.portal_with(&config).await;
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 0, "there is no head yet");
    portal.sealer.seal_due().await.expect("a seal");
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 2);
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 0);

    let file = fs::read_dir(&folder).expect("a folder").next().expect("a file").expect("a file").path();
    let note = fs::read_to_string(file).expect("a head");
    let mail = fs::read_dir(world.mail_folder()).expect("a folder").map(|entry| entry.expect("a file").path());
    let mail = mail.into_iter().find(|path| path.is_file()).expect("a mail");
    let mail = fs::read(mail).expect("a mail");
    let mail = MessageParser::default().parse(&mail).expect("a mail");
    assert_eq!(mail.body_text(0).expect("text").replace('\r', "").trim(), note.trim());
    let head = SignedHead::parse(&note).expect("a head");
    fs::remove_dir_all(&folder).expect("a folder");

    // Without new records there is nothing new to bring, with them not before a day has passed.
    world.advance(TimeDelta::days(2));
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 0);
    world.signed_in(who::ANNA).await;
    portal.sealer.seal_due().await.expect("a seal");
    // What stands in the way is tried again and not noted as done.
    fs::write(&folder, "no folder").expect("a file");
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 1);
    fs::remove_file(&folder).expect("a file");
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 1);
    world.signed_in(who::BERND).await;
    portal.sealer.seal_due().await.expect("a seal");
    assert_eq!(portal.sealer.anchor_due().await.expect("the database"), 0);

    let listed = world.records().read(|conn| anchors::newest(conn, 10)).await.expect("anchors");
    assert_eq!(listed.len(), 4);
    assert_eq!(listed.last().map(|anchor| anchor.size), Some(head.head.size));
    let since = Verification::new(config.audit.trusted_keys(), Some(head));
    assert_eq!(work::verify(world.records(), since, |_, _| {}).await.expect("a report").misfit, None);
}

async fn refused_sign_ins_are_recorded_without_what_was_typed(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    let visitor = world.visitor();
    visitor.try_to_sign_in(who::ANNA, "wrong-password").await.expect(422);
    visitor.try_to_sign_in("my-secret-typed-as-a-name", "x").await.expect(422);
    let account = world.lines("id", "accounts").remove(0);
    let refused = world.lines(
        "coalesce(account_id, 'nobody') || ' ' || actor || ' ' || detail",
        "log_records WHERE kind = 'sign-in-refused' ORDER BY id",
    );
    assert_eq!(
        refused,
        [format!("{account} system {{\"why\":\"refused\"}}"), "nobody system {\"why\":\"refused\"}".into()]
    );
    assert!(!format!("{:?}", world.dump()).contains("my-secret"));
}

async fn a_directory_that_refuses_for_good_is_recorded_once(base: Base) {
    let mut world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    world.stop_directory().await;
    world.start_directory(|entries| entries.retain(|entry| !entry.dn.starts_with("cn=cloud,"))).await;
    anna.activate(&["cloud"]).await.expect(200);
    for _ in 0..3 {
        world.advance(TimeDelta::minutes(10));
        world.deliver().await;
    }
    let refused = world.lines("service || ' ' || detail", "log_records WHERE kind = 'membership-refused'");
    assert_eq!(refused, ["cloud {\"trouble\":\"no-such-object\"}"]);
    world.leaves_owed(1);
}

async fn sessions_that_are_ended_are_recorded(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    world.advance(TimeDelta::seconds(1));
    world.signed_in(who::ANNA).await;
    let form = anna.open("/profile/sessions").await.form("/profile/sessions/end");
    anna.press(&form.with("session", "others")).await.expect(200);
    assert_eq!(world.lines("detail", "log_records WHERE kind = 'sessions-ended'"), ["{\"sessions\":1}"]);
}
