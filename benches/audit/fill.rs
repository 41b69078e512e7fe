//! People and records as a university has them after years, written in bulk.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use latchkey::{
    chance,
    db::{
        Conn, Error,
        schema::{acceptances, accounts, log_records, terms_versions, withdrawals},
    },
    domain::log::people::Opening,
};
use sha2::{Digest as _, Sha256};

use crate::Filled;

/// Rows in one statement: SQLite takes some 32,000 values at most.
const BATCH: u32 = 2000;

/// The version that everybody accepted, and the digest of its text.
const VERSION: &str = "version";
const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015";

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
    filled.database.write(add_terms).await?;
    for first in (0..people).step_by(BATCH as usize) {
        let last = people.min(first + BATCH);
        filled.database.write(move |conn| add_people(conn, first, last)).await?;
    }
    for first in (0..filled.records).step_by(BATCH as usize) {
        let last = filled.records.min(first + BATCH);
        filled.database.write(move |conn| add_events(conn, first, last, people)).await?;
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

fn add_terms(conn: &mut Conn) -> Result<(), Error> {
    diesel::insert_into(terms_versions::table)
        .values((
            terms_versions::id.eq(VERSION),
            terms_versions::service.eq("rocketchat"),
            terms_versions::number.eq(1),
            terms_versions::major.eq(true),
            terms_versions::grace_days.eq(14),
            terms_versions::effective_at.eq(start()),
            terms_versions::published_at.eq(start()),
        ))
        .execute(conn)?;
    Ok(())
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

/// One thing that happened: a record every few seconds, over two years; people take turns in no order.
struct Event {
    kind: &'static str,
    service: Option<&'static str>,
    detail: &'static str,
    at: NaiveDateTime,
    account: String,
    /// Random as they look, and always the same.
    digits: String,
}

impl Event {
    fn new(number: u32, people: u32) -> Self {
        let (kind, service, detail) = LIFE[number as usize % LIFE.len()];
        Self {
            kind,
            service,
            detail,
            at: start() + TimeDelta::milliseconds(6007) * i32::try_from(number).unwrap_or(i32::MAX),
            account: account_id((number / 8).wrapping_mul(2_654_435_761) % people),
            digits: digits("record", number),
        }
    }

    fn id(&self) -> String {
        let digits = &self.digits;
        format!("{}-7{}-8{}-{}", chance::first_id(self.at), &digits[..3], &digits[3..6], &digits[6..18])
    }

    fn receipt(&self) -> String {
        format!("R-{}", &self.digits[..12])
    }
}

fn add_events(conn: &mut Conn, first: u32, last: u32, people: u32) -> Result<(), Error> {
    let events: Vec<Event> = (first..last).map(|number| Event::new(number, people)).collect();
    let records: Vec<_> = events.iter().map(record).collect();
    let accepted: Vec<_> = events.iter().filter(|event| event.kind == "terms-accepted").map(acceptance).collect();
    let ended: Vec<_> = events.iter().filter(|event| event.kind == "acceptance-withdrawn").map(withdrawal).collect();
    match conn {
        Conn::Sqlite(sqlite) => {
            diesel::insert_into(log_records::table).values(&records).execute(sqlite)?;
            diesel::insert_into(acceptances::table).values(&accepted).execute(sqlite)?;
            diesel::insert_into(withdrawals::table).values(&ended).execute(sqlite)?;
        }
        Conn::Postgres(postgres) => {
            diesel::insert_into(log_records::table).values(&records).execute(postgres)?;
            diesel::insert_into(acceptances::table).values(&accepted).execute(postgres)?;
            diesel::insert_into(withdrawals::table).values(&ended).execute(postgres)?;
        }
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = log_records)]
struct NewRecord {
    id: String,
    at: NaiveDateTime,
    kind: &'static str,
    actor: String,
    account_id: String,
    service: Option<&'static str>,
    request_id: String,
    detail: String,
}

fn record(event: &Event) -> NewRecord {
    NewRecord {
        id: event.id(),
        at: event.at,
        kind: event.kind,
        actor: if event.kind == "membership-written" { "system".to_owned() } else { event.account.clone() },
        account_id: event.account.clone(),
        service: event.service,
        request_id: event.digits.clone(),
        detail: event.detail.replace('@', &event.receipt()),
    }
}

#[derive(Insertable)]
#[diesel(table_name = acceptances)]
struct NewAcceptance {
    id: String,
    account_id: String,
    service: &'static str,
    version_id: &'static str,
    locale: &'static str,
    digest: &'static str,
    receipt: String,
    change_id: String,
    accepted_at: NaiveDateTime,
}

fn acceptance(event: &Event) -> NewAcceptance {
    NewAcceptance {
        id: event.id(),
        account_id: event.account.clone(),
        service: event.service.unwrap_or_default(),
        version_id: VERSION,
        locale: "de",
        digest: DIGEST,
        receipt: event.receipt(),
        change_id: event.digits.clone(),
        accepted_at: event.at,
    }
}

#[derive(Insertable)]
#[diesel(table_name = withdrawals)]
struct NewWithdrawal {
    id: String,
    account_id: String,
    service: &'static str,
    cause: &'static str,
    receipt: String,
    change_id: String,
    withdrawn_at: NaiveDateTime,
}

fn withdrawal(event: &Event) -> NewWithdrawal {
    NewWithdrawal {
        id: event.id(),
        account_id: event.account.clone(),
        service: event.service.unwrap_or_default(),
        cause: "member",
        receipt: event.receipt(),
        change_id: event.digits.clone(),
        withdrawn_at: event.at,
    }
}
