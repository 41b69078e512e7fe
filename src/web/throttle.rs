//! Throttling of failed sign-ins, per account and per address, forgiving with time.
//!
//! An account's failure is counted *before* the password goes to the directory and forgiven when it was right, so that many
//! attempts at once cannot slip through and the directory's own lockout is never reached. An address's failure is counted
//! afterwards: a lecture hall behind one address may sign in all at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DefaultKeyedStateStore,
};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::settings::SignIn;
use crate::clock::{Clock, Instant};

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, PortalClock, NoOpMiddleware<Nanos>>;

/// How many names are remembered before old ones are cleared away.
const REMEMBERED: usize = 100_000;

pub(super) struct Throttle {
    accounts: Limiter<(String, u32)>,
    /// How often an account's failures were forgiven; part of its key, so that forgiving means starting anew.
    forgiven: Mutex<HashMap<String, u32>>,
    addresses: Limiter<IpAddr>,
    blocked: Mutex<HashMap<IpAddr, Instant>>,
    clock: Clock,
}

/// Come back after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait(pub(super) Duration);

impl Wait {
    /// Whole minutes, at least one.
    pub(super) fn minutes(self) -> u64 {
        self.0.as_secs().div_ceil(60).max(1)
    }
}

impl Throttle {
    pub(super) fn new(settings: &SignIn, clock: Clock) -> Self {
        let limiter_clock = PortalClock(clock.clone());
        Self {
            accounts: limiter(settings.failures_per_account, settings.forgive_account_after, limiter_clock.clone()),
            forgiven: Mutex::default(),
            addresses: limiter(settings.failures_per_address, settings.forgive_address_after, limiter_clock),
            blocked: Mutex::default(),
            clock,
        }
    }

    /// Whether somebody at this address may try at all.
    pub(super) fn admit_address(&self, address: IpAddr) -> Result<(), Wait> {
        let now = self.clock.now();
        let mut blocked = lock(&self.blocked);
        match blocked.get(&address) {
            Some(until) if *until > now => Err(Wait((*until - now).to_std().unwrap_or_default())),
            Some(_) => {
                blocked.remove(&address);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Counts an attempt on this account; call it before the password leaves for the directory.
    pub(super) fn admit_account(&self, account: &str) -> Result<(), Wait> {
        let key = self.account_key(account);
        self.accounts.check_key(&key).map_err(|until| Wait(until.wait_time_from(self.now_for_limiter())))
    }

    /// The password was right: earlier failures are forgotten.
    pub(super) fn forgive_account(&self, account: &str) {
        let mut forgiven = lock(&self.forgiven);
        if forgiven.len() > REMEMBERED {
            self.accounts.retain_recent();
            forgiven.clear();
        }
        let times = forgiven.entry(normal(account)).or_default();
        *times = times.wrapping_add(1);
    }

    /// Counts a failed attempt from this address.
    pub(super) fn count_failure(&self, address: IpAddr) {
        if let Err(until) = self.addresses.check_key(&address) {
            let wait = until.wait_time_from(self.now_for_limiter());
            let mut blocked = lock(&self.blocked);
            if blocked.len() > REMEMBERED {
                self.addresses.retain_recent();
                let now = self.clock.now();
                blocked.retain(|_, until| *until > now);
            }
            blocked.insert(address, self.clock.now() + TimeDelta::from_std(wait).unwrap_or_default());
        }
        if self.accounts.len() > REMEMBERED {
            self.accounts.retain_recent();
        }
    }

    fn account_key(&self, account: &str) -> (String, u32) {
        let name = normal(account);
        let times = lock(&self.forgiven).get(&name).copied().unwrap_or_default();
        (name, times)
    }

    fn now_for_limiter(&self) -> Nanos {
        PortalClock(self.clock.clone()).now()
    }
}

fn limiter<K: Clone + Eq + std::hash::Hash>(burst: u32, forgive_after: Duration, clock: PortalClock) -> Limiter<K> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(forgive_after).unwrap_or_else(|| Quota::per_minute(burst)).allow_burst(burst);
    RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock)
}

/// Directories do not tell apart capitals, compatible characters or blanks (RFC 4518), and ignore invisible characters, so neither
/// may the count. Only a digest is kept: names may be long.
fn normal(account: &str) -> String {
    let visible = account.chars().filter(|c| !is_ignored(*c));
    let folded: String = visible.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    hex::encode(Sha256::digest(words.join(" ")))
}

/// Mapped to nothing by RFC 4518, section 2.2.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}')
        || (c.is_control() && !c.is_whitespace())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The portal's clock, as the limiter wants it.
#[derive(Clone, Debug)]
pub(super) struct PortalClock(Clock);

impl PortalClock {
    pub(super) fn new(clock: &Clock) -> Self {
        Self(clock.clone())
    }
}

impl GovernorClock for PortalClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let nanos = self.0.now().and_utc().timestamp_nanos_opt().unwrap_or_default();
        Nanos::new(u64::try_from(nanos).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(clock: &Clock) -> Throttle {
        let settings = SignIn {
            failures_per_account: 3,
            forgive_account_after: Duration::from_mins(15),
            failures_per_address: 5,
            forgive_address_after: Duration::from_secs(2),
            refusal_takes: Duration::ZERO,
            deadline: Duration::from_secs(5),
            at_once: 1,
            busy_after: Duration::ZERO,
        };
        Throttle::new(&settings, clock.clone())
    }

    fn clock() -> Clock {
        Clock::standing_at(chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(9, 0, 0).unwrap())
    }

    #[test]
    fn an_account_has_three_attempts_and_then_one_each_quarter_of_an_hour() {
        let throttle = throttle(&clock());
        for _ in 0..3 {
            assert!(throttle.admit_account("amueller").is_ok());
        }
        assert!(throttle.admit_account(" AMueller ").unwrap_err().minutes() <= 15);
        for other_spelling in ["ａmueller", "a\u{ad}mueller", "AMUELLER"] {
            assert!(throttle.admit_account(other_spelling).is_err(), "{other_spelling}");
        }
        assert!(throttle.admit_account("bschmidt").is_ok());
    }

    #[test]
    fn time_and_a_right_password_forgive() {
        let clock = clock();
        let throttle = throttle(&clock);
        for _ in 0..3 {
            assert!(throttle.admit_account("a").is_ok());
        }
        clock.advance(TimeDelta::minutes(16));
        assert!(throttle.admit_account("a").is_ok());
        assert!(throttle.admit_account("a").is_err());
        throttle.forgive_account("A");
        assert!(throttle.admit_account("a").is_ok());
    }

    #[test]
    fn an_address_is_stopped_by_failures_only_and_not_for_long() {
        let clock = clock();
        let throttle = throttle(&clock);
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..6 {
            assert!(throttle.admit_address(address).is_ok());
            throttle.count_failure(address);
        }
        assert!(throttle.admit_address(address).is_err());
        assert!(throttle.admit_address("192.0.2.2".parse().unwrap()).is_ok());
        clock.advance(TimeDelta::seconds(3));
        assert!(throttle.admit_address(address).is_ok());
    }
}
