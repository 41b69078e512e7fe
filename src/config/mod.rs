//! The configuration: one TOML file, overridden by environment variables, checked completely at the start.
//!
//! Every setting comes from the environment variable `LATCHKEY_…` (the key in upper case, dots and dashes as
//! `_`), else from the file, else from its default. Whatever is wrong is reported at once, each with its place
//! and remedy. `latchkey.example.toml` shows every key.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use tracing::level_filters::LevelFilter;

mod audit;
mod courses;
mod data_protection;
mod faults;
mod files;
mod outside;
mod portal;
mod reader;
mod roles;
mod services;
mod source;
mod teaching;
#[cfg(test)]
mod tests;
mod values;

pub use faults::{Fault, Faults, Place};

use crate::{
    db, directory,
    domain::{
        catalogue::Catalogue,
        locale::{Locale, Text},
    },
    mail,
    web::{self, pages::legal::LegalText},
    work,
};
use faults::Wrong;
use reader::{Reader, Section};
use source::Source;

/// Everything the portal needs to know from its operator.
#[derive(Clone, Debug)]
pub struct Config {
    pub web: web::settings::Settings,
    /// The address on which the portal itself answers.
    pub listen: SocketAddr,
    pub database: db::Settings,
    pub directory: directory::settings::Settings,
    pub courses: directory::courses::settings::Settings,
    pub mail: mail::Settings,
    pub work: work::Settings,
    pub audit: work::AuditSettings,
    /// Folder with the texts of the terms.
    pub terms_folder: PathBuf,
    pub catalogue: Catalogue,
    pub log: LogSettings,
    pub controller: Controller,
    /// SHA-256 in hex of what holds in the end, secrets left out: equal for equal configurations.
    pub digest: String,
}

impl Config {
    /// Privacy, imprint, accessibility and help as visitors read them, each with its file's name.
    pub fn legal_texts(&self) -> Vec<(String, String)> {
        let folder = self.web.legal_folder.as_deref();
        let each = LegalText::ALL.into_iter().flat_map(|text| Locale::ALL.map(|locale| (text, locale)));
        each.map(|(text, locale)| (format!("{}.{}.md", text.name(), locale.code()), text.read(folder, locale)))
            .collect()
    }
}

/// Who answers for the personal data, for the record of processing activities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// The organisation's address and telephone.
    pub contact: Option<Text>,
    /// The data protection officer.
    pub officer: Option<Text>,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    pub level: LevelFilter,
    /// One JSON object per line instead of text for people.
    pub json: bool,
}

/// Reads and checks the configuration.
///
/// # Errors
///
/// Every fault there is, not only the first.
pub fn load(path: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Config, Faults> {
    let text = fs::read_to_string(path).map_err(|error| {
        Faults::new(vec![Fault {
            key: "(the file)".to_owned(),
            place: Place::File(path.to_owned(), None),
            what: format!("It cannot be read: {error}."),
            remedy: "Create it from latchkey.example.toml, or name the right file with --config.".to_owned(),
        }])
    })?;
    let reader = Reader::new(Source::parse(path, &text, environment)?);
    let config = read(&reader);
    reader.finish().map(|()| config)
}

/// Reads everything, so that every fault is noted.
fn read(reader: &Reader) -> Config {
    let (web, listen) = portal::read(reader);
    let database = database(&reader.section("database"));
    let mut directory = outside::directory(&reader.section("directory"));
    directory.roles = roles::rules(&reader.section("roles"));
    let courses = courses::sources(&reader.section("courses"));
    let mail = outside::mail(&reader.section("mail"));
    let work =
        worker(&reader.section("work"), web.session.idle, data_protection::erasure(&reader.section("data_protection")));
    let audit = audit::read(&reader.section("audit"), &web.portal.public_url);
    let terms_folder = reader.section("terms").folder("folder", Some("terms")).unwrap_or_default();
    let log = log(&reader.section("log"));
    let controller = data_protection::controller(&reader.section("data_protection"));
    let catalogue = services::catalogue(&reader.section("services"));
    let digest = hex::encode(Sha256::digest(reader.effective()));
    Config {
        web,
        listen,
        database,
        directory,
        courses,
        mail,
        work,
        audit,
        terms_folder,
        catalogue,
        log,
        controller,
        digest,
    }
}

fn database(section: &Section<'_>) -> db::Settings {
    let url = section.required_secret("url");
    let url = match url.expose_secret() {
        "" => String::new(),
        url => database_url(section, url),
    };
    section.holds("url", without_password(&url));
    db::Settings {
        url: url.into(),
        pool_size: section.number("pool_size", 8, 1..=1000),
        wait: section.duration("wait", "3s", ("100ms", "60s")),
    }
}

/// The URL with the path of a SQLite file made absolute. Faults leave the URL out: it may hold a password.
fn database_url(section: &Section<'_>, url: &str) -> String {
    match url.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() => format!("sqlite://{}", section.resolve(path).display()),
        Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => url.to_owned(),
        _ => {
            let remedy = "Write \"sqlite:///var/lib/latchkey/latchkey.db\" or \"postgres://user@host/database\".";
            section.fault("url", Wrong::new("This is not the address of a database.", remedy));
            String::new()
        }
    }
}

/// A URL without what stands between the user's name and the host, and without the value of a parameter `password`.
fn without_password(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return String::new() };
    if parsed.scheme() == "sqlite" {
        return url.to_owned();
    }
    let kept: Vec<(String, String)> =
        parsed.query_pairs().filter(|(name, _)| name != "password").map(|(n, v)| (n.into(), v.into())).collect();
    parsed.set_query(None);
    if !kept.is_empty() {
        parsed.query_pairs_mut().extend_pairs(kept);
    }
    // Fails only for URLs without a host, which hold no password.
    let _ = parsed.set_password(None);
    parsed.into()
}

fn worker(section: &Section<'_>, session_idle: Duration, erasure: work::Erasure) -> work::Settings {
    let settings = work::Settings {
        poll: section.duration("poll", "2s", ("100ms", "5m")),
        lease: section.duration("lease", "30s", ("5s", "1h")),
        retry_first: section.duration("retry_first", "1s", ("100ms", "1h")),
        retry_at_most: section.duration("retry_at_most", "5m", ("1s", "1d")),
        confirm_after: section.duration("confirm_after", "5s", ("100ms", "5m")),
        session_idle,
        erasure,
    };
    if settings.retry_at_most < settings.retry_first {
        let wrong = Wrong::new("This is shorter than retry_first.", "Write a longer duration, or shorten retry_first.");
        section.fault("retry_at_most", wrong);
    }
    settings
}

fn log(section: &Section<'_>) -> LogSettings {
    let levels = [
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
    let formats = [("text", false), ("json", true)];
    LogSettings {
        level: section.choice("level", Some("info"), &levels).unwrap_or(LevelFilter::INFO),
        json: section.choice("format", Some("text"), &formats).unwrap_or_default(),
    }
}

/// A list of addresses of machines.
fn addresses(section: &Section<'_>, key: &str) -> Vec<IpAddr> {
    let list = section.list(key, Some(&[])).unwrap_or_default();
    let parse = |text: &String| {
        let address = text.parse().ok();
        if address.is_none() {
            let what = format!("{} is not an IP address.", values::quoted(text));
            section.fault(key, Wrong::new(what, "Write addresses such as \"10.0.0.5\" or \"2001:db8::5\"."));
        }
        address
    };
    list.iter().filter_map(parse).collect()
}
