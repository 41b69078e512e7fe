//! People and records as a university has them after years, written in bulk.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use latchkey::{
    chance,
    db::{
        Conn, Error,
        schema::{accounts, log_records},
    },
    domain::log::people::Opening,
};
use sha2::{Digest as _, Sha256};

use crate::Filled;

/// Rows in one statement: SQLite takes some 32,000 values at most.
const BATCH: u32 = 2000;

/// What one person leaves in the log, again and again.
const LIFE: [(&str, Option<&str>, &str); 8] = [
    ("signed-in", None, "{}"),
    (
        "terms-accepted",
        Some("rocketchat"),
        r#"{"locale":"de","receipt":"@","sha256":"9f86d081884c7d659a2feaa0c55ad015","version":1}"#,
    ),
    ("entitlement-granted", Some("rocketchat"), r#"{"cause":"accepted"}"#),
    ("membership-written", Some("rocketchat"), r#"{"present":true,"revision":1}"#),
    ("signed-in", None, "{}"),
    ("acceptance-withdrawn", Some("cloud"), r#"{"cause":"member","receipt":"@","version":2}"#),
    ("entitlement-ended", Some("cloud"), r#"{"cause":"member"}"#),
    ("membership-written", Some("cloud"), r#"{"present":false,"revision":2}"#),
];

pub async fn fill(filled: &Filled, people: u32) -> Result<(), Error> {
    for first in (0..people).step_by(BATCH as usize) {
        let last = people.min(first + BATCH);
        filled.database.write(move |conn| add_people(conn, first, last)).await?;
    }
    for first in (0..filled.records).step_by(BATCH as usize) {
        let last = filled.records.min(first + BATCH);
        filled.database.write(move |conn| add_records(conn, first, last, people)).await?;
    }
    Ok(())
}

fn start() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2024, 10, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a date")
}

/// 32 hexadecimal digits that look random.
fn digits(kind: &str, number: u32) -> String {
    hex::encode(&Sha256::digest(format!("{kind} {number}"))[..16])
}

fn account_id(number: u32) -> String {
    let digits = digits("account", number);
    format!("{}-7{}-8{}-{}", chance::first_id(start()), &digits[..3], &digits[3..6], &digits[6..18])
}

fn add_people(conn: &mut Conn, first: u32, last: u32) -> Result<(), Error> {
    let rows: Vec<_> = (first..last)
        .map(|number| {
            let opening = Opening {
                salt: digits("salt", number),
                directory_key: format!("entryUUID:{}", digits("key", number)),
                account_id: account_id(number),
            };
            (
                accounts::commitment.eq(opening.commitment()),
                accounts::id.eq(opening.account_id),
                accounts::directory_key.eq(opening.directory_key),
                accounts::username.eq(format!("person{number}")),
                accounts::dn.eq(format!("uid=person{number},ou=people,dc=uni,dc=example")),
                accounts::display_name.eq(format!("Person Number {number}")),
                accounts::mail.eq(format!("person{number}@uni.example")),
                accounts::affiliations.eq("student"),
                accounts::locale.eq("de"),
                accounts::salt.eq(opening.salt),
                accounts::created_at.eq(start()),
                accounts::seen_at.eq(start()),
            )
        })
        .collect();
    match conn {
        Conn::Sqlite(sqlite) => diesel::insert_into(accounts::table).values(&rows).execute(sqlite)?,
        Conn::Postgres(postgres) => diesel::insert_into(accounts::table).values(&rows).execute(postgres)?,
    };
    Ok(())
}

/// A record every few seconds, over two years; people take turns in no order.
fn add_records(conn: &mut Conn, first: u32, last: u32, people: u32) -> Result<(), Error> {
    let rows: Vec<_> = (first..last)
        .map(|number| {
            let (kind, service, detail) = LIFE[number as usize % LIFE.len()];
            let at = start() + TimeDelta::milliseconds(6007) * i32::try_from(number).unwrap_or(i32::MAX);
            let digits = digits("record", number);
            let account = account_id((number / 8).wrapping_mul(2_654_435_761) % people);
            let id = format!("{}-7{}-8{}-{}", chance::first_id(at), &digits[..3], &digits[3..6], &digits[6..18]);
            (
                log_records::id.eq(id),
                log_records::at.eq(at),
                log_records::kind.eq(kind),
                log_records::actor.eq(if kind == "membership-written" { "system".to_owned() } else { account.clone() }),
                log_records::account_id.eq(account),
                log_records::service.eq(service),
                log_records::request_id.eq(digits.clone()),
                log_records::detail.eq(detail.replace('@', &format!("R-{}", &digits[..12]))),
            )
        })
        .collect();
    match conn {
        Conn::Sqlite(sqlite) => diesel::insert_into(log_records::table).values(&rows).execute(sqlite)?,
        Conn::Postgres(postgres) => diesel::insert_into(log_records::table).values(&rows).execute(postgres)?,
    };
    Ok(())
}
