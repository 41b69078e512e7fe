//! Looking into the database, past the portal.

use std::collections::BTreeMap;

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Text},
};
use latchkey::db::Conn;

use super::World;

/// All tables that hold what people did.
const TABLES: [&str; 14] = [
    "accounts",
    "acceptances",
    "entitlements",
    "log_records",
    "outbox",
    "reminders",
    "reserved_accounts",
    "secrets",
    "terms_drafts",
    "terms_notices",
    "terms_texts",
    "terms_versions",
    "uploads",
    "withdrawals",
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

pub fn connect(url: &str) -> Conn {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut sqlite = SqliteConnection::establish(path).expect("the database");
        sqlite.batch_execute("PRAGMA busy_timeout = 5000").expect("a setting");
        return Conn::Sqlite(sqlite);
    }
    Conn::Postgres(PgConnection::establish(url).expect("the database"))
}

impl World {
    /// One more connection to the database.
    pub fn connect(&self) -> Conn {
        connect(&self.database_url())
    }

    /// Runs statements; what the database says against them.
    pub fn execute(&self, statements: &str) -> Result<(), String> {
        let done = match &mut *self.database.lock().expect("the database") {
            Conn::Sqlite(sqlite) => sqlite.batch_execute(statements),
            Conn::Postgres(postgres) => postgres.batch_execute(statements),
        };
        done.map_err(|error| error.to_string())
    }

    /// One text of each row: `lines("kind", "log_records ORDER BY id")`.
    pub fn lines(&self, expression: &str, from: &str) -> Vec<String> {
        let query = sql_query(format!("SELECT {expression} AS line FROM {from}"));
        let lines: Vec<Line> = match &mut *self.database.lock().expect("the database") {
            Conn::Sqlite(sqlite) => query.load(sqlite).expect("rows"),
            Conn::Postgres(postgres) => query.load(postgres).expect("rows"),
        };
        lines.into_iter().map(|line| line.line).collect()
    }

    /// How many rows: `count("log_records WHERE kind = 'signed-in'")`.
    pub fn count(&self, from: &str) -> i64 {
        let query = sql_query(format!("SELECT count(*) AS number FROM {from}"));
        let numbers: Vec<Number> = match &mut *self.database.lock().expect("the database") {
            Conn::Sqlite(sqlite) => query.load(sqlite).expect("a number"),
            Conn::Postgres(postgres) => query.load(postgres).expect("a number"),
        };
        numbers[0].number
    }

    /// Every row of every table; of sessions, all but their use.
    pub fn dump(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut dump: BTreeMap<_, _> = TABLES.iter().map(|table| (*table, self.rows(table))).collect();
        dump.insert("sessions", self.lines("reference", "sessions ORDER BY reference"));
        dump
    }

    /// What was decided, recorded and owed; without sessions, and without when accounts were last seen.
    pub fn facts(&self) -> BTreeMap<&'static str, Vec<String>> {
        let mut facts = self.dump();
        facts.retain(|table, _| *table != "accounts" && *table != "sessions");
        facts
    }

    fn rows(&self, table: &str) -> Vec<String> {
        let is_sqlite = matches!(&*self.database.lock().expect("the database"), Conn::Sqlite(_));
        let row = if is_sqlite {
            let columns = self.lines("name", &format!("pragma_table_info('{table}')"));
            format!("json_array({})", columns.join(","))
        } else {
            "found::text".to_owned()
        };
        self.lines(&row, &format!("{table} AS found ORDER BY 1"))
    }
}
