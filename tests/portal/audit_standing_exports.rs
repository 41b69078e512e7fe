//! Who had a service at a time, as a file.

use std::time::Duration;

use chrono::TimeDelta;
use latchkey::command::terms::Weight;
use serde_json::Value;

use crate::{
    audit::auditor,
    audit_exports::{cells, export_from},
    world::{Base, Page, Visitor, World, en, who},
};

on_both![
    the_file_holds_who_is_on_the_page_and_on_what_ground,
    json_lines_hold_the_same_as_of_a_date,
    the_export_is_recorded_with_reason_filter_and_people,
    whoever_has_a_service_without_acceptance_is_in_a_file_too,
    no_name_is_computed_by_a_spreadsheet,
    a_large_list_is_made_in_the_background,
    a_list_of_many_batches_holds_everybody_once,
];

const EXPORT: &str = "/audit/standing/export";

async fn export(visitor: &Visitor, query: &str, format: &str) -> Page {
    export_from(visitor, EXPORT, query, format).await
}

/// Anna accepted version 1 on the first day and version 2 on the third; Bernd accepted and withdrew on the first two days.
async fn world_with_a_history(base: Base) -> World {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.advance(TimeDelta::minutes(1));
    world.signed_in(who::BERND).await.activate(&["cloud"]).await;
    world.advance(TimeDelta::days(1));
    world.signed_in(who::BERND).await.withdraw("cloud").await;
    world.advance(TimeDelta::days(1));
    let major = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
    world.publish("cloud", 2, major).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.press(&anna.permissions().await.form("/profile/permissions").tick("terms")).await;
    world.deliver().await;
    world
}

async fn the_file_holds_who_is_on_the_page_and_on_what_ground(base: Base) {
    let world = world_with_a_history(base).await;
    let claudia = auditor(&world).await;
    let list = claudia.open("/audit/standing?service=cloud&on=2026-11-23").await;
    let link = list.attributes("main a[href*=export]", "href").remove(0);
    let offer = claudia.get(&link).await;
    offer.expect(200).says("The file will hold 2 records.").says("That is about 1 kB.");
    let file = claudia.post(&offer.form(EXPORT).with("format", "csv")).await;
    assert_eq!(file.expect(200).header("content-disposition"), "attachment; filename=\"latchkey-standing.csv\"");
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let cells = cells(&file.body);
    assert_eq!(
        cells[0].join(","),
        "service,as_of,account,username,display_name,mail,since,version,sha256,language,receipt,cause"
    );
    assert_eq!(cells.len(), 3);
    assert_eq!((cells[1][3].as_str(), cells[2][3].as_str()), ("bschmidt", "amueller"));
    assert_eq!(cells[2][4..6], ["Anna Müller", "anna.mueller@demo.example"]);
    assert_eq!((cells[2][0].as_str(), cells[2][1].as_str()), ("cloud", "2026-11-23T22:59:59.999999Z"));
    assert_eq!((cells[2][7].as_str(), cells[2][9].as_str(), cells[2][11].as_str()), ("1", "en", ""));
    let receipt = world.lines("receipt", "acceptances ORDER BY accepted_at").remove(0);
    assert_eq!(cells[2][10], receipt);

    let one = export(&claudia, "service=cloud&on=2026-11-23&q=bernd", "csv").await;
    assert!(one.body.contains("bschmidt") && !one.body.contains("amueller"), "{}", one.body);
    claudia.open(&format!("{EXPORT}?service=cloud&version=cloud%2F1")).await.expect(200).says(&en("audit-no-match"));
    let form = claudia.open(EXPORT).await;
    assert!(form.text("main").contains(&en("audit-no-match")));
    let form = claudia.open(&format!("{EXPORT}?service=cloud")).await.form(EXPORT);
    claudia.post(&form.clone().with("format", "xlsx")).await.expect(404);
    claudia.post(&form.without("form_token").with("format", "csv")).await.expect(403);
}

async fn json_lines_hold_the_same_as_of_a_date(base: Base) {
    let world = world_with_a_history(base).await;
    let claudia = auditor(&world).await;
    let file = export(&claudia, "service=cloud", "jsonl").await;
    assert_eq!(file.expect(200).header("content-disposition"), "attachment; filename=\"latchkey-standing.jsonl\"");
    let lines: Vec<Value> = file.body.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["username"], &lines[0]["version"]), (&"amueller".into(), &2.into()));
    assert_eq!(lines[0]["cause"], Value::Null);
    let then = export(&claudia, "service=cloud&on=2026-11-24", "jsonl").await;
    let line: Value = serde_json::from_str(&then.body).expect("one object");
    assert_eq!((&line["username"], &line["version"]), (&"amueller".into(), &1.into()));
}

async fn the_export_is_recorded_with_reason_filter_and_people(base: Base) {
    let world = world_with_a_history(base).await;
    let claudia = auditor(&world).await;
    export(&claudia, "service=cloud&on=2026-11-23&q=anna", "csv").await.expect(200);
    let detail = world.lines("detail", "log_records WHERE kind = 'log-exported'").remove(0);
    let detail: Value = serde_json::from_str(&detail).expect("JSON");
    assert_eq!(detail["filter"], "service=cloud&on=2026-11-23", "the name stays out of the log");
    assert_eq!((&detail["list"], &detail["by_person"]), (&"standing".into(), &true.into()));
    assert_eq!((&detail["format"], &detail["records"], &detail["people"]), (&"csv".into(), &1.into(), &1.into()));
    assert_eq!(detail["reason"], "ticket 4711");
    let sentence = "IT staff exported records about you. Reason: ticket 4711";
    world.signed_in(who::ANNA).await.open("/profile/history").await.says(sentence);
    let bernd = world.signed_in(who::BERND).await.open("/profile/history").await;
    assert!(!bernd.content().contains("exported"), "he was not in the file");
}

async fn whoever_has_a_service_without_acceptance_is_in_a_file_too(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.signed_in(who::BERND).await.activate(&["cloud"]).await;
    world.deliver().await;
    // Behind the portal's back.
    world.execute("UPDATE entitlements SET service = 'vpn' WHERE service = 'cloud'").expect("a change");
    let claudia = auditor(&world).await;
    let file = export(&claudia, "service=vpn&ground=none&on=2026-11-01", "jsonl").await;
    let lines: Vec<Value> = file.body.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert_eq!(
            (&line["version"], &line["receipt"], &line["cause"]),
            (&Value::Null, &Value::Null, &"accepted".into())
        );
        assert!(line["as_of"].as_str().is_some_and(|at| at.starts_with("2026-11-23T")), "known for now only: {line}");
    }
    let one = claudia.open("/audit/standing?service=vpn&ground=none&q=anna").await;
    assert_eq!(one.texts("tbody th"), ["Anna Müller amueller"]);
    let one = export(&claudia, "service=vpn&ground=none&q=anna", "csv").await;
    assert_eq!(cells(&one.body).len(), 2);
}

async fn no_name_is_computed_by_a_spreadsheet(base: Base) {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    let formula = "=HYPERLINK(\"http://evil.test\",\"x\")";
    world
        .start_directory(|entries| crate::world::change_person(entries, who::ANNA, "displayName", Some(formula)))
        .await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let file = export(&claudia, "service=cloud", "csv").await;
    assert!(file.body.contains("\"'=HYPERLINK(\"\"http://evil.test\"\",\"\"x\"\")\""), "{}", file.body);
    let file = export(&claudia, "service=cloud", "jsonl").await;
    let line: Value = serde_json::from_str(&file.body).expect("one object");
    assert_eq!(line["display_name"], formula);
}

async fn a_large_list_is_made_in_the_background(base: Base) {
    let world = World::with(base, &[("INSPECTION_LARGE_EXPORT", "1")]).await;
    for name in [who::ANNA, who::BERND] {
        world.signed_in(name).await.activate(&["cloud"]).await;
    }
    world.deliver().await;
    let claudia = auditor(&world).await;
    let place = export(&claudia, "service=cloud", "csv").await.expect(303).location().to_owned();
    let mut page = claudia.get(&place).await;
    while page.content().contains(&en("audit-export-running")) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        page = claudia.get(&place).await;
    }
    let link = page.expect(200).attributes("a[download]", "href").remove(0);
    let file = claudia.get(&link).await;
    assert_eq!(file.expect(200).header("content-disposition"), "attachment; filename=\"latchkey-standing.csv\"");
    assert_eq!(cells(&file.body).len(), 3);
}

async fn a_list_of_many_batches_holds_everybody_once(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    world.execute(&many_more(2_500)).expect("acceptances");
    let claudia = auditor(&world).await;
    let offer = claudia.open(&format!("{EXPORT}?service=cloud")).await;
    offer.says("The file will hold 2,501 records.");
    let file = claudia.post(&offer.form(EXPORT).with("format", "jsonl")).await;
    let people: std::collections::BTreeSet<String> = file
        .expect(200)
        .body
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an object")["username"].to_string())
        .collect();
    assert_eq!((people.len(), file.body.lines().count()), (2_501, 2_501));
}

/// Statements that give so many more people Anna's acceptance.
fn many_more(count: u32) -> String {
    let people = (0..count).map(|i| {
        let id = format!("0193575e-0000-7000-8000-{i:012}");
        format!(
            "INSERT INTO accounts (id, directory_key, username, dn, display_name, mail, affiliations, locale, salt, \
             commitment, created_at, seen_at) \
             SELECT '{id}', 'key-{i}', 'user{i}', dn, display_name, NULL, affiliations, locale, salt, NULL, created_at, \
             seen_at FROM accounts WHERE username = 'amueller'; \
             INSERT INTO acceptances (id, change_id, account_id, service, version_id, locale, digest, receipt, accepted_at) \
             SELECT '{id}', change_id, '{id}', service, version_id, locale, digest, 'R-{i}', accepted_at FROM acceptances \
             WHERE account_id = (SELECT id FROM accounts WHERE username = 'amueller');"
        )
    });
    people.collect::<Vec<_>>().join("\n")
}
