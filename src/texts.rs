//! Every text of the portal, in both languages (Fluent files under `locales/`), and how dates are written.

use std::{borrow::Cow, collections::HashMap};

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;
use fluent_templates::{LanguageIdentifier, Loader, fluent_bundle::FluentValue, langid, static_loader};

use crate::{clock::Instant, domain::locale::Locale};

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "de",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static GERMAN: LanguageIdentifier = langid!("de");
static ENGLISH: LanguageIdentifier = langid!("en");

const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

type Arguments = HashMap<Cow<'static, str>, FluentValue<'static>>;

/// The text under `key`; the key itself if there is none (a test sees to it that there is).
pub fn text(locale: Locale, key: &str) -> String {
    lookup(locale, key, &Arguments::new())
}

/// The text under `key` with its placeholders (`{ $name }`) filled in.
pub fn text_with(locale: Locale, key: &str, args: &[(&str, String)]) -> String {
    let args = args.iter().map(|(name, value)| (Cow::Owned((*name).to_owned()), FluentValue::from(value.clone())));
    lookup(locale, key, &args.collect())
}

/// The text under `key` in the plural form for `{ $count }`.
pub fn text_count(locale: Locale, key: &str, count: u64) -> String {
    lookup(locale, key, &Arguments::from([(Cow::Borrowed("count"), FluentValue::from(count))]))
}

/// `23. November 2026, 14:03 Uhr` or `23 November 2026, 14:03`.
pub fn date_time(locale: Locale, at: Instant, tz: Tz) -> String {
    format!("{}, {}", date(locale, at, tz), clock(locale, at, tz))
}

/// `14:03 Uhr` or `14:03`.
pub fn clock(locale: Locale, at: Instant, tz: Tz) -> String {
    let local = at.and_utc().with_timezone(&tz);
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    match locale {
        Locale::De => format!("{clock} Uhr"),
        Locale::En => clock,
    }
}

/// `23. November 2026` or `23 November 2026`.
pub fn date(locale: Locale, at: Instant, tz: Tz) -> String {
    let local = at.and_utc().with_timezone(&tz);
    let (day, month, year) = (local.day(), local.month0() as usize, local.year());
    match locale {
        Locale::De => format!("{day}. {} {year}", MONTHS_DE[month]),
        Locale::En => format!("{day} {} {year}", MONTHS_EN[month]),
    }
}

/// `14:03:05 Uhr` or `14:03:05`.
pub fn time(locale: Locale, at: Instant, tz: Tz) -> String {
    let local = at.and_utc().with_timezone(&tz);
    let clock = format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second());
    match locale {
        Locale::De => format!("{clock} Uhr"),
        Locale::En => clock,
    }
}

/// RFC 3339 in UTC, for `<time datetime>`.
pub fn machine_time(at: Instant) -> String {
    at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// RFC 3339 in UTC with microseconds, for exports.
pub fn exact_time(at: Instant) -> String {
    at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn lookup(locale: Locale, key: &str, args: &Arguments) -> String {
    let language = match locale {
        Locale::De => &GERMAN,
        Locale::En => &ENGLISH,
    };
    TEXTS.try_lookup_with_args(language, key, args).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        path::Path,
    };

    use chrono::NaiveDate;

    use super::*;

    fn afternoon() -> Instant {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(13, 3, 5).unwrap()
    }

    /// Path and content of every file below `folder` with one of the endings.
    fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                found.extend(files(&name, endings));
            } else if endings.iter().any(|e| name.ends_with(e)) {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
        found
    }

    /// Key → names of its placeholders.
    fn keys(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for (name, content) in files(&format!("locales/{}", locale.code()), &[".ftl"]) {
            for line in content.lines() {
                if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                    line.split(" =").next().unwrap().clone_into(&mut current);
                    let previous = keys.insert(current.clone(), BTreeSet::new());
                    assert!(previous.is_none(), "{name}: {current} twice");
                }
                if !line.starts_with('#') {
                    let names = line.split('$').skip(1).map(|rest| {
                        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
                    });
                    keys.entry(current.clone()).or_default().extend(names);
                }
            }
        }
        keys.remove("");
        keys
    }

    /// Every string literal of the form of a key after one of the calls that look texts up.
    fn called() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (_, content) in files("templates", &[".html", ".txt"]).into_iter().chain(files("src/web", &[".rs"])) {
            for call in [".t(\"", ".with(\"", ".count(\""] {
                found.extend(content.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
        found
    }

    #[test]
    fn both_languages_have_the_same_keys_with_the_same_placeholders() {
        assert_eq!(keys(Locale::De), keys(Locale::En));
    }

    #[test]
    fn every_key_that_pages_ask_for_exists() {
        let known = keys(Locale::De);
        let missing: Vec<_> = called().into_iter().filter(|key| !known.contains_key(key)).collect();
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn no_key_is_unused() {
        let sources: String = files("templates", &[".html", ".txt"])
            .into_iter()
            .chain(files("src", &[".rs"]))
            .map(|(_, content)| content)
            .collect();
        let unused: Vec<_> =
            keys(Locale::De).into_keys().filter(|key| !sources.contains(&format!("\"{key}\""))).collect();
        assert_eq!(unused, Vec::<String>::new());
    }

    #[test]
    fn dates_are_written_as_the_language_writes_them() {
        let tz = chrono_tz::Europe::Berlin;
        assert_eq!(date_time(Locale::De, afternoon(), tz), "23. November 2026, 14:03 Uhr");
        assert_eq!(date_time(Locale::En, afternoon(), tz), "23 November 2026, 14:03");
        assert_eq!(time(Locale::De, afternoon(), tz), "14:03:05 Uhr");
        assert_eq!(time(Locale::En, afternoon(), tz), "14:03:05");
        assert_eq!(machine_time(afternoon()), "2026-11-23T13:03:05Z");
    }

    #[test]
    fn placeholders_are_filled_in_without_marks_around_them() {
        let filled = text_with(Locale::En, "error-request", &[("id", "abc".to_owned())]);
        assert!(filled.contains("abc") && !filled.contains('\u{2068}'), "{filled}");
    }
}
