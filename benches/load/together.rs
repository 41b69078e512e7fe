//! Activations and withdrawals by many people at once, through the portal and without it, in turns.

use std::time::Duration;

use crate::{
    Case,
    crowd::{self, User},
    figures::{Round, cpu_time},
    one_by_one::Operations,
    portal::Portal,
};

/// One kind of change, on both sides.
#[derive(Default)]
pub struct Sides {
    pub portal: Round,
    pub raw: Round,
}

/// What was measured in one case.
#[derive(Default)]
pub struct Measured {
    pub activations: Sides,
    pub withdrawals: Sides,
    /// All activations through the portal together.
    pub operations: Operations,
    pub computing: Computing,
    /// How long the mails took that were still owed at the end of the rounds.
    pub backlog: Duration,
    pub complaints: Vec<String>,
}

/// Computing time while activations went through the portal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Computing {
    pub portal: Duration,
    pub openldap: Duration,
    pub driver: Duration,
}

impl Computing {
    fn now(case: &Case<'_>, portal: &Portal) -> Self {
        Self {
            portal: cpu_time(portal.pid()),
            openldap: cpu_time(case.university.server.pid()),
            driver: cpu_time(std::process::id()),
        }
    }

    fn add_since(&mut self, earlier: Self, now: Self) {
        self.portal += now.portal.saturating_sub(earlier.portal);
        self.openldap += now.openldap.saturating_sub(earlier.openldap);
        self.driver += now.driver.saturating_sub(earlier.driver);
    }
}

/// The people who have not been used yet: whoever is known to the portal's database is not new any more.
struct Unused(std::ops::Range<usize>);

impl Unused {
    fn all(&self) -> Vec<usize> {
        self.0.clone().collect()
    }

    /// The round took the first so many.
    fn used(&mut self, round: &Round) {
        self.0.start += round.ways.len() + round.failures.len();
    }
}

pub async fn measure(case: Case<'_>) -> Measured {
    let name = format!("load_{}_{}", case.members, case.users);
    let database = case.url(&name);
    let portal = Portal::start(case.university, case.members, database.as_deref());
    let mut measured = Measured::default();
    let mut unused = Unused(0..case.university.people);
    let mut browsers = crowd::browsers(&portal.address, case.users, User::Portal);
    let mut workers = crowd::raw(case.university, case.members, case.users).await;
    let warm_up = case.each_round.min(Duration::from_secs(1)) / 2;
    let mut mails = 0;
    for round in 0..=case.rounds {
        // The first round is for warming up and does not count.
        let time = if round == 0 { warm_up } else { case.each_round };
        let is_last = round == case.rounds;
        let (log, before) = (case.university.server.log_length(), Computing::now(&case, &portal));
        let (through, back) = crowd::round(browsers, unused.all(), true, time).await;
        browsers = back;
        unused.used(&through);
        mails += through.people.len();
        if round > 0 {
            measured.computing.add_since(before, Computing::now(&case, &portal));
            measured.operations.add(Operations::in_log(&case.university.server.log_since(log)));
        }
        let backlog = portal.wait_for_mails(mails);
        let withdrawing = if is_last && case.with_withdrawals { through.people.as_slice() } else { &[] };
        let (by_portal, by_hand) = withdrawing.split_at(withdrawing.len() / 2);
        if !withdrawing.is_empty() {
            let (round, back) = crowd::round(browsers, by_portal.to_vec(), false, time).await;
            browsers = back;
            mails += round.people.len();
            portal.wait_for_mails(mails);
            measured.withdrawals.portal.add(round);
            let (round, back) = crowd::round(workers, by_hand.to_vec(), false, time).await;
            workers = back;
            measured.withdrawals.raw.add(round);
        }
        case.university.take_out(case.members, &still_there(&through, &measured.withdrawals)).await;
        let (raw, back) = crowd::round(workers, (0..case.university.people).collect(), true, time).await;
        workers = back;
        case.university.take_out(case.members, &raw.people).await;
        if round > 0 {
            measured.backlog += backlog;
            measured.activations.portal.add(through);
            measured.activations.raw.add(raw);
        }
    }
    measured.complaints = portal.complaints();
    measured
}

fn still_there(added: &Round, withdrawn: &Sides) -> Vec<usize> {
    let gone: std::collections::HashSet<_> = withdrawn.portal.people.iter().chain(&withdrawn.raw.people).collect();
    added.people.iter().copied().filter(|number| !gone.contains(number)).collect()
}
