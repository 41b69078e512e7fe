//! What auditors see, what they have to say before, and what is recorded of it.

use chrono::TimeDelta;
use latchkey::command::terms::Weight;

use crate::world::{Base, Form, Page, Visitor, World, de, en, who};

on_both![
    a_reason_is_asked_once_per_session,
    a_reason_must_say_something,
    the_reason_leads_back_to_the_page_that_was_asked_for,
    the_log_is_searched_by_person,
    the_log_is_searched_by_kind_service_version_cause_and_time,
    every_look_is_a_record_with_reason_and_people,
    a_record_shows_everything_that_is_stored,
    long_lists_go_on_in_both_directions,
    a_wrong_date_is_told_beside_its_field,
    who_is_renamed_is_found_under_the_new_name_only,
    who_is_erased_is_not_found_by_name,
    too_many_pages_in_a_minute_are_refused,
    nobody_audits_while_the_roles_cannot_be_asked,
];

/// An auditor who has given a reason.
pub async fn auditor(world: &World) -> Visitor {
    let claudia = world.signed_in(who::CLAUDIA).await;
    give_reason(&claudia, "ticket 4711").await;
    claudia
}

pub async fn give_reason(visitor: &Visitor, reason: &str) -> Page {
    let form = visitor.open("/audit/reason").await.form("/audit/reason");
    let page = visitor.press(&form.fill("reason", reason)).await;
    page.expect(200);
    page
}

/// What is in the column of the kinds.
fn kinds(page: &Page) -> Vec<String> {
    page.expect(200).texts("tbody tr td:nth-of-type(1)")
}

async fn a_reason_is_asked_once_per_session(base: Base) {
    let world = World::new(base).await;
    let claudia = world.signed_in(who::CLAUDIA).await;
    let answer = claudia.open("/audit").await;
    assert_eq!(answer.expect(303).location(), "/en/audit/reason?next=%2Fen%2Faudit");
    give_reason(&claudia, "ticket 4711").await.says("ticket 4711");
    claudia.open("/audit").await.expect(200);
    assert_eq!(world.lines("detail", "log_records WHERE kind = 'reason-given'"), [r#"{"reason":"ticket 4711"}"#]);
    let again = world.signed_in(who::CLAUDIA).await;
    again.open("/audit").await.expect(303);
    claudia.open("/audit").await.expect(200);
}

async fn a_reason_must_say_something(base: Base) {
    let world = World::new(base).await;
    let claudia = world.signed_in(who::CLAUDIA).await;
    let form = claudia.open("/audit/reason").await.form("/audit/reason");
    for reason in ["", "  x ", "\u{0}\r\n ab", &"long ".repeat(50)] {
        let page = claudia.post(&form.clone().fill("reason", reason)).await;
        page.expect(422).says(&en("problem-title")).says(&en("audit-reason-wrong"));
    }
    claudia.post(&form.clone().without("form_token").fill("reason", "ticket 1")).await.expect(403);
    claudia.open("/audit").await.expect(303);
    assert_eq!(world.count("log_records WHERE kind = 'reason-given'"), 0);
}

async fn the_reason_leads_back_to_the_page_that_was_asked_for(base: Base) {
    let world = World::new(base).await;
    let claudia = world.signed_in(who::CLAUDIA).await;
    let answer = claudia.open("/audit?kind=signed-in").await;
    let form = claudia.follow(answer).await.form("/audit/reason").fill("reason", "ticket 4711");
    assert_eq!(claudia.post(&form).await.expect(303).location(), "/en/audit?kind=signed-in");
    for elsewhere in ["//evil.example", "/en/profile", "javascript:alert(1)"] {
        let form = form.clone().without("next").with("next", elsewhere);
        assert_eq!(claudia.post(&form).await.expect(303).location(), "/en/audit");
    }
}

async fn the_log_is_searched_by_person(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    for search in ["anna", "M%C3%BCLLER", "mull", "anna+m", "amueller", "anna.mueller%40demo.example"] {
        let page = claudia.open(&format!("/audit?q={search}")).await;
        assert_eq!(page.texts(".lk-people li"), ["Anna Müller amueller"], "{search}");
        assert!(kinds(&page).contains(&format!("{} Version 1", en("kind-terms-accepted"))), "{search}");
        assert!(!page.content().contains("Claudia Weber"), "{search}");
    }
    for search in ["%25", "a", "_", "nobody", "anna+schmidt", "demo", "%27%29%3B--"] {
        let page = claudia.open(&format!("/audit?q={search}")).await;
        page.expect(200).says(&en("audit-no-match"));
        assert_eq!(page.texts(".lk-people li").len(), 0, "{search}");
    }
}

async fn the_log_is_searched_by_kind_service_version_cause_and_time(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat", "cloud"]).await;
    anna.withdraw("cloud").await;
    world.advance(TimeDelta::days(3));
    let minor = Weight { major: Some(false), grace_days: 0, effective_in_days: 0 };
    world.publish("cloud", 2, minor).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let accepted = |number| format!("{} Version {number}", en("kind-terms-accepted"));
    let (ended, by_person) = (en("kind-entitlement-ended"), en("cause-member"));
    let withdrawn = format!("{} Version 1 · {by_person}", en("kind-acceptance-withdrawn"));
    let published = |number| format!("{} Version {number}", en("kind-terms-published"));
    let expected: [(&str, Vec<String>); 8] = [
        ("kind=terms-accepted", vec![accepted(2), accepted(1), accepted(1)]),
        ("kind=terms-accepted&service=cloud", vec![accepted(2), accepted(1)]),
        ("version=cloud%2F2", vec![accepted(2), published(2)]),
        ("version=cloud%2F2&kind=terms-published", vec![published(2)]),
        ("cause=member", vec![format!("{ended} {by_person}"), withdrawn.clone()]),
        ("cause=member&kind=acceptance-withdrawn&service=cloud", vec![withdrawn]),
        ("kind=terms-accepted&until=2026-11-25", vec![accepted(1), accepted(1)]),
        ("service=cloud&from=2026-11-26&kind=terms-accepted&q=anna", vec![accepted(2)]),
    ];
    for (query, expected) in expected {
        let mut found = kinds(&claudia.open(&format!("/audit?{query}")).await);
        let mut expected = expected;
        // Records of one press carry the same time, so their order says nothing.
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
    claudia.open("/audit?cause=member&kind=signed-in").await.expect(200).says(&en("audit-no-match"));
}

async fn every_look_is_a_record_with_reason_and_people(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    let claudia = auditor(&world).await;
    claudia.open("/audit?q=anna&kind=signed-in").await.expect(200);
    let detail = world.lines("detail", "log_records WHERE kind = 'log-searched' ORDER BY id DESC").remove(0);
    let detail: serde_json::Value = serde_json::from_str(&detail).expect("JSON");
    assert_eq!(
        (&detail["reason"], &detail["filter"], &detail["by_person"], &detail["people"]),
        (&"ticket 4711".into(), &"kind=signed-in".into(), &true.into(), &1.into())
    );
    let subjects = "log_subjects JOIN accounts ON accounts.id = log_subjects.account_id";
    assert_eq!(world.lines("DISTINCT username", subjects), [who::ANNA]);
    let by = "log_records JOIN accounts ON accounts.id = log_records.actor WHERE kind = 'log-searched'";
    assert_eq!(world.lines("DISTINCT username", by), [who::CLAUDIA]);
}

async fn a_record_shows_everything_that_is_stored(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let id = world.lines("id", "log_records WHERE kind = 'terms-accepted'").remove(0);
    let page = claudia.open(&format!("/audit/records/{id}")).await;
    let digest = world.lines("digest", "acceptances").remove(0);
    page.expect(200).says("Anna Müller").says(&id).says(&digest).says("terms-accepted").says("Rocket.Chat");
    let viewed = world.lines("detail", "log_records WHERE kind = 'record-viewed'").remove(0);
    assert!(viewed.contains(&id) && viewed.contains("ticket 4711"), "{viewed}");
    for unknown in ["unknown", "%00", "..%2fx", &id.to_uppercase()] {
        claudia.open(&format!("/audit/records/{unknown}")).await.expect(404);
    }
    let looked = world.lines("id", "log_records WHERE kind = 'record-viewed'").remove(0);
    claudia.open(&format!("/audit/records/{looked}")).await.expect(200).says("Anna Müller");
}

async fn long_lists_go_on_in_both_directions(base: Base) {
    let world = World::new(base).await;
    let claudia = auditor(&world).await;
    for _ in 0..120 {
        world.advance(TimeDelta::minutes(1));
        claudia.post(&Form::made_up("/en/audit/reason")).await.expect(403);
        give_reason_quietly(&world, &claudia).await;
    }
    let first = claudia.open("/audit?kind=reason-given").await;
    first.says("121 records");
    let ids = |page: &Page| page.attributes("tbody th a", "href");
    let second = claudia.get(&first.attributes("a[rel=next]", "href")[0]).await;
    let third = claudia.get(&second.attributes("a[rel=next]", "href")[0]).await;
    assert_eq!([&first, &second, &third].map(|page| ids(page).len()), [50, 50, 21]);
    assert!(third.attributes("a[rel=next]", "href").is_empty());
    assert!(first.attributes("a[rel=prev]", "href").is_empty());
    let mut all: Vec<String> = [&first, &second, &third].into_iter().flat_map(ids).collect();
    assert!(all.is_sorted_by(|a, b| a > b));
    all.dedup();
    assert_eq!(all.len(), 121);
    let back = claudia.get(&third.attributes("a[rel=prev]", "href")[0]).await;
    assert_eq!(ids(&back), ids(&second));
}

async fn give_reason_quietly(world: &World, visitor: &Visitor) {
    let form = visitor.open("/audit/reason").await.form("/audit/reason").fill("reason", "ticket 4711");
    visitor.post(&form).await.expect(303);
    world.advance(TimeDelta::seconds(1));
}

async fn a_wrong_date_is_told_beside_its_field(base: Base) {
    let world = World::new(base).await;
    let claudia = auditor(&world).await.reads_german();
    let page = claudia.open("/audit?from=2026-02-30&kind=signed-in").await;
    page.expect(422).says(&de("problem-title")).says(&de("audit-date-wrong"));
    assert_eq!(page.attributes("#from", "value"), ["2026-02-30"]);
    assert_eq!(page.attributes("#kind option[selected]", "value"), ["signed-in"]);
    assert_eq!(world.count("log_records WHERE kind = 'log-searched'"), 1);
}

async fn who_is_renamed_is_found_under_the_new_name_only(base: Base) {
    let mut world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    world.stop_directory().await;
    world
        .start_directory(|entries| crate::world::change_person(entries, who::ANNA, "displayName", Some("Anna Neumann")))
        .await;
    world.signed_in(who::ANNA).await;
    let claudia = auditor(&world).await;
    assert_eq!(claudia.open("/audit?q=neumann").await.texts(".lk-people li"), ["Anna Neumann amueller"]);
    // The mail address is still the old one.
    assert_eq!(claudia.open("/audit?q=m%C3%BCller").await.texts(".lk-people li").len(), 0);
    assert_eq!(claudia.open("/audit?q=mueller").await.texts(".lk-people li").len(), 1);
}

async fn who_is_erased_is_not_found_by_name(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    let id = world.lines("id", "accounts").remove(0);
    let claudia = auditor(&world).await;
    let erase = "UPDATE accounts SET directory_key = NULL, username = '', display_name = '', mail = NULL, dn = ''";
    world.execute(&format!("{erase} WHERE username = 'amueller'")).expect("erased");
    assert_eq!(claudia.open("/audit?q=anna").await.texts(".lk-people li").len(), 0);
    let page = claudia.open(&format!("/audit?account={id}")).await;
    page.says(&en("audit-erased")).says(&en("kind-signed-in"));
}

async fn too_many_pages_in_a_minute_are_refused(base: Base) {
    let world = World::with(base, &[("INSPECTION_REQUESTS_PER_MINUTE", "5")]).await;
    let claudia = auditor(&world).await;
    let statuses = {
        let mut statuses = Vec::new();
        for _ in 0..6 {
            statuses.push(claudia.open("/audit").await.status);
        }
        statuses
    };
    assert_eq!(statuses.last(), Some(&429));
    let refused = claudia.open("/audit").await;
    let seconds: i64 = refused.expect(429).header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    claudia.open("/profile").await.expect(200);
    world.advance(TimeDelta::seconds(seconds + 1));
    claudia.open("/audit").await.expect(200);
}

async fn nobody_audits_while_the_roles_cannot_be_asked(base: Base) {
    let mut world = World::new(base).await;
    let claudia = auditor(&world).await;
    let anna = world.signed_in(who::ANNA).await;
    let page = anna.open("/audit").await;
    page.expect(403).says(&en("role-auditor-only")).says("cn=it-audit,").says(&de("role-auditor-only"));
    world.stop_directory().await;
    claudia.open("/audit").await.expect(200);
    world.advance(TimeDelta::minutes(6));
    claudia.open("/audit").await.expect(503);
    world.start_directory(|_| ()).await;
    claudia.open("/audit").await.expect(200);
}
