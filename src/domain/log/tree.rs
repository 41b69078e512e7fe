//! The Merkle tree of RFC 9162, section 2.1, over SHA-256: hashes, roots and proofs, without a database.
//!
//! A tree of any size is a row of *complete subtrees*, the largest first: the binary digits of its size. Everything here is made of
//! them, so that a root costs a few dozen hashes and a proof a few dozen subtrees, however large the tree is.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// A SHA-256: of a leaf, of an inner node, or of a whole tree.
pub type Hash = [u8; 32];

/// A leaf and an inner node begin with different bytes, so that neither can be passed off as the other.
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new_with_prefix([0]).chain_update(data).finalize().into()
}

/// The hash of the inner node over these two: SHA-256 of a byte 1, `left` and `right`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A complete subtree: 2^`level` leaves, the first of them at `position` · 2^`level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    pub level: u32,
    pub position: u64,
}

/// What a tree needs to grow: the roots of its complete subtrees, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<(u32, Hash)>,
}

impl Frontier {
    /// The frontier of a tree of this size whose complete subtrees can be looked up.
    pub fn load<E>(size: u64, lookup: &mut impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Self, E> {
        let roots = complete_subtrees(0..size)
            .map(|subtree| Ok((subtree.level, lookup(subtree)?)))
            .collect::<Result<_, E>>()?;
        Ok(Self { size, roots })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf, and tells every subtree that it completes, smallest first; the leaf itself is one of one leaf.
    pub fn push(&mut self, leaf: Hash, completed: impl FnMut(Subtree, &Hash)) {
        self.push_subtree(0, leaf, completed);
    }

    /// Adds a whole subtree; the size so far must be a multiple of its number of leaves.
    pub fn push_subtree(&mut self, level: u32, root: Hash, mut completed: impl FnMut(Subtree, &Hash)) {
        debug_assert_eq!(self.size % (1 << level), 0, "a subtree stands at a multiple of its size");
        self.size += 1 << level;
        let (mut level, mut root) = (level, root);
        completed(Subtree { level, position: (self.size >> level) - 1 }, &root);
        while let Some((_, left)) = self.roots.pop_if(|(other, _)| *other == level) {
            root = node_hash(&left, &root);
            level += 1;
            completed(Subtree { level, position: (self.size >> level) - 1 }, &root);
        }
        self.roots.push((level, root));
    }

    /// The root of the tree; of an empty one, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.roots.iter().rev().map(|(_, root)| root);
        let Some(last) = smallest_first.next() else { return Sha256::digest([]).into() };
        smallest_first.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The complete subtrees that leaves are made of, from left to right. The first leaf must stand at a multiple of a power of two that
/// is not smaller than their number.
fn complete_subtrees(leaves: Range<u64>) -> impl Iterator<Item = Subtree> {
    let mut next = leaves.start;
    std::iter::from_fn(move || {
        let level = (leaves.end - next).checked_ilog2()?;
        let subtree = Subtree { level, position: next >> level };
        next += 1 << level;
        Some(subtree)
    })
}

/// MTH(D[start:end]) of RFC 9162.
fn range_root<E>(leaves: Range<u64>, lookup: &mut impl FnMut(Subtree) -> Result<Hash, E>) -> Result<Hash, E> {
    let hashes = complete_subtrees(leaves).map(lookup).collect::<Result<Vec<_>, E>>()?;
    let folded = hashes.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(folded.unwrap_or_else(|| Sha256::digest([]).into()))
}

/// The largest power of two smaller than `n`, which must be at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// PATH(index, D[size]) of RFC 9162, section 2.1.3.1: proves that the leaf is in the tree.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    lookup: &mut impl FnMut(Subtree) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut leaves, mut path) = (0..size, Vec::new());
    while leaves.end - leaves.start > 1 {
        let middle = leaves.start + split(leaves.end - leaves.start);
        let other = if index < middle { middle..leaves.end } else { leaves.start..middle };
        path.push(range_root(other, lookup)?);
        leaves = if index < middle { leaves.start..middle } else { middle..leaves.end };
    }
    path.reverse();
    Ok(path)
}

/// PROOF(old, D[new]) of RFC 9162, section 2.1.4.1: proves that the tree of `old` leaves is the beginning of the tree of `new`.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    lookup: &mut impl FnMut(Subtree) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut leaves, mut is_whole, mut proof) = (0..new, true, Vec::new());
    if old == 0 {
        return Ok(proof);
    }
    while old != leaves.end {
        let middle = leaves.start + split(leaves.end - leaves.start);
        if old <= middle {
            proof.push(range_root(middle..leaves.end, lookup)?);
            leaves.end = middle;
        } else {
            proof.push(range_root(leaves.start..middle, lookup)?);
            leaves.start = middle;
            is_whole = false;
        }
    }
    if !is_whole {
        proof.push(range_root(leaves, lookup)?);
    }
    proof.reverse();
    Ok(proof)
}

/// RFC 9162, section 2.1.3.2: whether the proof leads from the leaf to the root.
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for other in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(other, &hash);
            climb_while_left(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, other);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// RFC 9162, section 2.1.4.2: whether the proof shows that the tree with the old root is the beginning of the one with the new root.
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty();
    }
    if old > new {
        return false;
    }
    let mut hashes = old.is_power_of_two().then_some(old_root).into_iter().chain(proof);
    let Some(first) = hashes.next() else { return false };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut older, mut newer) = (*first, *first);
    for other in hashes {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            (older, newer) = (node_hash(other, &older), node_hash(other, &newer));
            climb_while_left(&mut node, &mut last);
        } else {
            newer = node_hash(&newer, other);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && older == *old_root && newer == *new_root
}

/// A node at the right edge without a sibling is its own parent's hash.
fn climb_while_left(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        (*node, *last) = (*node >> 1, *last >> 1);
    }
}

#[cfg(test)]
mod tests;
