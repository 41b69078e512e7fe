//! Durations, rates, and what processes used.

use std::{fs, time::Duration};

/// One whole way, and the press of the button in it.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub whole: Duration,
    pub press: Duration,
}

/// What came of one or more rounds.
#[derive(Clone, Debug, Default)]
pub struct Round {
    pub ways: Vec<Way>,
    pub failures: Vec<String>,
    pub lasted: Duration,
    /// Numbers of the people whose change succeeded.
    pub people: Vec<usize>,
}

impl Round {
    pub fn add(&mut self, other: Self) {
        self.ways.extend(other.ways);
        self.failures.extend(other.failures);
        self.people.extend(other.people);
        self.lasted += other.lasted;
    }

    pub fn per_second(&self) -> f64 {
        per_second(self.ways.len(), self.lasted)
    }

    pub fn whole(&self) -> Quantiles {
        Quantiles::of(self.ways.iter().map(|way| way.whole).collect())
    }

    pub fn press(&self) -> Quantiles {
        Quantiles::of(self.ways.iter().map(|way| way.press).collect())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few millions at most")]
pub fn per_second(count: usize, lasted: Duration) -> f64 {
    count as f64 / lasted.as_secs_f64().max(1e-9)
}

/// The median and the 99th percentile.
#[derive(Clone, Copy, Debug)]
pub struct Quantiles {
    pub p50: Duration,
    pub p99: Duration,
}

impl Quantiles {
    pub fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort();
        let at = |percent: usize| {
            let place = (durations.len() * percent / 100).min(durations.len().saturating_sub(1));
            durations.get(place).copied().unwrap_or_default()
        };
        Self { p50: at(50), p99: at(99) }
    }

    /// `1.2 / 3.4`, in milliseconds.
    pub fn text(self) -> String {
        format!("{} / {}", milliseconds(self.p50), milliseconds(self.p99))
    }
}

pub fn milliseconds(duration: Duration) -> String {
    let value = duration.as_secs_f64() * 1000.0;
    if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// Computing time that a process has used so far, from `/proc/<id>/stat` (in hundredths of a second).
pub fn cpu_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
    let ticks = [11, 12].iter().filter_map(|&place| fields.get(place)?.parse::<u64>().ok()).sum::<u64>();
    Duration::from_millis(ticks * 10)
}

/// Resident memory of a process in MiB, from `/proc/<id>/status`.
pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
}
