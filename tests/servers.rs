//! The servers that other tests rely on, used as those tests use them.

mod support;

use std::{
    fs::File,
    io::BufReader,
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, connection::SimpleConnection as _, sql_query};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Mod, Scope, SearchEntry};
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls as MailTls, TlsParameters},
    },
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use support::{
    certificates::Tls,
    openldap::{OpenLdap, Options},
    people::{self, ENTITLEMENT, GROUP, IT_STAFF, PASSWORD, PLACEHOLDER, POSIX_GROUP, Person, UNIQUE_GROUP},
    postgres,
    smtp::Smtp,
};

/// A connection that trusts the server's authority and nobody else.
async fn connect(server: &OpenLdap, url: &str) -> Result<Ldap, LdapError> {
    let mut roots = rustls::RootCertStore::empty();
    let pem = BufReader::new(File::open(&server.ca_pem).expect("the authority"));
    for certificate in CertificateDer::pem_reader_iter(pem) {
        roots.add(certificate.expect("PEM")).expect("an authority");
    }
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let settings = LdapConnSettings::new()
        .set_conn_timeout(Duration::from_secs(2))
        .set_starttls(url.starts_with("ldap://"))
        .set_config(Arc::new(config));
    let (connection, ldap) = LdapConnAsync::with_settings(settings, url).await?;
    ldap3::drive!(connection);
    Ok(ldap)
}

async fn as_portal(server: &OpenLdap) -> Ldap {
    let mut ldap = connect(server, &server.ldaps_url).await.expect("LDAPS");
    let bound = ldap.simple_bind(server.portal_dn, server.portal_password).await.expect("an answer");
    assert_eq!(bound.rc, 0);
    ldap
}

/// The result code of a bind as this person.
async fn bind(server: &OpenLdap, person: &Person, password: &str) -> u32 {
    let mut ldap = connect(server, &server.ldaps_url).await.expect("LDAPS");
    ldap.simple_bind(&person.dn(), password).await.expect("an answer").rc
}

/// The result code of adding (or deleting) one value.
async fn change(ldap: &mut Ldap, add: bool, dn: &str, attribute: &str, value: &str) -> u32 {
    let values = std::collections::HashSet::from([value]);
    let change = if add { Mod::Add(attribute, values) } else { Mod::Delete(attribute, values) };
    ldap.modify(dn, vec![change]).await.expect("an answer").rc
}

async fn search(ldap: &mut Ldap, filter: &str) -> Vec<SearchEntry> {
    let attributes = vec!["*", "entryUUID", "memberOf", "userPassword"];
    let (entries, _) =
        ldap.search(people::BASE, Scope::Subtree, filter, attributes).await.expect("an answer").success().expect("0");
    entries.into_iter().map(SearchEntry::construct).collect()
}

#[tokio::test]
async fn openldap_answers_the_portal_over_tls_in_about_a_second() {
    let start = Instant::now();
    let server = OpenLdap::start(&Options { students: 700, ..Options::default() });
    println!("OpenLDAP ready after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    for url in [&server.ldaps_url, &server.ldap_url] {
        let mut ldap = connect(&server, url).await.expect("TLS");
        ldap.simple_bind(server.portal_dn, server.portal_password).await.expect("an answer").success().expect("0");
        for person in people::ALL {
            let found = search(&mut ldap, &format!("(uid={})", person.uid)).await;
            let [entry] = &found[..] else { panic!("{}: {} entries", person.uid, found.len()) };
            assert_eq!(entry.attrs["displayName"], [person.name]);
            assert!(!entry.attrs["entryUUID"].is_empty());
            assert!(!entry.attrs.contains_key("userPassword"));
        }
        assert_eq!(search(&mut ldap, "(mail=twins@uni.example)").await.len(), 2);
        assert_eq!(search(&mut ldap, "(uid=student00700)").await.len(), 1);
    }
    assert!(server.log().contains("SRCH"));
}

#[tokio::test]
async fn the_portals_account_can_change_what_it_must_and_nothing_else() {
    let server = OpenLdap::start(&Options { memberof: true, ..Options::default() });
    let mut portal = as_portal(&server).await;
    let maria = people::MARIA.dn();
    for person in people::ALL {
        let dn = person.dn();
        for (group, attribute, value) in [
            (GROUP, "member", dn.as_str()),
            (UNIQUE_GROUP, "uniqueMember", &dn),
            (POSIX_GROUP, "memberUid", person.uid),
        ] {
            assert_eq!(change(&mut portal, true, group, attribute, value).await, 0, "add {value} to {group}");
            if group == GROUP {
                let filter = format!("(&(uid={})(memberOf={GROUP}))", person.uid);
                assert_eq!(search(&mut portal, &filter).await.len(), 1, "{filter}");
            }
            assert_eq!(change(&mut portal, false, group, attribute, value).await, 0, "delete {value} from {group}");
        }
        assert_eq!(change(&mut portal, true, &dn, "eduPersonEntitlement", ENTITLEMENT).await, 0);
        assert_eq!(change(&mut portal, false, &dn, "eduPersonEntitlement", ENTITLEMENT).await, 0);
    }
    for (dn, attribute, value) in [
        (GROUP, "member", "cn=somebody,ou=system,dc=uni,dc=example"),
        (UNIQUE_GROUP, "uniqueMember", "cn=somebody,ou=system,dc=uni,dc=example"),
        (GROUP, "description", "mine"),
        (IT_STAFF, "member", &maria),
        (&maria, "eduPersonEntitlement", "urn:mace:uni.example:service:root"),
        (&maria, "eduPersonAffiliation", "faculty"),
        (&maria, "userPassword", "guessed-it"),
    ] {
        assert_eq!(change(&mut portal, true, dn, attribute, value).await, 50, "{attribute} of {dn}");
    }
    assert_eq!(change(&mut portal, false, GROUP, "member", PLACEHOLDER).await, 50);
    assert_eq!(change(&mut portal, false, UNIQUE_GROUP, "uniqueMember", PLACEHOLDER).await, 50);
    assert_eq!(portal.delete(GROUP).await.expect("an answer").rc, 50);
    let mut chat = connect(&server, &server.ldaps_url).await.expect("LDAPS");
    assert_eq!(chat.simple_bind(server.chat_dn, server.chat_password).await.expect("an answer").rc, 0);
    assert_eq!(search(&mut chat, &format!("(&(objectclass=groupOfNames)(member={PLACEHOLDER}))")).await.len(), 1);
    assert_eq!(change(&mut chat, true, GROUP, "member", &maria).await, 50);
}

#[tokio::test]
async fn the_password_policy_makes_accounts_unusable() {
    for argon2 in [false, true] {
        let server = OpenLdap::start(&Options { ppolicy: true, argon2, ..Options::default() });
        for person in
            [people::MARIA, people::UMLAUT, people::COMMA, people::PLUS, people::TWO_PARTS, people::PARENTHESES]
        {
            assert_eq!(bind(&server, &person, PASSWORD).await, 0, "{}", person.uid);
        }
        assert_eq!(bind(&server, &people::MARIA, "wrong").await, 49);
        assert_eq!(bind(&server, &people::LOCKED, PASSWORD).await, 49);
        assert_eq!(bind(&server, &people::EXPIRED, PASSWORD).await, 49);

        let mut ldap = connect(&server, &server.ldaps_url).await.expect("LDAPS");
        let newcomer = people::MUST_CHANGE.dn();
        assert_eq!(ldap.simple_bind(&newcomer, PASSWORD).await.expect("an answer").rc, 0);
        let own = ldap.search(&newcomer, Scope::Base, "(objectClass=*)", vec!["uid"]).await.expect("an answer");
        assert_eq!(own.1.rc, 50);

        for _ in 0..6 {
            bind(&server, &people::TWIN, "wrong").await;
        }
        assert_eq!(bind(&server, &people::TWIN, PASSWORD).await, 49, "locked after five failures");
    }
    let server = OpenLdap::start(&Options::default());
    assert_eq!(bind(&server, &people::LOCKED, PASSWORD).await, 0, "without the policy");
}

#[tokio::test]
async fn bad_certificates_are_refused() {
    for tls in [Tls::Expired, Tls::WrongHost, Tls::UnknownCa] {
        let server = OpenLdap::start(&Options { tls, ..Options::default() });
        for url in [&server.ldaps_url, &server.ldap_url] {
            let error = connect(&server, url).await.expect_err("a bad certificate").to_string();
            let reason = match tls {
                Tls::Expired => "xpired",
                Tls::WrongHost => "NotValidForName",
                _ => "UnknownIssuer",
            };
            assert!(error.contains(reason) || error.contains("not valid for name"), "{tls:?}: {error}");
        }
    }
}

#[tokio::test]
async fn openldap_stops_hangs_crashes_and_comes_back() {
    let mut server = OpenLdap::start(&Options::default());
    let maria = people::MARIA.dn();
    let pid = server.pid();
    assert_eq!(change(&mut as_portal(&server).await, true, GROUP, "member", &maria).await, 0);
    server.stop();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert!(connect(&server, &server.ldaps_url).await.is_err());
    server.restart();
    assert_eq!(search(&mut as_portal(&server).await, &format!("(member={maria})")).await.len(), 1);

    let mut ldap = as_portal(&server).await;
    server.freeze();
    let hung = ldap.with_timeout(Duration::from_millis(200)).search(GROUP, Scope::Base, "(cn=*)", vec!["cn"]).await;
    assert!(matches!(hung, Err(LdapError::Timeout { .. })), "{:?}", hung.map(|_| ()));
    server.thaw();
    assert_eq!(search(&mut ldap, &format!("(member={maria})")).await.len(), 1);
    server.crash();
    server.restart();
    assert_eq!(search(&mut as_portal(&server).await, &format!("(member={maria})")).await.len(), 1);
}

#[test]
fn every_test_gets_a_postgresql_database_of_its_own() {
    let (one, other) = (postgres::database(), postgres::database());
    assert_ne!(one, other);
    for url in [&one, &other] {
        let mut connection = PgConnection::establish(url).expect("a connection");
        connection.batch_execute("CREATE TABLE only_mine (id INTEGER)").expect("a table");
        assert_eq!(sql_query("INSERT INTO only_mine VALUES (1)").execute(&mut connection).expect("a row"), 1);
    }
}

/// Sends one message as the portal would.
async fn send(server: &Smtp, password: &str) -> Result<(), String> {
    let ca = Certificate::from_pem(&std::fs::read(&server.ca).expect("the authority")).expect("PEM");
    let tls = TlsParameters::builder(server.host.to_owned()).add_root_certificate(ca).build().expect("TLS");
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
        .port(server.port)
        .tls(MailTls::Required(tls))
        .credentials(Credentials::new(server.username.to_owned(), password.to_owned()))
        .build();
    let message = Message::builder()
        .from("Account portal <account@uni.example>".parse().expect("an address"))
        .to("maria.weber@uni.example".parse().expect("an address"))
        .subject("Rocket.Chat ist freigeschaltet")
        .body("Grüße aus der Universität".to_owned())
        .expect("a message");
    transport.send(message).await.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn mail_arrives_with_tls_and_password_only() {
    let mut server = Smtp::start();
    send(&server, server.password).await.expect("sent");
    let [message] = &server.messages()[..] else { panic!("one message") };
    assert_eq!(message.from, "account@uni.example");
    assert_eq!(message.to, ["maria.weber@uni.example"]);
    assert!(message.raw.contains("Subject: Rocket.Chat ist freigeschaltet"), "{}", message.raw);

    assert!(send(&server, "wrong").await.is_err());
    server.answer(Some("451 Try again later"));
    assert!(send(&server, server.password).await.expect_err("refused").contains("Try again later"));
    server.answer(None);
    server.stop();
    assert!(send(&server, server.password).await.is_err());
    server.restart();
    send(&server, server.password).await.expect("sent");
    assert_eq!(server.messages().len(), 2);

    let plain = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host).port(server.port).build();
    let message = Message::builder()
        .from("a@uni.example".parse().expect("an address"))
        .to("b@uni.example".parse().expect("an address"))
        .body(String::new())
        .expect("a message");
    assert!(plain.send(message).await.expect_err("no TLS").to_string().contains("STARTTLS"));
    for tls in [Tls::Expired, Tls::WrongHost, Tls::UnknownCa] {
        let server = Smtp::start_with(tls);
        assert!(send(&server, server.password).await.is_err(), "{tls:?}");
        assert!(server.messages().is_empty());
    }
}
