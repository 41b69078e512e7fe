//! Fresh databases on the PostgreSQL that `scripts/test` starts.

use std::{env, time::Duration};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query};
use latchkey::db::{Database, Settings};
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

/// The URL of the server, with the right to create databases.
const SERVER: &str = "LATCHKEY_TEST_POSTGRES";

/// Creates an empty database and returns its URL. It goes with the server, after the last test.
///
/// # Panics
///
/// If there is no server: tests on PostgreSQL are never skipped.
pub fn database() -> String {
    create("template1")
}

/// The same with the tables of this version of the program, which takes less time than making them.
pub async fn migrated() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let make = async || {
        let url = database();
        let settings = Settings { url: url.clone().into(), pool_size: 1, wait: Duration::from_secs(10) };
        Database::open(&settings).expect("an address").migrate().await.expect("migrated");
        Url::parse(&url).expect("a URL").path().trim_start_matches('/').to_owned()
    };
    create(TEMPLATE.get_or_init(make).await)
}

fn create(template: &str) -> String {
    let server = env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run scripts/test, which starts a private PostgreSQL and sets it")
    });
    let mut connection =
        PgConnection::establish(&server).unwrap_or_else(|error| panic!("PostgreSQL at {SERVER}: {error}"));
    let name = format!("test_{}", Uuid::new_v4().simple());
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    sql_query(create).execute(&mut connection).expect("a new database");
    let mut url = Url::parse(&server).unwrap_or_else(|error| panic!("{SERVER} is not a URL: {error}"));
    url.set_path(&name);
    url.into()
}
