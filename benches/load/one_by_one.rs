//! What can be counted when nothing else happens: operations and transactions of one activation, pages, memory, the start.

use std::time::Duration;

use crate::{
    Case, DatabaseKind,
    crowd::{self, User},
    figures::{Round, resident},
    portal::{PROGRAM, Portal},
    postgres::Counted,
};

/// How many activations are counted.
const COUNTED: usize = 100;

/// Operations that reached the directory, from its log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Operations {
    pub binds: usize,
    pub searches: usize,
    pub compares: usize,
    pub modifies: usize,
}

impl Operations {
    pub fn in_log(log: &str) -> Self {
        let count = |mark: &str| log.lines().filter(|line| line.contains(mark)).count();
        Self {
            binds: count(" method=128"),
            searches: count(" SRCH base="),
            compares: count(" CMP dn="),
            modifies: count(" MOD dn="),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.binds += other.binds;
        self.searches += other.searches;
        self.compares += other.compares;
        self.modifies += other.modifies;
    }
}

/// What was found out about one database.
pub struct Counts {
    pub with_rules: Activations,
    pub without_rules: Activations,
    pub first_answer: Duration,
    pub sign_in_page: Round,
    pub permissions_page: Round,
    pub idle: u64,
    pub after_pages: u64,
    pub sessions: usize,
    pub with_sessions: u64,
    pub binary: u64,
}

/// What a number of activations needed, one after the other.
pub struct Activations {
    pub count: usize,
    pub operations: Operations,
    /// PostgreSQL counts them; on SQLite they are the same.
    pub transactions: Option<Counted>,
}

impl Activations {
    async fn on(portal: &Portal, case: Case<'_>, name: &str) -> Self {
        // Connections are made before anything is counted.
        let users = crowd::browsers(&portal.address, 1, User::Portal);
        let (first, users) = crowd::round(users, vec![0], true, case.each_round).await;
        assert!(first.failures.is_empty(), "the first activation: {:?}\n{:?}", first.failures, portal.complaints());
        let counted = || case.postgres.filter(|_| case.database == DatabaseKind::Postgres).map(|p| p.counted(name));
        let (before, log) = (counted(), case.university.server.log_length());
        let (activations, _) = crowd::round(users, (1..=COUNTED).collect(), true, Duration::from_mins(1)).await;
        let operations = Operations::in_log(&case.university.server.log_since(log));
        let transactions = counted().zip(before).map(|(after, before)| Counted {
            commits: after.commits - before.commits,
            writes: after.writes - before.writes,
        });
        let everybody: Vec<usize> = first.people.iter().chain(&activations.people).copied().collect();
        case.university.take_out(case.members, &everybody).await;
        Self { count: activations.people.len(), operations, transactions }
    }
}

pub async fn measure(case: Case<'_>, sessions: usize) -> Counts {
    let plain = "counted_plain";
    let portal = Portal::without_rules(case.university, case.members, case.url(plain).as_deref());
    let without_rules = Activations::on(&portal, case, plain).await;
    drop(portal);

    let name = "counted";
    let portal = Portal::start(case.university, case.members, case.url(name).as_deref());
    let browser = |count, user: fn(_) -> User| crowd::browsers(&portal.address, count, user);
    let people: Vec<usize> = (0..case.university.people).collect();
    let idle = resident(portal.pid());
    let with_rules = Activations::on(&portal, case, name).await;

    let users = browser(case.users, User::SignInPage);
    let (sign_in_page, _) = crowd::round(users, vec![0; 10_000_000], true, case.each_round).await;
    let (_, users) = crowd::round(browser(case.users, User::Session), people.clone(), true, Duration::ZERO).await;
    let signed_in = sign_in_all(users).await;
    let (permissions_page, _) = crowd::round(signed_in, vec![0; 10_000_000], true, case.each_round).await;
    let after_pages = resident(portal.pid());
    let many: Vec<usize> = (0..sessions).map(|number| number % case.university.people).collect();
    let (begun, _) = crowd::round(browser(case.users, User::Session), many, true, Duration::from_mins(10)).await;
    let with_sessions = resident(portal.pid());
    Counts {
        with_rules,
        without_rules,
        first_answer: portal.first_answer,
        sign_in_page,
        permissions_page,
        idle,
        after_pages,
        sessions: begun.ways.len(),
        with_sessions,
        binary: std::fs::metadata(PROGRAM).map_or(0, |file| file.len()),
    }
}

/// The same people, now with a session each and the permissions page before them.
async fn sign_in_all(users: Vec<User>) -> Vec<User> {
    let mut signed_in = Vec::new();
    for (number, user) in users.into_iter().enumerate() {
        let User::Session(mut browser) = user else { continue };
        browser.sign_in(number).await.expect("signing in");
        signed_in.push(User::PermissionsPage(browser));
    }
    signed_in
}
