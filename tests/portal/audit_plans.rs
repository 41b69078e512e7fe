//! How the databases answer an auditor: each search walks one index from its end, whatever the statistics say. The statements are
//! those that the program really sends; they are taken down as they pass.

use std::sync::{Arc, Mutex};

use diesel::{
    Connection as _, RunQueryDsl as _,
    connection::{Instrumentation, InstrumentationEvent},
    sql_query,
};
use latchkey::{
    db::Conn,
    domain::{
        audit::{
            figures,
            records::{self, Filter, From},
            standing::{self, Question},
        },
        log::seal,
    },
};

use crate::world::{Base, World};

on_both![
    every_search_walks_an_index,
    what_stands_is_found_without_looking_through_a_service,
    what_is_not_sealed_is_found_by_keys,
    a_chart_counts_days_within_an_index,
    a_search_is_planned_for_its_own_values,
    an_export_of_everything_is_estimated_from_few_places_of_the_log,
];

/// Takes down every statement with its values.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Instrumentation for Statements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            self.0.lock().expect("the statements").push(query.to_string());
        }
    }
}

/// A filter and the index that it has to walk; one of several where all records of a kind have the same cause, as here.
fn searches() -> Vec<(Filter, &'static str)> {
    let text = |text: &str| Some(text.to_owned());
    let of = |service: Option<&str>, kind: Option<&str>, version: Option<i32>, cause: Option<&str>| Filter {
        service: service.map(str::to_owned),
        kind: kind.map(str::to_owned),
        cause: cause.map(str::to_owned),
        version,
        ..Filter::default()
    };
    let days = |filter: Filter| Filter {
        from: chrono::DateTime::from_timestamp(1_700_000_100, 0).map(|at| at.naive_utc()),
        until: chrono::DateTime::from_timestamp(1_700_000_900, 0).map(|at| at.naive_utc()),
        ..filter
    };
    let (chat, kind, cause) = (Some("chat"), Some("terms-accepted"), Some("member"));
    vec![
        (days(of(None, None, None, None)), "pk"),
        (of(chat, None, None, None), "log_records_service"),
        (days(of(chat, None, None, None)), "log_records_service"),
        (of(None, kind, None, None), "log_records_kind"),
        (of(chat, kind, None, None), "log_records_service_kind"),
        (of(chat, None, Some(3), None), "log_records_version"),
        (of(chat, kind, Some(3), None), "log_records_version_kind"),
        (
            of(chat, kind, Some(3), cause),
            "log_records_version_cause_kind|log_records_version_kind|log_records_cause_service_kind",
        ),
        (of(None, None, None, cause), "log_records_cause"),
        (of(None, kind, None, cause), "log_records_cause_kind"),
        (of(chat, kind, None, cause), "log_records_cause_service_kind|log_records_cause_kind"),
        (of(chat, None, None, cause), "log_records_cause_service_kind|log_records_cause_kind"),
        (
            of(chat, None, Some(3), cause),
            "log_records_version_cause_kind|log_records_version_kind|log_records_cause_service_kind",
        ),
        (Filter { people: Some(vec!["account-7".to_owned()]), ..of(chat, kind, None, None) }, "log_records_account"),
        (
            Filter { people: Some(vec!["account-7".to_owned()]), kind: text("signed-in"), ..Filter::default() },
            "log_records_account",
        ),
    ]
}

async fn every_search_walks_an_index(base: Base) {
    let world = World::new(base).await;
    world.execute(&records_of_a_term(base)).expect("records");
    let (mut conn, statements) = watched(&world);
    for (filter, index) in searches() {
        for from in [From::Newest, From::Before("018bcfe9-0000-7000-8000-000000000000"), From::After("018bcfe6")] {
            statements.0.lock().expect("the statements").clear();
            let page = records::page(&mut conn, &filter, from, 50).expect("a page");
            let count = records::count(&mut conn, &filter).expect("a count");
            assert_eq!(records::page_and_count(&mut conn, &filter, from, 50).expect("both"), (page, count));
            records::count_all(&mut conn, &filter, 1_000_000).expect("a count of all");
            let sent = statements.0.lock().expect("the statements").clone();
            // What is counted one by one is not more than a file may hold, in whatever order.
            let is_walk = |statement: &&String| statement.contains("log_records") && !statement.contains("COUNT(*)");
            for statement in sent.iter().filter(is_walk) {
                // The second walk for a person goes by who acted; what both found is then read by its ids.
                let index = if ["`actor` =", "\"actor\" ="].iter().any(|by| statement.contains(by)) {
                    "log_records_actor"
                } else if ["`id` IN", "\"id\" = ANY"].iter().any(|by| statement.contains(by)) {
                    "pk"
                } else {
                    index
                };
                let plan = world.plan(&with_values(statement));
                let is_walked = match base {
                    Base::Sqlite if index == "pk" => plan.contains("INDEX sqlite_autoindex_log_records"),
                    Base::Sqlite => index.split('|').any(|index| plan.contains(&format!("INDEX {index} ("))),
                    Base::Postgresql if index == "pk" => plan.contains(" log_records_pkey"),
                    Base::Postgresql => index.split('|').any(|index| plan.contains(&format!(" {index} "))),
                };
                // On PostgreSQL few enough may be read in any order and then sorted; whose ids are in a list is sorted here.
                let is_in_order = base == Base::Postgresql || index == "pk" || !plan.contains("B-TREE");
                assert!(is_walked && is_in_order && !plan.contains("Seq Scan"), "{index}: {statement}\n{plan}");
            }
        }
    }
}

/// A connection whose statements are taken down.
fn watched(world: &World) -> (Conn, Statements) {
    let mut conn = world.connect();
    let statements = Statements::default();
    match &mut conn {
        Conn::Sqlite(sqlite) => sqlite.set_instrumentation(statements.clone()),
        Conn::Postgres(postgres) => postgres.set_instrumentation(statements.clone()),
    }
    (conn, statements)
}

/// A service is what most acceptances have in common: whoever looks for a person's later acceptance among all of a service's looks
/// through all of them, once for each person.
async fn what_stands_is_found_without_looking_through_a_service(base: Base) {
    let world = World::new(base).await;
    world.execute(&acceptances_of_a_term(base)).expect("acceptances");
    let (mut conn, statements) = watched(&world);
    for (version, people, is_now) in [
        (None, None, true),
        (Some("version-1"), None, true),
        (None, Some(vec!["account-7".to_owned()]), true),
        (None, None, false),
        (Some("version-1"), None, false),
        (None, Some(vec!["account-7".to_owned()]), false),
    ] {
        let (service, version) = ("rocketchat".to_owned(), version.map(str::to_owned));
        let question = Question { service, version, at: world.clock.now(), is_now, people };
        standing::page(&mut conn, &question, Some("9"), 50).expect("a page");
        standing::count(&mut conn, &question).expect("a count");
        standing::count_all(&mut conn, &question).expect("a count of all");
    }
    let (service, at) = ("rocketchat".to_owned(), world.clock.now());
    let question = Question { service, version: None, at, is_now: true, people: None };
    standing::without_acceptance(&mut conn, &question, None, 50).expect("a page");
    standing::count_without_acceptance(&mut conn, &question).expect("a count");
    let sent = statements.0.lock().expect("the statements").clone();
    for statement in sent.iter().filter(|statement| statement.starts_with("SELECT")) {
        let plan = world.plan(&with_values(statement));
        // What few people have is sorted.
        let is_sorted = plan.contains("B-TREE") && !statement.contains("account_id` IN");
        assert!(!plan.contains("SCAN ") && !is_sorted, "{statement}\n{plan}");
        // All of them are counted in any order; what is shown is walked.
        if !statement.contains("COUNT(*)") {
            assert!(!plan.contains("Seq Scan"), "{statement}\n{plan}");
        }
        // Nobody's acceptances are compared with each other.
        let is_by_key = !statement.contains("acceptances\".\"id") && !statement.contains("acceptances`.`id")
            || ["acceptances_pkey", "sqlite_autoindex_acceptances_1"].iter().any(|key| plan.contains(key));
        assert!(is_by_key, "{statement}\n{plan}");
    }
}

/// Each day of a chart is counted within one index, which holds everything that is asked for.
async fn a_chart_counts_days_within_an_index(base: Base) {
    let world = World::new(base).await;
    world.execute(&records_of_a_term(base)).expect("records");
    let (mut conn, statements) = watched(&world);
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).expect("a time").naive_utc();
    figures::day(&mut conn, "chat", at(1_700_000_100), at(1_700_000_900)).expect("a day");
    let sent = statements.0.lock().expect("the statements").remove(0);
    let plan = world.plan(&with_values(&sent));
    let is_walked = match base {
        Base::Sqlite => plan.contains("COVERING INDEX log_records_service_kind ("),
        // Any but that of all records of the day.
        Base::Postgresql => plan.contains("(id >= '") && !plan.contains("log_records_pkey"),
    };
    assert!(is_walked && !plan.contains("Seq Scan"), "{sent}\n{plan}");
}

/// Statistics know nothing of the records of the last minutes: a join with as young leaves was planned as if there were none.
async fn what_is_not_sealed_is_found_by_keys(base: Base) {
    let world = World::new(base).await;
    world.execute(&records_of_a_term(base)).expect("records");
    let seal = "INSERT INTO log_leaves SELECT row_number() OVER (ORDER BY id) - 1, id, '' FROM log_records WHERE id < '018bcfe8-05'; \
                ANALYZE;";
    world.execute(seal).expect("leaves");
    let (mut conn, statements) = watched(&world);
    let left = seal::unsealed(&mut conn, "018bcfe8-04", None, 10).expect("records");
    assert!(left.len() == 10 && left[0].id.starts_with("018bcfe8-05"), "{left:?}");
    let sent = statements.0.lock().expect("the statements").remove(0);
    let plan = world.plan(&with_values(&sent));
    let by_key = ["sqlite_autoindex_log_leaves_1 (record_id=?)", "Index Cond: (record_id = log_records.id)"];
    assert!(by_key.iter().any(|key| plan.contains(key)) && !plan.contains("Join"), "{sent}\n{plan}");
}

/// After five times PostgreSQL takes one plan for all values, if it looks cheap: that of a rare kind on all days walked through all
/// records from the newest.
async fn a_search_is_planned_for_its_own_values(base: Base) {
    let world = World::with(base, &[("DATABASE_POOL_SIZE", "1")]).await;
    world.execute(&records_of_a_term(base)).expect("records");
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).map(|at| at.naive_utc());
    let (from, until) = (at(1_600_000_000), at(1_800_000_000));
    let search = move |conn: &mut Conn| {
        let filter = Filter { kind: Some("terms-accepted".to_owned()), from, until, ..Filter::default() };
        for _ in 0..8 {
            records::page(conn, &filter, From::Newest, 50)?;
        }
        let Conn::Postgres(postgres) = conn else { return Ok(0) };
        let statements = "SELECT CAST(coalesce(sum(generic_plans), 0) AS BIGINT) AS number FROM pg_prepared_statements \
                          WHERE statement LIKE '%log_records%'";
        Ok::<_, latchkey::db::Error>(sql_query(statements).get_result::<Number>(postgres)?.number)
    };
    assert_eq!(world.records().search(search).await.expect("an answer"), 0);
    // What this is about: without it there are such plans.
    let generic = world.records().read(search).await.expect("an answer");
    assert!(base == Base::Sqlite || generic > 0, "{generic}");
}

/// Before a file is made of more than can be counted at once, its size is told from the log's places, at both ends.
async fn an_export_of_everything_is_estimated_from_few_places_of_the_log(base: Base) {
    let world = World::new(base).await;
    world.execute(&records_of_a_term(base)).expect("records");
    // In the order of their ids, but for one that was sealed late, and a few that are not sealed yet.
    let seal = "INSERT INTO log_leaves SELECT row_number() OVER (ORDER BY CASE WHEN id LIKE '%00000000ea00' THEN '1' ELSE '0' END, id) - 1, \
                id, '' FROM log_records WHERE id < '018bcfe8-05d9'; ANALYZE;";
    world.execute(seal).expect("leaves");
    let (mut conn, statements) = watched(&world);
    let mut about = |from: &str, end: Option<&str>| {
        seal::about_between(&mut conn, from, end.map(str::to_owned)).expect("an answer").expect("a number")
    };
    let exactly = |range: &str| u64::try_from(world.count(&format!("log_records WHERE id {range}"))).expect("a number");
    for (from, end, range) in [
        ("", None, "> ''"),
        ("018bcfe8-0100", None, ">= '018bcfe8-0100'"),
        ("018bcfe8-0100", Some("018bcfe8-0200"), "BETWEEN '018bcfe8-0100' AND '018bcfe8-0200'"),
    ] {
        let (told, counted) = (about(from, end), exactly(range));
        assert!(told.abs_diff(counted) <= 1, "{told} of {counted}");
    }
    for statement in statements.0.lock().expect("the statements").clone() {
        let plan = world.plan(&with_values(&statement));
        assert!(
            !plan.contains("Seq Scan") && !plan.contains("B-TREE") && !plan.contains("Sort"),
            "{statement}\n{plan}"
        );
    }
    // What is hardly sealed tells nothing.
    world
        .execute("DROP TABLE log_leaves; CREATE TABLE log_leaves (seq BIGINT, record_id TEXT, hash TEXT)")
        .expect("no leaves");
    assert_eq!(seal::about_between(&mut world.connect(), "", None).expect("an answer"), None);
}

/// 20,000 people who have one service, each on the ground of an acceptance, and had it before on that of an older one;
/// and have another without any.
fn acceptances_of_a_term(base: Base) -> String {
    let numbers = match base {
        Base::Sqlite => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)",
        Base::Postgresql => "WITH n AS (SELECT generate_series(1, 20000) AS i)",
    };
    format!(
        "INSERT INTO terms_versions (id, service, number, major, grace_days, effective_at, published_at) \
         VALUES ('version-1', 'rocketchat', 7, TRUE, 0, '2020-01-01 00:00:00', '2020-01-01 00:00:00'); \
         INSERT INTO accounts (id, username, dn, display_name, affiliations, locale, salt, created_at, seen_at) \
         {numbers} SELECT 'account-' || i, 'u', 'd', 'n', '', 'de', '', '2020-01-01 00:00:00', '2020-01-01 00:00:00' FROM n; \
         INSERT INTO acceptances (id, account_id, service, version_id, locale, digest, receipt, change_id, accepted_at) \
         {numbers} SELECT '018bcfe7-' || i, 'account-' || i, 'rocketchat', 'version-1', 'de', '', 'S-' || i, '', '2019-01-01 00:00:00' FROM n; \
         INSERT INTO acceptances (id, account_id, service, version_id, locale, digest, receipt, change_id, accepted_at) \
         {numbers} SELECT '018bcfe8-' || i, 'account-' || i, 'rocketchat', 'version-1', 'de', '', 'R-' || i, '', '2020-01-01 00:00:00' FROM n; \
         INSERT INTO entitlements (account_id, service, wanted, revision, cause, change_id, changed_at, applied_revision) \
         {numbers} SELECT 'account-' || i, 'rocketchat', TRUE, 1, 'accepted', '', '2020-01-01 00:00:00', 1 FROM n; \
         INSERT INTO entitlements (account_id, service, wanted, revision, cause, change_id, changed_at, applied_revision) \
         {numbers} SELECT 'account-' || i, 'printing', TRUE, 1, 'accepted', '', '2020-01-01 00:00:00', 1 FROM n; ANALYZE;"
    )
}

/// 60,000 records, of which a few are of the service and of the kind that are searched for. (What half of the table fits is found soon
/// from any end; PostgreSQL knows that from its statistics and may walk all records then.)
fn records_of_a_term(base: Base) -> String {
    let numbers = match base {
        Base::Sqlite => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)",
        Base::Postgresql => "WITH n AS (SELECT generate_series(1, 60000) AS i)",
    };
    let (id, json) = match base {
        Base::Sqlite => (
            "printf('018bcfe8-%04x-7000-8000-%012x', i / 40, i)",
            "printf('{\"version\":%d,\"cause\":\"member\"}', i % 5)",
        ),
        Base::Postgresql => (
            "'018bcfe8-' || lpad(to_hex(i / 40), 4, '0') || '-7000-8000-' || lpad(to_hex(i), 12, '0')",
            "'{\"version\":' || i % 5 || ',\"cause\":\"member\"}'",
        ),
    };
    let rest = "CASE WHEN i % 50 = 0 THEN 'terms-accepted' ELSE 'signed-in' END, 'account-' || (i % 500), \
                'account-' || (i % 500), CASE WHEN i % 40 = 0 THEN 'chat' ELSE 'cloud' END, 'request'";
    format!(
        "INSERT INTO log_records (id, at, kind, actor, account_id, service, request_id, detail) \
         {numbers} SELECT {id}, '2026-11-01 00:00:00', {rest}, CASE WHEN i % 50 = 0 THEN {json} ELSE '{{}}' END FROM n; ANALYZE;"
    )
}

/// The statement with its values in place, as `EXPLAIN` wants it. They are numbers, times, plain texts and lists of these.
fn with_values(statement: &str) -> String {
    let (text, values) = statement.split_once(" -- binds: ").expect("values");
    let times = regex::Regex::new(r"\d{4}-\d\d-\d\dT[\d:.]+").expect("a pattern");
    let values = times.replace_all(values, "\"$0\"");
    let values: Vec<serde_json::Value> = serde_json::from_str(&values).expect("numbers and texts");
    let quoted = values.iter().map(literal);
    let mut text = text.to_owned();
    if text.contains('?') {
        for value in quoted {
            text = text.replacen('?', &value, 1);
        }
        return text;
    }
    for (place, value) in quoted.enumerate().collect::<Vec<_>>().into_iter().rev() {
        text = text.replace(&format!("${}", place + 1), &value);
    }
    text
}

fn literal(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => format!("'{text}'"),
        serde_json::Value::Array(list) => format!("ARRAY[{}]", list.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

impl World {
    /// How the database would answer a statement.
    fn plan(&self, statement: &str) -> String {
        match &mut self.connect() {
            Conn::Sqlite(sqlite) => {
                let rows: Vec<SqlitePlan> =
                    sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(sqlite).expect("a plan");
                rows.into_iter().map(|row| row.detail).collect::<Vec<_>>().join("\n")
            }
            Conn::Postgres(postgres) => {
                let rows: Vec<PostgresPlan> = sql_query(format!("EXPLAIN {statement}")).load(postgres).expect("a plan");
                rows.into_iter().map(|row| row.line).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

#[derive(diesel::QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

#[derive(diesel::QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = diesel::sql_types::Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}
