//! Encryption that fails closed: no certificate but a good one, and no password without it.

use latchkey::directory::{Directory, DirectoryError, SignInFailure};

use crate::{
    server::{PORTAL_PASSWORD, Server, found},
    support::{
        certificates::Tls,
        people::{MARIA, PASSWORD},
        proxy::{Proxy, Weather},
    },
};

/// A client that goes through a listening proxy: with LDAPS, or with StartTLS.
async fn listened(server: &Server, start_tls: bool) -> (Proxy, Directory) {
    let real = server.real();
    let url = if start_tls { &real.ldap_url } else { &real.ldaps_url };
    let proxy = Proxy::before(url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")).await;
    let scheme = if start_tls { "ldap" } else { "ldaps" };
    let through = format!("{scheme}://127.0.0.1:{}", proxy.port);
    let directory = server.directory_with(|s| (s.urls, s.start_tls) = (vec![through], start_tls));
    (proxy, directory)
}

/// Nothing that a listener could use: no password, no name.
fn heard_nothing_of_use(proxy: &Proxy) -> bool {
    ![PORTAL_PASSWORD, PASSWORD, "cn=latchkey", "mweber"].iter().any(|text| proxy.heard_text(text))
}

/// Whether anybody tried to bind as the portal, whatever became of it.
fn saw_a_bind(server: &Server) -> bool {
    server.real().log().contains("BIND dn=\"cn=latchkey")
}

#[tokio::test]
async fn ldaps_and_start_tls_show_nothing_to_listeners() {
    let server = Server::openldap().await;
    for start_tls in [false, true] {
        let (proxy, directory) = listened(&server, start_tls).await;
        found(&directory, &MARIA).await;
        let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
        directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
        assert!(proxy.connections() > 0 && !proxy.heard().is_empty());
        assert!(heard_nothing_of_use(&proxy), "StartTLS: {start_tls}");
        assert!(saw_a_bind(&server));
    }
    let (proxy, directory) = listened(&server, true).await;
    let plain = server.directory_with(|s| s.urls = vec![format!("ldap://127.0.0.1:{}", proxy.port)]);
    found(&plain, &MARIA).await;
    assert!(proxy.heard_text(PORTAL_PASSWORD), "the listener does hear what is not encrypted");
    drop(directory);
}

#[tokio::test]
async fn bad_certificates_end_before_any_bind() {
    for (tls, reason) in
        [(Tls::Expired, "xpired"), (Tls::WrongHost, "not valid for name"), (Tls::UnknownCa, "UnknownIssuer")]
    {
        let server = Server::openldap_with(tls).await;
        for start_tls in [false, true] {
            let (proxy, directory) = listened(&server, start_tls).await;
            let error = directory.find(MARIA.uid).await.expect_err("a bad certificate");
            assert!(error.is_outage(), "{error:?}");
            let why = error.to_string();
            assert!(why.contains(reason) && why.contains("127.0.0.1"), "{tls:?}: {why}");
            let url = &directory.settings().urls[0];
            assert!(directory.try_connect(url).await.is_err() && directory.try_bind(url).await.is_err());
            assert!(proxy.connections() > 0 && heard_nothing_of_use(&proxy), "{tls:?}");
        }
        assert!(!saw_a_bind(&server), "{tls:?}");
    }
}

#[tokio::test]
async fn people_prove_no_password_over_a_bad_certificate() {
    let (good, bad) = tokio::join!(Server::openldap(), Server::openldap_with(Tls::UnknownCa));
    let candidate = good.directory().candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    for start_tls in [false, true] {
        let (proxy, directory) = listened(&bad, start_tls).await;
        let proven = directory.prove(&candidate, &PASSWORD.into()).await;
        assert!(matches!(proven, Err(SignInFailure::Unavailable(DirectoryError::Unreachable(_)))), "{proven:?}");
        assert!(heard_nothing_of_use(&proxy));
    }
    assert!(!bad.real().log().contains("BIND dn=\"uid=mweber"));
}

#[tokio::test]
async fn without_start_tls_nothing_is_said() {
    let server = Server::openldap().await;
    let (proxy, directory) = listened(&server, true).await;
    // protocolError, as from a server without TLS; unavailable; and a success that no TLS follows.
    for code in [2, 52, 0] {
        proxy.weather(Weather::NoStartTls(code));
        let error = directory.find(MARIA.uid).await.expect_err("no TLS");
        assert!(error.is_outage(), "{code}: {error:?}");
        assert!(heard_nothing_of_use(&proxy), "{code}");
    }
    assert_eq!(proxy.connections(), 3);
    assert!(!saw_a_bind(&server));
    proxy.weather(Weather::Fair);
    found(&directory, &MARIA).await;
}

#[tokio::test]
async fn start_tls_does_not_depend_on_how_the_address_is_written() {
    let server = Server::openldap().await;
    let (proxy, directory) = listened(&server, true).await;
    for scheme in ["LDAP", "Ldap"] {
        let url = format!("{scheme}://127.0.0.1:{}", proxy.port);
        let shouting = server.directory_with(|s| (s.urls, s.start_tls) = (vec![url], true));
        found(&shouting, &MARIA).await;
        assert!(heard_nothing_of_use(&proxy), "{scheme}");
    }
    drop(directory);
}

#[tokio::test]
async fn both_kinds_of_addresses_go_together() {
    let server = Server::openldap().await;
    let real = server.real();
    let urls = vec![real.ldaps_url.clone(), real.ldap_url.clone()];
    for urls in [urls.clone(), urls.into_iter().rev().collect()] {
        let directory = server.directory_with(|s| (s.urls, s.start_tls) = (urls.clone(), true));
        for url in &urls {
            directory.try_bind(url).await.expect(url);
        }
        found(&directory, &MARIA).await;
    }
}

#[test]
fn a_file_without_authorities_trusts_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing").expect("a file");
    for file in [empty, folder.path().join("missing.pem")] {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut settings = runtime.block_on(Server::embedded()).settings;
        settings.ca_file = Some(file);
        assert!(matches!(Directory::new(settings), Err(DirectoryError::Tls(_))));
    }
}
