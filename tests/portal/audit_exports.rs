//! The log as a file: what is in it, who gets it, and what is recorded of it.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{
    audit::auditor,
    world::{Base, Page, Visitor, World, en, who},
};

on_both![
    an_export_holds_the_records_of_its_search,
    json_lines_hold_the_same,
    an_export_is_recorded_with_reason_and_people,
    a_name_that_looks_like_a_formula_is_a_text,
    a_large_export_is_made_in_the_background_for_one_person_and_a_while,
];

async fn export(visitor: &Visitor, query: &str, format: &str) -> Page {
    export_from(visitor, "/audit/export", query, format).await
}

/// Opens the page of an export and presses a button on it.
pub async fn export_from(visitor: &Visitor, path: &str, query: &str, format: &str) -> Page {
    let form = visitor.open(&format!("{path}?{query}")).await.form(path);
    visitor.post(&form.with("format", format)).await
}

/// The cells of a file of RFC 4180 in which every cell has quotes.
pub fn cells(file: &str) -> Vec<Vec<String>> {
    let lines = file.trim_start_matches('\u{feff}').split_terminator("\r\n");
    let line = |line: &str| {
        let inside = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).expect("quotes");
        inside.split("\",\"").map(|cell| cell.replace("\"\"", "\"")).collect()
    };
    lines.map(line).collect()
}

async fn an_export_holds_the_records_of_its_search(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.signed_in(who::BERND).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let page = claudia.open("/audit/export?kind=signed-in&q=anna").await;
    page.expect(200).says("The file will hold one record.").says("That is about 1 kB.");
    let file = export(&claudia, "kind=signed-in&q=anna", "csv").await;
    assert_eq!(file.expect(200).header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"latchkey-log.csv\"");
    assert_eq!((file.header("x-content-type-options"), file.header("cache-control")), ("nosniff", "no-store"));
    assert!(file.body.starts_with('\u{feff}'), "{}", file.body);
    let cells = cells(&file.body);
    assert_eq!(cells.len(), 2);
    assert_eq!(
        cells[0].join(","),
        "id,at,kind,actor,actor_username,account,username,display_name,mail,service,request,detail"
    );
    assert_eq!(cells[1][2], "signed-in");
    assert_eq!(cells[1][6..9], ["amueller", "Anna Müller", "anna.mueller@demo.example"]);
    let all = export(&claudia, "", "csv").await;
    assert!(all.body.contains("terms-accepted") && all.body.contains("bschmidt"), "{}", all.body);
    claudia.open("/audit/export?q=nobody").await.expect(200).says(&en("audit-no-match"));
    let form = claudia.open("/audit/export").await.form("/audit/export");
    claudia.post(&form.clone().with("format", "xlsx")).await.expect(404);
    claudia.post(&form.without("form_token").with("format", "csv")).await.expect(403);
}

async fn json_lines_hold_the_same(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let claudia = auditor(&world).await;
    let file = export(&claudia, "kind=terms-accepted", "jsonl").await;
    assert_eq!(file.expect(200).header("content-disposition"), "attachment; filename=\"latchkey-log.jsonl\"");
    let lines: Vec<serde_json::Value> =
        file.body.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["username"], &lines[0]["service"]), (&"amueller".into(), &"rocketchat".into()));
    assert_eq!((&lines[0]["detail"]["version"], &lines[0]["actor_username"]), (&1.into(), &"amueller".into()));
}

async fn an_export_is_recorded_with_reason_and_people(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    world.signed_in(who::BERND).await;
    let claudia = auditor(&world).await;
    export(&claudia, "kind=signed-in&from=2026-11-01", "csv").await.expect(200);
    let detail = world.lines("detail", "log_records WHERE kind = 'log-exported'").remove(0);
    let detail: serde_json::Value = serde_json::from_str(&detail).expect("JSON");
    assert_eq!(
        (&detail["reason"], &detail["filter"], &detail["format"], &detail["records"], &detail["people"]),
        (&"ticket 4711".into(), &"kind=signed-in&from=2026-11-01".into(), &"csv".into(), &3.into(), &2.into())
    );
    anna.open("/profile/history").await.says("IT staff exported records about you. Reason: ticket 4711");
}

async fn a_name_that_looks_like_a_formula_is_a_text(base: Base) {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    let formula = "=HYPERLINK(\"http://evil.test\",\"x\")";
    world
        .start_directory(|entries| crate::world::change_person(entries, who::ANNA, "displayName", Some(formula)))
        .await;
    world.signed_in(who::ANNA).await;
    let claudia = auditor(&world).await;
    let file = export(&claudia, "kind=signed-in", "csv").await;
    assert!(file.body.contains("\"'=HYPERLINK(\"\"http://evil.test\"\",\"\"x\"\")\""), "{}", file.body);
}

async fn a_large_export_is_made_in_the_background_for_one_person_and_a_while(base: Base) {
    let world = World::with(base, &[("INSPECTION_LARGE_EXPORT", "2")]).await;
    for _ in 0..4 {
        world.signed_in(who::ANNA).await;
    }
    let claudia = auditor(&world).await;
    let page = claudia.open("/audit/export?kind=signed-in").await;
    page.says(&en("audit-export-while"));
    let answer = export(&claudia, "kind=signed-in", "jsonl").await;
    let place = answer.expect(303).location().to_owned();
    let mut page = claudia.get(&place).await;
    for _ in 0..100 {
        if !page.content().contains(&en("audit-export-running")) {
            break;
        }
        assert_eq!(page.attributes("meta[http-equiv=refresh]", "content"), ["2"]);
        tokio::time::sleep(Duration::from_millis(50)).await;
        page = claudia.get(&place).await;
    }
    let link = page.expect(200).attributes("a[download]", "href").remove(0);
    let file = claudia.get(&link).await;
    assert_eq!(file.expect(200).header("content-disposition"), "attachment; filename=\"latchkey-log.jsonl\"");
    assert_eq!(file.body.lines().count(), 5);
    // Another auditor does not get it, nor does anybody later.
    let sezen = world.signed_in("sarslan").await;
    crate::audit::give_reason(&sezen, "ticket 4712").await;
    sezen.get(&place).await.expect(404);
    sezen.get(&link).await.expect(404);
    world.advance(TimeDelta::hours(2));
    let claudia = auditor(&world).await;
    claudia.get(&place).await.expect(404);
    claudia.get(&link).await.expect(404);
}
