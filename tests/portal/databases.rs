//! What the database itself refuses, whoever asks.

use std::time::Duration;

use chrono::TimeDelta;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::BigInt};
use latchkey::{
    clock::Clock,
    db::{Conn, Database, Error, Settings},
    domain::sessions,
};

use crate::{
    support::postgres,
    world::{Base, World, who},
};

on_both![what_was_published_accepted_or_logged_cannot_be_changed_or_deleted, a_delivery_is_no_sign_of_life];

async fn what_was_published_accepted_or_logged_cannot_be_changed_or_deleted(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["cloud"]).await;
    anna.withdraw("cloud").await;
    world.deliver().await;
    let before = world.dump();
    let tables = [
        ("terms_versions", "number"),
        ("terms_texts", "html"),
        ("acceptances", "digest"),
        ("withdrawals", "cause"),
        ("log_records", "detail"),
    ];
    for (table, column) in tables {
        assert!(world.count(table) > 0, "{table} is empty");
        let mut statements = vec![format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")];
        if base == Base::Postgresql {
            statements.push(format!("TRUNCATE {table} CASCADE"));
        }
        for statement in statements {
            let refusal = world.execute(&statement).expect_err(&statement);
            assert!(refusal.contains("append-only"), "{statement}: {refusal}");
        }
    }
    assert_eq!(world.dump(), before);
}

/// When somebody was last seen is when they signed in, whatever is done about their account later.
async fn a_delivery_is_no_sign_of_life(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    let seen = world.lines("CAST(seen_at AS TEXT)", "accounts");
    world.advance(TimeDelta::minutes(5));
    anna.activate(&["cloud"]).await;
    world.deliver().await;
    assert_eq!(world.lines("CAST(seen_at AS TEXT)", "accounts"), seen);
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn number(conn: &mut Conn, query: &str) -> Result<i64, Error> {
    Ok(sql_query(query).get_result::<Number>(conn)?.number)
}

/// A database on PostgreSQL with one connection.
async fn one_connection() -> Database {
    let settings = Settings { url: postgres::database().into(), pool_size: 1, wait: Duration::from_secs(3) };
    let database = Database::open(&settings).expect("an address");
    database.migrate().await.expect("migrated");
    database
}

/// Diesel by itself has an update read and planned anew at each use.
#[tokio::test]
async fn an_update_stays_prepared_on_postgresql() {
    let database = one_connection().await;
    let now = Clock::system().now();
    for key in ["one", "another"] {
        database.run(move |conn| sessions::touch(conn, key, now)).await.expect("touched");
    }
    let kept = "SELECT count(*) AS number FROM pg_prepared_statements WHERE statement LIKE 'UPDATE \"sessions\"%'";
    assert_eq!(database.ask(|conn| number(conn, kept)).await.expect("a number"), 1);
}

#[tokio::test]
async fn a_connection_that_died_in_the_pool_is_noticed_by_nobody() {
    let (database, other) = (one_connection().await, one_connection().await);
    let own = |conn: &mut Conn| number(conn, "SELECT pg_backend_pid()::BIGINT AS number");
    let kill = async || {
        let pid = database.ask(own).await.expect("a number");
        other.ask(move |conn| Ok(sql_query(format!("SELECT pg_terminate_backend({pid})")).execute(conn)?)).await
    };
    let now = Clock::system().now();
    kill().await.expect("ended");
    database.ask(own).await.expect("asked");
    kill().await.expect("ended");
    database.read(move |conn| Ok((own(conn)?, own(conn)?))).await.expect("read");
    kill().await.expect("ended");
    database.run(move |conn| sessions::touch(conn, "key", now)).await.expect("run");
    kill().await.expect("ended");
    database.write(move |conn| sessions::touch(conn, "key", now)).await.expect("written");
}

/// As an administrator does who ends connections again and again.
#[tokio::test]
async fn a_portal_starts_while_its_connections_are_ended() {
    let world = World::new(Base::Postgresql).await;
    let own = world.lines("CAST(pg_backend_pid() AS TEXT)", "(SELECT 1) AS one").concat();
    let all = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), {own})"
    );
    let ending = std::thread::spawn({
        let mut connection = world.connect();
        move || {
            let end = std::time::Instant::now() + Duration::from_millis(600);
            while std::time::Instant::now() < end {
                sql_query(&all).execute(&mut connection).expect("ended");
            }
        }
    });
    let portal = world.portal_with(world.config()).await;
    ending.join().expect("ended");
    portal.state.database.ask(|conn| number(conn, "SELECT 1::BIGINT AS number")).await.expect("asked");
}
