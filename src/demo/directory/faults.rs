//! Faults on command, for tests: what a directory does that is busy, restarted or cut off.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What happens to one modify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whether it has its effect all the same.
    pub has_effect: bool,
    /// The result code of the answer (RFC 4511, section 4.1.9); `None`: the connection ends without an answer.
    pub code: Option<u32>,
}

/// The faults that are to come, and what has come so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Orders>>);

#[derive(Debug, Default)]
struct Orders {
    next: VecDeque<Option<Fault>>,
    latency: Duration,
    modifies: usize,
    is_busy: bool,
    hides_policy: bool,
}

impl Faults {
    /// Says what happens to the modifies after those that were spoken of before; `None`: nothing.
    pub fn expect(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.orders().next.extend(faults);
    }

    /// From now on nothing goes wrong any more.
    pub fn clear(&self) {
        self.orders().next.clear();
    }

    /// From now on every modify takes at least so long.
    pub fn set_latency(&self, latency: Duration) {
        self.orders().latency = latency;
    }

    /// From now on every request is answered that the server is busy (51), or no longer so.
    pub fn set_busy(&self, is_busy: bool) {
        self.orders().is_busy = is_busy;
    }

    /// From now on no bind says anything about the password policy, or again.
    pub fn hide_policy(&self, hides: bool) {
        self.orders().hides_policy = hides;
    }

    pub(super) fn hides_policy(&self) -> bool {
        self.orders().hides_policy
    }

    pub(super) fn is_busy(&self) -> bool {
        self.orders().is_busy
    }

    /// How many modifies there have been.
    pub fn modifies(&self) -> usize {
        self.orders().modifies
    }

    /// What happens to the modify that begins now.
    pub(super) async fn next(&self) -> Option<Fault> {
        let (fault, latency) = {
            let mut orders = self.orders();
            orders.modifies += 1;
            (orders.next.pop_front().flatten(), orders.latency)
        };
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        fault
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
