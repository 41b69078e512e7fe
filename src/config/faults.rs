//! What is wrong with a configuration: everything at once, each with its place and remedy.

use std::{fmt, path::PathBuf};

/// Why a value cannot be used, before it is known where it stands.
#[derive(Debug)]
pub(super) struct Wrong {
    pub what: String,
    pub remedy: String,
}

impl Wrong {
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The configuration file; the line counts from one and is missing if the key has no place in it yet.
    File(PathBuf, Option<usize>),
    /// An environment variable, by its name.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// One thing that is wrong. It never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key with dots, e.g. `directory.people.base`.
    pub key: String,
    pub place: Place,
    pub what: String,
    /// What the operator has to do.
    pub remedy: String,
}

/// Everything that is wrong, in the order of the file; what the environment says comes last.
#[derive(Debug)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| a.place.cmp(&b.place));
        Self(faults)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in (1..).zip(&self.0) {
            writeln!(f, "{number}. {} ({})", fault.key, fault.place)?;
            writeln!(f, "   {}", fault.what)?;
            writeln!(f, "   Remedy: {}\n", fault.remedy)?;
        }
        match self.0.len() {
            1 => f.write_str("1 fault in the configuration"),
            count => write!(f, "{count} faults in the configuration"),
        }
    }
}

impl std::error::Error for Faults {}

/// The known name that `unknown` was most likely meant to be: a typing error or two away, or the same last
/// part in another section.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>, separator: char) -> Option<&'a str> {
    let last = |path: &str| path.rsplit(separator).next().unwrap_or_default().to_owned();
    let wanted = last(unknown);
    let elsewhere = |name: &str| if last(name) == wanted { 3 } else { usize::MAX };
    known
        .map(|name| (edits(unknown, name).min(elsewhere(name)), name))
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .map(|(_, name)| name)
}

/// The Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
