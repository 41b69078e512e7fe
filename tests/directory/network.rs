//! Answers that are lost or late, between the client and OpenLDAP.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use latchkey::{
    directory::{Directory, DirectoryError, Holder, Shown, SignInFailure},
    domain::catalogue::Grant,
};

use crate::{
    server::{Server, found, grants, in_time},
    support::{
        people::{GROUP, MARIA, PASSWORD},
        proxy::{Proxy, Weather},
    },
};

/// A server, the network before it, and a client that has asked once already. Without TLS, so that a piece on the wire is
/// a message.
struct Scene {
    server: Server,
    proxy: Proxy,
    directory: Directory,
    maria: Holder,
    grant: Grant,
}

const LIMIT: Duration = Duration::from_millis(500);

impl Scene {
    async fn new() -> Self {
        let server = Server::openldap().await;
        let plain = server.real().ldap_url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let proxy = Proxy::before(plain).await;
        let directory = server.directory_with(|s| {
            s.urls = vec![format!("ldap://127.0.0.1:{}", proxy.port)];
            s.operation_timeout = LIMIT;
        });
        let maria = Holder::from(&found(&directory, &MARIA).await);
        let [grant, ..] = grants();
        // The first change also asks what the server can do; the tests are about the later ones.
        for wanted in [true, false] {
            directory.set(&grant, &maria, wanted, in_time()).await.expect("a first change");
        }
        Self { server, proxy, directory, maria, grant }
    }

    async fn is_member(&self) -> bool {
        self.server.values(GROUP, "member").await.contains(&self.maria.dn)
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_cut_off_is_read_back() {
    let scene = Scene::new().await;
    for wanted in [true, false] {
        scene.proxy.weather(Weather::CutAfter(0));
        let shown = scene.directory.set(&scene.grant, &scene.maria, wanted, in_time()).await.expect("it took effect");
        assert_eq!(shown, Shown::SeenAfterSilence);
        assert_eq!(scene.is_member().await, wanted);
    }
    assert_eq!(scene.proxy.connections(), 3, "one at first, and one after each cut");
}

#[tokio::test]
async fn a_change_whose_answer_is_cut_in_the_middle_is_read_back() {
    let scene = Scene::new().await;
    for (wanted, bytes) in [(true, 1), (false, 5), (true, 13)] {
        scene.proxy.weather(Weather::CutAfter(bytes));
        let shown = scene.directory.set(&scene.grant, &scene.maria, wanted, in_time()).await.expect("it took effect");
        assert_eq!(shown, Shown::SeenAfterSilence);
        assert_eq!(scene.is_member().await, wanted);
    }
}

#[tokio::test]
async fn a_change_whose_answer_never_comes_is_read_back() {
    let scene = Scene::new().await;
    for wanted in [true, false] {
        scene.proxy.weather(Weather::LoseAnswer);
        let start = Instant::now();
        let shown = scene.directory.set(&scene.grant, &scene.maria, wanted, in_time()).await.expect("it took effect");
        assert_eq!(shown, Shown::SeenAfterSilence);
        assert!(start.elapsed() >= LIMIT, "it waited for the answer");
        assert_eq!(scene.is_member().await, wanted);
    }
}

/// With it adding what is there already is one operation, and nothing has to be looked at. OpenLDAP does not list it.
#[tokio::test]
async fn permissive_modify_is_used_where_the_server_lists_it() {
    const OID: &str = "1.2.840.113556.1.4.1413";
    assert!(!Scene::new().await.proxy.heard_text(OID));
    let server = Server::embedded().await;
    let proxy = Proxy::before(server.port()).await;
    let directory = server.directory_with(|s| s.urls = vec![server.url_through(proxy.port)]);
    let maria = Holder::from(&found(&directory, &MARIA).await);
    let [grant, ..] = grants();
    for _ in 0..3 {
        let shown = directory.set(&grant, &maria, true, in_time()).await.expect("set");
        assert_eq!(shown, Shown::Answered);
    }
    let heard = proxy.heard();
    // A message begins with its id, which is below 128 here, and the tag of its operation (RFC 4511, section 4.2).
    let operations = |tag| heard.windows(4).filter(|bytes| (bytes[0], bytes[1], bytes[3]) == (2, 1, tag)).count();
    assert_eq!((operations(0x66), operations(0x6e)), (3, 0), "modifies and compares");
    assert!(proxy.heard_text(OID));
}

/// The LDAP library panics there.
#[tokio::test]
async fn an_answer_that_is_not_ldap_stops_no_other_change() {
    let scene = Scene::new().await;
    scene.proxy.weather(Weather::Mangled);
    let answer = scene.directory.set(&scene.grant, &scene.maria, true, in_time()).await;
    assert!(answer.as_ref().is_err_and(DirectoryError::is_unanswered), "{answer:?}");
    let next = scene.directory.set(&scene.grant, &scene.maria, false, in_time());
    let next = tokio::time::timeout(Duration::from_secs(20), next).await.expect("the writer goes on");
    assert_eq!(next.expect("set"), Shown::Answered);
    assert!(!scene.is_member().await);
}

#[tokio::test]
async fn questions_are_asked_again_once_when_the_connection_breaks() {
    let scene = Scene::new().await;
    for bytes in [0, 1, 20] {
        scene.proxy.weather(Weather::CutAfter(bytes));
        found(&scene.directory, &MARIA).await;
    }
    scene.proxy.weather(Weather::CutAfter(0));
    assert!(!scene.directory.has(&scene.grant, &scene.maria).await.expect("an answer"));
    scene.proxy.weather(Weather::CutAfter(7));
    assert!(scene.directory.matches(&scene.maria.dn, "(uid=mweber)").await.expect("an answer"));
    let candidate = scene.directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    for bytes in [0, 20] {
        scene.directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
        scene.proxy.weather(Weather::CutAfter(bytes));
        scene.directory.prove(&candidate, &PASSWORD.into()).await.expect("on a new connection");
    }
}

/// The error of a question, which must have come within so many time-outs.
async fn timed_out<T: std::fmt::Debug>(times: u32, question: impl Future<Output = Result<T, DirectoryError>>) {
    let start = Instant::now();
    let answer = question.await;
    assert!(matches!(answer, Err(DirectoryError::TimedOut)), "{answer:?}");
    assert!(start.elapsed() < LIMIT * times + Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn silence_ends_with_the_time_out_of_an_operation() {
    let Scene { proxy, directory, maria, grant, server } = Scene::new().await;
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    proxy.weather(Weather::Dead);
    timed_out(1, directory.find(MARIA.uid)).await;
    timed_out(1, directory.has(&grant, &maria)).await;
    timed_out(2, directory.set(&grant, &maria, true, in_time())).await;
    let proven = async {
        match directory.prove(&candidate, &PASSWORD.into()).await {
            Err(SignInFailure::Unavailable(error)) => Err(error),
            other => panic!("{other:?}"),
        }
    };
    timed_out::<()>(1, proven).await;
    proxy.weather(Weather::Fair);
    directory.set(&grant, &maria, true, in_time()).await.expect("set");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
    assert!(server.values(GROUP, "member").await.contains(&maria.dn));
}

#[tokio::test]
async fn connections_that_died_silently_cost_one_time_out_and_are_replaced() {
    let Scene { proxy, directory, maria, grant, server: _server } = Scene::new().await;
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    // Several connections wait for the next bind.
    let password = PASSWORD.into();
    let many = (0..8).map(|_| directory.prove(&candidate, &password));
    assert!(join_all(many).await.iter().all(Result::is_ok));
    proxy.forget_connections();
    timed_out(1, directory.find(MARIA.uid)).await;
    found(&directory, &MARIA).await;
    proxy.forget_connections();
    directory.set(&grant, &maria, true, in_time()).await.expect_err("nobody knows what became of it");
    directory.set(&grant, &maria, true, in_time()).await.expect("on a new connection");
    let failed = directory.prove(&candidate, &PASSWORD.into()).await;
    assert!(matches!(failed, Err(SignInFailure::Unavailable(DirectoryError::TimedOut))), "{failed:?}");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("on a new connection");
}

#[tokio::test]
async fn a_slow_network_is_only_slow() {
    let Scene { proxy, directory, maria, grant, server: _server } = Scene::new().await;
    proxy.weather(Weather::Slow(LIMIT / 4));
    found(&directory, &MARIA).await;
    directory.set(&grant, &maria, true, in_time()).await.expect("set");
    assert!(directory.has(&grant, &maria).await.expect("an answer"));
    let candidate = directory.candidate(MARIA.uid).await.expect("an answer").expect("Maria");
    directory.prove(&candidate, &PASSWORD.into()).await.expect("signed in");
    assert_eq!(proxy.connections(), 2, "one for the portal's account, one for proving passwords");
}

/// A modify that adds what is there already fails for all, and each is asked about: far away, not one after the other.
#[tokio::test]
async fn a_crowd_of_members_is_asked_about_together() {
    let Scene { proxy, directory, maria, grant, server: _server } = Scene::new().await;
    let crowd: Vec<Holder> =
        (0..60).map(|number| Holder { dn: format!("cn=made-up-{number},{}", maria.dn), ..maria.clone() }).collect();
    let all = || join_all(crowd.iter().map(|holder| directory.set(&grant, holder, true, in_time())));
    assert!(all().await.iter().all(Result::is_ok));
    let delay = LIMIT / 10;
    proxy.weather(Weather::Slow(delay));
    let start = Instant::now();
    assert!(all().await.iter().all(Result::is_ok), "they are members");
    let fewer = u32::try_from(crowd.len() / 2).expect("a number");
    assert!(start.elapsed() < delay * fewer, "{:?} for {} people", start.elapsed(), crowd.len());
}
