//! The soak: many people change their permissions at once while everything around the portal fails, and the portal is killed.
//!
//! At the end every press that was answered is there, acceptance, entitlement and membership agree person by person, and
//! every mail is explained. The short form runs with the other tests; the long form is
//!
//! ```text
//! LATCHKEY_SOAK_PRESSES=10000 cargo test --test soak -- --nocapture --test-threads=1
//! ```
//!
//! Presses are per setting: SQLite and PostgreSQL, with one portal and with two. Every run prints its seed; `LATCHKEY_SOAK_SEED`
//! makes the same choices again, as far as the machine allows. PostgreSQL is the one of `LATCHKEY_TEST_POSTGRES`, which
//! `scripts/test` starts.

mod chaos;
mod evidence;
mod ledger;
mod people;
mod portal;
mod proxy;
#[path = "../support/mod.rs"]
mod support;
mod visitor;

use std::{
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chaos::{Chaos, Faults};
use latchkey::db::Database;
use ledger::Ledger;
use portal::{Options, Portal, port_of};
use proxy::Proxy;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use support::{
    openldap::{self, OpenLdap},
    people::{BASE, GROUP},
    postgres,
    smtp::Smtp,
};

/// How many browsers are busy at the same time.
const CLIENTS: usize = 8;

/// How many things fail at the same time.
const FAULTS_AT_ONCE: u64 = 2;

/// How long the outbox may take to become empty once everything works again: the lease of a portal that was killed, and
/// the longest wait between two attempts.
const DRAIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_sqlite_with_one_portal() {
    on_sqlite("SQLite, one portal", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_sqlite_with_two_portals() {
    on_sqlite("SQLite, two portals", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_postgresql_with_one_portal() {
    soak("PostgreSQL, one portal", &postgres::database(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_postgresql_with_two_portals() {
    soak("PostgreSQL, two portals", &postgres::database(), 2).await;
}

async fn on_sqlite(setting: &str, portals: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    soak(setting, &portal::sqlite(folder.path()), portals).await;
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

async fn soak(setting: &str, database_url: &str, portals: usize) {
    let seed = number("LATCHKEY_SOAK_SEED").unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
    let presses = usize::try_from(number("LATCHKEY_SOAK_PRESSES").unwrap_or(200)).expect("a number of presses");
    println!("{setting}: LATCHKEY_SOAK_SEED={seed} LATCHKEY_SOAK_PRESSES={presses}");
    let people = (presses / 4).clamp(CLIENTS, 200);
    let ldap = OpenLdap::start(&openldap::Options { students: people + 20, ..openldap::Options::default() });
    let foreigners: Vec<String> = (people + 1..=people + 20).map(|number| person(number).1).collect();
    evidence::add_members(&ldap, GROUP, &foreigners).await;
    let before = evidence::members(&ldap, GROUP).await;
    let smtp = Smtp::start();
    let ldap_proxy = Proxy::before(port_of(&ldap.ldap_url)).await;
    let smtp_proxy = Proxy::before(smtp.port).await;
    let options = Options {
        database: database_url.to_owned(),
        ldap_port: ldap_proxy.port,
        smtp_port: smtp_proxy.port,
        group: GROUP.to_owned(),
        operation_timeout: "1s",
        believe_for: "30s",
        sign_ins_at_once: 64,
    };
    let portals: Vec<_> = (0..portals).map(|_| Mutex::new(Portal::start(&options, &ldap, &smtp))).collect();
    let addresses: Vec<String> = portals.iter().map(|portal| portal.lock().expect("a portal").address()).collect();
    let database = evidence::open(database_url);

    let chaos = Arc::new(Chaos {
        ldap: Mutex::new(ldap),
        smtp: Mutex::new(smtp),
        portals,
        ldap_proxy,
        smtp_proxy,
        postgres: database_url.starts_with("postgres").then(|| database_url.to_owned()),
    });
    let began = Instant::now();
    let (ledger, faults) = drive(&chaos, &addresses, people, presses, seed).await;
    let pressing = began.elapsed();
    let chaos = Arc::into_inner(chaos).expect("everybody else has ended");

    let (backlog, drained) = drain(&database, &chaos, &format!("{setting}, seed {seed}")).await;

    let dossiers = evidence::dossiers(&database).await;
    let members = evidence::members(&chaos.ldap.into_inner().expect("the directory"), GROUP).await;
    let messages = chaos.smtp.into_inner().expect("the mail server").messages();
    let mut breaches = ledger.breaches(&dossiers);
    breaches.extend(ledger::compare(&dossiers, &members, &before, people));
    let (repeats, of_mails) = ledger::mails(&dossiers, &evidence::receipts(&messages), &faults.interruptions);
    breaches.extend(of_mails);
    println!("{setting}: {} in {pressing:.1?}", ledger.summary());
    println!("  faults: {}", faults.summary());
    println!(
        "  {} mails, {repeats} of them repeats; {backlog} still owed at the end, drained in {drained:.1?}",
        messages.len()
    );
    if !breaches.is_empty() {
        keep_logs(&chaos.portals);
    }
    assert!(breaches.is_empty(), "{setting}, seed {seed}:\n{}", breaches.join("\n"));
}

/// Waits until nothing is owed any more; how much it was, and how long it took.
async fn drain(database: &Database, chaos: &Chaos, run: &str) -> (i64, Duration) {
    let (began, backlog) = (Instant::now(), evidence::owed(database).await);
    let mut owed = backlog;
    while owed > 0 {
        if began.elapsed() >= DRAIN {
            keep_logs(&chaos.portals);
            let list = chaos.portals[0].lock().expect("a portal").run(&["outbox", "list"]);
            panic!("{run}: {owed} of {backlog} still owed after {DRAIN:?}:\n{list}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        owed = evidence::owed(database).await;
    }
    (backlog, began.elapsed())
}

/// People press while things fail; at the end nothing fails any more.
async fn drive(chaos: &Arc<Chaos>, addresses: &[String], people: usize, presses: usize, seed: u64) -> (Ledger, Faults) {
    let over = Arc::new(AtomicBool::new(false));
    let failing: Vec<_> = (0..FAULTS_AT_ONCE)
        .map(|number| {
            let (chaos, over) = (Arc::clone(chaos), Arc::clone(&over));
            tokio::task::spawn_blocking(move || chaos.rage(StdRng::seed_from_u64(seed ^ (number << 32)), &over))
        })
        .collect();
    let left = Arc::new(AtomicUsize::new(presses));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let own = (1..=people).filter(|number| number % CLIENTS == client).map(|number| person(number).0);
            let crowd = people::Crowd::new(own, addresses.to_vec());
            let random = StdRng::seed_from_u64(seed + 1 + client as u64);
            tokio::spawn(crowd.press(random, Arc::clone(&left)))
        })
        .collect();
    let mut ledger = Ledger::default();
    for client in clients {
        ledger.extend(client.await.expect("a client"));
    }
    over.store(true, Ordering::SeqCst);
    let mut faults = Faults::default();
    for failing in failing {
        faults.extend(failing.await.expect("the faults"));
    }
    (ledger, faults)
}

/// Username and DN of a student.
pub fn person(number: usize) -> (String, String) {
    let uid = format!("student{number:05}");
    let dn = format!("uid={uid},ou=people,{BASE}");
    (uid, dn)
}

/// The portals' logs, for whoever looks into a breach.
fn keep_logs(portals: &[Mutex<Portal>]) {
    for portal in portals {
        let portal = portal.lock().expect("a portal");
        let file = env::temp_dir().join(format!("latchkey-soak-{}.log", portal.port));
        std::fs::write(&file, portal.log()).expect("a file");
        println!("  log: {}", file.display());
    }
}
