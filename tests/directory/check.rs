//! `latchkey check` on OpenLDAP: nothing to say of a good configuration, one line for each mistake.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use latchkey::{
    clock::Clock,
    command::{
        check::{self, Line},
        terms::{self, Weight},
    },
    config::{self, Config},
    db::Database,
    domain::log::head::Signer,
};
use tempfile::TempDir;

use crate::{
    server::{CHAT_PASSWORD, PORTAL_PASSWORD, Server},
    support::{
        certificates::{self, Tls},
        process::free_port,
        smtp::Smtp,
    },
};

/// An installation in which everything is right: the example configuration with the addresses of servers for tests.
struct Installation {
    server: Server,
    smtp: Smtp,
    folder: TempDir,
    environment: BTreeMap<&'static str, String>,
}

impl Installation {
    async fn new() -> Self {
        let server = Server::openldap().await;
        let smtp = tokio::task::spawn_blocking(Smtp::start).await.expect("a mail server");
        let folder = tempfile::tempdir().expect("a folder");
        let path = |path: &Path| path.display().to_string();
        let environment = BTreeMap::from([
            ("DATABASE_URL", format!("sqlite://{}", path(&folder.path().join("latchkey.db")))),
            ("DIRECTORY_URLS", server.settings.urls.join(",")),
            ("DIRECTORY_CA_FILE", path(&server.real().ca_pem)),
            ("DIRECTORY_BIND_PASSWORD", PORTAL_PASSWORD.to_owned()),
            ("DIRECTORY_CONNECT_TIMEOUT", "1s".to_owned()),
            ("MAIL_HOST", smtp.host.to_owned()),
            ("MAIL_PORT", smtp.port.to_string()),
            ("MAIL_CA_FILE", path(&smtp.ca)),
            ("MAIL_USERNAME", smtp.username.to_owned()),
            ("MAIL_PASSWORD", smtp.password.to_owned()),
            ("SERVICES_ROCKETCHAT_ADMISSION_BIND_DN", server.real().chat_dn.to_owned()),
            ("SERVICES_ROCKETCHAT_ADMISSION_BIND_PASSWORD", CHAT_PASSWORD.to_owned()),
        ]);
        std::fs::create_dir_all(folder.path().join("terms/rocketchat")).expect("a folder");
        let key = Signer::from_seed(&[7; 32]).to_pem().expect("a key");
        let environment = environment.into_iter().chain([("AUDIT_SIGNING_KEY", key)]).collect();
        let installation = Self { server, smtp, folder, environment };
        let config = installation.config(&[]);
        let database = Database::open(&config.database).expect("a database");
        database.migrate().await.expect("migrated");
        installation.publish_terms(&database).await;
        installation
    }

    async fn publish_terms(&self, database: &Database) {
        let folder = self.folder.path().join("terms");
        for language in ["de", "en"] {
            std::fs::write(folder.join(format!("rocketchat/1.{language}.md")), "# Terms\n\nBe kind.\n")
                .expect("a file");
        }
        let weight = Weight { major: None, grace_days: 0, effective_in_days: 0 };
        let now = Clock::system().now();
        terms::publish_service(database, &folder, "rocketchat", weight, now).await.expect("published");
    }

    /// The configuration, with some settings otherwise.
    fn config(&self, changes: &[(&'static str, String)]) -> Config {
        let mut environment = self.environment.clone();
        environment.extend(changes.iter().cloned());
        let example = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("latchkey.example.toml");
        // The file's own secrets are in files that are not here.
        let text = std::fs::read_to_string(example).expect("the example");
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with("bind_password_file"))
            .fold(String::new(), |text, line| text + line + "\n");
        let file = self.folder.path().join("latchkey.toml");
        std::fs::write(&file, text).expect("a file");
        let environment = environment.into_iter().map(|(name, value)| (format!("LATCHKEY_{name}"), value));
        config::load(&file, environment).unwrap_or_else(|faults| panic!("{faults}"))
    }

    /// The report on a configuration.
    async fn check(&self, changes: &[(&'static str, String)]) -> Vec<Line> {
        check::check(&self.config(changes), |_| {}).await
    }

    /// A report as it is printed, without what differs from run to run.
    fn written(&self, lines: &[Line]) -> String {
        let mut text = String::new();
        for line in lines {
            writeln!(text, "{}", line.written()).expect("a text");
        }
        let key = Signer::from_seed(&[7; 32]).public().id();
        let text = text.replace(&key[..16], "KEY");
        let digest = text.split("SHA-256 ").nth(1).and_then(|rest| rest.get(..16)).expect("a digest").to_owned();
        text.replace(&digest, "DIGEST").replace(&format!(":{}", self.server.port()), ":PORT")
    }
}

#[tokio::test]
async fn a_good_configuration_has_no_troubles() {
    let installation = Installation::new().await;
    let lines = installation.check(&[]).await;
    assert!(lines.iter().all(|line| line.trouble.is_none()), "{lines:#?}");
    insta::assert_snapshot!(installation.written(&lines));
    let start_tls =
        [("DIRECTORY_URLS", installation.server.real().ldap_url.clone()), ("DIRECTORY_START_TLS", "true".to_owned())];
    let lines = installation.check(&start_tls).await;
    assert!(lines.iter().all(|line| line.trouble.is_none()), "{lines:#?}");
}

#[tokio::test]
async fn a_log_that_is_not_sealed_is_a_trouble() {
    let installation = Installation::new().await;
    let mut config = installation.config(&[]);
    config.audit.signer = None;
    let lines = check::check(&config, |_| {}).await;
    let troubles: Vec<_> = lines.iter().filter_map(|line| Some((&line.what, line.trouble.as_ref()?))).collect();
    let [(what, remedy)] = troubles[..] else { panic!("{lines:#?}") };
    assert_eq!(what, "log: it is not sealed");
    assert!(remedy.contains("latchkey audit new-key FILE"), "{remedy}");
}

#[tokio::test]
async fn checking_changes_nothing() {
    let installation = Installation::new().await;
    let everything = async || {
        let mut ldap = installation.server.administrator().await;
        let found = ldap.search("dc=uni,dc=example", ldap3::Scope::Subtree, "(objectClass=*)", vec!["*", "entryCSN"]);
        let entries = found.await.expect("an answer").success().expect("0").0;
        let mut entries: Vec<_> = entries.into_iter().map(ldap3::SearchEntry::construct).collect();
        entries.sort_by(|one, other| one.dn.cmp(&other.dn));
        entries.into_iter().map(|entry| (entry.dn, entry.attrs)).collect::<Vec<_>>()
    };
    let before = everything().await;
    installation.check(&[]).await;
    assert_eq!(everything().await, before);
    assert!(installation.smtp.messages().is_empty());
}

/// A mistake, and the settings that make it.
type Mistake = (&'static str, Vec<(&'static str, String)>);

fn mistakes(installation: &Installation, folder: &Path) -> Vec<Mistake> {
    let one = |name, value: &str| vec![(name, value.to_owned())];
    let other_authority = certificates::make(folder, Tls::UnknownCa).ca_pem.display().to_string();
    let group = |dn: &str| one("SERVICES_ROCKETCHAT_GRANT_GROUP", dn);
    let staff = vec![
        ("SERVICES_ROCKETCHAT_GRANT_GROUP", "cn=it-staff,ou=groups,dc=uni,dc=example".to_owned()),
        ("SERVICES_ROCKETCHAT_ADMISSION_GROUP_FILTER_GROUP_NAME", "it-staff".to_owned()),
    ];
    let mut missing = group("cn=missing,ou=services,ou=groups,dc=uni,dc=example");
    missing.push(("SERVICES_ROCKETCHAT_ADMISSION_GROUP_FILTER_GROUP_NAME", "missing".to_owned()));
    let empty = format!("sqlite://{}", folder.join("new.db").display());
    let nowhere = installation.server.url_through(free_port());
    vec![
        ("the directory does not run", one("DIRECTORY_URLS", &nowhere)),
        (
            "the second directory does not run",
            one("DIRECTORY_URLS", &{ format!("{},{nowhere}", installation.server.settings.urls[0]) }),
        ),
        ("the portal's password is wrong", one("DIRECTORY_BIND_PASSWORD", "wrong")),
        ("the portal's account does not exist", one("DIRECTORY_BIND_DN", "cn=nobody,dc=uni,dc=example")),
        ("another authority is trusted", one("DIRECTORY_CA_FILE", &other_authority)),
        ("the base of people is wrong", one("DIRECTORY_PEOPLE_BASE", "ou=persons,dc=uni,dc=example")),
        ("the base of people is empty", one("DIRECTORY_PEOPLE_BASE", "ou=groups,dc=uni,dc=example")),
        ("the stable key does not exist", one("DIRECTORY_PEOPLE_KEY_ATTRIBUTE", "objectGUID")),
        ("the group is missing", missing),
        ("the portal may not write the group", staff),
        ("the chat server's password is wrong", one("SERVICES_ROCKETCHAT_ADMISSION_BIND_PASSWORD", "wrong")),
        ("the chat server's filter is wrong", one("SERVICES_ROCKETCHAT_ADMISSION_USER_FILTER", "(objectClass=user)")),
        ("the source of courses is empty", one("COURSES_SOURCES_LMS_FILTER", "(objectClass=device)")),
        ("the base of courses is wrong", one("COURSES_SOURCES_LMS_BASE", "ou=lectures,dc=uni,dc=example")),
        ("people are not found by their own DN", one("COURSES_DN_ATTRIBUTE", "distinguishedName")),
        ("no group names lecturers like that", one("COURSES_SOURCES_LMS_OWNER", "manager")),
        ("no group names students like that", one("COURSES_SOURCES_LMS_MEMBER", "uniqueMember")),
        ("no group of lecturers is called like that", per_role("^(?<course>.+)-teachers$", "{course}-students")),
        ("no group of students is called like that", per_role("^(?<course>.+)-lecturers$", "{course}-studis")),
        ("no lecturer's value looks like that", on_people("^Dozent@(?<course>.+)$", "Learner@{course}")),
        ("no student's value looks like that", on_people("^Instructor@(?<course>.+)$", "Student@{course}")),
        ("the mail server does not run", one("MAIL_PORT", &free_port().to_string())),
        ("the mail password is wrong", one("MAIL_PASSWORD", "wrong")),
        ("the tables are not migrated", one("DATABASE_URL", &empty)),
    ]
}

/// Courses as groups for each role.
fn per_role(lecturers: &str, students: &str) -> Vec<(&'static str, String)> {
    courses(&[
        ("KIND", "group-per-role"),
        ("FILTER", "(objectClass=posixGroup)"),
        ("MEMBER", "memberUid"),
        ("MEMBER_IS", "username"),
        ("LECTURERS", lecturers),
        ("STUDENTS", students),
    ])
}

/// Courses as values on people.
fn on_people(lecturers: &str, students: &str) -> Vec<(&'static str, String)> {
    courses(&[("KIND", "edu-course-member"), ("LECTURERS", lecturers), ("STUDENTS", students)])
}

fn courses(settings: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let name = |key: &str| -> &'static str { format!("COURSES_SOURCES_LMS_{key}").leak() };
    settings.iter().map(|(key, value)| (name(key), (*value).to_owned())).collect()
}

fn advice(lines: &[Line]) -> Vec<(&str, &str)> {
    lines.iter().filter_map(|line| Some((line.what.as_str(), line.advice.as_deref()?))).collect()
}

/// With everything that belongs together, and the texts filled in, there is nothing left to say.
#[tokio::test]
async fn courses_are_told_with_figures_and_an_example() {
    let installation = Installation::new().await;
    let legal = tempfile::tempdir().expect("a folder");
    for name in ["privacy", "imprint", "accessibility", "help"] {
        for language in ["de", "en"] {
            let file = legal.path().join(format!("{name}.{language}.md"));
            std::fs::write(file, "# Text\n\nAsk [us](mailto:it@uni.example).\n").expect("a file");
        }
    }
    let mut settings = vec![
        ("PORTAL_LEGAL_FOLDER", legal.path().display().to_string()),
        ("ROLES_LECTURERS_FILTER", "(eduPersonAffiliation=faculty)".to_owned()),
        ("SERVICES_ROCKETCHAT_VISIBLE_TO_LECTURERS", "true".to_owned()),
    ];
    settings.extend(courses(&[("TERM", "businessCategory"), ("NUMBER", "ou")]));
    let shapes = [
        settings.clone(),
        [settings.clone(), per_role("^(?<course>.+)-lecturers$", "{course}-students")].concat(),
        [settings.clone(), on_people("^Instructor@(?<course>.*:(?<term>[^:]+):(?<number>[^:]+))$", "Learner@{course}")]
            .concat(),
    ];
    let mut told = Vec::new();
    for (shape, settings) in shapes.iter().enumerate() {
        let lines = installation.check(settings).await;
        assert!(lines.iter().all(|line| line.trouble.is_none()), "{lines:#?}");
        assert!(shape > 0 || advice(&lines).is_empty(), "{lines:#?}");
        told.extend(lines.into_iter().map(|line| line.what).filter(|what| what.contains("the source lms")));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn what_may_be_meant_so_is_advice() {
    let installation = Installation::new().await;
    let lines = installation.check(&courses(&[("TERM", "employeeNumber"), ("TITLE", "seeAlso")])).await;
    assert!(lines.iter().all(|line| line.trouble.is_none()), "{lines:#?}");
    let all: Vec<String> = advice(&lines).into_iter().map(|(what, advice)| format!("{what}\n{advice}")).collect();
    let all = all.join("\n");
    for told in [
        "courses.sources.lms.term",
        "courses.sources.lms.title",
        "nobody is a lecturer",
        "roles.lecturers_group",
        "visible_to_lecturers = true",
        "privacy.de.md: [",
        "help.en.md: [",
        "portal.legal_folder",
    ] {
        assert!(all.contains(told), "{told} is missing:\n{all}");
    }
    let nowhere = installation.server.url_through(free_port());
    let lines = installation.check(&[("DIRECTORY_URLS", nowhere)]).await;
    assert!(advice(&lines).iter().any(|(what, _)| *what == "roles, services, courses: not tried"), "{lines:#?}");
}

#[tokio::test]
async fn each_mistake_is_one_line_with_its_remedy() {
    let installation = Installation::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut report = String::new();
    let mistakes = mistakes(&installation, folder.path());
    for (name, changes) in &mistakes {
        let lines = installation.check(changes).await;
        let troubles: Vec<_> = lines.iter().filter(|line| line.trouble.is_some()).collect();
        assert_eq!(troubles.len(), 1, "{name}: {lines:#?}");
        report += &excerpt(name, &installation.written(&lines));
    }
    let unpublished = format!("sqlite://{}", folder.path().join("unpublished.db").display());
    let changes = [("DATABASE_URL", unpublished)];
    Database::open(&installation.config(&changes).database).expect("a database").migrate().await.expect("migrated");
    let lines = installation.check(&changes).await;
    report += &excerpt("the terms are not published", &installation.written(&lines));
    for (name, value) in mistakes.iter().flat_map(|(_, changes)| changes) {
        if let ("DIRECTORY_URLS" | "MAIL_PORT", Some(port)) = (*name, value.rsplit(':').next()) {
            report = report.replace(port, "CLOSED");
        }
    }
    insta::assert_snapshot!(report);
}

/// The lines of trouble under a heading.
fn excerpt(name: &str, report: &str) -> String {
    let mut is_trouble = false;
    let troubles = report.lines().filter(|line| {
        is_trouble = if line.starts_with("    ") { is_trouble } else { line.starts_with('✗') };
        is_trouble
    });
    let troubles: String = troubles.fold(String::new(), |text, line| text + line + "\n");
    format!("# {name}\n{troubles}\n")
}
