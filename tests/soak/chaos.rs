//! Everything that fails, one after the other, at random.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use chrono::NaiveDateTime;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query};
use rand::{RngExt as _, rngs::StdRng};

use crate::{
    people::now,
    portal::Portal,
    proxy::{Proxy, Weather},
    support::{openldap::OpenLdap, smtp::Smtp},
};

/// What can be made to fail.
pub struct Chaos {
    pub ldap: Mutex<OpenLdap>,
    pub smtp: Mutex<Smtp>,
    pub portals: Vec<Mutex<Portal>>,
    pub ldap_proxy: Proxy,
    pub smtp_proxy: Proxy,
    /// The URL of the database if connections to it can be cut.
    pub postgres: Option<String>,
}

/// How often each fault was made.
#[derive(Debug, Default)]
pub struct Faults {
    counts: BTreeMap<&'static str, usize>,
    /// When something began that may interrupt the delivery of a mail.
    pub interruptions: Vec<NaiveDateTime>,
}

impl Faults {
    pub fn extend(&mut self, others: Self) {
        for (name, count) in others.counts {
            *self.counts.entry(name).or_default() += count;
        }
        self.interruptions.extend(others.interruptions);
    }

    pub fn summary(&self) -> String {
        let each: Vec<String> = self.counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        each.join(", ")
    }
}

impl Chaos {
    /// Makes faults until it is over; then everything works again, as far as nobody else makes faults.
    pub fn rage(&self, mut random: StdRng, over: &AtomicBool) -> Faults {
        let mut faults = Faults::default();
        while !over.load(Ordering::SeqCst) {
            let began = now();
            let name = self.fail(&mut random);
            *faults.counts.entry(name).or_default() += 1;
            if name.contains("mail") || name.contains("portal") || name.contains("database") {
                faults.interruptions.push(began);
            }
            pause(&mut random, 50..400);
        }
        faults
    }

    /// Makes one fault and mends it.
    fn fail(&self, random: &mut StdRng) -> &'static str {
        match random.random_range(0..16) {
            0..5 => self.fail_network_of_directory(random),
            5..9 => self.fail_directory(random),
            9..12 => self.fail_mail(random),
            12 if self.postgres.is_some() => {
                self.cut_database();
                "database connections cut"
            }
            _ => {
                let portal = random.random_range(0..self.portals.len());
                let mut portal = self.portals[portal].lock().expect("a portal");
                portal.kill();
                pause(random, 20..300);
                portal.restart();
                "portal kills"
            }
        }
    }

    fn fail_directory(&self, random: &mut StdRng) -> &'static str {
        let mut ldap = self.ldap.lock().expect("the directory");
        match random.random_range(0..3) {
            0 => {
                ldap.stop();
                pause(random, 200..1500);
                ldap.restart();
                "directory stops"
            }
            1 => {
                ldap.crash();
                pause(random, 20..300);
                ldap.restart();
                "directory crashes"
            }
            _ => {
                ldap.freeze();
                pause(random, 200..1500);
                ldap.thaw();
                "directory freezes"
            }
        }
    }

    fn fail_network_of_directory(&self, random: &mut StdRng) -> &'static str {
        let proxy = &self.ldap_proxy;
        let late = Duration::from_millis(random.random_range(20..500));
        let (weather, lasts, name) = match random.random_range(0..7) {
            0 => {
                proxy.cut();
                return "directory connections cut";
            }
            1 => {
                proxy.cut_after(random.random_range(0..2000));
                return "directory connections cut in the middle";
            }
            2 => (Weather::Slow(late), 200..1500, "slow directory"),
            3 => (Weather::Hanging, 200..1500, "hanging directory"),
            4 => (Weather::SwallowingAnswers, 20..300, "lost answers of the directory"),
            5 => (Weather::Busy, 200..1500, "busy directory"),
            _ => (Weather::Refusing, 200..1500, "directory refuses connections"),
        };
        proxy.set(weather);
        pause(random, lasts);
        proxy.set(Weather::Fair);
        name
    }

    fn fail_mail(&self, random: &mut StdRng) -> &'static str {
        match random.random_range(0..4) {
            0 => {
                let smtp = self.smtp.lock().expect("the mail server");
                smtp.answer(Some("451 Try again later"));
                pause(random, 200..1500);
                smtp.answer(None);
                "mail server refuses"
            }
            1 => {
                let mut smtp = self.smtp.lock().expect("the mail server");
                smtp.stop();
                pause(random, 20..300);
                smtp.restart();
                "mail server stops"
            }
            2 => {
                self.smtp_proxy.set(Weather::Hanging);
                pause(random, 200..1500);
                self.smtp_proxy.set(Weather::Fair);
                "hanging mail server"
            }
            _ => {
                self.smtp_proxy.cut();
                "mail connections cut"
            }
        }
    }

    /// As an administrator does who ends all connections to a database.
    fn cut_database(&self) {
        let url = self.postgres.as_deref().expect("PostgreSQL");
        let mut own = PgConnection::establish(url).expect("a connection");
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sql_query(all).execute(&mut own).expect("cut");
    }
}

/// Some milliseconds.
fn pause(random: &mut StdRng, milliseconds: Range<u64>) {
    sleep(Duration::from_millis(random.random_range(milliseconds)));
}
