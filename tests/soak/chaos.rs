//! Everything that fails, one after the other, at random.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query};
use rand::{RngExt as _, rngs::StdRng};

use crate::{
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
pub struct Faults(BTreeMap<&'static str, usize>);

impl Faults {
    pub fn summary(&self) -> String {
        let each: Vec<String> = self.0.iter().map(|(name, count)| format!("{count} {name}")).collect();
        each.join(", ")
    }
}

impl Chaos {
    /// Makes faults until it is over; then everything works again.
    pub fn rage(&self, mut random: StdRng, over: &AtomicBool) -> Faults {
        let mut faults = Faults::default();
        while !over.load(Ordering::SeqCst) {
            let name = self.fail(&mut random);
            *faults.0.entry(name).or_default() += 1;
            sleep(Duration::from_millis(random.random_range(50..400)));
        }
        faults
    }

    /// Makes one fault and mends it.
    fn fail(&self, random: &mut StdRng) -> &'static str {
        let mut some = |from: u64, to: u64| Duration::from_millis(random.random_range(from..to));
        let (short, long, late) = (some(20, 300), some(200, 1500), some(20, 500));
        match random.random_range(0..15) {
            0 => {
                let mut ldap = self.ldap.lock().expect("the directory");
                ldap.stop();
                sleep(long);
                ldap.restart();
                "directory stops"
            }
            1 => {
                let mut ldap = self.ldap.lock().expect("the directory");
                ldap.crash();
                sleep(short);
                ldap.restart();
                "directory crashes"
            }
            2 => {
                let ldap = self.ldap.lock().expect("the directory");
                ldap.freeze();
                sleep(long);
                ldap.thaw();
                "directory freezes"
            }
            3 => {
                self.ldap_proxy.cut();
                "directory connections cut"
            }
            4 => {
                self.ldap_proxy.cut_after(random.random_range(0..2000));
                "directory connections cut in the middle"
            }
            5 => self.weather(&self.ldap_proxy, Weather::Slow(late), long, "slow directory"),
            6 => self.weather(&self.ldap_proxy, Weather::Hanging, long, "hanging directory"),
            7 => self.weather(&self.ldap_proxy, Weather::SwallowingAnswers, short, "lost answers of the directory"),
            8 => self.weather(&self.ldap_proxy, Weather::Refusing, long, "directory refuses connections"),
            9 => {
                let smtp = self.smtp.lock().expect("the mail server");
                smtp.answer(Some("451 Try again later"));
                sleep(long);
                smtp.answer(None);
                "mail server refuses"
            }
            10 => {
                let mut smtp = self.smtp.lock().expect("the mail server");
                smtp.stop();
                sleep(short);
                smtp.restart();
                "mail server stops"
            }
            11 => {
                self.smtp_proxy.cut();
                "mail connections cut"
            }
            12 if self.postgres.is_some() => {
                self.cut_database();
                "database connections cut"
            }
            _ => {
                let mut portal = self.portals[random.random_range(0..self.portals.len())].lock().expect("a portal");
                portal.kill();
                sleep(short);
                portal.restart();
                "portal kills"
            }
        }
    }

    fn weather(&self, proxy: &Proxy, weather: Weather, lasts: Duration, name: &'static str) -> &'static str {
        proxy.set(weather);
        sleep(lasts);
        proxy.set(Weather::Fair);
        name
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
