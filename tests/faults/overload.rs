//! More people than the portal can bear: first it is measured how many that are, then twice as many come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future::join_all, stream};
use tokio::time::{sleep, sleep_until};

use crate::{
    evidence::Dossier,
    proxy::Weather,
    visitor::{self, Entrance, Visitor},
    world::World,
};

/// How many people find out what the portal can bear, and for how long; and how long twice as many come.
const BEARING: usize = 24;
const MEASURED: Duration = Duration::from_secs(4);
const OVERLOADED: Duration = Duration::from_secs(6);

/// How many people are signed in before.
const INSIDE: usize = 4;

/// The network to the directory makes every answer late, and eight may sign in at once.
#[tokio::test(flavor = "multi_thread")]
async fn twice_the_load_on_a_slow_directory_is_refused_at_the_door() {
    let world = World::with(|options| options.sign_ins_at_once = 8).await.alone().await;
    let inside = signed_in(&world).await;
    world.ldap_proxy.set(Weather::Slow(Duration::from_millis(40)));
    overload(&world, inside).await;
}

/// The network to the database makes every answer late, so that transactions wait for each other.
#[tokio::test(flavor = "multi_thread")]
async fn twice_the_load_on_a_slow_database_is_refused_at_the_door() {
    let world = World::on_postgres().await.alone().await;
    let inside = signed_in(&world).await;
    world.database_proxy.as_ref().expect("a proxy").set(Weather::Slow(Duration::from_millis(4)));
    overload(&world, inside).await;
    assert!(world.portal.log().contains("why=Busy"), "it was noticed by the pages of people inside");
}

async fn signed_in(world: &World) -> Vec<Visitor> {
    let mut inside = Vec::new();
    for number in 0..INSIDE {
        inside.push(world.visitor(&student(number)).await);
    }
    inside
}

fn student(number: usize) -> String {
    format!("student{:05}", number + 1)
}

async fn overload(world: &World, inside: Vec<Visitor>) {
    let portal = world.portal.address();
    let next = Arc::new(AtomicUsize::new(INSIDE));
    let per_second = bearable(&portal, &next).await;

    let count = (2.0 * per_second * OVERLOADED.as_secs_f64()).ceil();
    let first = next.load(Ordering::SeqCst);
    let numbers = (0_u32..).take_while(|number| f64::from(*number) < count);
    // They have the page before them already; what is measured is what the portal does with those who press "Sign in".
    let entrances: Vec<(u32, Visitor, Entrance)> = stream::iter(numbers)
        .map(|number| {
            let portal = portal.clone();
            async move {
                let mut visitor = Visitor::new(&student(first + number as usize), visitor::http());
                let entrance = visitor.entrance(&portal).await.expect("an answer").expect("the sign-in page");
                (number, visitor, entrance)
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let is_over = Arc::new(AtomicBool::new(false));
    let going_on: Vec<_> =
        inside.into_iter().map(|v| tokio::spawn(go_on(v, portal.clone(), is_over.clone()))).collect();
    let begin = Instant::now();
    let crowd = entrances.into_iter().map(|(number, mut visitor, entrance)| {
        let (portal, at) = (portal.clone(), begin + Duration::from_secs_f64(f64::from(number) / (2.0 * per_second)));
        tokio::spawn(async move {
            sleep_until(at.into()).await;
            let answer = visitor.enter(&portal, &entrance).await.expect("an answer");
            if !answer.is_done() {
                assert_eq!((answer.status.as_u16(), answer.retry_after.is_some()), (503, true), "{answer:?}");
                return None;
            }
            activate(&mut visitor, &portal).await;
            Some(visitor.uid)
        })
    });
    let crowd: Vec<Option<String>> = join_all(crowd).await.into_iter().map(|came| came.expect("served")).collect();
    is_over.store(true, Ordering::SeqCst);
    let pages: usize = join_all(going_on).await.into_iter().map(|pages| pages.expect("people inside are served")).sum();

    let admitted: Vec<&String> = crowd.iter().flatten().collect();
    let refused = crowd.len() - admitted.len();
    println!(
        "can bear {per_second:.1}/s; of {} people {} were admitted; {pages} pages inside",
        crowd.len(),
        admitted.len()
    );
    assert!(refused * 5 > crowd.len(), "at twice the load about every second one is refused, not {refused}");
    assert!(admitted.len() * 5 > crowd.len(), "those whom it can bear are admitted, not {} alone", admitted.len());
    assert!(pages > 3 * INSIDE, "{pages} pages inside");
    world.mend();
    // Nothing is left of it: whoever comes back is served, and who was admitted has what they asked for.
    world.visitor(&student(0)).await;
    let is_done = |dossier: &Dossier| dossier.wanted && dossier.is_applied;
    world
        .until("everybody who was admitted has what was accepted", async || {
            let dossiers = world.dossiers().await;
            admitted.iter().all(|uid| dossiers.get(*uid).is_some_and(is_done))
        })
        .await;
}

/// Whole ways per second by as many people as can be served at once; who is asked to come back does so soon.
async fn bearable(portal: &str, next: &Arc<AtomicUsize>) -> f64 {
    let began = Instant::now();
    let going = (0..BEARING).map(|_| {
        let (portal, next) = (portal.to_owned(), Arc::clone(next));
        tokio::spawn(async move {
            let mut ways = 0_u32;
            while began.elapsed() < MEASURED {
                let mut visitor = Visitor::new(&student(next.fetch_add(1, Ordering::SeqCst)), visitor::http());
                if visitor.sign_in(&portal).await.expect("an answer").is_done() {
                    activate(&mut visitor, &portal).await;
                    ways += 1;
                } else {
                    sleep(Duration::from_millis(100)).await;
                }
            }
            ways
        })
    });
    let ways: u32 = join_all(going).await.into_iter().map(|ways| ways.expect("somebody")).sum();
    f64::from(ways) / began.elapsed().as_secs_f64()
}

async fn activate(visitor: &mut Visitor, portal: &str) {
    let (page, form) = visitor.permissions(portal).await.expect("an answer");
    let form = form.unwrap_or_else(|| panic!("no form: {page:?}"));
    let answer = visitor.press(portal, &form, true).await.expect("an answer");
    assert!(answer.is_done(), "{}: {answer:?}", visitor.uid);
}

/// Somebody inside changes their permissions again and again; returns how many pages there were.
async fn go_on(mut visitor: Visitor, portal: String, is_over: Arc<AtomicBool>) -> usize {
    let mut pages = 0;
    while !is_over.load(Ordering::SeqCst) {
        let (page, form) = visitor.permissions(&portal).await.expect("an answer");
        let form = form.unwrap_or_else(|| panic!("no form: {page:?}"));
        let answer = visitor.press(&portal, &form, !form.is_active).await.expect("an answer");
        assert!(answer.is_done(), "{answer:?}");
        let result = visitor.get(&portal, answer.location.as_deref().unwrap_or_default()).await.expect("an answer");
        assert!(result.status.is_success(), "{result:?}");
        pages += 3;
    }
    pages
}
