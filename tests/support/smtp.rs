//! A mail server that demands TLS and a password, as a university's does, and keeps what it gets.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::TempDir;

use super::{
    certificates::{self, Tls},
    process::{Process, connect, free_port},
};

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Message {
    /// The sender and the recipients of the envelope.
    pub from: String,
    pub to: Vec<String>,
    /// Header and body, still encoded.
    pub raw: String,
    pub arrived: SystemTime,
}

/// A running mail server. It ends when this is dropped.
pub struct Smtp {
    pub host: &'static str,
    pub port: u16,
    /// The authority that clients are told to trust.
    pub ca: PathBuf,
    pub username: &'static str,
    pub password: &'static str,
    process: Option<Process>,
    folder: TempDir,
}

impl Smtp {
    /// Starts one with STARTTLS and a good certificate.
    ///
    /// # Panics
    ///
    /// If it cannot be started; the message holds what it printed.
    pub fn start() -> Self {
        Self::start_with(Tls::Good)
    }

    pub fn start_with(tls: Tls) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = certificates::make(folder.path(), tls);
        fs::create_dir(folder.path().join("messages")).expect("a folder");
        fs::write(folder.path().join("smtp.py"), include_str!("smtp.py")).expect("a file");
        let (username, password) = ("latchkey", "mail-secret");
        let (host, port) = ("localhost", free_port());
        let mut server = Self { host, port, ca: files.ca_pem, username, password, process: None, folder };
        server.restart();
        server
    }

    /// Ends the server; what arrived stays.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again at the same address.
    pub fn restart(&mut self) {
        self.stop();
        let folder = self.folder.path().display().to_string();
        let (script, port) = (format!("{folder}/smtp.py"), self.port.to_string());
        // Debian's interpreter, for Debian's module.
        let command = ["/usr/bin/python3", &script, &folder, &port, self.username, self.password];
        let process = Process::start(&command, &self.folder.path().join("smtp.log"));
        let greets = || connect(self.port).is_some_and(|mut stream| stream.read_exact(&mut [0; 3]).is_ok());
        let remedy = "run scripts/test, which installs python3-aiosmtpd";
        process.wait_until(greets).unwrap_or_else(|log| panic!("no mail server: {remedy}\n{log}"));
        self.process = Some(process);
    }

    /// Everything that arrived, in order.
    pub fn messages(&self) -> Vec<Message> {
        let folder = fs::read_dir(self.folder.path().join("messages")).expect("the folder of messages");
        let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files.iter().map(|path| message(path)).collect()
    }

    /// From now on every message is answered so, e.g. `451 Try again later`; `None`: accepted. `hang`: stored, and not answered
    /// until this is called again.
    pub fn answer(&self, with: Option<&str>) {
        let file = self.folder.path().join("answer");
        fs::write(file, with.unwrap_or_default()).expect("a file");
    }

    /// From now on whoever signs in needs this password.
    pub fn change_password(&self, password: &str) {
        fs::write(self.folder.path().join("password"), password).expect("a file");
    }
}

fn message(file: &Path) -> Message {
    let value: serde_json::Value = serde_json::from_slice(&fs::read(file).expect("a message")).expect("JSON");
    let arrived = fs::metadata(file).and_then(|metadata| metadata.modified()).expect("a time");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let to = value["to"].as_array().expect("a list").iter().map(text).collect();
    Message { from: text(&value["from"]), to, raw: text(&value["raw"]), arrived }
}
