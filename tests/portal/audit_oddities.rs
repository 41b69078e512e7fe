//! Auditors who press twice, type too much and edit addresses.

use std::time::Duration;

use crate::{
    audit::{auditor, give_reason},
    audit_exports::{cells, export_from},
    world::{Base, World, en, who},
};

on_both![
    odd_addresses_are_answered,
    a_place_in_a_list_that_is_none_shows_a_list,
    a_reason_of_ten_thousand_characters_is_refused_and_kept_for_correction,
    two_auditors_export_the_same_and_each_is_recorded,
    whoever_signs_out_leaves_no_file_behind,
    verifying_twice_at_once_is_verifying_once,
    a_name_with_markup_is_shown_as_it_is,
];

async fn odd_addresses_are_answered(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    for day in
        ["%2B262142-12-31", "-262143-01-01", "10000-01-01", "0000-01-01", "2026-13-01", "2026-11-23T10:00%2B01:00"]
    {
        for field in ["from", "until"] {
            claudia.open(&format!("/audit?{field}={day}")).await.expect(422).says(&en("audit-date-wrong"));
        }
        claudia.open(&format!("/audit/standing?service=cloud&on={day}")).await.expect(422);
    }
    claudia.open("/audit?from=0001-01-01&until=9999-12-31&kind=signed-in").await.expect(200).says("Anna Müller");
    let nobody = claudia.open("/audit/standing?service=cloud&on=0001-01-01").await;
    nobody.expect(200).says(&en("audit-standing-none"));
    claudia.open("/audit/standing?service=cloud&on=9999-12-31").await.expect(200).says("Anna Müller");
    for odd in
        ["service=%00", "service=..%2F..", "version=cloud%2F99999999999", "version=cloud%2F-1", "q=%F0%9F%98%80", "%"]
    {
        claudia.open(&format!("/audit?{odd}")).await.expect(200);
        claudia.open(&format!("/audit/standing?{odd}")).await.expect(200);
    }
    claudia.open("/audit/charts?days=4294967295&service=%00").await.expect(200);
}

async fn a_place_in_a_list_that_is_none_shows_a_list(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    for place in ["before=zzzz", "after=zzzz", "before=0", "after=%27%3B--", "before=x&after=y", "before="] {
        claudia.open(&format!("/audit?{place}")).await.expect(200);
        claudia.open(&format!("/audit/standing?service=cloud&{place}")).await.expect(200);
        claudia.open(&format!("/audit/standing?service=cloud&ground=none&{place}")).await.expect(200);
    }
}

async fn a_reason_of_ten_thousand_characters_is_refused_and_kept_for_correction(base: Base) {
    let world = World::new(base).await;
    let claudia = world.signed_in(who::CLAUDIA).await;
    let form = claudia.open("/audit/reason").await.form("/audit/reason");
    let long = "ü".repeat(10_000);
    let page = claudia.post(&form.clone().fill("reason", &long)).await;
    page.expect(422).says(&en("audit-reason-wrong"));
    assert_eq!(page.attributes("#reason", "value"), [long]);
    claudia.post(&form.fill("reason", "<script>alert(1)</script>")).await.expect(303);
    let page = claudia.open("/audit").await;
    assert_eq!(page.texts(".lk-reason strong"), ["<script>alert(1)</script>"]);
}

async fn two_auditors_export_the_same_and_each_is_recorded(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let (claudia, sezen) = (auditor(&world).await, world.signed_in("sarslan").await);
    give_reason(&sezen, "ticket 4712").await;
    let export = |visitor| export_from(visitor, "/audit/export", "kind=terms-accepted", "csv");
    let (first, second) = tokio::join!(export(&claudia), export(&sezen));
    assert_eq!(cells(&first.expect(200).body), cells(&second.expect(200).body));
    let mut reasons = world.lines("detail", "log_records WHERE kind = 'log-exported'");
    reasons.sort();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.iter().any(|detail| detail.contains("4711")) && reasons.iter().any(|d| d.contains("4712")));
}

async fn whoever_signs_out_leaves_no_file_behind(base: Base) {
    let world = World::with(base, &[("INSPECTION_LARGE_EXPORT", "0")]).await;
    let claudia = auditor(&world).await;
    let place = export_from(&claudia, "/audit/export", "", "csv").await.expect(303).location().to_owned();
    claudia.sign_out().await;
    claudia.get(&place).await.expect(303);
    claudia.get(&format!("{place}/file")).await.expect(303);
    // After signing in again it is there, but only with a reason of this session.
    let claudia = world.signed_in(who::CLAUDIA).await;
    claudia.get(&place).await.expect(303);
    give_reason(&claudia, "ticket 4711").await;
    claudia.get(&place).await.expect(200);
}

async fn verifying_twice_at_once_is_verifying_once(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    world.seal().await;
    let claudia = auditor(&world).await;
    let form = claudia.open("/audit/log").await.form("/audit/log");
    let (first, second) = tokio::join!(claudia.post(&form), claudia.post(&form));
    first.expect(303);
    second.expect(303);
    for _ in 0..100 {
        let page = claudia.open("/audit/log").await;
        if !page.expect(200).content().contains(&en("audit-verify-running")) {
            page.says(&en("audit-verify-fits"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the verification does not end");
}

async fn a_name_with_markup_is_shown_as_it_is(base: Base) {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    let name = "Anna <img src=x onerror=alert(1)> & \"Müller\"";
    world.start_directory(|entries| crate::world::change_person(entries, who::ANNA, "displayName", Some(name))).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let id = world.lines("id", "accounts WHERE username = 'amueller'").remove(0);
    for path in ["/audit?q=anna", "/audit/standing?service=cloud", &format!("/audit/people/{id}")] {
        let page = claudia.open(path).await;
        page.expect(200).says(name);
        assert_eq!(page.texts("main img").len(), 0, "{path}");
    }
}
