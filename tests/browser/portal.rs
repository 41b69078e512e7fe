//! A whole demo in this process: embedded directory, database, mails, pages.

use std::{net::TcpListener, thread};

use actix_web::web::Data;
use chrono::{NaiveDate, TimeDelta};
use latchkey::{
    app::App,
    clock::Clock,
    command::demo::{self, Place},
    config,
    demo::{
        directory::{EmbeddedDirectory, Options},
        university,
    },
    web::State,
};
use ldap3::{LdapConnAsync, Scope, SearchEntry};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

/// Settings for tests: nobody waits for a refusal.
const QUICK: [(&str, &str); 1] = [("LATCHKEY_SIGN_IN_REFUSAL_TAKES", "0ms")];

enum Wish {
    StopDirectory,
    StartDirectory,
    End,
}

/// A running portal with its directory. Its clock stands still until [`Portal::let_pass`].
pub struct Portal {
    /// Without a slash at the end.
    pub address: String,
    directory: String,
    clock: Clock,
    wishes: mpsc::UnboundedSender<(Wish, oneshot::Sender<()>)>,
    thread: Option<thread::JoinHandle<()>>,
    _data: TempDir,
}

struct Ready {
    address: String,
    directory: String,
}

impl Portal {
    /// `settings` are environment variables on top of the demo's configuration.
    pub async fn start(settings: &[(&'static str, &'static str)]) -> Self {
        let data = TempDir::new().expect("a temporary folder");
        let noon = NaiveDate::from_ymd_opt(2026, 11, 23).and_then(|day| day.and_hms_opt(9, 30, 0)).expect("a time");
        let clock = Clock::standing_at(noon);
        let place = Place {
            listen: "127.0.0.1:0".parse().expect("an address"),
            directory_listen: "127.0.0.1:0".parse().expect("an address"),
            data: data.path().to_owned(),
        };
        let settings: Vec<_> = QUICK.iter().chain(settings).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (tell, told) = oneshot::channel();
        let (wishes, received) = mpsc::unbounded_channel();
        let its_clock = clock.clone();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(serve(place, settings, its_clock, tell, received));
        });
        let Ready { address, directory } = told.await.expect("the portal starts");
        Self { address, directory, clock, wishes, thread: Some(thread), _data: data }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Moves the portal's clock.
    pub fn let_pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub async fn stop_directory(&self) {
        self.wish(Wish::StopDirectory).await;
    }

    pub async fn start_directory(&self) {
        self.wish(Wish::StartDirectory).await;
    }

    async fn wish(&self, wish: Wish) {
        let (tell, told) = oneshot::channel();
        assert!(self.wishes.send((wish, tell)).is_ok(), "the portal runs");
        told.await.expect("the portal runs");
    }

    /// The DNs in a service's group, as the directory has them.
    pub async fn members(&self, service: &str) -> Vec<String> {
        let (connection, mut ldap) = LdapConnAsync::new(&self.directory).await.expect("the directory");
        tokio::spawn(connection.drive());
        ldap.simple_bind(university::PORTAL_DN, university::PASSWORD).await.expect("a bind").success().expect("0");
        let group = format!("cn={service},{}", university::SERVICES);
        let (found, _) = ldap
            .search(&group, Scope::Base, "(objectClass=*)", vec!["member"])
            .await
            .expect("a search")
            .success()
            .expect("0");
        let entry = SearchEntry::construct(found.into_iter().next().expect("the group"));
        entry.attrs.get("member").cloned().unwrap_or_default()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let (tell, _) = oneshot::channel();
        let _ = self.wishes.send((Wish::End, tell));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the portal panicked");
        }
    }
}

async fn serve(
    place: Place,
    settings: Vec<(String, String)>,
    clock: Clock,
    ready: oneshot::Sender<Ready>,
    mut wished: mpsc::UnboundedReceiver<(Wish, oneshot::Sender<()>)>,
) {
    let listener = TcpListener::bind(place.listen).expect("a port");
    let listen = listener.local_addr().expect("its address");
    let demo = demo::prepare(&place, listen, clock.clone()).await.expect("a demo");
    let config = config::load(&place.data.join("latchkey.toml"), settings.into_iter()).expect("a configuration");
    let app = App::assemble(&config, clock, Some(place.data.join("mail"))).await.expect("a portal");
    let (delivery, sealer) = (app.delivery.clone(), app.sealer.clone());
    let worker = actix_web::rt::spawn(async move { tokio::join!(delivery.run(), sealer.run()) });
    let server = app.server(listener).expect("a server");
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let directory_listen = demo.directory.address();
    let options = || Options {
        listen: directory_listen,
        base: university::BASE.to_owned(),
        journal: Some(place.data.join("directory.jsonl")),
        access: university::access(),
    };
    let said = ready.send(Ready { address: format!("http://{listen}"), directory: demo.directory.url() });
    let mut directory = Some(demo.directory);
    let state: Data<State> = app.state.clone();
    while let (true, Some((wish, done))) = (said.is_ok(), wished.recv().await) {
        match wish {
            Wish::StopDirectory => {
                if let Some(directory) = directory.take() {
                    directory.stop().await;
                }
            }
            Wish::StartDirectory => {
                let started = EmbeddedDirectory::start(options(), university::entries()).await;
                directory = Some(started.expect("the directory starts again"));
                state.delivery.wake();
            }
            Wish::End => break,
        }
        let _ = done.send(());
    }
    worker.abort();
    handle.stop(false).await;
    if let Some(directory) = directory {
        directory.stop().await;
    }
}
