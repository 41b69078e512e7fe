//! Twice the load that the portal can bear: what people inside notice, and what those at the door are told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::{sleep, sleep_until};

use crate::{
    browser::Browser,
    crowd::{self, User},
    figures::{Quantiles, per_second, resident},
    portal::Portal,
    university::University,
};

/// People who are signed in before the crowd comes, and how long they look at each page.
const INSIDE: usize = 20;
const THINKING: Duration = Duration::from_secs(1);

/// How many users find out what the portal can bear.
const BEARING: usize = 64;

pub struct Overload {
    /// Whole ways per second of as many users as are ever served at once.
    pub bearable: f64,
    pub lasted: Duration,
    pub admitted: usize,
    pub refused: usize,
    pub failures: Vec<String>,
    /// How long those wait who are asked to come back, and the others for the whole way.
    pub until_refused: Quantiles,
    pub whole_way: Quantiles,
    /// Pages of people inside, while the portal bears as much as it can, and with twice as many at the door.
    pub inside_before: Inside,
    pub inside: Inside,
    /// A whole way afterwards.
    pub afterwards: Duration,
    /// Memory in MiB, before and at most.
    pub memory: (u64, u64),
}

/// What people who are signed in got.
#[derive(Default)]
pub struct Inside {
    pub pages: Vec<Duration>,
    pub failures: Vec<String>,
}

pub async fn measure(university: &University, members: usize, database: Option<String>, time: Duration) -> Overload {
    university.empty(members).await;
    let portal = Portal::start(university, members, database.as_deref());
    let mut inside = Vec::new();
    for number in 0..INSIDE {
        let mut browser = Browser::new(&portal.address);
        browser.sign_in(number).await.expect("the first page");
        inside.push(browser);
    }
    let memory = resident(portal.pid());
    let mut people = INSIDE..university.people;

    let users = crowd::browsers(&portal.address, BEARING, User::Portal);
    let (inside, watching) = watch(inside);
    let (bearing, _) = crowd::round(users, people.clone().collect(), true, time / 2).await;
    people.start += bearing.ways.len() + bearing.failures.len();
    let (inside, inside_before) = inside.stop(watching).await;
    let bearable = bearing.per_second();

    let (inside, watching) = watch(inside);
    let is_over = Arc::new(AtomicBool::new(false));
    let highest = tokio::spawn(highest(portal.pid(), Arc::clone(&is_over)));
    let begin = Instant::now();
    let each = Duration::from_secs_f64(0.5 / bearable);
    let arrivals = people.zip(0_u32..).map(|(number, place)| (number, each * place));
    let crowd: Vec<_> = arrivals
        .take_while(|(_, after)| *after < time)
        .map(|(number, after)| tokio::spawn(arrive(portal.address.clone(), number, begin + after)))
        .collect();
    let crowd: Vec<Came> = join_all(crowd).await.into_iter().map(|came| came.expect("a person")).collect();
    let lasted = begin.elapsed();
    let (_, inside) = inside.stop(watching).await;
    is_over.store(true, Ordering::Relaxed);

    let after = Instant::now();
    Browser::new(&portal.address).sign_in(0).await.expect("somebody who comes back");
    let afterwards = after.elapsed();
    let (mut through, mut refused, mut failures) = (Vec::new(), Vec::new(), bearing.failures);
    for came in crowd {
        match came {
            Came::Through(time) => through.push(time),
            Came::Refused(time) => refused.push(time),
            Came::Failed(why) => failures.push(why),
        }
    }
    Overload {
        bearable,
        lasted,
        admitted: through.len(),
        refused: refused.len(),
        failures,
        until_refused: Quantiles::of(refused),
        whole_way: Quantiles::of(through),
        inside_before,
        inside,
        afterwards,
        memory: (memory, highest.await.expect("a figure")),
    }
}

impl Overload {
    pub fn offered_per_second(&self) -> f64 {
        2.0 * self.bearable
    }

    pub fn admitted_per_second(&self) -> f64 {
        per_second(self.admitted, self.lasted)
    }
}

/// What became of somebody at the door.
enum Came {
    Through(Duration),
    /// 503 with the time to come back after.
    Refused(Duration),
    Failed(String),
}

/// Comes at this moment, however many are waiting, and goes the whole way if the portal lets them in.
async fn arrive(address: String, number: usize, at: Instant) -> Came {
    sleep_until(at.into()).await;
    let mut browser = Browser::new(&address);
    match browser.way_if_admitted(number).await {
        Ok(true) => Came::Through(at.elapsed()),
        Ok(false) => Came::Refused(at.elapsed()),
        Err(why) => Came::Failed(why),
    }
}

/// People inside who go on until they are told to stop.
struct Watched(Arc<AtomicBool>);

type Watching = Vec<tokio::task::JoinHandle<(Browser, Inside)>>;

fn watch(inside: Vec<Browser>) -> (Watched, Watching) {
    let stop = Arc::new(AtomicBool::new(false));
    let watching = inside.into_iter().map(|browser| tokio::spawn(go_on(browser, Arc::clone(&stop)))).collect();
    (Watched(stop), watching)
}

impl Watched {
    async fn stop(self, watching: Watching) -> (Vec<Browser>, Inside) {
        self.0.store(true, Ordering::Relaxed);
        let (mut browsers, mut all) = (Vec::new(), Inside::default());
        for watched in watching {
            let (browser, seen) = watched.await.expect("somebody inside");
            browsers.push(browser);
            all.pages.extend(seen.pages);
            all.failures.extend(seen.failures);
        }
        (browsers, all)
    }
}

/// Looks at the permissions and changes them, again and again.
async fn go_on(mut browser: Browser, stop: Arc<AtomicBool>) -> (Browser, Inside) {
    let mut inside = Inside::default();
    while !stop.load(Ordering::Relaxed) {
        match browser.change_once().await {
            Ok(pages) => inside.pages.extend(pages),
            Err(why) => inside.failures.push(why),
        }
        sleep(THINKING).await;
    }
    (browser, inside)
}

/// The most memory that the process has until it is stopped.
async fn highest(pid: u32, stop: Arc<AtomicBool>) -> u64 {
    let mut highest = 0;
    while !stop.load(Ordering::Relaxed) {
        highest = highest.max(resident(pid));
        sleep(Duration::from_millis(50)).await;
    }
    highest
}
