//! The portal on loopback in this process, with the demo's directory, on a database that is full.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::mpsc,
    thread,
};

use latchkey::{
    app::App,
    clock::Clock,
    config,
    demo::{
        directory::{EmbeddedDirectory, Options},
        university,
    },
};
use tempfile::TempDir;

const CONFIGURATION: &str = include_str!("../../content/demo/latchkey.toml");

/// Ends with the program.
pub struct Portal {
    pub address: SocketAddr,
    _directory: EmbeddedDirectory,
    _folder: TempDir,
}

impl Portal {
    pub async fn start(database: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            base: university::BASE.to_owned(),
            journal: None,
            access: university::access(),
        };
        let directory = EmbeddedDirectory::start(options, university::entries()).await.expect("a directory");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let text = CONFIGURATION
            .replace("@LISTEN@", &address.to_string())
            .replace("@DIRECTORY@", &directory.address().to_string())
            .replace("@DATA@", &folder.path().display().to_string());
        let path = folder.path().join("latchkey.toml");
        fs::write(&path, text).expect("the configuration");
        fs::create_dir_all(folder.path().join("terms")).expect("a folder");
        fs::create_dir_all(folder.path().join("mail")).expect("a folder");
        latchkey::command::audit::new_key(&folder.path().join("audit-key.pem")).expect("a key");
        // Nobody asks so often; and an export is measured from its first byte on, however large it is.
        let settings = [
            ("DATABASE_URL", database),
            ("INSPECTION_REQUESTS_PER_MINUTE", "10000"),
            ("INSPECTION_LARGE_EXPORT", "1000000"),
        ];
        let settings = settings.map(|(name, value)| (format!("LATCHKEY_{name}"), value.to_owned()));
        let config = config::load(&path, settings.into_iter()).unwrap_or_else(|faults| panic!("{faults}"));
        let app = App::assemble(&config, Clock::system(), None).await.expect("a portal");
        serve(app, listener);
        Self { address, _directory: directory, _folder: folder }
    }
}

fn serve(app: App, listener: TcpListener) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = app.server(listener).expect("a server");
            sender.send(()).expect("the bench waits");
            server.await.expect("a server that ends well");
        });
    });
    receiver.recv().expect("a server");
}
