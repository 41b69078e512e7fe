//! Proving passwords.

use latchkey::{
    directory::{Directory, SignInFailure},
    domain::accounts::Person as Member,
};

use crate::{
    server::{BLANKS, PEOPLE_BASE, Server, found, long_password, on_both},
    support::{
        openldap::{OpenLdap, Options},
        people::{ALL, COMMA, EXPIRED, LOCKED, MARIA, MUST_CHANGE, PASSWORD, PLUS, TWIN, UMLAUT},
        proxy::Proxy,
    },
};

on_both!(
    the_right_password_signs_in,
    a_wrong_password_is_refused,
    passwords_that_prove_nothing_never_reach_the_directory,
    locked_is_a_plain_refusal_whatever_the_password,
    expired_and_must_change_are_told_after_the_right_password_only,
    a_template_makes_the_dn,
    a_template_escapes_what_is_typed,
    who_is_no_person_cannot_sign_in_by_template,
    many_sign_in_at_once,
);

/// As the sign-in page does it; nobody of this name is a plain refusal, too.
async fn sign_in(directory: &Directory, name: &str, password: &str) -> Result<Member, SignInFailure> {
    let candidate = directory.candidate(name).await?.ok_or(SignInFailure::Refused)?;
    directory.prove(&candidate, &password.into()).await
}

async fn is_refused(directory: &Directory, name: &str, password: &str) -> bool {
    matches!(sign_in(directory, name, password).await, Err(SignInFailure::Refused))
}

async fn the_right_password_signs_in(server: Server) {
    let directory = server.directory();
    for person in ALL.iter().filter(|person| person.policy.is_empty()) {
        let member = sign_in(&directory, person.uid, PASSWORD).await.expect(person.uid);
        assert_eq!(member, found(&directory, person).await);
    }
    sign_in(&directory, "blanks", BLANKS).await.expect("a password with blanks");
    sign_in(&directory, "longpass", &long_password()).await.expect("a password of 1000 characters");
}

async fn a_wrong_password_is_refused(server: Server) {
    let directory = server.directory();
    let long = "x".repeat(1000);
    for wrong in ["wrong", "grüße-42", "Grüße-42 ", " Grüße-42", "Gru\u{308}ße-42", " ", "*", "{CLEARTEXT}", &long]
    {
        assert!(is_refused(&directory, MARIA.uid, wrong).await, "{wrong:?}");
        // Each person once, so that the directory locks nobody.
        sign_in(&directory, MARIA.uid, PASSWORD).await.expect("still welcome");
    }
    assert!(is_refused(&directory, "blanks", BLANKS.trim()).await);
    assert!(is_refused(&directory, "longpass", &long_password()[1..]).await);
    for nobody in ["nobody", "", "*", "mweber)(uid=*", "mweber\0", "twins@uni.example"] {
        assert!(is_refused(&directory, nobody, PASSWORD).await, "{nobody:?}");
    }
}

async fn passwords_that_prove_nothing_never_reach_the_directory(server: Server) {
    let proxy = Proxy::before(server.port()).await;
    let directory = server.directory_with(|s| s.urls = vec![server.url_through(proxy.port)]);
    for name in [MARIA.uid, LOCKED.uid] {
        let candidate = directory.candidate(name).await.expect("an answer").expect("a person");
        let before = (proxy.connections(), proxy.heard().len());
        for nothing in ["", "\0", "\0Grüße-42", "Grüße-42\0"] {
            let answer = directory.prove(&candidate, &nothing.into()).await;
            assert!(matches!(answer, Err(SignInFailure::Refused)), "{nothing:?}: {answer:?}");
        }
        assert_eq!((proxy.connections(), proxy.heard().len()), before, "not a byte was sent");
        let _ = directory.prove(&candidate, &"wrong".into()).await;
        assert!(proxy.heard().len() > before.1, "the proxy does listen");
    }
}

async fn locked_is_a_plain_refusal_whatever_the_password(server: Server) {
    let directory = server.directory();
    for password in [PASSWORD, "wrong", "", "\0"] {
        assert!(is_refused(&directory, LOCKED.uid, password).await, "{password:?}");
    }
}

async fn expired_and_must_change_are_told_after_the_right_password_only(server: Server) {
    let directory = server.directory();
    for person in [EXPIRED, MUST_CHANGE] {
        assert!(is_refused(&directory, person.uid, "wrong").await, "{}", person.uid);
        assert!(is_refused(&directory, person.uid, "").await, "{}", person.uid);
    }
    let expired = sign_in(&directory, EXPIRED.uid, PASSWORD).await;
    assert!(matches!(expired, Err(SignInFailure::PasswordExpired)), "{expired:?}");
    let reset = sign_in(&directory, MUST_CHANGE.uid, PASSWORD).await;
    assert!(matches!(reset, Err(SignInFailure::MustChangePassword)), "{reset:?}");
    sign_in(&directory, MARIA.uid, PASSWORD).await.expect("the connection is nobody's any more");
}

fn template(server: &Server, template: &str) -> Directory {
    server.directory_with(|s| s.people.dn_template = Some(template.to_owned()))
}

async fn a_template_makes_the_dn(server: Server) {
    let directory = template(&server, &format!("uid={{username}},{PEOPLE_BASE}"));
    let maria = found(&directory, &MARIA).await;
    for spelling in ["mweber", "MWeber", " mweber "] {
        let member = sign_in(&directory, spelling, PASSWORD).await.expect(spelling);
        assert_eq!(member, maria, "known as the directory spells it, not as it was typed");
    }
    assert!(is_refused(&directory, MARIA.uid, "wrong").await);
    assert!(is_refused(&directory, "nobody", PASSWORD).await);
    assert!(is_refused(&directory, LOCKED.uid, PASSWORD).await);
    let expired = sign_in(&directory, EXPIRED.uid, PASSWORD).await;
    assert!(matches!(expired, Err(SignInFailure::PasswordExpired)), "{expired:?}");
    let reset = sign_in(&directory, MUST_CHANGE.uid, PASSWORD).await;
    assert!(matches!(reset, Err(SignInFailure::MustChangePassword)), "{reset:?}");
}

async fn a_template_escapes_what_is_typed(server: Server) {
    let directory = template(&server, &format!("cn={{username}},{PEOPLE_BASE}"));
    for person in [UMLAUT, COMMA, PLUS] {
        let member = sign_in(&directory, person.name, PASSWORD).await.expect(person.uid);
        assert_eq!(member.username, person.uid);
    }
    let directory = template(&server, &format!("uid={{username}},{PEOPLE_BASE}"));
    let long = "a".repeat(1000);
    for nobody in [
        "",
        " ",
        "\0",
        "mweber\0",
        "\\",
        "\\6dweber",
        "*",
        "#",
        "#04066d7765626572",
        "\"mweber\"",
        "mweber,ou=people",
        "mweber+cn=Maria Weber",
        "a,dc=x",
        "<mweber>",
        "mweber;",
        "🎓",
        &long,
    ] {
        let answer = sign_in(&directory, nobody, PASSWORD).await;
        assert!(matches!(answer, Err(SignInFailure::Refused)), "{nobody:?}: {answer:?}");
    }
}

async fn who_is_no_person_cannot_sign_in_by_template(server: Server) {
    let directory = template(&server, "cn={username},ou=system,dc=uni,dc=example");
    assert!(is_refused(&directory, "latchkey", "portal-secret").await, "the portal's own account");
}

async fn many_sign_in_at_once(server: Server) {
    let directory = server.directory();
    let people: Vec<_> = ALL.iter().filter(|person| person.policy.is_empty()).collect();
    let tries = (0..100).map(|number| {
        let (directory, person) = (directory.clone(), *people[number % people.len()]);
        let password = if number % 10 == 0 { "wrong" } else { PASSWORD };
        tokio::spawn(async move { (number, person, sign_in(&directory, person.uid, password).await) })
    });
    for outcome in futures_util::future::join_all(tries).await {
        let (number, person, answer) = outcome.expect("no panic");
        match answer {
            Ok(member) => assert!(number % 10 != 0 && member.username == person.uid, "{number}"),
            Err(failure) => assert!(number % 10 == 0 && matches!(failure, SignInFailure::Refused), "{failure:?}"),
        }
    }
}

#[tokio::test]
async fn the_directorys_own_lockout_is_a_plain_refusal() {
    let server = Server::openldap().await;
    let directory = server.directory();
    for _ in 0..6 {
        assert!(is_refused(&directory, TWIN.uid, "wrong").await);
    }
    assert!(is_refused(&directory, TWIN.uid, PASSWORD).await, "locked after five failures");
}

#[tokio::test]
async fn an_account_beyond_its_end_is_refused() {
    let server = Server::openldap().await;
    let directory = server.directory();
    let mut ldap = server.administrator().await;
    let end = std::collections::HashSet::from(["20200101000000Z"]);
    let ended = ldap.modify(&MARIA.dn(), vec![ldap3::Mod::Replace("pwdEndTime", end)]).await.expect("an answer");
    ended.success().expect("an account that has ended");
    assert!(is_refused(&directory, MARIA.uid, PASSWORD).await);
}

#[tokio::test]
async fn where_nothing_is_said_about_the_policy_the_own_entry_tells_who_must_change_the_password() {
    let server = Server::embedded().await;
    server.faults().hide_policy(true);
    let directory = server.directory();
    let reset = sign_in(&directory, MUST_CHANGE.uid, PASSWORD).await;
    assert!(matches!(reset, Err(SignInFailure::MustChangePassword)), "{reset:?}");
    sign_in(&directory, MARIA.uid, PASSWORD).await.expect("nothing is wrong with Maria");
}

/// A server with a password policy answers the control of the bind: asking more tells nothing more.
#[tokio::test]
async fn the_own_entry_is_looked_at_only_where_the_bind_said_nothing_about_the_policy() {
    for (has_policy, looks) in [(true, 0), (false, 1)] {
        let options = Options { ppolicy: has_policy, ..Options::default() };
        let ldap = tokio::task::spawn_blocking(move || OpenLdap::start(&options)).await.expect("OpenLDAP");
        let directory = Directory::new(Server::settings_for(&ldap.ldap_url)).expect("a directory");
        sign_in(&directory, MARIA.uid, PASSWORD).await.expect("signed in");
        let own = format!("SRCH base=\"{}\" scope=0", MARIA.dn());
        assert_eq!(ldap.log().matches(&own).count(), looks, "with a policy: {has_policy}\n{}", ldap.log());
    }
}
