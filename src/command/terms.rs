//! `latchkey terms`: publishing the texts in the operator's folder.
//!
//! The folder holds, for each service and version, one Markdown file in each language:
//! `<service>/<number>.de.md` and `<service>/<number>.en.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use chrono::TimeDelta;

use crate::{
    clock::Instant,
    db::{self, Database},
    domain::{
        catalogue::Catalogue,
        locale::{Locale, Text},
        log::{Actor, Origin},
        terms::{self, Draft, Version},
    },
};

/// The largest text that is published.
const LARGEST: u64 = 256 * 1024;

/// What the operator says about a new version.
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// `None`: not said, which is allowed for a first version only.
    pub major: Option<bool>,
    pub grace_days: i32,
    /// Days until it takes effect.
    pub effective_in_days: i32,
}

/// What became of the newest files of a service.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing to do: these texts are published.
    Unchanged(Version),
    Published(Version, BTreeMap<&'static str, String>),
}

/// Texts of one service in the folder, by number.
type Texts = BTreeMap<i32, Text>;

/// Publishes what is new for the services named (all, if none is named) and prints a line for each.
///
/// # Errors
/// If a published version was changed, a language is missing, or nobody said how weighty a new version is. What was
/// published before the error stays published.
pub async fn publish(
    database: &Database,
    catalogue: &Catalogue,
    folder: &Path,
    services: &[String],
    weight: Weight,
    now: Instant,
) -> anyhow::Result<()> {
    for named in services {
        if catalogue.get(named).is_none() {
            bail!("there is no service '{named}' in the configuration");
        }
    }
    let mut missing = Vec::new();
    let wanted = |slug: &str| services.is_empty() || services.iter().any(|named| named == slug);
    for service in catalogue.services.iter().filter(|service| wanted(service.slug.as_str())) {
        let slug = service.slug.as_str();
        match publish_service(database, folder, slug, weight, now).await? {
            None => missing.push(slug),
            Some(Outcome::Unchanged(version)) => say!("{slug}: version {} is published already", version.number),
            Some(Outcome::Published(version, digests)) => {
                let kind = if version.major { "major" } else { "minor" };
                say!("{slug}: published version {} ({kind}, {} days of grace)", version.number, version.grace_days);
                for (locale, digest) in digests {
                    say!("  {locale}  SHA-256 {digest}");
                }
            }
        }
    }
    if let Some(first) = missing.first() {
        let names = missing.join(", ");
        bail!("no texts of: {names}. Write {0}/1.de.md and {0}/1.en.md, and so on", folder.join(first).display());
    }
    Ok(())
}

/// Publishes the newest files of one service; `None` if there are none.
pub async fn publish_service(
    database: &Database,
    folder: &Path,
    service: &str,
    weight: Weight,
    now: Instant,
) -> anyhow::Result<Option<Outcome>> {
    let texts = read_folder(&folder.join(service)).with_context(|| format!("terms of '{service}'"))?;
    let slug = service.to_owned();
    let published = database.read(move |conn| terms::versions(conn, &slug)).await?;
    let mut outcome = None;
    for (number, source) in texts {
        let is_new = published.iter().all(|version| version.number != number);
        if is_new && weight.major.is_none() && number > 1 {
            bail!(
                "version {number} of '{service}' is new: say --major (everybody accepts again) or --minor (nobody has to)"
            );
        }
        let draft = Draft {
            service: service.to_owned(),
            number,
            major: weight.major.unwrap_or(true),
            grace_days: weight.grace_days,
            effective_at: now + TimeDelta::days(i64::from(weight.effective_in_days)),
            source,
        };
        outcome = Some(publish_draft(database, draft, now).await?);
    }
    Ok(outcome)
}

async fn publish_draft(database: &Database, draft: Draft, now: Instant) -> anyhow::Result<Outcome> {
    let service = draft.service.clone();
    database
        .write(move |conn| -> Result<anyhow::Result<Outcome>, db::Error> {
            let published = terms::versions(conn, &draft.service)?;
            let same_text = terms::has_same_text(conn, &draft)?;
            match terms::may_publish(&draft, &published, same_text) {
                Err(refusal) => Ok(Err(refusal.into())),
                Ok(false) => {
                    let version = published.into_iter().find(|version| version.number == draft.number);
                    Ok(version.map(Outcome::Unchanged).context("the version vanished"))
                }
                Ok(true) => {
                    let run = crate::chance::id(now);
                    let origin = Origin { actor: Actor::Operator, request_id: &run, at: now };
                    let version = terms::publish(conn, &draft, origin)?;
                    let mut digests = BTreeMap::new();
                    for locale in Locale::ALL {
                        if let Some(text) = terms::text(conn, &version.id, locale)? {
                            digests.insert(locale.code(), text.digest);
                        }
                    }
                    Ok(Ok(Outcome::Published(version, digests)))
                }
            }
        })
        .await?
        .with_context(|| format!("terms of '{service}'"))
}

/// All versions in a service's folder; none if there is no such folder.
fn read_folder(folder: &Path) -> anyhow::Result<Texts> {
    let mut numbers = BTreeSet::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Texts::new()),
        entries => entries.with_context(|| folder.display().to_string())?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let Some((number, language)) = name.strip_suffix(".md").and_then(|stem| stem.split_once('.')) else { continue };
        let number: i32 = number.parse().with_context(|| format!("{name}: the name must begin with a number"))?;
        if Locale::from_code(language).is_none() {
            bail!("{name}: the language must be 'de' or 'en'");
        }
        if number < 1 {
            bail!("{name}: versions are numbered from 1");
        }
        numbers.insert(number);
    }
    numbers.into_iter().map(|number| Ok((number, read_text(folder, number)?))).collect()
}

fn read_text(folder: &Path, number: i32) -> anyhow::Result<Text> {
    let read = |locale: Locale| {
        let path: PathBuf = folder.join(format!("{number}.{}.md", locale.code()));
        let name = path.display();
        let size = fs::metadata(&path).with_context(|| format!("{name} is missing: both languages are needed"))?.len();
        if size > LARGEST {
            bail!("{name} has {size} bytes; nobody reads more than {LARGEST}, and what is published stays for ever");
        }
        fs::read_to_string(&path).with_context(|| format!("{name} cannot be read; it must be text in UTF-8"))
    };
    Ok(Text::new(read(Locale::De)?, read(Locale::En)?))
}

/// Prints all published versions.
pub async fn list(database: &Database) -> anyhow::Result<()> {
    for version in database.read(terms::all_versions).await? {
        let kind = if version.major { "major" } else { "minor" };
        say!(
            "{} {} {kind}, effective {}, {} days of grace",
            version.service,
            version.number,
            version.effective_at.format("%Y-%m-%d"),
            version.grace_days
        );
        for locale in Locale::ALL {
            let id = version.id.clone();
            if let Some(text) = database.read(move |conn| terms::text(conn, &id, locale)).await? {
                say!("  {}  SHA-256 {}", locale.code(), text.digest);
            }
        }
    }
    Ok(())
}
