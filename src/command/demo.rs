//! `latchkey demo`: everything in one process, with a sample university, to try it out.

use std::{
    fs,
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use chrono::TimeDelta;

use super::{
    serve,
    terms::{self, Weight},
};
use crate::{
    app::App,
    chance,
    clock::{Clock, Instant},
    config::{self, Config},
    db,
    demo::{
        directory::{EmbeddedDirectory, Options},
        university,
    },
    domain::{
        accounts::{self, Account, Person},
        changes::{self, Press, Row, Shown},
        dossier::Dossier,
        locale::Locale,
        log::{Actor, Origin},
        memberships::Membership,
        outbox::Lease,
    },
};

const CONFIGURATION: &str = include_str!("../../content/demo/latchkey.toml");

/// The terms of the demo's services, as an operator would have them in a folder.
const TERMS: [(&str, &str); 10] = [
    ("rocketchat/1.de.md", include_str!("../../content/demo/terms/rocketchat/1.de.md")),
    ("rocketchat/1.en.md", include_str!("../../content/demo/terms/rocketchat/1.en.md")),
    ("cloud/1.de.md", include_str!("../../content/demo/terms/cloud/1.de.md")),
    ("cloud/1.en.md", include_str!("../../content/demo/terms/cloud/1.en.md")),
    ("vpn/1.de.md", include_str!("../../content/demo/terms/vpn/1.de.md")),
    ("vpn/1.en.md", include_str!("../../content/demo/terms/vpn/1.en.md")),
    ("printing/1.de.md", include_str!("../../content/demo/terms/printing/1.de.md")),
    ("printing/1.en.md", include_str!("../../content/demo/terms/printing/1.en.md")),
    ("printing/2.de.md", include_str!("../../content/demo/terms/printing/2.de.md")),
    ("printing/2.en.md", include_str!("../../content/demo/terms/printing/2.en.md")),
];

/// The service that the accounts to try have had since before its terms changed.
const CHANGED_SERVICE: &str = "printing";

/// Where the demo listens and keeps its data.
#[derive(Clone, Debug)]
pub struct Place {
    pub listen: SocketAddr,
    pub directory_listen: SocketAddr,
    pub data: PathBuf,
}

/// A demo that is ready to answer.
pub struct Demo {
    pub app: App,
    pub config: Config,
    /// Lives as long as the demo.
    pub directory: EmbeddedDirectory,
}

/// Runs the demo until the process is told to end.
pub async fn demo(place: &Place) -> anyhow::Result<()> {
    let place = &Place { data: std::path::absolute(&place.data)?, ..place.clone() };
    let listener = TcpListener::bind(place.listen)
        .with_context(|| format!("cannot listen on {}; choose another address with --listen", place.listen))?;
    let demo = prepare(place, listener.local_addr()?, Clock::system()).await?;
    serve::record_start(&demo.app, &demo.config).await?;
    print_welcome(&demo, place);
    let ended = serve::run(&demo.app, listener).await;
    demo.directory.stop().await;
    ended
}

/// Starts the embedded directory and assembles the portal; fills an empty data folder with the sample university's history.
pub async fn prepare(place: &Place, listen: SocketAddr, clock: Clock) -> anyhow::Result<Demo> {
    if !(listen.ip().is_loopback() && place.directory_listen.ip().is_loopback()) {
        bail!("the demo's passwords are public, so it listens on this machine only: use 127.0.0.1 or [::1]");
    }
    fs::create_dir_all(place.data.join("mail")).with_context(|| format!("cannot write to {}", place.data.display()))?;
    let options = Options {
        listen: place.directory_listen,
        base: university::BASE.to_owned(),
        journal: Some(place.data.join("directory.jsonl")),
        access: university::access(),
    };
    let directory = EmbeddedDirectory::start(options, university::entries()).await.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::ResourceBusy => {
                format!("another demo uses {}; stop it, or name another folder with --data", place.data.display())
            }
            _ => format!(
                "cannot start the directory on {}; choose another address with --directory-listen",
                place.directory_listen
            ),
        };
        anyhow::Error::new(error).context(remedy)
    })?;
    let config = configuration(&place.data, listen, directory.address())?;
    let app = App::assemble(&config, clock.clone(), Some(place.data.join("mail"))).await?;
    publish_terms(&app, &config, clock.now()).await?;
    Ok(Demo { app, config, directory })
}

/// Writes the configuration and the terms where an operator would have them, so that all other commands work on the demo, too.
fn configuration(data: &Path, listen: SocketAddr, directory: SocketAddr) -> anyhow::Result<Config> {
    for (name, text) in TERMS {
        let path = data.join("terms").join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    let text = CONFIGURATION
        .replace("@LISTEN@", &listen.to_string())
        .replace("@DIRECTORY@", &directory.to_string())
        .replace("@DATA@", &data.display().to_string());
    let key = data.join("audit-key.pem");
    if !key.exists() {
        super::audit::new_key(&key)?;
    }
    let path = data.join("latchkey.toml");
    fs::write(&path, text)?;
    Ok(config::load(&path, std::iter::empty())?)
}

/// Publishes the terms; the first time, a version of one service that is older than its newest, and members who accepted it.
async fn publish_terms(app: &App, config: &Config, now: Instant) -> anyhow::Result<()> {
    let database = &app.state.database;
    let first = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
    let known = database.read(|conn| crate::domain::terms::versions(conn, CHANGED_SERVICE)).await?;
    if known.is_empty() {
        let older = config.terms_folder.join("older").join(CHANGED_SERVICE);
        fs::create_dir_all(&older)?;
        for locale in Locale::ALL {
            let name = format!("1.{}.md", locale.code());
            fs::copy(config.terms_folder.join(CHANGED_SERVICE).join(&name), older.join(&name))?;
        }
        let then = now - TimeDelta::days(200);
        let folder = config.terms_folder.join("older");
        terms::publish_service(database, &folder, CHANGED_SERVICE, first, then).await?;
        fs::remove_dir_all(&folder)?;
        for (username, _) in university::accounts_to_try() {
            accept_in_the_past(app, username, then + TimeDelta::days(9)).await?;
        }
    }
    for service in &config.catalogue.services {
        terms::publish_service(database, &config.terms_folder, service.slug.as_str(), first, now).await?;
    }
    Ok(())
}

/// What a person would have done on the page at that time, written down and delivered the same way.
async fn accept_in_the_past(app: &App, username: &str, then: Instant) -> anyhow::Result<()> {
    let Some(person) = app.state.directory.find(username).await? else { return Ok(()) };
    let lease = app.delivery.lease(app.state.clock.now());
    let leased = lease.clone();
    let decided = app.state.database.write(move |conn| decide_in_the_past(conn, &person, &leased, then)).await?;
    if let Some((account, decided)) = decided {
        app.delivery.attempt(&account, true, &decided, &lease, std::time::Duration::from_secs(5)).await;
    }
    Ok(())
}

fn decide_in_the_past(
    conn: &mut db::Conn,
    person: &Person,
    lease: &Lease,
    then: Instant,
) -> Result<Option<(Account, Vec<changes::Decided>)>, db::Error> {
    let account = accounts::remember(conn, person, Locale::De, then)?;
    let dossier = Dossier::read(conn, &account.id, Locale::De, then)?;
    let situation = dossier.situation(CHANGED_SERVICE, true, Membership::Absent);
    let digest = situation.current.as_ref().map(|text| text.digest.clone());
    let row = Row { service: CHANGED_SERVICE.to_owned(), shown: Shown::Inactive, ticked: true, digest };
    let Ok(planned) = changes::plan(&[row], &[situation], true) else { return Ok(None) };
    let change_id = chance::id(then);
    let press = Press {
        account_id: &account.id,
        has_mail: false,
        locale: Locale::De,
        change_id: &change_id,
        lease: Some(lease),
        origin: Origin { actor: Actor::Account(&account.id), request_id: &change_id, at: then },
    };
    let decided = changes::carry_out(conn, press, &planned)?;
    Ok(Some((account, decided)))
}

fn print_welcome(demo: &Demo, place: &Place) {
    let address = demo.config.web.portal.public_url.as_str().trim_end_matches('/');
    say!("Latchkey demo: a sample university with its own directory.\n");
    say!("  Portal     {address}/");
    say!("  Mailbox    {address}/demo/mail");
    say!("  Directory  {}  (base {})", demo.directory.url(), university::BASE);
    say!("  Data       {}\n", place.data.display());
    say!("Accounts to try; the password of each is \"{}\":", university::PASSWORD);
    for (username, who) in university::accounts_to_try() {
        say!("  {username:<12} {}", who.en);
    }
    say!("\nOpen the portal in Firefox or Chromium. Stop with Ctrl+C; the data is kept.");
}
