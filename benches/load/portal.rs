//! The program itself, as an operator starts it: a process of its own, with a configuration file.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    support::process::{Process, connect, free_port},
    university::{University, group, group_name},
};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_latchkey");

/// A running portal with one service. It ends when this is dropped.
pub struct Portal {
    pub address: String,
    /// From the start of the process to the first page.
    pub first_answer: Duration,
    process: Process,
    folder: TempDir,
}

impl Portal {
    /// Starts one on an empty database; without an address for it, on SQLite. The service's group has this size.
    pub fn start(university: &University, size: usize, database: Option<&str>) -> Self {
        Self::configured(university, size, database, str::to_owned)
    }

    /// The same without what an operator may add: nobody has a role, and the service is for everybody.
    pub fn without_rules(university: &University, size: usize, database: Option<&str>) -> Self {
        Self::configured(university, size, database, |text| {
            let (before, rest) = text.split_once("[services.rocketchat.eligibility]").expect("the eligibility");
            let (_, after) = rest.split_once("[services.rocketchat.grant]").expect("the grant");
            let before: Vec<&str> = before.lines().filter(|line| !line.starts_with("lecturers_")).collect();
            let before = before.join("\n");
            format!("{before}\n[services.rocketchat.grant]{after}")
        })
    }

    fn configured(
        university: &University,
        size: usize,
        database: Option<&str>,
        change: impl Fn(&str) -> String,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, port) = (folder.path().join("latchkey.toml"), free_port());
        let database =
            database.map_or_else(|| format!("sqlite://{}/latchkey.db", folder.path().display()), str::to_owned);
        fs::write(&file, change(&configuration(university, size, &database, port, &folder))).expect("a file");
        let file = file.display().to_string();
        let published = Command::new(PROGRAM).args(["terms", "publish", "--config", &file]).output();
        let published = published.expect("start latchkey");
        assert!(published.status.success(), "terms: {}", String::from_utf8_lossy(&published.stderr));
        let start = Instant::now();
        let process = Process::start(&[PROGRAM, "serve", "--config", &file], &folder.path().join("latchkey.log"));
        while !answers(port) {
            let log = || fs::read_to_string(folder.path().join("latchkey.log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(30) && process.is_running(), "no portal:\n{}", log());
            thread::sleep(Duration::from_millis(1));
        }
        Self { address: format!("http://127.0.0.1:{port}"), first_answer: start.elapsed(), process, folder }
    }

    pub fn pid(&self) -> u32 {
        self.process.pid
    }

    /// How many mails were written.
    pub fn mails(&self) -> usize {
        fs::read_dir(self.folder.path().join("mail")).map_or(0, Iterator::count)
    }

    /// Waits until nothing is owed any more, so that what was put off does not count for somebody else.
    pub fn wait_for_mails(&self, expected: usize) -> Duration {
        let start = Instant::now();
        while self.mails() < expected && start.elapsed() < Duration::from_mins(1) {
            thread::sleep(Duration::from_millis(20));
        }
        start.elapsed()
    }

    /// The last lines of its log that are warnings or worse.
    pub fn complaints(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log_file()).unwrap_or_default();
        let bad = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
        bad.rev().take(5).map(str::to_owned).collect()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("latchkey.log")
    }
}

/// Whether the sign-in page is there.
fn answers(port: u16) -> bool {
    let mut answer = [0; 12];
    connect(port).is_some_and(|mut stream| {
        let request = b"GET /en/sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"HTTP/1.1 200"
    })
}

/// As `latchkey.example.toml` has it, with a directory and a mail folder of this machine.
fn configuration(university: &University, size: usize, database: &str, port: u16, folder: &TempDir) -> String {
    let server = &university.server;
    let values = [
        ("{port}", port.to_string()),
        ("{database}", database.to_owned()),
        ("{directory}", server.ldap_url.clone()),
        ("{portal_dn}", server.portal_dn.to_owned()),
        ("{portal_password}", server.portal_password.to_owned()),
        ("{chat_dn}", server.chat_dn.to_owned()),
        ("{chat_password}", server.chat_password.to_owned()),
        ("{base}", server.base.to_owned()),
        ("{group}", group(size)),
        ("{group_name}", group_name(size)),
        ("{folder}", folder.path().display().to_string()),
        ("{terms}", format!("{}/content/demo/terms", env!("CARGO_MANIFEST_DIR"))),
    ];
    let template = include_str!("portal.toml").to_owned();
    values.into_iter().fold(template, |text, (name, value)| text.replace(name, &value))
}
