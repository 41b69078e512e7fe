//! `latchkey check`: everything that the operator can get wrong, tried from the outside in.

mod courses;
mod texts;

use std::{net::ToSocketAddrs, time::Duration};

use chrono::TimeDelta;
use url::Url;

use crate::{
    clock::{Clock, Instant},
    command::audit,
    config::Config,
    db::{Backend, Database},
    directory::{Directory, DirectoryError, Holder},
    domain::{
        accounts::Person,
        catalogue::{Grant, Service},
        outbox::{self, Depth},
        roles::Role,
        terms,
    },
    mail::{MailError, Mailer, Transport},
};

/// What is owed for longer is in somebody's way.
const OWED_TOO_LONG: TimeDelta = TimeDelta::hours(1);

/// The result of one trial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub what: String,
    /// What is wrong, and what to do.
    pub trouble: Option<String>,
    /// What may be meant so, and what to do if it is not.
    pub advice: Option<String>,
}

/// The report; printed line by line as it comes.
struct Report {
    lines: Vec<Line>,
    print: fn(&Line),
}

impl Report {
    fn ok(&mut self, what: impl Into<String>) {
        self.add(Line { what: what.into(), ..Line::default() });
    }

    fn bad(&mut self, what: impl Into<String>, trouble: impl Into<String>) {
        self.add(Line { what: what.into(), trouble: Some(trouble.into()), advice: None });
    }

    fn advise(&mut self, what: impl Into<String>, advice: impl Into<String>) {
        self.add(Line { what: what.into(), trouble: None, advice: Some(advice.into()) });
    }

    fn add(&mut self, line: Line) {
        (self.print)(&line);
        self.lines.push(line);
    }
}

impl Line {
    /// With `✓`, with `!` and advice, or with `✗` and the remedy.
    pub fn written(&self) -> String {
        let set_in = |text: &str| text.replace('\n', "\n    ");
        match (&self.trouble, &self.advice) {
            (Some(trouble), _) => format!("✗ {}\n    {}", self.what, set_in(trouble)),
            (None, Some(advice)) => format!("! {}\n    {}", self.what, set_in(advice)),
            (None, None) => format!("✓ {}", self.what),
        }
    }
}

pub fn print_line(line: &Line) {
    say!("{}", line.written());
}

/// Tries everything; changes nothing.
pub async fn check(config: &Config, print: fn(&Line)) -> Vec<Line> {
    let mut report = Report { lines: Vec::new(), print };
    report.ok(format!("configuration is valid (SHA-256 {})", &config.digest[..16]));
    check_database(config, &mut report).await;
    match check_directory(config, &mut report).await {
        None => report.advise("roles, services, courses: not tried", "The directory has to be usable first."),
        Some((directory, person)) => {
            match &person {
                None => {
                    report.advise("roles and services: not tried", "Somebody has to be found first to try them with.");
                }
                Some(person) => check_with(config, &directory, person, &mut report).await,
            }
            courses::check(config, &directory, person.as_ref(), &mut report).await;
        }
    }
    courses::check_connections(config, &mut report);
    check_data_protection(config, &mut report);
    texts::check(config, &mut report);
    check_mail(config, &mut report).await;
    report.lines
}

async fn check_database(config: &Config, report: &mut Report) {
    let database = match Database::open(&config.database) {
        Ok(database) => database,
        Err(error) => return report.bad("database", error.to_string()),
    };
    let kind = match database.backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres if cfg!(feature = "bundled-libpq") => {
            "PostgreSQL (built-in client library: no TLS to the database)"
        }
        Backend::Postgres => "PostgreSQL (the system's client library)",
    };
    if database.is_missing_file() {
        return report.bad(format!("database: {kind}"), "There is no database yet. Run: latchkey migrate");
    }
    match database.is_current().await {
        Ok(true) => report.ok(format!("database: {kind}, tables are up to date")),
        Ok(false) => {
            return report.bad(format!("database: {kind}"), "The tables are not up to date. Run: latchkey migrate");
        }
        Err(error) => {
            let remedy = format!("{error}\nCheck database.url, and that the database runs and lets this account in.");
            return report.bad(format!("database: {kind}"), remedy);
        }
    }
    check_terms(config, &database, report).await;
    report.add(audit::check(&config.audit, &database).await);
    if let Ok(depth) = database.read(outbox::depth).await {
        report.add(outbox_line(&depth, Clock::system().now()));
    }
}

/// What is owed, and whether somebody has to look after it.
fn outbox_line(depth: &Depth, now: Instant) -> Line {
    let since =
        depth.oldest.map(|at| format!(", the oldest since {} UTC", at.format("%Y-%m-%d %H:%M"))).unwrap_or_default();
    let is_old = depth.oldest.is_some_and(|at| now - at > OWED_TOO_LONG);
    let trouble = match depth.set_aside {
        0 if is_old => Some(
            "The directory or the mail server has not taken it for more than an hour.\nSee latchkey outbox list for what \
             stands in the way; it is tried again by itself."
                .to_owned(),
        ),
        0 => None,
        some => Some(format!(
            "{some} of them need you: the directory or mail server refuses them.\nSee latchkey outbox list. When the \
             cause is mended: latchkey outbox retry"
        )),
    };
    Line { what: format!("outbox: {} effects are owed{since}", depth.owed), trouble, advice: None }
}

async fn check_terms(config: &Config, database: &Database, report: &mut Report) {
    let now = Clock::system().now();
    let versions = database.read(terms::all_versions).await.unwrap_or_default();
    for service in &config.catalogue.services {
        let slug = service.slug.as_str();
        match terms::current(versions.iter().filter(|version| version.service == slug), now) {
            Some(version) => report.ok(format!("terms of {slug}: version {} is in effect", version.number)),
            None => report.bad(
                format!("terms of {slug}"),
                format!(
                    "No version is in effect, so nobody can activate the service. Write its texts, then run: latchkey terms publish {slug}"
                ),
            ),
        }
    }
}

async fn check_directory(config: &Config, report: &mut Report) -> Option<(Directory, Option<Person>)> {
    let directory = match Directory::new(config.directory.clone()) {
        Ok(directory) => directory,
        Err(error) => {
            report.bad("directory", format!("{error}\nCheck directory.ca_file."));
            return None;
        }
    };
    let mut is_usable = false;
    for url in &config.directory.urls {
        is_usable |= check_address(config, &directory, url, report).await;
    }
    if !is_usable {
        return None;
    }
    let person = match directory.finds_anybody().await {
        Ok(Some(person)) => {
            report.ok("directory: the search finds people");
            Some(person)
        }
        Ok(None) => {
            report.bad(
                "directory: the search finds nobody",
                "Check directory.people.base and filter, that key_attribute and username_attribute are right, \
                 and that the portal's account may read them.",
            );
            None
        }
        Err(error) => {
            report.bad("directory: the search for people fails", format!("{error}\nCheck directory.people."));
            None
        }
    };
    Some((directory, person))
}

/// Address, TLS and bind, each with its own line, so that the first that fails is the one to mend.
async fn check_address(config: &Config, directory: &Directory, url: &str, report: &mut Report) -> bool {
    if !answers(url, config.directory.connect_timeout).await {
        report.bad(
            format!("directory: {url} cannot be reached"),
            "Check the address, that the server runs, and the firewall between here and there.",
        );
        return false;
    }
    report.ok(format!("directory: {url} can be reached"));
    let encrypted = config.directory.start_tls || Url::parse(url).is_ok_and(|url| url.scheme() == "ldaps");
    if let Err(error) = directory.try_connect(url).await {
        let remedy = "The certificate must be valid, name this host, and come from an authority in directory.ca_file.";
        report.bad(format!("directory: no TLS with {url}"), format!("{error}\n{remedy}"));
        return false;
    }
    report.ok(if encrypted {
        format!("directory: TLS with {url}, certificate is trusted")
    } else {
        format!("directory: {url} is used without TLS, on this machine only")
    });
    match directory.try_bind(url).await {
        Ok(()) => {
            report.ok(format!("directory: {} can sign in at {url}", config.directory.bind_dn));
            true
        }
        Err(error) => {
            report.bad(format!("directory: {} cannot sign in at {url}", config.directory.bind_dn), error.to_string());
            false
        }
    }
}

/// Whether anything accepts connections there.
async fn answers(url: &str, limit: Duration) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let port = url.port().unwrap_or(if url.scheme() == "ldaps" { 636 } else { 389 });
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let resolved = tokio::task::spawn_blocking(move || (host.as_str(), port).to_socket_addrs()).await;
    let Ok(Ok(addresses)) = resolved else { return false };
    for address in addresses {
        if let Ok(Ok(_)) = tokio::time::timeout(limit, tokio::net::TcpStream::connect(address)).await {
            return true;
        }
    }
    false
}

/// What is tried with somebody whom the directory shows.
async fn check_with(config: &Config, directory: &Directory, person: &Person, report: &mut Report) {
    check_roles(directory, person, report).await;
    for service in &config.catalogue.services {
        check_service(directory, service, person, report).await;
    }
}

async fn check_service(directory: &Directory, service: &Service, person: &Person, report: &mut Report) {
    let place = match &service.grant {
        Grant::GroupOfDns { group, attribute } | Grant::GroupOfUsernames { group, attribute } => {
            format!("{attribute} of {group}")
        }
        Grant::PersonAttribute { attribute, .. } => format!("{attribute} of people"),
    };
    match directory.may_write(&service.grant, person).await {
        Ok(()) => report.ok(format!("{}: {place} exists and can be written", service.slug)),
        Err(error) => {
            let what = format!("{}: {place} cannot be written", service.slug);
            report.bad(what, format!("{error}\n{}", remedy(&error, service)));
            // Nothing can be said about what is granted by a group that is not there.
            return;
        }
    }
    if let Err(error) = directory.has(&service.grant, &Holder::from(person)).await {
        let remedy = "Give the portal's account the right to compare values of this attribute (docs/OPERATING.md).";
        report.bad(format!("{}: {place} cannot be read", service.slug), format!("{error}\n{remedy}"));
    }
    if let Some(rule) = &service.eligibility
        && let Err(error) = directory.matches(&person.dn, &rule.filter).await
    {
        report.bad(
            format!("{}: eligibility filter", service.slug),
            format!("{error}\nCheck services.{}.eligibility.filter.", service.slug),
        );
    }
    check_admission(directory, service, person, report).await;
}

fn remedy(error: &DirectoryError, service: &Service) -> String {
    let key = format!("services.{}.grant", service.slug);
    match error {
        DirectoryError::NoSuchObject => format!("Create the group, or correct {key}.group."),
        DirectoryError::InsufficientAccess => {
            "Give the portal's account the right to add and delete values of this attribute (docs/OPERATING.md).".into()
        }
        _ => format!("Check {key}."),
    }
}

async fn check_admission(directory: &Directory, service: &Service, person: &Person, report: &mut Report) {
    let Some(admission) = &service.admission else { return };
    let key = format!("services.{}.admission", service.slug);
    let as_chat_server = async {
        Ok((
            directory.finds_as_chat_server(admission, person).await?,
            directory.chat_server_sees_group(admission).await?,
        ))
    };
    match as_chat_server.await {
        Ok((true, true)) => report.ok(format!("{}: the chat server's account sees people and group", service.slug)),
        Ok((false, _)) => report.bad(
            format!("{}: the chat server does not find people", service.slug),
            format!("It does not find {}. Check {key}: base, user_filter, user_fields.", person.dn),
        ),
        Ok((true, false)) => report.bad(
            format!("{}: the chat server does not see the members of the group", service.slug),
            format!(
                "Check {key}.group_filter: object_class, id_attribute, group_name, member_attribute; the group needs a member, \
                 and the chat server's account the right to search for members."
            ),
        ),
        Err(error) => report.bad(
            format!("{}: the chat server's account cannot search", service.slug),
            format!("{}\nCheck {key}.bind_dn and bind_password.", DirectoryError::to_string(&error)),
        ),
    }
}

fn check_data_protection(config: &Config, report: &mut Report) {
    for service in &config.catalogue.services {
        let what = format!("{}: data protection", service.slug);
        match service.data_protection.lacking().as_slice() {
            [] => report.ok(format!("{what} is described")),
            lacking => {
                let keys = lacking.join(", ");
                report.bad(
                    what,
                    format!(
                        "Nobody can request the service, because services.{}.… is missing: {keys}. \
                         latchkey.example.toml shows what they say.",
                        service.slug
                    ),
                );
            }
        }
    }
}

async fn check_mail(config: &Config, report: &mut Report) {
    let tried = match Mailer::new(&config.mail) {
        Ok(mailer) => mailer.try_connection().await,
        Err(error) => Err(error),
    };
    match tried {
        Ok(()) => report.ok(match &config.mail.transport {
            Transport::Smtp(_) => "mail: the server can be used".to_owned(),
            Transport::Folder(folder) => format!("mail: messages are not sent but written to {}", folder.display()),
        }),
        Err(error @ MailError::Settings(_)) => report.bad("mail", error.to_string()),
        Err(error @ MailError::NotAdmitted(_)) => report.bad("mail: the server cannot be used", format!("{error}.")),
        Err(error) => report.bad(
            "mail: the server cannot be used",
            format!("{error}\nCheck mail.host, port, tls, ca_file, username and password."),
        ),
    }
}

/// A group that is missing or that cannot be read would leave its people without their role, silently.
async fn check_roles(directory: &Directory, person: &Person, report: &mut Report) {
    for role in Role::ALL {
        let key = match role {
            Role::Auditor => "roles.auditors",
            Role::TermsEditor => "roles.terms_editors",
            Role::Lecturer => "roles.lecturers",
        };
        let tried = [
            (format!("{key}_group"), directory.reads_role_group(role, person).await),
            (format!("{key}_filter"), directory.understands_role_filter(role, person).await),
        ];
        for (key, result) in tried {
            match result {
                None => {}
                Some(Ok(())) => report.ok(format!("{key} can be read")),
                Some(Err(error)) => report.bad(
                    format!("{key} cannot be read"),
                    format!(
                        "{error}\nCorrect {key}, or give the portal's account the right to read it; until then nobody has this \
                         role by it."
                    ),
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_for_long_or_waits_for_the_operator_is_trouble() {
        let now = Instant::default() + TimeDelta::days(1);
        let trouble = |age: Option<TimeDelta>, set_aside| {
            outbox_line(&Depth { owed: 3, oldest: age.map(|age| now - age), set_aside }, now).trouble
        };
        assert_eq!(trouble(None, 0), None);
        assert_eq!(trouble(Some(TimeDelta::minutes(60)), 0), None);
        assert!(trouble(Some(TimeDelta::minutes(61)), 0).is_some_and(|text| text.contains("more than an hour")));
        assert!(trouble(Some(TimeDelta::minutes(61)), 2).is_some_and(|text| text.contains("2 of them need you")));
    }
}
