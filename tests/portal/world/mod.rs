//! One world per test: directory, database, mail folder, portal, clock.

mod directory;
mod form;
mod log;
mod page;
mod stream;
mod tables;
mod upload;
mod visitor;
mod words;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use chrono::{NaiveDate, TimeDelta};
use latchkey::{
    app::App,
    clock::{Clock, Instant},
    command::{
        processing_record::processing_record,
        terms::{Outcome, Weight, publish_service},
    },
    config::{self, Config},
    db::{Conn, Database},
    demo::{
        directory::{EmbeddedDirectory, Entry},
        university,
    },
    domain::{accounts::Person, locale::Locale, log::Actor},
    work::Purged,
};
use tempfile::TempDir;

pub use directory::{ODD_NAME, PASSWORD, change_person, remove_person, rename_person};
pub use form::Form;
pub use log::captured_log;
pub use page::Page;
pub use stream::Stream;
pub use visitor::{Browser, Visitor};
pub use words::{about, de, en};

use crate::support::postgres;

const CONFIGURATION: &str = include_str!("../../../content/demo/latchkey.toml");

/// The database that a world keeps its records in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Sqlite,
    Postgresql,
}

/// Makes two tests of each story, one on each database.
macro_rules! on_both {
    [$($story:ident),+ $(,)?] => { $(
        mod $story {
            use crate::world::Base;

            #[tokio::test]
            async fn on_sqlite() {
                Box::pin(super::$story(Base::Sqlite)).await;
            }

            #[tokio::test]
            async fn on_postgresql() {
                Box::pin(super::$story(Base::Postgresql)).await;
            }
        }
    )+ };
}

/// Everything that a portal lives with. Dropping it fails the test if something is still owed to the outside that the test did
/// not declare, or if the log holds what it must not hold.
pub struct World {
    pub clock: Clock,
    pub address: SocketAddr,
    app: Arc<App>,
    config: Config,
    server: Option<Server>,
    directory: Option<EmbeddedDirectory>,
    directory_address: SocketAddr,
    entries: Vec<Entry>,
    folder: TempDir,
    database: Mutex<Conn>,
    /// What must not be in the log.
    secrets: Secrets,
    /// How many effects may be left over.
    owed: i64,
}

/// What visitors have come to know and the log must not tell.
type Secrets = Arc<Mutex<Vec<String>>>;

/// A portal's server on a thread of its own.
struct Server {
    handle: actix_web::dev::ServerHandle,
    thread: thread::JoinHandle<()>,
}

impl World {
    pub async fn new(base: Base) -> Self {
        Self::with(base, &[]).await
    }

    /// A world with settings (`LATCHKEY_…` without the prefix) that differ from the demo's.
    pub async fn with(base: Base, settings: &[(&str, &str)]) -> Self {
        Self::configured(base, settings, str::to_owned).await
    }

    /// A world whose configuration file is another one than the demo's, too.
    pub async fn configured(base: Base, settings: &[(&str, &str)], rewrite: impl Fn(&str) -> String) -> Self {
        log::capture();
        let folder = tempfile::tempdir().expect("a folder");
        let entries = directory::entries();
        let directory = directory::start(entries.clone(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let database_url = match base {
            Base::Sqlite => format!("sqlite://{}", folder.path().join("latchkey.db").display()),
            Base::Postgresql => postgres::migrated().await,
        };
        let text = rewrite(CONFIGURATION);
        let config = configuration(&text, &folder, &database_url, address, directory.address(), settings);
        let clock = Clock::standing_at(start());
        let mailbox = Some(folder.path().join("mail"));
        let app = Arc::new(App::assemble(&config, clock.clone(), mailbox).await.expect("a portal"));
        let world = Self {
            clock,
            address,
            server: Some(serve(Arc::clone(&app), listener)),
            app,
            directory_address: directory.address(),
            directory: Some(directory),
            entries,
            database: Mutex::new(tables::connect(&database_url)),
            config,
            folder,
            secrets: Secrets::default(),
            owed: 0,
        };
        let first = Weight { major: Some(true), grace_days: 14, effective_in_days: 0 };
        for service in &world.config.catalogue.services {
            world.publish_folder(service.slug.as_str(), first).await.expect("terms");
        }
        world
    }

    /// Somebody at a browser.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.address, self.clock.clone(), Arc::clone(&self.secrets))
    }

    /// Somebody who reads pages in this language: `de` or `en`.
    pub fn visitor_in(&self, language: &'static str) -> Visitor {
        let mut visitor = self.visitor();
        visitor.language = language;
        visitor
    }

    /// Somebody who has signed in and reads the pages in English.
    pub async fn signed_in(&self, username: &str) -> Visitor {
        let mut visitor = self.visitor();
        visitor.sign_in(username, PASSWORD).await;
        visitor
    }

    /// Lets the worker do what is due now; mails wait for the seal of what they are about.
    pub async fn deliver(&self) {
        self.seal().await;
        self.deliver_unsealed().await;
    }

    /// Lets the worker do what is due now while nobody seals.
    pub async fn deliver_unsealed(&self) {
        self.app.delivery.deliver_due().await.expect("the outbox");
    }

    /// Lets the worker seal what is not sealed; returns how many records that were.
    pub async fn seal(&self) -> usize {
        self.app.sealer.seal_due().await.expect("a sealed log")
    }

    /// Somebody as the directory shows them, who need not have signed in.
    pub async fn person(&self, username: &str) -> Person {
        self.app.state.directory.find(username).await.expect("an answer").expect("a person")
    }

    /// Another portal on the same database.
    pub async fn another_portal(&self) -> App {
        self.portal_with(&self.config).await
    }

    /// Another portal on the same database that has been configured differently.
    pub async fn portal_with(&self, config: &Config) -> App {
        App::assemble(config, self.clock.clone(), None).await.expect("a portal")
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn records(&self) -> &Database {
        &self.app.state.database
    }

    /// Lets the worker end what has run out; the mails about it wait for their seal, too.
    pub async fn upkeep(&self) {
        self.app.delivery.upkeep().await.expect("upkeep");
        self.advance(TimeDelta::seconds(1));
        self.deliver().await;
    }

    /// Lets the worker ask those who have to accept new terms, and deliver the mails; returns how many were asked.
    pub async fn ask_again(&self) -> usize {
        let asked = self.only_ask().await;
        self.deliver().await;
        asked
    }

    /// Lets the worker owe the mails that ask for the acceptance of new terms.
    pub async fn only_ask(&self) -> usize {
        self.app.delivery.ask_again().await.expect("the database")
    }

    /// Lets the worker look for all accounts in the directory; how many are not there, or why that cannot be said.
    pub async fn look_for_the_gone(&self) -> Result<usize, String> {
        let (before, mut gone) = (self.clock.now() + TimeDelta::seconds(1), 0);
        self.clock.advance(TimeDelta::seconds(2));
        loop {
            let looked = self.app.delivery.look(before).await.map_err(|error| error.to_string())?;
            if looked.accounts == 0 {
                return Ok(gone);
            }
            gone += looked.gone;
        }
    }

    /// Lets the worker erase those who have been gone long enough.
    pub async fn erase_due(&self) -> Result<Purged, String> {
        let most = self.config.work.erasure.at_most_percent;
        self.app.delivery.erase_due(most, Actor::System).await.map_err(|error| error.to_string())
    }

    /// What `latchkey audit processing-record` prints.
    pub fn processing_record(&self, language: &str) -> String {
        let record = processing_record(&self.config, Locale::from_code(language).expect("a language"));
        record.replace(&self.address.to_string(), "portal.example")
    }

    /// Does something while the portal has no connection to its database left; needs a pool of one.
    pub async fn with_the_only_connection<T>(&self, meanwhile: impl Future<Output = T>) -> T {
        let (taken, waits_until_taken) = tokio::sync::oneshot::channel();
        let (release, waits_for_release) = mpsc::channel::<()>();
        let holding = self.app.state.database.read_once(move |_| -> Result<(), latchkey::db::Error> {
            let _ = taken.send(());
            let _ = waits_for_release.recv();
            Ok(())
        });
        let meanwhile = async {
            waits_until_taken.await.expect("a connection");
            let done = meanwhile.await;
            drop(release);
            done
        };
        let (held, done) = tokio::join!(holding, meanwhile);
        held.expect("a transaction that does nothing");
        done
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Effects that the test leaves undone.
    pub fn leaves_owed(&mut self, owed: i64) {
        self.owed = owed;
    }

    fn database_url(&self) -> String {
        secrecy::ExposeSecret::expose_secret(&self.config.database.url).to_owned()
    }

    /// All mails so far, oldest first, as they would go over the wire.
    pub fn mails(&self) -> Vec<String> {
        let folder = fs::read_dir(self.mail_folder()).expect("the mail folder");
        let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a file").path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).expect("a mail")).collect()
    }

    pub fn mail_folder(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// The origin of the portal's pages.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Publishes the next version of a service's terms with one more sentence.
    pub async fn publish(&self, service: &str, number: i32, weight: Weight) {
        for language in ["de", "en"] {
            let older = self.terms_file(service, number - 1, language);
            let text = fs::read_to_string(older).expect("the older text");
            let text = format!("{text}\nVersion {number}.\n");
            fs::write(self.terms_file(service, number, language), text).expect("the newer text");
        }
        self.publish_folder(service, weight).await.expect("terms");
    }

    pub fn terms_file(&self, service: &str, number: i32, language: &str) -> PathBuf {
        self.config.terms_folder.join(service).join(format!("{number}.{language}.md"))
    }

    /// What the command line does for one service.
    pub async fn publish_folder(&self, service: &str, weight: Weight) -> anyhow::Result<Option<Outcome>> {
        let database = &self.app.state.database;
        publish_service(database, &self.config.terms_folder, service, weight, self.clock.now()).await
    }

    fn check_log(&self) {
        let log = captured_log();
        let secrets = self.secrets.lock().expect("the secrets").clone();
        let secrets = secrets.iter().map(String::as_str);
        for secret in secrets.chain(directory::PRIVATE_WORDS) {
            assert!(!log.contains(secret), "the log tells '{secret}'");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(Server { handle, thread }) = self.server.take() {
            // The order is given at once; the answer is the end of the thread.
            drop(handle.stop(false));
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server panicked");
        }
        if thread::panicking() {
            return;
        }
        let owed = self.count("outbox");
        assert_eq!(owed, self.owed, "effects left over: {:?}", self.lines("payload", "outbox"));
        self.check_log();
    }
}

/// Monday, a week before the exams.
fn start() -> Instant {
    NaiveDate::from_ymd_opt(2026, 11, 23).and_then(|day| day.and_hms_opt(8, 0, 0)).expect("a date")
}

fn configuration(
    text: &str,
    folder: &TempDir,
    database_url: &str,
    listen: SocketAddr,
    directory: SocketAddr,
    settings: &[(&str, &str)],
) -> Config {
    copy_terms(folder);
    let text = text
        .replace("@LISTEN@", &listen.to_string())
        .replace("@DIRECTORY@", &directory.to_string())
        .replace("@DATA@", &folder.path().display().to_string());
    let path = folder.path().join("latchkey.toml");
    fs::write(&path, text).expect("the configuration");
    latchkey::command::audit::new_key(&folder.path().join("audit-key.pem")).expect("a key");
    fs::create_dir_all(folder.path().join("mail")).expect("the mail folder");
    let ours = [
        ("DATABASE_URL", database_url),
        ("SIGN_IN_REFUSAL_TAKES", "5ms"),
        // Many worlds share the machine.
        ("DIRECTORY_PAGE_TIMEOUT", "5s"),
    ];
    let environment =
        ours.iter().chain(settings).map(|(name, value)| (format!("LATCHKEY_{name}"), (*value).to_owned()));
    config::load(&path, environment).unwrap_or_else(|faults| panic!("{faults}"))
}

fn copy_terms(folder: &TempDir) {
    let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("content/demo/terms");
    for service in fs::read_dir(ours).expect("the demo's terms") {
        let service = service.expect("a folder");
        let copy = folder.path().join("terms").join(service.file_name());
        fs::create_dir_all(&copy).expect("a folder");
        for text in fs::read_dir(service.path()).expect("a folder") {
            let text = text.expect("a file");
            fs::copy(text.path(), copy.join(text.file_name())).expect("a copy");
        }
    }
}

fn serve(app: Arc<App>, listener: TcpListener) -> Server {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = app.server(listener).expect("a server");
            sender.send(server.handle()).expect("the test waits");
            server.await.expect("a server that ends well");
        });
    });
    Server { handle: receiver.recv().expect("a handle"), thread }
}

/// The accounts that stories are about.
pub mod who {
    /// A student, the portal's usual member.
    pub const ANNA: &str = "amueller";
    /// A lecturer.
    pub const BERND: &str = "bschmidt";
    /// IT staff.
    pub const CLAUDIA: &str = "cweber";
    /// A comma in the name of the directory entry.
    pub const COMMA: &str = "jweiss";
    pub const WITHOUT_MAIL: &str = "okeine";
    pub const LOCKED: &str = "dlocked";
    pub const MUST_CHANGE: &str = "ereset";
    pub const EXPIRED: &str = "fexpired";
    /// Markup and line breaks in the name.
    pub const ODD: &str = "odd";
    /// A line break in the mail address.
    pub const ODD_ADDRESS: &str = "oddmail";
}

/// The name of a person's entry whose name is made of the username.
pub fn dn(username: &str) -> String {
    format!("uid={username},{}", university::PEOPLE)
}
