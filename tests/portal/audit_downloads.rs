//! Large files and long verifications: what is said before, what an auditor sees meanwhile, and what is left when a client goes away in
//! the middle.

use std::time::Duration;

use chrono::TimeDelta;
use latchkey::db::Error;
use reqwest::Method;

use crate::{
    audit::{auditor, give_reason},
    audit_exports::export_from,
    world::{Base, Page, Visitor, World, en, who},
};

on_both![
    a_client_that_breaks_off_a_download_leaves_nothing_open,
    an_export_about_very_many_people_is_recorded_about_each_of_them,
    a_file_in_the_making_tells_how_far_it_is,
    a_verification_tells_how_far_it_is,
    before_an_export_of_very_many_its_size_is_told_as_exactly_as_it_is_known,
    charts_of_very_many_accounts_say_when_they_were_counted,
];

/// More records than a page can wait for, or as many as take a while, about one person.
fn fill(world: &World, base: Base, records: u32) {
    let numbers = match base {
        Base::Sqlite => format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {records})"),
        Base::Postgresql => format!("WITH n AS (SELECT generate_series(1, {records}) AS i)"),
    };
    // Ids of one length, in the order of the numbers.
    let statement = format!(
        "INSERT INTO log_records (id, at, kind, actor, account_id, service, request_id, detail) \
         {numbers} SELECT '018bcfe8-0000-7000-8000-' || (100000000000 + i), '2023-11-14 22:13:20', 'signed-in', accounts.id, \
         accounts.id, 'chat', 'request', '{{}}' FROM n JOIN accounts ON username = '{}'",
        who::ANNA
    );
    world.execute(&statement).expect("records");
}

/// The answer to the button of an export, its body not read yet.
async fn begin_export(visitor: &Visitor, query: &str) -> reqwest::Response {
    let form = visitor.open(&format!("/audit/export?{query}")).await.form("/audit/export").with("format", "jsonl");
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    visitor.ask(Method::POST, &form.action, &headers, &form.encoded()).await
}

/// Nobody holds a transaction or the only connection; SQLite's file would not shrink while one reads.
async fn nothing_is_open(world: &World, base: Base) {
    world.records().read(|_| Ok::<_, Error>(())).await.expect("a connection");
    match base {
        Base::Sqlite => {
            world.execute("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE; ROLLBACK").expect("no reader, no writer");
        }
        Base::Postgresql => {
            let others = "pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            assert_eq!(world.count(others), 0);
        }
    }
}

async fn a_client_that_breaks_off_a_download_leaves_nothing_open(base: Base) {
    let records = 30_000;
    let settings = [("INSPECTION_LARGE_EXPORT", "1000000"), ("DATABASE_POOL_SIZE", "1"), ("DATABASE_WAIT", "10s")];
    let world = World::with(base, &settings).await;
    let anna = world.signed_in(who::ANNA).await;
    fill(&world, base, records);
    let claudia = auditor(&world).await;
    let mut answer = begin_export(&claudia, "service=chat").await;
    assert_eq!(answer.status().as_u16(), 200);
    let beginning = answer.chunk().await.expect("a piece").expect("a beginning");
    assert!(!beginning.is_empty());
    drop(answer);

    // The portal goes on, with its only connection, for her and for others.
    claudia.open("/audit").await.expect(200);
    anna.permissions().await;
    nothing_is_open(&world, base).await;
    // What left the portal is not known; that the file was asked for, by whom, about whom and why, is.
    let exported = world.lines("detail", "log_records WHERE kind = 'log-exported'");
    assert_eq!(exported.len(), 1);
    let detail: serde_json::Value = serde_json::from_str(&exported[0]).expect("JSON");
    assert_eq!(
        (&detail["records"], &detail["people"], &detail["reason"]),
        (&records.into(), &1.into(), &"ticket 4711".into())
    );
    anna.open("/profile/history").await.says("IT staff exported records about you. Reason: ticket 4711");
    // Asked for again it is whole.
    let whole = begin_export(&claudia, "service=chat").await.text().await.expect("a whole file");
    assert_eq!(whole.lines().count(), records as usize);
    nothing_is_open(&world, base).await;
}

/// More people than SQLite takes values in one statement.
async fn an_export_about_very_many_people_is_recorded_about_each_of_them(base: Base) {
    let people = 33_000;
    let world = World::with(base, &[("INSPECTION_LARGE_EXPORT", "1000000")]).await;
    let numbers = match base {
        Base::Sqlite => format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {people})"),
        Base::Postgresql => format!("WITH n AS (SELECT generate_series(1, {people}) AS i)"),
    };
    let fill = format!(
        "INSERT INTO accounts (id, directory_key, username, dn, display_name, affiliations, locale, salt, created_at, seen_at) \
         {numbers} SELECT 'account-' || i, 'key-' || i, 'u', 'd', 'n', '', 'de', '', '2020-01-01 00:00:00', '2020-01-01 00:00:00' FROM n; \
         INSERT INTO log_records (id, at, kind, actor, account_id, service, request_id, detail) \
         {numbers} SELECT '018bcfe8-0000-7000-8000-' || (100000000000 + i), '2023-11-14 22:13:20', 'signed-in', 'system', \
         'account-' || i, 'chat', 'request', '{{}}' FROM n"
    );
    world.execute(&fill).expect("people and records");
    let claudia = auditor(&world).await;
    let answer = begin_export(&claudia, "service=chat").await;
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(answer.text().await.expect("a whole file").lines().count(), people);
    let about = world.count("log_subjects JOIN log_records ON record_id = log_records.id WHERE kind = 'log-exported'");
    assert_eq!(usize::try_from(about), Ok(people));
}

/// Opens a page again and again until something is no longer on it; what the progress bar said meanwhile.
async fn watch(visitor: &Visitor, path: &str, running: &str) -> (Page, Vec<(u64, u64)>) {
    let mut seen = Vec::new();
    loop {
        let page = visitor.get(path).await;
        page.expect(200);
        if !page.content().contains(running) {
            return (page, seen);
        }
        assert_eq!(page.attributes("meta[http-equiv=refresh]", "content"), ["2"]);
        assert!(
            page.attributes("main a[href='']", "href").len() == 1,
            "somebody whose browser does not reload looks again"
        );
        let number = |name| page.attributes("progress", name).remove(0).parse().expect("a number");
        seen.push((number("value"), number("max")));
        assert!(seen.len() < 2_000, "it does not end: {seen:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn a_file_in_the_making_tells_how_far_it_is(base: Base) {
    let settings = [("INSPECTION_LARGE_EXPORT", "1000"), ("INSPECTION_REQUESTS_PER_MINUTE", "10000")];
    let world = World::with(base, &settings).await;
    world.signed_in(who::ANNA).await;
    fill(&world, base, 30_000);
    let claudia = auditor(&world).await;
    claudia.open("/audit/export?service=chat").await.says(&en("audit-export-while"));
    let place = export_from(&claudia, "/audit/export", "service=chat", "jsonl").await.expect(303).location().to_owned();
    // Nobody gets half a file.
    claudia.get(&format!("{place}/file")).await.expect(404);
    let (done, seen) = watch(&claudia, &place, &en("audit-export-running")).await;
    assert!(!seen.is_empty() && seen.iter().all(|(written, all)| written <= all && *all == 30_000), "{seen:?}");
    assert!(seen.is_sorted() && seen.last().is_some_and(|(written, _)| *written > 0), "{seen:?}");
    let link = done.says("30,000").attributes("a[download]", "href").remove(0);
    // A client that breaks this off, too, does no harm.
    let mut half = claudia.ask(Method::GET, &link, &[], "").await;
    assert!(half.chunk().await.expect("a piece").is_some());
    drop(half);
    assert_eq!(claudia.get(&link).await.expect(200).body.lines().count(), 30_000);
}

async fn a_verification_tells_how_far_it_is(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    fill(&world, base, 30_000);
    world.seal().await;
    let sezen = world.signed_in("sarslan").await;
    let form = sezen.open("/audit/log").await.form("/audit/log");
    let place = sezen.post(&form).await.expect(303).location().to_owned();
    // A second press begins nothing: the first goes on.
    sezen.post(&form).await.expect(303);
    let (done, states) = watch(&sezen, &place, &en("audit-verify-running")).await;
    let all = states.last().map_or(0, |(_, all)| *all);
    assert!(all > 30_000 && states.iter().any(|(verified, _)| (1..all).contains(verified)), "{states:?}");
    assert!(states.is_sorted_by_key(|(verified, _)| *verified), "{states:?}");
    done.says(&en("audit-verify-fits"));
}

async fn before_an_export_of_very_many_its_size_is_told_as_exactly_as_it_is_known(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    fill(&world, base, 51_000);
    let claudia = auditor(&world).await;
    let at_most = "One file holds at most 1,000,000 records.";
    // Nothing is sealed, so nobody knows.
    let page = claudia.open("/audit/export").await;
    page.expect(200).says("The file will hold more than 50,000 records. That is more than 17 MB.").says(at_most);
    let seal = "INSERT INTO log_leaves SELECT row_number() OVER (ORDER BY id) - 1, id, '' FROM log_records";
    world.execute(seal).expect("leaves");
    let page = claudia.open("/audit/export").await;
    page.expect(200).says("The file will hold about 51,000 records. That is about 17 MB.").says(at_most);
    page.says(&en("audit-export-while"));
    claudia.open("/audit/export?service=chat").await.says("The file will hold more than 50,000 records.");
    claudia.open("/audit/export?kind=reason-given").await.says("The file will hold one record.");
    claudia.open("/audit/export?from=2023-11-15").await.says("The file will hold 10 records. That is about 4 kB.");
}

async fn charts_of_very_many_accounts_say_when_they_were_counted(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    let sezen = world.signed_in("sarslan").await;
    give_reason(&sezen, "ticket 4712").await;
    let students = async || {
        let page = sezen.open("/audit/charts?service=cloud").await;
        let shares = page.expect(200).texts("#shares-title ~ details tbody tr");
        let counted = page.content().contains("Counted on 23 November 2026");
        (shares.into_iter().find(|share| share.starts_with("Student ")).expect("students"), counted)
    };
    let few = |line: &str| (line.to_owned(), false);
    world.upkeep().await;
    assert_eq!(students().await, few("Student 1 1 100"));
    let numbers = match base {
        Base::Sqlite => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000)",
        Base::Postgresql => "WITH n AS (SELECT generate_series(1, 11000) AS i)",
    };
    let many = format!(
        "INSERT INTO accounts (id, directory_key, username, dn, display_name, affiliations, locale, salt, created_at, seen_at) \
         {numbers} SELECT 'account-' || i, 'key-' || i, 'u', 'd', 'n', 'student', 'de', '', '2020-01-01 00:00:00', '2020-01-01 00:00:00' FROM n; \
         INSERT INTO entitlements (account_id, service, wanted, revision, cause, change_id, changed_at, applied_revision) \
         {numbers} SELECT 'account-' || i, 'cloud', i <= 5500, 1, 'accepted', '', '2020-01-01 00:00:00', 1 FROM n"
    );
    world.execute(&many).expect("accounts");
    // Until the worker has counted for the first time the page does.
    assert_eq!(students().await, few("Student 5,501 11,001 50"));
    world.upkeep().await;
    assert_eq!(students().await, ("Student 5,501 11,001 50".to_owned(), true));
    world.execute("UPDATE entitlements SET wanted = FALSE WHERE account_id LIKE 'account-1%'").expect("fewer");
    world.advance(TimeDelta::minutes(9));
    world.upkeep().await;
    assert_eq!(students().await, ("Student 5,501 11,001 50".to_owned(), true));
    world.advance(TimeDelta::minutes(1));
    world.upkeep().await;
    assert_eq!(students().await, ("Student 4,390 11,001 39".to_owned(), true));
    // Once they are few again, the page counts them.
    let gone =
        "DELETE FROM entitlements WHERE account_id LIKE 'account-%'; DELETE FROM accounts WHERE id LIKE 'account-%'";
    world.execute(gone).expect("few accounts");
    world.advance(TimeDelta::minutes(10));
    world.upkeep().await;
    assert_eq!(students().await, few("Student 1 1 100"));
}
