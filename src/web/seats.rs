//! How much of something that lasts may be under way at once, under several names at the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is taken, by name.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<String, usize>>>);

/// One that is taken; given back when it is dropped.
pub(super) struct Seat {
    seats: Seats,
    names: Vec<String>,
}

impl Seats {
    /// `None` if one of the names has as many as it may.
    pub(super) fn take(&self, wanted: impl IntoIterator<Item = (String, usize)>) -> Option<Seat> {
        let wanted: Vec<(String, usize)> = wanted.into_iter().collect();
        let mut taken = self.lock();
        if wanted.iter().any(|(name, limit)| taken.get(name).copied().unwrap_or_default() >= *limit) {
            return None;
        }
        for (name, _) in &wanted {
            *taken.entry(name.clone()).or_default() += 1;
        }
        drop(taken);
        Some(Seat { seats: self.clone(), names: wanted.into_iter().map(|(name, _)| name).collect() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        for name in &self.names {
            if let Some(count) = taken.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_taken_again_and_nothing_is_left() {
        let seats = Seats::default();
        let take = |name: &str| seats.take([(name.to_owned(), 2), ("all".to_owned(), 3)]);
        let first = [take("anna").unwrap(), take("anna").unwrap()];
        assert!(take("anna").is_none());
        let second = take("bert").unwrap();
        assert!(take("carl").is_none(), "three in all");
        drop(first);
        assert!(take("anna").is_some());
        drop(second);
        assert!(seats.lock().is_empty());
    }
}
