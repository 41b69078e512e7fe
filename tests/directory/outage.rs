//! Servers that are gone, and come back.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use latchkey::{
    clock::Clock,
    demo::directory::Fault,
    directory::{Directory, DirectoryError, Holder, Shown, SignInFailure},
    domain::{accounts::Person, memberships::Membership},
};
use ldap3::Mod;

use crate::{
    server::{Server, found, grants, in_time, on_both},
    support::{
        people::{COMMA, GROUP, MARIA, PASSWORD, UMLAUT},
        process::free_port,
        proxy::{Proxy, Weather},
    },
};

on_both!(
    the_second_address_is_used_when_the_first_is_dead,
    a_stopped_server_is_an_outage_and_its_return_is_noticed,
    a_wrong_password_of_the_portal_is_told_apart,
);

async fn the_second_address_is_used_when_the_first_is_dead(server: Server) {
    let dead = server.url_through(free_port());
    let good = server.settings.urls[0].clone();
    let directory = server.directory_with(|s| s.urls = vec![dead.clone(), good]);
    found(&directory, &MARIA).await;
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
    assert!(matches!(directory.try_connect(&dead).await, Err(DirectoryError::Unreachable(_))));
    let none = server.directory_with(|s| s.urls = vec![dead.clone(), server.url_through(free_port())]);
    let Err(DirectoryError::Unreachable(why)) = none.find(MARIA.uid).await else { panic!("nobody is there") };
    assert!(why.contains(&dead), "{why}");
}

async fn a_stopped_server_is_an_outage_and_its_return_is_noticed(mut server: Server) {
    let directory = server.directory();
    let [grant, ..] = grants();
    let maria = found(&directory, &MARIA).await;
    let holder = Holder::from(&maria);
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
    server.stop().await;
    let start = Instant::now();
    let errors = [
        directory.find(MARIA.uid).await.expect_err("an outage"),
        directory.has(&grant, &holder).await.expect_err("an outage"),
        directory.set(&grant, &holder, true, in_time()).await.expect_err("an outage"),
        directory.may_write(&grant, &maria).await.expect_err("an outage"),
    ];
    assert!(errors.iter().all(|error| error.is_outage() && error.is_passing()), "{errors:?}");
    let proven = directory.prove(&candidate, &PASSWORD.into()).await;
    assert!(matches!(&proven, Err(SignInFailure::Unavailable(error)) if error.is_outage()), "{proven:?}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    server.restart().await;
    assert!(!directory.has(&grant, &holder).await.expect("an answer again"));
    directory.set(&grant, &holder, true, in_time()).await.expect("set");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
}

async fn a_wrong_password_of_the_portal_is_told_apart(server: Server) {
    let directory = server.directory_with(|s| s.bind_password = "wrong".into());
    let error = directory.find(MARIA.uid).await.expect_err("refused");
    assert!(matches!(error, DirectoryError::AccountRefused(49)), "{error:?}");
    assert!(error.is_outage() && !error.is_passing());
    let candidate = directory.candidate(MARIA.uid).await;
    assert!(matches!(candidate, Err(DirectoryError::AccountRefused(49))), "{candidate:?}");
}

/// Time-outs that a test can wait for.
fn impatient(server: &Server, urls: Vec<String>) -> Directory {
    server.directory_with(|s| {
        s.urls = urls;
        s.connect_timeout = Duration::from_millis(400);
        s.operation_timeout = Duration::from_millis(400);
    })
}

#[tokio::test]
async fn a_silent_first_address_costs_one_time_out_and_is_then_left_alone() {
    let server = Server::openldap().await;
    let silent = Proxy::before(server.port()).await;
    silent.weather(Weather::Dead);
    let directory = impatient(&server, vec![server.url_through(silent.port), server.settings.urls[0].clone()]);
    let start = Instant::now();
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    assert!(start.elapsed() >= Duration::from_millis(400));
    assert_eq!(silent.connections(), 1);
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
    assert_eq!(silent.connections(), 1, "the address that answered last comes first");
}

#[tokio::test]
async fn a_frozen_server_is_an_outage_within_the_time_out_also_for_many_at_once() {
    let server = Server::openldap().await;
    let directory = impatient(&server, server.settings.urls.clone());
    found(&directory, &MARIA).await;
    server.real().freeze();
    // Fifty questions on the connection that there is, and fifty that need one.
    for directory in [&directory, &impatient(&server, server.settings.urls.clone())] {
        let start = Instant::now();
        let answers = (0..50).map(|_| directory.find(MARIA.uid));
        for answer in futures_util::future::join_all(answers).await {
            assert!(answer.as_ref().is_err_and(DirectoryError::is_passing), "{answer:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(3), "not one after the other: {:?}", start.elapsed());
    }
    server.real().thaw();
    found(&directory, &MARIA).await;
}

#[tokio::test]
async fn an_outage_is_not_an_absence() {
    let mut server = Server::openldap().await;
    let directory = server.directory();
    let maria = found(&directory, &MARIA).await;
    server.stop().await;
    let service = crate::admission::usual();
    let (membership, proof) = directory.prove_admission(&service, &maria, Clock::system().now()).await;
    assert_eq!(membership, Membership::Unknown);
    assert_eq!(proof.expect("a proof").verdict, latchkey::domain::memberships::Verdict::NotChecked);
    assert!(directory.read(&maria.dn).await.is_err());
    assert!(directory.matches(&maria.dn, "(objectClass=*)").await.is_err());
}

/// A server that says it is busy is left for another one within the same question: searching, comparing, proving a password; a
/// write is refused once and goes to the other server the next time.
#[tokio::test]
async fn a_busy_server_is_left_for_another_one() {
    let (busy, other) = (Server::embedded().await, Server::embedded().await);
    let directory = busy.directory_with(|s| s.urls.push(other.settings.urls[0].clone()));
    let [grant, ..] = grants();
    let maria = found(&directory, &MARIA).await;
    let holder = Holder::from(&maria);
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");

    busy.faults().set_busy(true);
    let refused = directory.set(&grant, &holder, true, in_time()).await;
    assert!(refused.is_ok() || refused.is_err_and(|error| error.is_passing()));
    directory.set(&grant, &holder, true, in_time()).await.expect("set on the other server");
    assert!(directory.has(&grant, &holder).await.expect("an answer"));
    found(&directory, &MARIA).await;
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in on the other server");

    other.faults().set_busy(true);
    let (found, proven) = (directory.find(MARIA.uid).await, directory.prove(&candidate, &PASSWORD.into()).await);
    assert!(found.as_ref().is_err_and(DirectoryError::is_passing), "{found:?}");
    assert!(matches!(&proven, Err(SignInFailure::Unavailable(error)) if error.is_passing()), "{proven:?}");

    busy.faults().set_busy(false);
    assert!(!directory.has(&grant, &holder).await.expect("an answer of the first one"));
}

/// A copy that only reads refers a write elsewhere (10), or is unwilling (53): the write goes to the other server at once.
#[tokio::test]
async fn a_server_that_only_reads_is_left_for_one_that_writes() {
    for code in [10, 53] {
        let (copy, other) = (Server::embedded().await, Server::embedded().await);
        let directory = copy.directory_with(|s| s.urls.push(other.settings.urls[0].clone()));
        let [grant, ..] = grants();
        let (maria, umlaut) = (found(&directory, &MARIA).await, found(&directory, &UMLAUT).await);
        let comma = found(&directory, &COMMA).await;
        let refusal = Some(Fault { has_effect: false, code: Some(code) });
        copy.faults().expect([refusal; 20]);
        let set = async |person: &Person, wanted| directory.set(&grant, &Holder::from(person), wanted, in_time()).await;
        for shown in [set(&maria, true).await, set(&umlaut, true).await, set(&umlaut, false).await] {
            assert_eq!(shown.expect("set"), Shown::Answered, "{code}");
        }
        let members = async |server: &Server| server.values(GROUP, "member").await.contains(&maria.dn);
        assert_eq!((members(&copy).await, members(&other).await), (false, true), "{code}");
        // Where nobody writes the change is not lost; a referral is worth trying again soon.
        other.faults().expect([refusal; 20]);
        copy.faults().expect([refusal; 20]);
        let refused = set(&comma, true).await.expect_err("refused");
        assert_eq!(refused.is_passing(), code == 10, "{refused:?}");
        other.faults().clear();
        assert_eq!(set(&comma, true).await.expect("set"), Shown::Answered, "{code}");
        assert!(other.values(GROUP, "member").await.contains(&comma.dn));
    }
}

/// The first server lists permissive modify, another may not know it.
#[tokio::test]
async fn a_server_without_permissive_modify_is_asked_without_it() {
    let server = Server::embedded().await;
    let directory = server.directory();
    let [grant, ..] = grants();
    let maria = Holder::from(&found(&directory, &MARIA).await);
    server.faults().expect([Some(Fault { has_effect: false, code: Some(12) })]);
    assert_eq!(directory.set(&grant, &maria, true, in_time()).await.expect("set"), Shown::Answered);
    assert_eq!((server.faults().modifies(), directory.has(&grant, &maria).await.expect("an answer")), (2, true));
}

/// One that is just being filled knows no account yet.
#[tokio::test]
async fn a_server_that_does_not_know_the_portal_is_left_for_another_one() {
    let (first, second) = (Server::openldap().await, Server::openldap().await);
    let urls = [&first, &second].map(|server| server.real().ldap_url.clone());
    let directory = || first.directory_with(|s| s.urls = urls.to_vec());
    forget_the_portal(&first).await;
    found(&directory(), &MARIA).await;
    forget_the_portal(&second).await;
    let refused = directory().find(MARIA.uid).await;
    assert!(matches!(refused, Err(DirectoryError::AccountRefused(49))), "{refused:?}");
}

async fn forget_the_portal(server: &Server) {
    let change = vec![Mod::Replace("userPassword", HashSet::from(["another"]))];
    let mut administrator = server.administrator().await;
    administrator.modify(&server.settings.bind_dn, change).await.expect("an answer").success().expect("changed");
}
