//! A private PostgreSQL that writes to the disk before it answers, as in production.

use std::{fs, path::Path, process::Command};

use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query, sql_types::BigInt};
use tempfile::TempDir;

use crate::support::process::{Process, free_port};

/// A running server. It ends when this is dropped.
pub struct Postgres {
    server: String,
    _process: Process,
    _folder: TempDir,
}

/// What the server counted for one database.
#[derive(Clone, Copy, Debug, Default, QueryableByName)]
pub struct Counted {
    #[diesel(sql_type = BigInt)]
    pub commits: i64,
    /// Transactions that wrote something: only these are given a number.
    #[diesel(sql_type = BigInt)]
    pub writes: i64,
}

impl Postgres {
    /// Starts one from nothing. As root it becomes the user `postgres`, because PostgreSQL refuses to run as root.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let programs = programs();
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        fs::write(&password, "latchkey").expect("a file");
        let as_owner = as_owner(folder.path());
        let run = |program: &str, arguments: &[&str]| -> Vec<String> {
            let program = format!("{programs}/{program}");
            as_owner.iter().cloned().chain([program]).chain(arguments.iter().map(|&a| a.to_owned())).collect()
        };
        let (data, password) = (data.display().to_string(), password.display().to_string());
        let arguments =
            ["-D", &data, "-U", "latchkey", "--pwfile", &password, "--auth", "scram-sha-256", "--locale", "C.UTF-8"];
        let initdb = run("initdb", &arguments);
        let output = Command::new(&initdb[0]).args(&initdb[1..]).current_dir("/").output().expect("start initdb");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let port = free_port();
        let port_text = port.to_string();
        let arguments =
            ["-D", &data, "-p", &port_text, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];
        let command = run("postgres", &arguments);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let process = Process::start(&command, &folder.path().join("postgres.log"));
        let server = format!("postgres://latchkey:latchkey@127.0.0.1:{port}");
        let started = process.wait_until(|| PgConnection::establish(&format!("{server}/postgres")).is_ok());
        started.unwrap_or_else(|log| panic!("PostgreSQL did not start:\n{log}"));
        Self { server, _process: process, _folder: folder }
    }

    /// Creates an empty database and returns its URL.
    pub fn database(&self, name: &str) -> String {
        sql_query(format!("CREATE DATABASE {name}")).execute(&mut self.connect()).expect("a new database");
        format!("{}/{name}", self.server)
    }

    /// What was counted so far. The server's processes report when they have been idle for ten seconds.
    pub fn counted(&self, name: &str) -> Counted {
        std::thread::sleep(std::time::Duration::from_millis(10_500));
        let query = "SELECT xact_commit AS commits, txid_snapshot_xmax(txid_current_snapshot()) AS writes \
                     FROM pg_stat_database WHERE datname = ";
        sql_query(format!("{query}'{name}'")).get_result(&mut self.connect()).expect("the counters")
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&format!("{}/postgres", self.server)).expect("a connection to PostgreSQL")
    }
}

/// The newest version that is installed.
fn programs() -> String {
    let folder = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL (Debian package postgresql)");
    let newest = folder.flatten().map(|entry| entry.path().join("bin")).max();
    newest.expect("PostgreSQL (Debian package postgresql)").display().to_string()
}

/// The words before a command that make it run as the user `postgres`; none if this is not root.
fn as_owner(folder: &Path) -> Vec<String> {
    let user = Command::new("/usr/bin/id").arg("-u").output().expect("start id");
    if user.stdout != b"0\n" {
        return Vec::new();
    }
    let status = Command::new("/bin/chown").args(["-R", "postgres"]).arg(folder).status();
    assert!(status.is_ok_and(|status| status.success()), "chown");
    ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"].map(str::to_owned).to_vec()
}
