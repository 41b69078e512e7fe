//! What is known about people: as of a date, on one page, and what they themselves see of being looked at.

use chrono::TimeDelta;
use latchkey::command::terms::Weight;

use crate::{
    audit::auditor,
    world::{Base, World, en, who},
};

on_both![
    who_had_a_service_at_a_date_and_on_which_ground,
    whoever_has_a_service_without_acceptance_is_found,
    a_person_is_shown_with_everything_that_is_known,
    a_person_is_shown_while_the_directory_is_away,
    people_see_who_looked_at_them_and_why,
    charts_show_numbers_and_no_people,
    an_auditor_verifies_the_log_at_a_press,
];

async fn who_had_a_service_at_a_date_and_on_which_ground(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.signed_in(who::BERND).await.activate(&["cloud"]).await;
    world.advance(TimeDelta::days(1));
    world.signed_in(who::BERND).await.withdraw("cloud").await;
    world.advance(TimeDelta::days(1));
    let major = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
    world.publish("cloud", 2, major).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let (anna, bernd) = ("Anna Müller amueller", "Bernd Schmidt bschmidt");
    for (query, expected) in [
        ("on=2026-11-22", &[][..]),
        ("on=2026-11-23", &[bernd, anna]),
        ("on=2026-11-24", &[anna]),
        ("", &[anna]),
        ("version=cloud%2F1", &[]),
        ("version=cloud%2F2", &[anna]),
        ("version=cloud%2F1&on=2026-11-23", &[bernd, anna]),
        ("on=2026-11-23&q=bernd", &[bernd]),
        ("on=2026-11-23&q=bernd&version=cloud%2F2", &[]),
        ("on=2026-11-23&q=nobody", &[]),
    ] {
        let page = claudia.open(&format!("/audit/standing?service=cloud&{query}")).await;
        assert_eq!(page.expect(200).texts("tbody th"), expected, "{query}");
    }
    claudia.open("/audit/standing?service=vpn").await.expect(200).says(&en("audit-standing-none"));
    claudia.open("/audit/standing?on=yesterday").await.expect(422).says(&en("audit-date-wrong"));
}

async fn whoever_has_a_service_without_acceptance_is_found(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let page = claudia.open("/audit/standing?service=cloud&ground=none").await;
    page.expect(200).says(&en("audit-ungrounded-none"));
    // Behind the portal's back.
    world.execute("UPDATE entitlements SET service = 'vpn' WHERE service = 'cloud'").expect("a change");
    let page = claudia.open("/audit/standing?service=vpn&ground=none").await;
    assert_eq!(page.texts("tbody th"), ["Anna Müller amueller"]);
    let id = world.lines("id", "accounts WHERE username = 'amueller'").remove(0);
    claudia.open(&format!("/audit/people/{id}")).await.says(&en("audit-without-acceptance"));
}

async fn a_person_is_shown_with_everything_that_is_known(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let id = world.lines("id", "accounts WHERE username = 'amueller'").remove(0);
    let page = claudia.open(&format!("/audit/people/{id}")).await;
    page.expect(200).says("Anna Müller").says("anna.mueller@demo.example").says(&id);
    page.says("uid=amueller,ou=people").says(&en("audit-now-admitted")).says(&en("audit-now-inactive"));
    let receipt = world.lines("receipt", "acceptances").remove(0);
    page.says(&receipt);
    assert!(!page.content().contains("opened the page"));
    let page = claudia.open(&format!("/audit/people/{id}")).await;
    page.says("opened the page about you. Reason: ticket 4711");
    let records = page.attributes("main a.kern-btn", "href").remove(0);
    claudia.get(&records).await.expect(200).says(&en("kind-terms-accepted"));
    assert_eq!(world.count("log_records WHERE kind = 'person-viewed'"), 2);
    claudia.open("/audit/people/unknown").await.expect(404);
}

async fn a_person_is_shown_while_the_directory_is_away(base: Base) {
    let mut world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    let claudia = auditor(&world).await;
    let id = world.lines("id", "accounts WHERE username = 'amueller'").remove(0);
    world.stop_directory().await;
    let page = claudia.open(&format!("/audit/people/{id}")).await;
    page.expect(200).says("Anna Müller").says(&en("directory-unavailable")).says(&en("audit-now-unknown"));
}

async fn people_see_who_looked_at_them_and_why(base: Base) {
    let world = World::new(base).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    anna.open("/profile/history").await.says(&en("looks-none"));
    let claudia = auditor(&world).await;
    let id = world.lines("id", "accounts WHERE username = 'amueller'").remove(0);
    for _ in 0..3 {
        claudia.open("/audit?q=anna").await.expect(200);
    }
    world.advance(TimeDelta::minutes(1));
    claudia.open(&format!("/audit/people/{id}")).await.expect(200);
    let page = anna.open("/profile/history").await;
    let rows = page.texts("#looks-title ~ table tbody td");
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].contains("opened the page about you. Reason: ticket 4711"), "{rows:?}");
    assert!(rows[1].contains("searched the log") && rows[1].contains("4 times on this day"), "{rows:?}");
    // The first page after the reason showed all records, Bernd's sign-in among them; the searches did not.
    assert_eq!(bernd.open("/profile/history").await.texts("#looks-title ~ table tbody td").len(), 1);
    // Who looks at the own records is nobody else.
    claudia.open("/audit?q=claudia").await.expect(200);
    claudia.open("/profile/history").await.says(&en("looks-none"));
}

async fn charts_show_numbers_and_no_people(base: Base) {
    let world = World::new(base).await;
    for username in [who::ANNA, who::BERND] {
        world.signed_in(username).await.activate(&["cloud"]).await;
    }
    world.advance(TimeDelta::days(2));
    world.signed_in(who::BERND).await.withdraw("cloud").await;
    world.deliver().await;
    let sezen = world.signed_in("sarslan").await;
    // No reason is asked: there is nobody to be seen.
    let page = sezen.open("/audit/charts?service=cloud&days=14").await;
    page.expect(200);
    let table = page.texts("#days-title ~ details tbody tr");
    assert_eq!(table, ["23 November 2026 2 0", "25 November 2026 0 1"]);
    let shares = page.texts("#shares-title ~ details tbody tr");
    assert!(shares.contains(&"Student 1 1 100".to_owned()), "{shares:?}");
    assert!(shares.contains(&"Teaching staff 0 1 0".to_owned()), "{shares:?}");
    assert_eq!(page.texts("#versions-title ~ details tbody tr"), ["Version 1 1 1 100"]);
    assert_eq!(page.texts("svg title").len(), page.texts("svg desc").len());
    assert!(!page.content().contains("Müller"));
}

async fn an_auditor_verifies_the_log_at_a_press(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    world.seal().await;
    let sezen = world.signed_in("sarslan").await;
    let page = sezen.open("/audit/log").await;
    page.expect(200).says(&en("audit-verify-never"));
    let size = world.lines("CAST(max(size) AS TEXT)", "tree_heads").remove(0);
    assert_eq!(page.texts("#head-title ~ div dd")[0], size);
    let mut page = sezen.press(&page.form("/audit/log")).await;
    for _ in 0..100 {
        if !page.content().contains(&en("audit-verify-running")) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        page = sezen.open("/audit/log").await;
    }
    page.says(&en("audit-verify-fits"));
}
