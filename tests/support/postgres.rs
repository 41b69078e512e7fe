//! Fresh databases on the PostgreSQL that `scripts/test` starts.

use std::env;

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query};
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
    let server = env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set: run scripts/test, which starts a private PostgreSQL and sets it")
    });
    let mut connection =
        PgConnection::establish(&server).unwrap_or_else(|error| panic!("PostgreSQL at {SERVER}: {error}"));
    let name = format!("test_{}", Uuid::new_v4().simple());
    sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection).expect("a new database");
    let mut url = Url::parse(&server).unwrap_or_else(|error| panic!("{SERVER} is not a URL: {error}"));
    url.set_path(&name);
    url.into()
}
