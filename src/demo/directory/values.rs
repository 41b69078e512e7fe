//! The values of one attribute: a set under its matching rule (RFC 4512, section 2.3), quick also when large.

use std::collections::HashMap;

/// From this many values on, positions are looked up in a map instead of by reading through the list.
const LARGE: usize = 32;

/// A set of values: each as stored, found by its normal form.
#[derive(Debug, Default)]
pub struct Values {
    stored: Vec<String>,
    normal: Vec<String>,
    positions: Option<HashMap<String, usize>>,
}

impl Values {
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }

    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// The values as stored.
    pub fn stored(&self) -> &[String] {
        &self.stored
    }

    /// The normal forms, in the order of [`Self::stored`].
    pub fn normal(&self) -> &[String] {
        &self.normal
    }

    /// Whether a value of this normal form is in the set.
    pub fn contains(&self, normal: &str) -> bool {
        self.position(normal).is_some()
    }

    /// Adds a value; false if one of the same normal form is there already.
    pub fn add(&mut self, stored: String, normal: String) -> bool {
        if self.contains(&normal) {
            return false;
        }
        if let Some(positions) = &mut self.positions {
            positions.insert(normal.clone(), self.normal.len());
        }
        self.stored.push(stored);
        self.normal.push(normal);
        if self.positions.is_none() && self.normal.len() >= LARGE {
            self.positions = Some(self.normal.iter().cloned().zip(0..).collect());
        }
        true
    }

    /// Removes a value and returns it as it was stored.
    pub fn remove(&mut self, normal: &str) -> Option<String> {
        let at = self.position(normal)?;
        let Some(positions) = &mut self.positions else {
            self.normal.remove(at);
            return Some(self.stored.remove(at));
        };
        // The order of a large set is given up, so that removing costs the same however large it is.
        positions.remove(normal);
        self.normal.swap_remove(at);
        if let Some(moved) = self.normal.get(at) {
            positions.insert(moved.clone(), at);
        }
        Some(self.stored.swap_remove(at))
    }

    fn position(&self, normal: &str) -> Option<usize> {
        match &self.positions {
            Some(positions) => positions.get(normal).copied(),
            None => self.normal.iter().position(|other| other == normal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_sets_behave_alike() {
        let mut values = Values::default();
        for n in 0..100 {
            assert!(values.add(format!("V{n}"), format!("v{n}")));
            assert!(!values.add(format!("v{n}"), format!("v{n}")));
        }
        for n in (0..100).step_by(2) {
            assert_eq!(values.remove(&format!("v{n}")), Some(format!("V{n}")));
            assert_eq!(values.remove(&format!("v{n}")), None);
        }
        assert_eq!(values.len(), 50);
        for n in 0..100 {
            assert_eq!(values.contains(&format!("v{n}")), n % 2 == 1);
        }
    }
}
