//! The portal as operators run it: the real program as a process of its own, with a configuration file.
#![allow(dead_code, reason = "every test crate uses a part of it")]

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::support::{
    openldap::OpenLdap,
    people::{BASE, GROUP},
    process::{Process, connect, free_port},
    smtp::Smtp,
};

/// The program, without the variables of the tests: it refuses those it does not know.
const PROGRAM: [&str; 6] =
    ["/usr/bin/env", "-u", "LATCHKEY_SOAK_SEED", "-u", "LATCHKEY_SOAK_PRESSES", env!("CARGO_BIN_EXE_latchkey")];

/// The service of the tests.
pub const SERVICE: &str = "rocketchat";

/// What a portal is to be like.
#[derive(Clone, Debug)]
pub struct Options {
    /// The URL of the database.
    pub database: String,
    pub ldap_port: u16,
    pub smtp_port: u16,
    pub group: String,
    /// How long one question to the directory may take.
    pub operation_timeout: &'static str,
    /// For how long pages rely on what the directory said about a person.
    pub believe_for: &'static str,
    /// How many may sign in at the same time.
    pub sign_ins_at_once: u16,
}

/// A portal that can be killed and started again.
pub struct Portal {
    pub port: u16,
    process: Option<Process>,
    folder: TempDir,
}

impl Portal {
    /// Starts one and waits for its first answer; the terms are published before.
    pub fn start(options: &Options, ldap: &OpenLdap, smtp: &Smtp) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let terms = folder.path().join("terms").join(SERVICE);
        fs::create_dir_all(&terms).expect("a folder");
        for language in ["de", "en"] {
            fs::write(terms.join(format!("1.{language}.md")), "# Rocket.Chat\n\nBe kind.\n").expect("a file");
        }
        let port = free_port();
        let file = folder.path().join("latchkey.toml");
        fs::write(&file, configuration(options, port, ldap, smtp)).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
        let mut portal = Self { port, process: None, folder };
        portal.run(&["terms", "publish"]);
        portal.restart();
        portal
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(process) = &self.process {
            process.signal("KILL");
        }
        self.process = None;
    }

    /// Starts it again at the same address, and waits for its first answer.
    pub fn restart(&mut self) {
        self.kill();
        let config = self.config().display().to_string();
        let process = Process::start(&[&PROGRAM[..], &["serve", "--config", &config]].concat(), &self.log_file());
        let port = self.port;
        process.wait_until(|| is_alive(port)).unwrap_or_else(|log| panic!("the portal did not start:\n{log}"));
        self.process = Some(process);
    }

    /// Runs another command of the program on the same configuration and returns what it printed.
    pub fn run(&self, command: &[&str]) -> String {
        let output =
            Command::new(PROGRAM[0]).args(&PROGRAM[1..]).args(command).arg("--config").arg(self.config()).output();
        let output = output.expect("start latchkey");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "latchkey {}: {errors}", command.join(" "));
        String::from_utf8(output.stdout).expect("text")
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it logged so far, restarts included.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("latchkey.toml")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("latchkey.log")
    }
}

/// A URL for a SQLite database in this folder.
pub fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("latchkey.db").display())
}

fn is_alive(port: u16) -> bool {
    let mut answer = [0; 12];
    let Some(mut stream) = connect(port) else { return false };
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.ends_with(b"200")
}

/// Short limits, so that a test need not wait long for what a university waits for.
fn configuration(options: &Options, port: u16, ldap: &OpenLdap, smtp: &Smtp) -> String {
    let Options { database, ldap_port, smtp_port, group, operation_timeout, believe_for, sign_ins_at_once } = options;
    let mut text = String::new();
    let mut section = |name: &str, settings: &[(&str, &str)]| {
        let _ = writeln!(text, "[{name}]");
        for (key, value) in settings {
            let _ = writeln!(text, "{key} = {value:?}");
        }
    };
    let both = [
        "name_de",
        "name_en",
        "description_de",
        "description_en",
        "purpose_de",
        "purpose_en",
        "recipients_de",
        "recipients_en",
        "retention_de",
        "retention_en",
    ];
    section(
        "portal",
        &[
            ("public_url", "http://127.0.0.1"),
            ("listen", &format!("127.0.0.1:{port}")),
            ("organisation_de", "Universität"),
            ("organisation_en", "University"),
            ("corrections_de", "Studierendensekretariat"),
            ("corrections_en", "Student registry"),
        ],
    );
    section("sign_in", &[("refusal_takes", "100ms"), ("deadline", "2s")]);
    section("database", &[("url", database), ("wait", "2s")]);
    section(
        "directory",
        &[
            ("bind_dn", ldap.portal_dn),
            ("bind_password", ldap.portal_password),
            ("connect_timeout", "1s"),
            ("operation_timeout", operation_timeout),
            ("believe_for", believe_for),
        ],
    );
    section(
        "directory.people",
        &[("base", &format!("ou=people,{BASE}")), ("filter", "(&(objectClass=person)(uid={username}))")],
    );
    section(
        "mail",
        &[
            ("host", smtp.host),
            ("ca_file", &smtp.ca.display().to_string()),
            ("username", smtp.username),
            ("password", smtp.password),
            ("from", "Account portal <account@uni.example>"),
            ("timeout", "2s"),
        ],
    );
    section("write", &[("deadline", "1s")]);
    section(
        "work",
        &[
            ("poll", "200ms"),
            ("lease", "5s"),
            ("retry_first", "200ms"),
            ("retry_at_most", "2s"),
            ("confirm_after", "1s"),
        ],
    );
    section("log", &[("level", "info")]);
    let mut service = both.map(|key| (key, "Rocket.Chat")).to_vec();
    service.push(("legal_basis", "terms"));
    section(&format!("services.{SERVICE}"), &service);
    section(
        &format!("services.{SERVICE}.grant"),
        &[("kind", "group-of-dns"), ("group", group), ("attribute", "member")],
    );
    // What is not a text.
    text.replace("[directory]\n", &format!("[directory]\nurls = [\"ldap://127.0.0.1:{ldap_port}\"]\n"))
        .replace("[sign_in]\n", &format!("[sign_in]\nat_once = {sign_ins_at_once}\n"))
        .replace("[mail]\n", &format!("[mail]\nport = {smtp_port}\n"))
}

/// Options for one portal on this database, without anything between it and its servers.
pub fn options(database: &str, ldap: &OpenLdap, smtp: &Smtp) -> Options {
    Options {
        database: database.to_owned(),
        ldap_port: port_of(&ldap.ldap_url),
        smtp_port: smtp.port,
        group: GROUP.to_owned(),
        operation_timeout: "1s",
        believe_for: "30s",
        sign_ins_at_once: 64,
    }
}

/// The port in a URL.
pub fn port_of(url: &str) -> u16 {
    url::Url::parse(url).ok().and_then(|url| url.port()).expect("a port")
}
