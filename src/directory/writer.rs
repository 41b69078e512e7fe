//! One coalescing writer per group: what is owed to the same attribute of the same entry at one moment goes in one modify.
//!
//! A modify of a large group costs the server about the same for one value as for many, so a busy group is written in
//! batches. Nothing waits for company: the writer takes what is there when it is free. Every caller gets the answer for
//! its own value, and what was asked about the same value is done in the order in which it was asked.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use ldap3::{Mod, controls::RawControl};
use tokio::sync::{OnceCell, oneshot};

use super::{
    DirectoryError, Search,
    connect::{Link, REFERRAL},
};

/// Permissive modify: adding what is there succeeds. Used only where the server lists it, and only for adding, because servers
/// differ about deleting.
const PERMISSIVE_MODIFY: &str = "1.2.840.113556.1.4.1413";

/// How many values of a modify that failed are asked about at the same time: a server answers them beside each other, and hardly later
/// than one.
const ASKED_AT_ONCE: usize = 16;

/// The answer of a server that does not know the control (RFC 4511, section 4.1.11).
const UNAVAILABLE_CRITICAL_EXTENSION: u32 = 12;

/// One attribute of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) entry: String,
    pub(super) attribute: String,
}

/// How it is known that the directory shows what was wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The directory said so in answer to the modify, or refused a modify because of it.
    Answered,
    /// The modify was never answered, and then this was seen. The modify itself may still be under way: what it does is done
    /// once more when it arrives, perhaps after a newer one.
    SeenAfterSilence,
}

type Answer = Result<Shown, DirectoryError>;

/// One value that shall (not) be there, until when that may be sent, and who waits for the answer.
struct Owed {
    value: String,
    wanted: bool,
    send_until: Instant,
    answer: oneshot::Sender<Answer>,
}

/// All writers, by their target. Those without work are forgotten.
#[derive(Clone)]
pub(super) struct Writers(Arc<Inner>);

struct Inner {
    link: Arc<Link>,
    most_values: usize,
    queues: Mutex<HashMap<Target, VecDeque<Owed>>>,
    permissive: OnceCell<bool>,
}

impl Writers {
    pub(super) fn new(link: Arc<Link>, most_values: usize) -> Self {
        Self(Arc::new(Inner {
            link,
            most_values: most_values.max(1),
            queues: Mutex::default(),
            permissive: OnceCell::new(),
        }))
    }

    /// Makes the directory show the value, or its absence. The work goes on if the caller stops waiting, but nothing is sent after
    /// `send_until`.
    pub(super) async fn set(&self, target: Target, value: &str, wanted: bool, send_until: Instant) -> Answer {
        let (answer, waiting) = oneshot::channel();
        let owed = Owed { value: value.to_owned(), wanted, send_until, answer };
        let is_idle = {
            let mut queues = self.lock();
            let is_idle = !queues.contains_key(&target);
            queues.entry(target.clone()).or_default().push_back(owed);
            is_idle
        };
        if is_idle {
            let this = self.clone();
            tokio::spawn(async move { this.work(&target).await });
        }
        waiting.await.unwrap_or_else(|_| Err(DirectoryError::Lost("the writer ended".into())))
    }

    /// Writes batch after batch until nothing is owed to the target any more. A panic, as the LDAP library has for answers that are
    /// not LDAP, ends one batch: whoever waits for it is told that the answer is lost.
    async fn work(&self, target: &Target) {
        while let Some(batch) = self.next_batch(target) {
            if AssertUnwindSafe(self.write(target, batch)).catch_unwind().await.is_err() {
                tracing::error!(
                    event = "directory.writer-failed",
                    "a mistake of the program, or an answer that is not LDAP"
                );
            }
        }
    }

    /// What is there now, up to the limit; `None` (and the queue is gone) if nothing is. A second wish about the same value
    /// waits for the next batch, so that it cannot overtake the first.
    fn next_batch(&self, target: &Target) -> Option<Vec<Owed>> {
        let mut queues = self.lock();
        let queue = queues.get_mut(target)?;
        let mut values = HashSet::new();
        let mut batch = Vec::new();
        while batch.len() < self.0.most_values
            && let Some(owed) = queue.pop_front_if(|owed| values.insert(owed.value.clone()))
        {
            batch.push(owed);
        }
        if batch.is_empty() {
            queues.remove(target);
            return None;
        }
        Some(batch)
    }

    /// Writes one batch and answers everybody in it. What fails together is looked at one by one: those who have what they want
    /// are done, the rest is tried in halves until the value that spoils the modify stands alone. A server that only reads spoils
    /// everything, so then another one is tried.
    async fn write(&self, target: &Target, batch: Vec<Owed>) {
        let mut servers_left = self.0.link.others();
        let mut parts = vec![batch];
        while let Some(part) = parts.pop() {
            let error = match self.modify(target, &part).await {
                Ok(()) => {
                    answer_all(part, &Ok(Shown::Answered));
                    continue;
                }
                Err(DirectoryError::TooLate) => {
                    parts.extend(without_the_late(part));
                    continue;
                }
                Err(error) => error,
            };
            let before = part.len();
            let (mut left, unknown) = self.answer_those_who_are_done(target, part, &error).await;
            if left.is_empty() {
                continue;
            }
            let is_alone = left.len() == 1 && before == 1;
            if servers_left > 0 && self.left_a_server_that_only_reads(&error, is_alone) {
                servers_left -= 1;
                parts.push(left);
                continue;
            }
            if is_alone || error.is_passing() {
                // Refused because it is so already, or for another reason: where that cannot be asked, it is not known.
                answer_all(left, &Err(unknown.filter(|_| !error.is_passing()).unwrap_or(error)));
                continue;
            }
            let half = left.split_off(left.len().div_ceil(2));
            parts.extend([half, left].into_iter().filter(|part| !part.is_empty()));
        }
    }

    /// Asks the directory about each value, many at the same time: whoever has what they want is answered. Returns the others, and
    /// what kept it from being asked about all of them.
    async fn answer_those_who_are_done(
        &self,
        target: &Target,
        batch: Vec<Owed>,
        error: &DirectoryError,
    ) -> (Vec<Owed>, Option<DirectoryError>) {
        let shown = if error.is_unanswered() { Shown::SeenAfterSilence } else { Shown::Answered };
        let values: Vec<String> = batch.iter().map(|owed| owed.value.clone()).collect();
        let asking = stream::iter(values)
            .map(async |value| self.0.link.compare(&target.entry, &target.attribute, &value).await)
            .buffered(ASKED_AT_ONCE);
        let mut asking = pin!(asking);
        let (mut left, mut unknown) = (Vec::new(), None);
        let mut batch = batch.into_iter();
        for owed in batch.by_ref() {
            match asking.next().await {
                Some(Ok(is_there)) if is_there == owed.wanted => answer(owed, Ok(shown)),
                // Whoever cannot be asked about now is not known to be done, and neither are those after.
                Some(Err(why)) if why.is_passing() => {
                    left.push(owed);
                    unknown = Some(why);
                    break;
                }
                _ => left.push(owed),
            }
        }
        left.extend(batch);
        (left, unknown)
    }

    /// Whether the next attempt goes to another server, which may do what this one refused.
    fn left_a_server_that_only_reads(&self, error: &DirectoryError, is_alone: bool) -> bool {
        match error {
            // The link has left it already, as it leaves a busy one.
            DirectoryError::Busy(REFERRAL) => true,
            // So says a copy that knows no other server (53). That is also said about a single value, so it counts only when
            // the value stands alone.
            DirectoryError::Other(53) => is_alone && self.0.link.turn_away(),
            _ => false,
        }
    }

    async fn modify(&self, target: &Target, batch: &[Owed]) -> Result<(), DirectoryError> {
        let values = |wanted: bool| -> HashSet<&str> {
            batch.iter().filter(|owed| owed.wanted == wanted).map(|owed| owed.value.as_str()).collect()
        };
        let (added, deleted) = (values(true), values(false));
        let is_adding_only = deleted.is_empty();
        let mut changes = Vec::new();
        if !added.is_empty() {
            changes.push(Mod::Add(target.attribute.as_str(), added));
        }
        if !deleted.is_empty() {
            changes.push(Mod::Delete(target.attribute.as_str(), deleted));
        }
        let send_until = batch.iter().map(|owed| owed.send_until).min();
        if is_adding_only && self.may_be_permissive().await? {
            let control = RawControl { ctype: PERMISSIVE_MODIFY.to_owned(), crit: true, val: None };
            match self.0.link.modify(&target.entry, changes.clone(), Some(control), send_until).await {
                // Another server of the list, which does not know it.
                Err(DirectoryError::Other(UNAVAILABLE_CRITICAL_EXTENSION)) => {}
                done => return done,
            }
        }
        self.0.link.modify(&target.entry, changes, None, send_until).await
    }

    /// Whether the server lists the control; asked once. A server that does not tell does not have it.
    async fn may_be_permissive(&self) -> Result<bool, DirectoryError> {
        let ask = async || {
            let search = Search {
                base: "",
                scope: ldap3::Scope::Base,
                filter: "(objectClass=*)",
                attributes: &["supportedControl"],
                size_limit: 1,
            };
            let found = match self.0.link.search(&search).await {
                Err(error) if !error.is_outage() => Vec::new(),
                found => found?,
            };
            let mut controls = found.iter().flat_map(|entry| entry.attrs.values().flatten());
            Ok::<_, DirectoryError>(controls.any(|control| control == PERMISSIVE_MODIFY))
        };
        self.0.permissive.get_or_try_init(ask).await.copied()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Target, VecDeque<Owed>>> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those whose time is not over, if there are any; the others are told that nothing was sent.
fn without_the_late(batch: Vec<Owed>) -> Option<Vec<Owed>> {
    let now = Instant::now();
    let (late, timely): (Vec<_>, Vec<_>) = batch.into_iter().partition(|owed| owed.send_until <= now);
    answer_all(late, &Err(DirectoryError::TooLate));
    (!timely.is_empty()).then_some(timely)
}

fn answer_all(batch: Vec<Owed>, with: &Answer) {
    for owed in batch {
        answer(owed, with.clone());
    }
}

/// Nobody may be waiting any more; the effect stands all the same.
fn answer(owed: Owed, with: Answer) {
    let _ = owed.answer.send(with);
}
