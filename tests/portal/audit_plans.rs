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
    domain::audit::records::{self, Filter, From},
};

use crate::world::{Base, World};

on_both![every_search_walks_an_index];

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

/// A filter and the index that it has to walk.
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
        (of(chat, kind, Some(3), cause), "log_records_version_kind"),
        (of(None, None, None, cause), "log_records_cause"),
        (of(None, kind, None, cause), "log_records_cause_kind"),
        (of(chat, kind, None, cause), "log_records_cause_kind"),
        (of(chat, None, None, cause), "log_records_cause_service"),
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
    let mut conn = world.connect();
    let statements = Statements::default();
    match &mut conn {
        Conn::Sqlite(sqlite) => sqlite.set_instrumentation(statements.clone()),
        Conn::Postgres(postgres) => postgres.set_instrumentation(statements.clone()),
    }
    for (filter, index) in searches() {
        for from in [From::Newest, From::Before("018bcfe9-0000-7000-8000-000000000000"), From::After("018bcfe6")] {
            statements.0.lock().expect("the statements").clear();
            records::page(&mut conn, &filter, from, 50).expect("a page");
            records::count(&mut conn, &filter).expect("a count");
            let sent = statements.0.lock().expect("the statements").clone();
            for statement in sent.iter().filter(|statement| statement.contains("log_records")) {
                // The second walk for a person goes by who acted.
                let index = if statement.contains("\"actor\" =") || statement.contains("`actor` =") {
                    "log_records_actor"
                } else {
                    index
                };
                let plan = world.plan(&with_values(statement));
                let is_walked = match base {
                    Base::Sqlite if index == "pk" => plan.contains("INDEX sqlite_autoindex_log_records"),
                    Base::Sqlite => plan.contains(&format!("INDEX {index} (")) && !plan.contains("B-TREE"),
                    Base::Postgresql if index == "pk" => plan.contains("using log_records_pkey"),
                    // Few enough may be read in any order and then sorted.
                    Base::Postgresql => {
                        plan.contains(&format!(" {index} "))
                            && (plan.contains(&format!("using {index} ")) || plan.contains("Sort"))
                    }
                };
                assert!(is_walked && !plan.contains("Seq Scan"), "{index}: {statement}\n{plan}");
            }
        }
    }
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

/// The statement with its values in place, as `EXPLAIN` wants it. They are numbers and plain texts.
fn with_values(statement: &str) -> String {
    let (text, values) = statement.split_once(" -- binds: ").expect("values");
    let values: Vec<serde_json::Value> = serde_json::from_str(values).expect("numbers and texts");
    let quoted =
        values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'")));
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
