//! What was found out about accounts lately.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;

use crate::clock::{Instant, delta};

/// How many accounts are remembered at most.
const REMEMBERED: usize = 20_000;

/// One value for each account, with when it was found out.
pub(super) struct Memory<T> {
    fresh_for: TimeDelta,
    kept: Mutex<HashMap<String, Kept<T>>>,
    asked: AtomicU64,
}

struct Kept<T> {
    value: T,
    at: Instant,
    question: Question,
}

/// The place of a question among all: whatever is asked later knows more, in whatever order the answers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question(u64);

impl<T: Clone> Memory<T> {
    /// Values count as fresh for so long.
    pub(super) fn new(fresh_for: Duration) -> Self {
        Self { fresh_for: delta(fresh_for), kept: Mutex::default(), asked: AtomicU64::default() }
    }

    /// Something is asked now.
    pub(super) fn ask(&self) -> Question {
        Question(self.asked.fetch_add(1, Ordering::SeqCst))
    }

    /// Whether something that was asked later has been answered already.
    pub(super) fn is_overtaken(&self, account_id: &str, question: Question) -> bool {
        self.lock().get(account_id).is_some_and(|kept| kept.question > question)
    }

    /// What was found out last, however long ago.
    pub(super) fn last(&self, account_id: &str) -> Option<T> {
        self.look(account_id, |value, _| Some(value.clone()))
    }

    pub(super) fn fresh(&self, account_id: &str, now: Instant) -> Option<T> {
        self.look(account_id, |value, at| self.is_fresh(at, now).then(|| value.clone()))
    }

    /// Looks at what is remembered, if anything is, and at when it was found out.
    pub(super) fn look<R>(&self, account_id: &str, look: impl FnOnce(&T, Instant) -> Option<R>) -> Option<R> {
        let kept = self.lock();
        let Kept { value, at, .. } = kept.get(account_id)?;
        look(value, *at)
    }

    /// This is the answer to a question asked now, unless a later one has been answered already. Where too many are remembered those
    /// that are not fresh go, and if all are, all.
    pub(super) fn keep(&self, account_id: &str, value: T, now: Instant, question: Question) {
        let mut kept = self.lock();
        if kept.get(account_id).is_some_and(|kept| kept.question > question) {
            return;
        }
        if kept.len() >= REMEMBERED {
            kept.retain(|_, kept| self.is_fresh(kept.at, now));
        }
        if kept.len() >= REMEMBERED {
            kept.clear();
        }
        kept.insert(account_id.to_owned(), Kept { value, at: now, question });
    }

    /// Adds to what is remembered, if anything is.
    pub(super) fn change(&self, account_id: &str, change: impl FnOnce(&mut T)) {
        if let Some(kept) = self.lock().get_mut(account_id) {
            change(&mut kept.value);
        }
    }

    pub(super) fn forget(&self, account_id: &str) {
        self.lock().remove(account_id);
    }

    /// A clock that was put back makes nothing fresh.
    pub(super) fn is_fresh(&self, at: Instant, now: Instant) -> bool {
        (TimeDelta::zero()..self.fresh_for).contains(&(now - at))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept<T>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// So many seconds after some moment.
    pub(in crate::web) fn at(seconds: i64) -> Instant {
        let start = chrono::NaiveDate::from_ymd_opt(2026, 11, 25).unwrap().and_hms_opt(9, 0, 0).unwrap();
        start + TimeDelta::seconds(seconds)
    }

    #[test]
    fn what_was_found_out_is_fresh_for_a_while() {
        let memory = Memory::new(Duration::from_secs(30));
        memory.keep("1", 7, at(0), memory.ask());
        assert_eq!([0, 29, 30, -1].map(|s| memory.fresh("1", at(s))), [Some(7), Some(7), None, None]);
        assert_eq!((memory.last("1"), memory.last("2")), (Some(7), None));
        memory.change("1", |value| *value += 1);
        assert_eq!(memory.fresh("1", at(1)), Some(8));
        memory.forget("1");
        assert_eq!(memory.last("1"), None);
    }

    #[test]
    fn a_late_answer_is_not_newer() {
        let memory = Memory::new(Duration::from_secs(30));
        let (first, second) = (memory.ask(), memory.ask());
        memory.keep("1", "new", at(2), second);
        assert!(memory.is_overtaken("1", first) && !memory.is_overtaken("2", first));
        memory.keep("1", "old", at(1), first);
        assert_eq!(memory.last("1"), Some("new"));
        memory.keep("1", "newest", at(0), memory.ask());
        assert_eq!(memory.last("1"), Some("newest"), "whatever the clock says");
    }

    #[test]
    fn nothing_is_fresh_where_the_operator_wants_it_so() {
        let memory = Memory::new(Duration::ZERO);
        memory.keep("1", 7, at(0), memory.ask());
        assert_eq!(memory.fresh("1", at(0)), None);
    }

    #[test]
    fn the_memory_is_bounded() {
        let memory = Memory::new(Duration::from_secs(30));
        for number in 0..REMEMBERED {
            memory.keep(&number.to_string(), 7, at(0), memory.ask());
        }
        memory.keep("one too many", 7, at(0), memory.ask());
        assert_eq!(memory.lock().len(), 1);
        memory.keep("another", 7, at(29), memory.ask());
        for number in 2..REMEMBERED {
            memory.keep(&number.to_string(), 7, at(29), memory.ask());
        }
        memory.keep("later", 7, at(30), memory.ask());
        assert_eq!(memory.last("one too many"), None);
        assert_eq!(memory.lock().len(), REMEMBERED);
    }
}
