//! Where a database of this size lies. It stays there, so that it need not be filled again.

use std::{env, path::Path};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, dsl::count_star, prelude::*, sql_query};
use latchkey::db::{
    Conn, Database, Error,
    schema::{accounts, log_leaves},
};
use url::Url;

use crate::Kind;

/// The server's URL, with the right to create databases.
const SERVER: &str = "LATCHKEY_TEST_POSTGRES";

/// The URL of the database for so many records, which is there afterwards.
pub fn url(kind: Kind, records: u32, folder: &Path) -> String {
    match kind {
        Kind::Sqlite => format!("sqlite://{}", folder.join(format!("audit-{records}.db")).display()),
        Kind::Postgres => {
            let server = env::var(SERVER).unwrap_or_else(|_| panic!("{SERVER} names no PostgreSQL"));
            let mut connection = PgConnection::establish(&server).expect("PostgreSQL");
            let name = format!("latchkey_audit_{records}");
            // There already, or about to be missed.
            let _ = sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection);
            let mut url = Url::parse(&server).expect("a URL");
            url.set_path(&name);
            url.into()
        }
    }
}

/// Removes a database that [`url`] made on PostgreSQL; a file of SQLite goes with its folder.
pub fn forget(kind: Kind, records: u32) {
    if kind == Kind::Postgres {
        let server = env::var(SERVER).unwrap_or_default();
        let mut connection = PgConnection::establish(&server).expect("PostgreSQL");
        let drop = sql_query(format!("DROP DATABASE latchkey_audit_{records} WITH (FORCE)"));
        drop.execute(&mut connection).expect("a database that was there");
    }
}

pub async fn is_filled(database: &Database) -> Result<bool, Error> {
    let people = |conn: &mut Conn| Ok::<i64, Error>(accounts::table.select(count_star()).first(conn)?);
    Ok(database.read(people).await? > 0)
}

/// How many records are sealed.
pub async fn sealed(database: &Database) -> Result<u64, Error> {
    let last = |conn: &mut Conn| {
        Ok::<Option<i64>, Error>(log_leaves::table.select(diesel::dsl::max(log_leaves::seq)).first(conn)?)
    };
    Ok(database.read(last).await?.map_or(0, |last| u64::try_from(last + 1).unwrap_or_default()))
}
