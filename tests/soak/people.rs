//! People with browsers: they look, press, press twice, or give up waiting.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::NaiveDateTime;
use rand::{RngExt as _, rngs::StdRng};
use tokio::time::{sleep, timeout};

use crate::visitor::{self, Answer, Form, Visitor};

/// After a press without an answer a person waits so long before the next look: by then it has had its effect, or has none.
pub const REST: Duration = Duration::from_secs(6);

/// One press of the button by one person, however often it was sent.
#[derive(Clone, Debug)]
pub struct Press {
    pub uid: String,
    pub granting: bool,
    pub began: NaiveDateTime,
    pub ended: NaiveDateTime,
    pub took: Duration,
    /// At least one of the requests was answered "done".
    pub is_answered: bool,
    /// All answers; `None` where there was none.
    pub statuses: Vec<Option<u16>>,
    pub was_double: bool,
}

/// Some people, of whom one acts at a time.
pub struct Crowd {
    visitors: Vec<Visitor>,
    portals: Vec<String>,
    resting: BTreeMap<usize, Instant>,
}

impl Crowd {
    pub fn new(uids: impl Iterator<Item = String>, portals: Vec<String>) -> Self {
        let http = visitor::http();
        let visitors = uids.map(|uid| Visitor::new(&uid, http.clone())).collect();
        Self { visitors, portals, resting: BTreeMap::new() }
    }

    /// Presses until no press is left.
    pub async fn press(mut self, mut random: StdRng, left: Arc<AtomicUsize>) -> Vec<Press> {
        let mut presses = Vec::new();
        while left.load(Ordering::SeqCst) > 0 {
            let place = random.random_range(0..self.visitors.len());
            if self.resting.get(&place).is_some_and(|until| *until > Instant::now()) {
                sleep(Duration::from_millis(5)).await;
                continue;
            }
            let Some(form) = self.look(place, &mut random).await else {
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
                break;
            }
            let press = self.send(place, &form, &mut random).await;
            if press.statuses.contains(&None) || !press.is_answered {
                self.resting.insert(place, Instant::now() + REST);
            }
            presses.push(press);
        }
        presses
    }

    /// Signs in where that is needed, and opens the page.
    async fn look(&mut self, place: usize, random: &mut StdRng) -> Option<Form> {
        let portal = self.portals[random.random_range(0..self.portals.len())].clone();
        let visitor = &mut self.visitors[place];
        if !visitor.is_signed_in() {
            visitor.sign_in(&portal).await.ok()?;
        }
        visitor.permissions(&portal).await.ok()?.1
    }

    async fn send(&mut self, place: usize, form: &Form, random: &mut StdRng) -> Press {
        let granting = !form.is_active;
        let mut portal = || self.portals[random.random_range(0..self.portals.len())].clone();
        let (portal, other) = (portal(), portal());
        let (way, patience) = (random.random_range(0..100), Duration::from_millis(random.random_range(0..150)));
        let visitor = &mut self.visitors[place];
        let (began, start) = (now(), Instant::now());
        let answers = match way {
            0..15 => {
                let mut twin = visitor.clone();
                let both = tokio::join!(visitor.press(&portal, form, granting), twin.press(&other, form, granting));
                vec![both.0.ok(), both.1.ok()]
            }
            15..30 => {
                let pressing = timeout(patience, visitor.press(&portal, form, granting));
                vec![pressing.await.ok().and_then(Result::ok)]
            }
            _ => vec![visitor.press(&portal, form, granting).await.ok()],
        };
        Press {
            uid: visitor.uid.clone(),
            granting,
            began,
            ended: now(),
            took: start.elapsed(),
            is_answered: answers.iter().flatten().any(Answer::is_done),
            was_double: answers.len() > 1,
            statuses: answers.into_iter().map(|answer| Some(answer?.status.as_u16())).collect(),
        }
    }
}

/// The machine's clock, which the portals' records use too.
pub fn now() -> NaiveDateTime {
    latchkey::clock::Clock::system().now()
}
