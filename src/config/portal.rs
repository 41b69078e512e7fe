//! `[portal]`, `[sign_in]`, `[session]`, `[write]`: what the pages need to know.

use std::net::SocketAddr;

use url::Url;

use super::{
    addresses, courses,
    faults::Wrong,
    reader::{Reader, Section},
    roles, teaching, values,
};
use crate::{
    domain::portal::Portal,
    web::settings::{Inspection, Session, Settings, SignIn},
};

pub(super) fn read(reader: &Reader) -> (Settings, SocketAddr) {
    let portal = reader.section("portal");
    let public_url = portal.parsed("public_url", None, public_url);
    let listen = portal.parsed("listen", Some("127.0.0.1:8080"), |text| {
        let what = || format!("{} is not an address with a port.", values::quoted(text));
        text.parse().map_err(|_| Wrong::new(what(), "Write it like \"127.0.0.1:8080\" or \"[::1]:8080\"."))
    });
    check_encryption(&portal, public_url.as_ref(), listen.as_ref());
    let time_zone = portal.parsed("time_zone", Some("Europe/Berlin"), |text| {
        let what = || format!("{} is not a time zone.", values::quoted(text));
        text.parse().map_err(|_| Wrong::new(what(), "Write its IANA name, for example \"Europe/Berlin\"."))
    });
    let settings = Settings {
        portal: Portal {
            public_url: public_url.unwrap_or_else(stand_in),
            name: portal.in_both("name", Some(("Latchkey", "Latchkey"))),
            organisation: portal.in_both("organisation", None),
            time_zone: time_zone.unwrap_or(chrono_tz::UTC),
            jurisdiction: portal.parsed("jurisdiction", Some("DE"), country).unwrap_or_default(),
        },
        trusted_proxies: addresses(&portal, "trusted_proxies"),
        legal_folder: portal.folder("legal_folder", None),
        corrections: portal.in_both("corrections", None),
        forgotten_password_url: forgotten_password_url(&portal),
        sign_in: sign_in(&reader.section("sign_in")),
        session: session(&reader.section("session")),
        courses: courses::rules(&reader.section("courses")),
        class_exports_per_hour: reader.section("courses").number("exports_per_hour", 10, 1..=1000),
        class_pages_per_minute: reader.section("courses").number("requests_per_minute", 60, 1..=10_000),
        uploads: teaching::uploads(&reader.section("courses")),
        reminders: teaching::reminders(&reader.section("courses.reminder")),
        inspection: inspection(&reader.section("inspection")),
        roles: roles::pages(&reader.section("roles")),
        write_deadline: reader.section("write").duration("deadline", "2s", ("100ms", "30s")),
        page_timeout: reader.section("directory").duration("page_timeout", "800ms", ("100ms", "30s")),
        believe_for: reader.section("directory").duration("believe_for", "30s", ("0ms", "5m")),
    };
    (settings, listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))))
}

/// A country as ISO 3166-1 abbreviates it with two letters.
fn country(text: &str) -> Result<String, Wrong> {
    let is_known = isocountry::CountryCode::for_alpha2(text).is_ok();
    let what = || format!("{} is not the code of a country.", values::quoted(text));
    let remedy = "Write the two letters of ISO 3166-1, for example \"DE\", \"AT\" or \"CH\".";
    if is_known { Ok(text.to_owned()) } else { Err(Wrong::new(what(), remedy)) }
}

/// An origin: scheme, host, port, and nothing else.
fn public_url(text: &str) -> Result<Url, Wrong> {
    let remedy = "Write the address under which members reach the portal, for example \"https://account.uni.example\".";
    let wrong = |what: &str| Wrong::new(format!("{} {what}.", values::quoted(text)), remedy);
    let url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new("This holds a username or password.", remedy));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("starts with neither https nor http"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a path; the portal needs a host name of its own"));
    }
    Ok(url)
}

/// Passwords are typed into these pages: without TLS nothing leaves this machine.
fn check_encryption(portal: &Section<'_>, public_url: Option<&Url>, listen: Option<&SocketAddr>) {
    let Some(url) = public_url.filter(|url| url.scheme() == "http") else { return };
    if !values::is_local(url) {
        let what = format!("{} would send passwords unencrypted.", values::quoted(url.as_str()));
        let remedy = "Use https; the reverse proxy before the portal holds the certificate. \
                      Plain http is for this machine alone.";
        portal.fault("public_url", Wrong::new(what, remedy));
    }
    if let Some(listen) = listen.filter(|listen| !listen.ip().is_loopback()) {
        let what =
            format!("Other machines could reach {listen} without encryption, since public_url starts with http.");
        portal.fault("listen", Wrong::new(what, "Listen on 127.0.0.1, or use https in public_url."));
    }
}

fn forgotten_password_url(portal: &Section<'_>) -> Option<String> {
    portal.optional_parsed("forgotten_password_url", |text| values::link(text, &["https"]).map(|()| text.to_owned()))
}

fn sign_in(section: &Section<'_>) -> SignIn {
    SignIn {
        failures_per_account: section.number("failures_per_account", 3, 1..=1000),
        forgive_account_after: section.duration("forgive_account_after", "15m", ("1s", "1d")),
        failures_per_address: section.number("failures_per_address", 300, 1..=100_000),
        forgive_address_after: section.duration("forgive_address_after", "2s", ("10ms", "1d")),
        refusal_takes: section.duration("refusal_takes", "500ms", ("0ms", "10s")),
        deadline: section.duration("deadline", "5s", ("100ms", "60s")),
        at_once: section.number("at_once", 64, 1..=10_000),
        busy_after: section.duration("busy_after", "100ms", ("10ms", "10s")),
    }
}

fn inspection(section: &Section<'_>) -> Inspection {
    Inspection {
        requests_per_minute: section.number("requests_per_minute", 60, 1..=10_000),
        large_export: section.number("large_export", 50_000, 0..=1_000_000),
        export_folder: section.folder("export_folder", None),
        export_kept: section.duration("export_kept", "1h", ("1m", "1d")),
    }
}

fn session(section: &Section<'_>) -> Session {
    let session = Session {
        idle: section.duration("idle", "30m", ("1m", "1d")),
        absolute: section.duration("absolute", "8h", ("1m", "30d")),
    };
    if session.absolute < session.idle {
        let remedy = "Write a longer duration, or shorten idle.";
        section.fault("absolute", Wrong::new("This is shorter than idle.", remedy));
    }
    session
}

/// Stands for an address that was refused.
fn stand_in() -> Url {
    Url::parse("http://localhost").expect("a constant URL")
}
