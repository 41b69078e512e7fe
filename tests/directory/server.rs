//! The two directories under the contract, with the same people, groups and rights.

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::sync::OnceCell;

use latchkey::{
    demo::directory::{Access, EmbeddedDirectory, Entry, Faults, Options as EmbeddedOptions},
    directory::{
        Directory,
        settings::{People, Settings},
    },
    domain::{accounts::Person as Member, catalogue::Grant},
};

use crate::course_entries;
use crate::support::{
    certificates::Tls,
    openldap::{self, CHAT_DN, OpenLdap, PORTAL_DN},
    people::{
        ALL, AUDITOR, BASE, EDITOR, EDITORS, ENTITLEMENT, EXPIRED, GROUP, IT_STAFF, MARIA, PASSWORD, PLACEHOLDER,
        POSIX_GROUP, Person, UNIQUE_GROUP,
    },
};

pub const PORTAL_PASSWORD: &str = "portal-secret";
pub const CHAT_PASSWORD: &str = "chat-secret";
pub const PEOPLE_BASE: &str = "ou=people,dc=uni,dc=example";

/// A group with [`MARIA`] alone in it, so that she cannot be removed.
pub const LONELY_GROUP: &str = "cn=lonely,ou=services,ou=groups,dc=uni,dc=example";

/// The password of `blanks`.
pub const BLANKS: &str = "  two words  ";

/// The password of `longpass`.
pub fn long_password() -> String {
    "lang-".repeat(200)
}

/// Runs each of these functions on both servers.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $test() { super::$test(crate::server::Server::embedded().await).await; })*
        }
        mod openldap {
            $(#[tokio::test] async fn $test() { super::$test(crate::server::Server::openldap().await).await; })*
        }
    };
}
pub(crate) use on_both;

/// A running directory.
pub struct Server {
    pub settings: Settings,
    kind: Kind,
    administrator: OnceCell<Ldap>,
}

enum Kind {
    Embedded { address: SocketAddr, running: Option<EmbeddedDirectory> },
    OpenLdap(Box<OpenLdap>),
}

impl Server {
    pub async fn embedded() -> Self {
        let running = start_embedded("127.0.0.1:0".parse().expect("an address")).await;
        let settings = settings(&running.url());
        Self {
            settings,
            kind: Kind::Embedded { address: running.address(), running: Some(running) },
            administrator: OnceCell::new(),
        }
    }

    /// LDAPS, with password policy and memberOf.
    pub async fn openldap() -> Self {
        Self::openldap_with(Tls::Good).await
    }

    pub async fn openldap_with(tls: Tls) -> Self {
        let long = long_password();
        let ldif = format!(
            "{}{}dn: {LONELY_GROUP}\nobjectClass: groupOfNames\ncn: lonely\nmember: {}\n\n",
            // "  two words  " in base 64, since LDIF trims blanks.
            ldif("blanks", ": ICB0d28gd29yZHMgIA=="),
            ldif("longpass", &format!(" {long}")),
            MARIA.dn(),
        ) + &course_entries::ldif();
        let options = openldap::Options { ppolicy: true, memberof: true, ldif, tls, ..openldap::Options::default() };
        let server = tokio::task::spawn_blocking(move || OpenLdap::start(&options)).await.expect("OpenLDAP");
        let mut settings = settings(&server.ldaps_url);
        settings.ca_file = Some(server.ca_pem.clone());
        Self { settings, kind: Kind::OpenLdap(Box::new(server)), administrator: OnceCell::new() }
    }

    /// How the portal is set up for a directory with this address.
    pub fn settings_for(url: &str) -> Settings {
        settings(url)
    }

    pub fn directory(&self) -> Directory {
        self.directory_with(|_| {})
    }

    /// A client with other settings than usual.
    pub fn directory_with(&self, change: impl FnOnce(&mut Settings)) -> Directory {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Directory::new(settings).expect("a directory")
    }

    /// The port that the settings lead to.
    pub fn port(&self) -> u16 {
        let address = &self.settings.urls[0];
        address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// The same address through another port of this machine.
    pub fn url_through(&self, port: u16) -> String {
        let scheme = self.settings.urls[0].split(':').next().expect("a scheme");
        format!("{scheme}://127.0.0.1:{port}")
    }

    /// The real one, for what only it can do.
    pub fn real(&self) -> &OpenLdap {
        match &self.kind {
            Kind::OpenLdap(server) => server,
            Kind::Embedded { .. } => panic!("this is not OpenLDAP"),
        }
    }

    /// What the embedded one can be ordered to do wrong.
    pub fn faults(&self) -> &Faults {
        match &self.kind {
            Kind::Embedded { running: Some(running), .. } => running.faults(),
            _ => panic!("only the embedded directory takes orders"),
        }
    }

    pub async fn stop(&mut self) {
        match &mut self.kind {
            Kind::Embedded { running, .. } => running.take().expect("it runs").stop().await,
            Kind::OpenLdap(server) => server.stop(),
        }
    }

    pub async fn restart(&mut self) {
        self.administrator = OnceCell::new();
        match &mut self.kind {
            Kind::Embedded { running, address } => *running = Some(start_embedded(*address).await),
            Kind::OpenLdap(server) => server.restart(),
        }
    }

    /// Everything that an entry holds, past the client under test. Operational attributes (times of changes, for one)
    /// only if asked for.
    pub async fn entry(&self, dn: &str, operational: bool) -> SearchEntry {
        let mut ldap = self.administrator().await;
        let attributes = if operational { vec!["*", "+"] } else { vec!["*"] };
        let found = ldap.search(dn, Scope::Base, "(objectClass=*)", attributes).await.expect("an answer");
        SearchEntry::construct(found.success().expect("an entry").0.remove(0))
    }

    /// The values of one attribute of a group.
    pub async fn values(&self, dn: &str, attribute: &str) -> Vec<String> {
        let mut values = self.entry(dn, false).await.attrs.remove(attribute).unwrap_or_default();
        values.sort();
        values
    }

    /// A connection as somebody who may do everything; on the embedded directory, which has nobody like that, as the
    /// portal.
    pub async fn administrator(&self) -> Ldap {
        let (dn, password) = match &self.kind {
            Kind::Embedded { .. } => (PORTAL_DN, PORTAL_PASSWORD),
            Kind::OpenLdap(server) => (server.admin_dn, server.admin_password),
        };
        self.administrator.get_or_init(|| self.bound(dn, password)).await.clone()
    }

    /// A connection as this account.
    pub async fn bound(&self, dn: &str, password: &str) -> Ldap {
        let mut roots = RootCertStore::empty();
        if let Some(file) = &self.settings.ca_file {
            for certificate in CertificateDer::pem_file_iter(file).expect("the authority") {
                roots.add(certificate.expect("PEM")).expect("an authority");
            }
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let settings = LdapConnSettings::new().set_config(config.into());
        let url = &self.settings.urls[0];
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, url).await.expect("a connection");
        ldap3::drive!(connection);
        ldap.simple_bind(dn, password).await.expect("an answer").success().expect("a bind");
        ldap
    }
}

/// How the portal is set up for it.
fn settings(url: &str) -> Settings {
    Settings {
        urls: vec![url.to_owned()],
        start_tls: false,
        ca_file: None,
        bind_dn: PORTAL_DN.into(),
        bind_password: PORTAL_PASSWORD.into(),
        connect_timeout: Duration::from_secs(2),
        operation_timeout: Duration::from_secs(2),
        most_values_per_modify: 100,
        roles: latchkey::directory::settings::Roles::default(),
        people: People {
            base: PEOPLE_BASE.into(),
            filter: "(&(objectClass=person)(uid={username}))".into(),
            dn_template: None,
            key_attribute: "entryUUID".into(),
            username_attribute: "uid".into(),
            display_name_attribute: "displayName".into(),
            mail_attribute: "mail".into(),
            affiliation_attribute: "eduPersonAffiliation".into(),
        },
    }
}

/// Time enough to write something.
pub fn in_time() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

/// One grant of each kind; the first is the usual one.
pub fn grants() -> [Grant; 4] {
    [
        Grant::GroupOfDns { group: GROUP.into(), attribute: "member".into() },
        Grant::GroupOfDns { group: UNIQUE_GROUP.into(), attribute: "uniqueMember".into() },
        Grant::GroupOfUsernames { group: POSIX_GROUP.into(), attribute: "memberUid".into() },
        Grant::PersonAttribute { attribute: "eduPersonEntitlement".into(), value: ENTITLEMENT.into() },
    ]
}

/// The person as the client finds it.
pub async fn found(directory: &Directory, person: &Person) -> Member {
    directory.find(person.uid).await.expect("an answer").expect(person.uid)
}

fn ldif(uid: &str, password: &str) -> String {
    format!(
        "dn: uid={uid},{PEOPLE_BASE}\nobjectClass: inetOrgPerson\nobjectClass: eduPerson\nuid: {uid}\ncn: {uid}\n\
         sn: {uid}\nuserPassword:{password}\n\n"
    )
}

async fn start_embedded(listen: SocketAddr) -> EmbeddedDirectory {
    let access = Access {
        portal: PORTAL_DN.into(),
        chat: CHAT_DN.into(),
        people: PEOPLE_BASE.into(),
        groups: format!("ou=groups,{BASE}"),
        service_groups: format!("ou=services,ou=groups,{BASE}"),
        entitlement_prefix: ENTITLEMENT.into(),
    };
    let options = EmbeddedOptions { listen, base: BASE.into(), journal: None, access };
    EmbeddedDirectory::start(options, entries()).await.expect("the embedded directory")
}

/// What OpenLDAP is loaded with, for the embedded directory.
fn entries() -> Vec<Entry> {
    let mut entries = vec![entry(BASE, &[("objectClass", "organization"), ("o", "University")])];
    for branch in ["ou=people", "ou=system", "ou=groups", "ou=services,ou=groups"] {
        entries.push(entry(&format!("{branch},{BASE}"), &[("objectClass", "organizationalUnit")]));
    }
    for (dn, password) in [(PORTAL_DN, PORTAL_PASSWORD), (CHAT_DN, CHAT_PASSWORD)] {
        entries.push(entry(dn, &[("objectClass", "organizationalRole"), ("userPassword", password)]));
    }
    entries.push(entry(PLACEHOLDER, &[("objectClass", "organizationalRole"), ("cn", "placeholder")]));
    entries.extend(ALL.iter().map(person));
    let long = long_password();
    for (uid, password) in [("blanks", BLANKS), ("longpass", &long)] {
        let attributes = [("objectClass", "person"), ("objectClass", "eduPerson"), ("uid", uid)];
        let dn = format!("uid={uid},{PEOPLE_BASE}");
        entries.push(entry(&dn, &[&attributes[..], &[("userPassword", password)]].concat()));
    }
    for (dn, class, attribute, value) in [
        (GROUP, "groupOfNames", "member", PLACEHOLDER),
        (UNIQUE_GROUP, "groupOfUniqueNames", "uniqueMember", PLACEHOLDER),
        (POSIX_GROUP, "posixGroup", "gidNumber", "4711"),
        (LONELY_GROUP, "groupOfNames", "member", &MARIA.dn()),
        (IT_STAFF, "groupOfNames", "member", &AUDITOR.dn()),
        (EDITORS, "groupOfNames", "member", &EDITOR.dn()),
    ] {
        let cn = dn.split(['=', ',']).nth(1).expect("a name");
        entries.push(entry(dn, &[("objectClass", class), ("cn", cn), (attribute, value)]));
    }
    entries.extend(course_entries::all().iter().map(|(dn, attributes)| entry(dn, attributes)));
    entries
}

fn person(person: &Person) -> Entry {
    let mut attributes = vec![
        ("objectClass", "person"),
        ("objectClass", "inetOrgPerson"),
        ("objectClass", "eduPerson"),
        ("uid", person.uid),
        ("cn", person.name),
        ("sn", person.surname),
        ("displayName", person.name),
        ("eduPersonAffiliation", person.affiliation),
        ("userPassword", PASSWORD),
    ];
    attributes.extend(person.mail.map(|mail| ("mail", mail)));
    if *person == EXPIRED {
        attributes.push(("latchkeyDemoPasswordExpired", "TRUE"));
    } else {
        attributes.extend(person.policy.lines().filter_map(|line| line.split_once(": ")));
    }
    entry(&person.dn(), &attributes)
}

fn entry(dn: &str, attributes: &[(&str, &str)]) -> Entry {
    let mut entry = Entry { dn: dn.to_owned(), attributes: Vec::new() };
    for (name, value) in attributes {
        match entry.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push((*value).to_owned()),
            None => entry.attributes.push(((*name).to_owned(), vec![(*value).to_owned()])),
        }
    }
    entry
}
