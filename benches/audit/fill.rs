//! Writes a life into an empty database, in bulk, with every index, constraint and trigger in place.

use chrono::NaiveDateTime;
use diesel::{connection::SimpleConnection as _, pg::PgConnection, prelude::*, sqlite::SqliteConnection};
use latchkey::{
    db::{
        Conn, Error,
        schema::{
            acceptances, account_words, accounts, entitlements, log_records, log_subjects, terms_texts, terms_versions,
            withdrawals,
        },
    },
    domain::{audit::people::words_of, log::people::Opening},
};

use crate::life::{
    self, DIGEST, Event, Life, Row, SERVICES, VERSIONS, account_id, digits, name_of, service_of, username_of,
    version_id,
};
use crate::place;

/// Comings in one transaction.
const BATCH: u32 = 5_000;

/// Rows in one statement of SQLite, which takes some 32,000 values at most.
const ROWS: usize = 2_000;

/// What is written faster than it would be in service, because nobody reads meanwhile and nothing is lost if the power fails.
const SQLITE: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; \
                      PRAGMA cache_size = -1500000; PRAGMA foreign_keys = ON";
const POSTGRES: &str = "SET synchronous_commit = off";

/// The program never asks for statistics on SQLite; PostgreSQL takes them by itself after a while.
const DONE_ON_POSTGRES: &str = "VACUUM ANALYZE";

/// Rows of one table.
macro_rules! insert {
    ($conn:expr, $table:ident, $rows:expr) => {{
        let rows = $rows;
        match $conn {
            Conn::Sqlite(sqlite) => {
                for rows in rows.chunks(ROWS) {
                    diesel::insert_into($table::table).values(rows).execute(sqlite)?;
                }
            }
            Conn::Postgres(postgres) => {
                diesel::copy_from($table::table).from_insertable(&rows).execute(postgres)?;
            }
        }
    }};
}

/// Makes the tables, and fills them if they are empty.
pub async fn fill(url: &str, life: Life) -> Result<(), Error> {
    let database = crate::open(url)?;
    database.migrate().await?;
    if place::is_filled(&database).await? {
        return Ok(());
    }
    // Its connections would keep the file from being written to in the way that follows.
    drop(database);
    let mut conn = match url.strip_prefix("sqlite://") {
        Some(path) => SqliteConnection::establish(path).map(Conn::Sqlite),
        None => PgConnection::establish(url).map(Conn::Postgres),
    }
    .map_err(|error| Error::Broken(error.to_string()))?;
    let is_postgres = matches!(conn, Conn::Postgres(_));
    conn.batch_execute(if is_postgres { POSTGRES } else { SQLITE })?;
    conn.transaction(|conn| add_people(conn, life))?;
    for first in (0..life.comings).step_by(BATCH as usize) {
        let last = life.comings.min(first + BATCH);
        conn.transaction(|conn| add_comings(conn, life, first..last))?;
    }
    if is_postgres {
        conn.batch_execute(DONE_ON_POSTGRES)?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = terms_versions, treat_none_as_default_value = false)]
struct NewVersion {
    id: String,
    service: &'static str,
    number: i32,
    major: bool,
    grace_days: i32,
    effective_at: NaiveDateTime,
    published_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = terms_texts, treat_none_as_default_value = false)]
struct NewText {
    version_id: String,
    locale: &'static str,
    digest: &'static str,
    html: &'static str,
    source: &'static str,
}

#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
struct NewAccount {
    id: String,
    directory_key: String,
    username: String,
    dn: String,
    display_name: String,
    mail: String,
    affiliations: &'static str,
    locale: &'static str,
    salt: String,
    commitment: String,
    created_at: NaiveDateTime,
    seen_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = account_words, treat_none_as_default_value = false)]
struct NewWord {
    word: String,
    account_id: String,
}

#[derive(Insertable)]
#[diesel(table_name = entitlements, treat_none_as_default_value = false)]
struct NewEntitlement {
    account_id: String,
    service: &'static str,
    wanted: bool,
    revision: i64,
    cause: &'static str,
    change_id: String,
    changed_at: NaiveDateTime,
    applied_revision: i64,
    applied_at: NaiveDateTime,
}

fn add_people(conn: &mut Conn, life: Life) -> Result<(), Error> {
    let numbers = || SERVICES.iter().flat_map(|service| (1..=VERSIONS).map(move |number| (*service, number)));
    insert!(conn, terms_versions, numbers().map(version).collect::<Vec<_>>());
    let texts = numbers().flat_map(|of| ["de", "en"].map(|locale| text(of, locale)));
    insert!(conn, terms_texts, texts.collect::<Vec<_>>());
    let turns: Vec<u32> = (0..life.people).collect();
    for turns in turns.chunks(ROWS) {
        let people: Vec<u32> = turns.iter().map(|turn| life.person(*turn)).collect();
        insert!(conn, accounts, people.iter().map(|person| account(*person)).collect::<Vec<_>>());
        insert!(conn, account_words, people.iter().flat_map(|person| words(*person)).collect::<Vec<_>>());
        insert!(conn, entitlements, turns.iter().flat_map(|turn| decided(life, *turn)).collect::<Vec<_>>());
    }
    Ok(())
}

fn version((service, number): (&'static str, i32)) -> NewVersion {
    NewVersion {
        id: version_id(service, number),
        service,
        number,
        major: number % 2 == 1,
        grace_days: 14,
        effective_at: life::published(number),
        published_at: life::published(number),
    }
}

fn text((service, number): (&'static str, i32), locale: &'static str) -> NewText {
    NewText { version_id: version_id(service, number), locale, digest: DIGEST, html: "<p>Text</p>", source: "Text" }
}

fn account(person: u32) -> NewAccount {
    let opening = Opening {
        salt: digits("salt", person),
        directory_key: format!("entryUUID:{}", digits("key", person)),
        account_id: account_id(person),
    };
    let (given, family) = name_of(person);
    NewAccount {
        commitment: opening.commitment(),
        id: opening.account_id,
        directory_key: opening.directory_key,
        username: username_of(person),
        dn: format!("uid={},ou=people,dc=demo,dc=example", username_of(person)),
        display_name: format!("{given} {family}"),
        mail: format!("{}@uni.example", username_of(person)),
        affiliations: if person.is_multiple_of(10) { "employee\nmember" } else { "student\nmember" },
        locale: "de",
        salt: opening.salt,
        created_at: life::start(),
        seen_at: life::start(),
    }
}

fn words(person: u32) -> Vec<NewWord> {
    let (given, family) = name_of(person);
    let names = format!("{given} {family} {0} {0}@uni.example", username_of(person));
    words_of(&names).map(|word| NewWord { word, account_id: account_id(person) }).collect()
}

/// What was decided last about whoever has this turn; one in a thousand has something without any acceptance.
fn decided(life: Life, turn: u32) -> Vec<NewEntitlement> {
    let person = life.person(turn);
    let entitlement = |service, wanted, cause, at| NewEntitlement {
        account_id: account_id(person),
        service,
        wanted,
        revision: 1,
        cause,
        change_id: digits("change", person),
        changed_at: at,
        applied_revision: 1,
        applied_at: at,
    };
    let last = life.last_change(turn).map(|(wanted, cause, at)| entitlement(service_of(person), wanted, cause, at));
    let odd = (person % 1000 == 11).then(|| entitlement("printing", true, "accepted", life::start()));
    last.into_iter().chain(odd).collect()
}

#[derive(Insertable)]
#[diesel(table_name = log_records, treat_none_as_default_value = false)]
struct NewRecord {
    id: String,
    at: NaiveDateTime,
    kind: &'static str,
    actor: String,
    account_id: Option<String>,
    service: Option<String>,
    request_id: String,
    detail: String,
}

#[derive(Insertable)]
#[diesel(table_name = log_subjects, treat_none_as_default_value = false)]
struct NewSubject {
    account_id: String,
    record_id: String,
}

#[derive(Insertable)]
#[diesel(table_name = acceptances, treat_none_as_default_value = false)]
struct NewAcceptance {
    id: String,
    account_id: String,
    service: &'static str,
    version_id: String,
    locale: &'static str,
    digest: &'static str,
    receipt: String,
    change_id: String,
    accepted_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = withdrawals, treat_none_as_default_value = false)]
struct NewWithdrawal {
    id: String,
    acceptance_id: String,
    account_id: String,
    service: &'static str,
    cause: &'static str,
    receipt: String,
    change_id: String,
    withdrawn_at: NaiveDateTime,
}

fn add_comings(conn: &mut Conn, life: Life, comings: std::ops::Range<u32>) -> Result<(), Error> {
    let (mut records, mut subjects) = (Vec::new(), Vec::new());
    let (mut accepted, mut ended) = (Vec::new(), Vec::new());
    for coming in comings {
        for event in life.coming(coming) {
            match &event.row {
                Some(Row::Accepted { version }) => accepted.push(acceptance(&event, coming, *version)),
                Some(Row::Withdrawn { acceptance, cause }) => ended.push(withdrawal(&event, coming, acceptance, cause)),
                None => {}
            }
            let mut ids: Vec<String> = event.subjects.iter().map(|person| account_id(*person)).collect();
            ids.sort_unstable();
            ids.dedup();
            subjects.extend(ids.into_iter().map(|account_id| NewSubject { account_id, record_id: event.id() }));
            records.push(record(event));
        }
    }
    insert!(conn, log_records, records);
    insert!(conn, log_subjects, subjects);
    insert!(conn, acceptances, accepted);
    insert!(conn, withdrawals, ended);
    Ok(())
}

fn record(event: Event) -> NewRecord {
    NewRecord {
        id: event.id(),
        at: event.at,
        kind: event.kind,
        actor: event.actor.map_or_else(|| "system".to_owned(), account_id),
        account_id: event.person.map(account_id),
        service: event.service.map(str::to_owned),
        request_id: event.digits,
        detail: event.detail,
    }
}

fn acceptance(event: &Event, coming: u32, version: i32) -> NewAcceptance {
    let service = event.service.unwrap_or_default();
    NewAcceptance {
        id: event.id(),
        account_id: event.person.map(account_id).unwrap_or_default(),
        service,
        version_id: version_id(service, version),
        locale: "de",
        digest: DIGEST,
        receipt: life::receipt(coming),
        change_id: event.digits.clone(),
        accepted_at: event.at,
    }
}

fn withdrawal(event: &Event, coming: u32, acceptance: &str, cause: &'static str) -> NewWithdrawal {
    NewWithdrawal {
        id: event.id(),
        acceptance_id: acceptance.to_owned(),
        account_id: event.person.map(account_id).unwrap_or_default(),
        service: event.service.unwrap_or_default(),
        cause,
        receipt: life::receipt(coming),
        change_id: event.digits.clone(),
        withdrawn_at: event.at,
    }
}
