//! The tree against the recursive definitions of RFC 9162, against known answers, and against another implementation.

use std::{collections::HashMap, convert::Infallible};

use ct_merkle::{ConsistencyProof, InclusionProof, mem_backed_tree::MemoryBackedTree};
use proptest::prelude::*;

use super::*;

/// The leaves of Certificate Transparency's reference tree.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Its roots for one to eight leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn known_leaves() -> Vec<Vec<u8>> {
    LEAVES.iter().map(|leaf| hex::decode(leaf).unwrap()).collect()
}

/// MTH as it is defined.
fn mth(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => leaf_hash(leaf),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&mth(left), &mth(right))
        }
    }
}

/// PATH as it is defined.
fn path(index: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut below, other) =
        if index < k { (path(index, left), mth(right)) } else { (path(index - k, right), mth(left)) };
    below.push(other);
    below
}

/// SUBPROOF as it is defined.
fn subproof(old: usize, leaves: &[Vec<u8>], is_whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if is_whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut below, other) = if old <= k {
        (subproof(old, left, is_whole), mth(right))
    } else {
        (subproof(old - k, right, false), mth(left))
    };
    below.push(other);
    below
}

/// A tree as we build it, with all its complete subtrees.
struct Tree {
    frontier: Frontier,
    subtrees: HashMap<(u32, u64), Hash>,
}

impl Tree {
    fn of(leaves: &[Vec<u8>]) -> Self {
        let mut tree = Self { frontier: Frontier::default(), subtrees: HashMap::new() };
        for leaf in leaves {
            let keep = |subtree: Subtree, hash: &Hash| {
                tree.subtrees.insert((subtree.level, subtree.position), *hash);
            };
            tree.frontier.push(leaf_hash(leaf), keep);
        }
        tree
    }

    fn lookup(&self) -> impl FnMut(Subtree) -> Result<Hash, Infallible> {
        |subtree| Ok(self.subtrees[&(subtree.level, subtree.position)])
    }
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hash| hex::decode(hash).unwrap().try_into().unwrap()).collect()
}

#[test]
fn roots_are_those_of_the_reference_tree() {
    let leaves = known_leaves();
    for (root, size) in ROOTS.iter().zip(1..) {
        assert_eq!(hex::encode(Tree::of(&leaves[..size]).frontier.root()), *root, "{size} leaves");
    }
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex::encode(Frontier::default().root()), nothing);
}

#[test]
fn proofs_are_those_of_the_reference_tree() {
    let tree = Tree::of(&known_leaves());
    let of_six = hashes(&[
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    assert_eq!(inclusion_proof(5, 8, &mut tree.lookup()), Ok(of_six));
    let from_one = hashes(&[
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]);
    assert_eq!(consistency_proof(1, 8, &mut tree.lookup()), Ok(from_one));
    let from_two_to_five = hashes(&[
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]);
    assert_eq!(consistency_proof(2, 5, &mut Tree::of(&known_leaves()[..5]).lookup()), Ok(from_two_to_five));
    let from_six = hashes(&[
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    assert_eq!(consistency_proof(6, 8, &mut tree.lookup()), Ok(from_six));
}

fn any_leaves() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 1..70)
}

/// Leaves, and two places among them.
fn leaves_and_two() -> impl Strategy<Value = (Vec<Vec<u8>>, usize, usize)> {
    any_leaves().prop_flat_map(|leaves| {
        let size = leaves.len();
        (Just(leaves), 0..size, 1..=size)
    })
}

fn number(place: usize) -> u64 {
    place.try_into().unwrap()
}

proptest! {
    #[test]
    fn a_tree_that_grew_has_the_defined_root(leaves in any_leaves()) {
        let tree = Tree::of(&leaves);
        prop_assert_eq!(tree.frontier.root(), mth(&leaves));
        let loaded = Frontier::load(number(leaves.len()), &mut tree.lookup()).unwrap();
        prop_assert_eq!(loaded, tree.frontier);
    }

    #[test]
    fn inclusion_is_proven_as_defined_and_for_nothing_else((leaves, index, _) in leaves_and_two(), bent in any::<u8>()) {
        let (size, tree, at) = (number(leaves.len()), Tree::of(&leaves), number(index));
        let (root, leaf) = (tree.frontier.root(), leaf_hash(&leaves[index]));
        let mut proof = inclusion_proof(at, size, &mut tree.lookup()).unwrap();
        prop_assert_eq!(&proof, &path(index, &leaves));
        prop_assert!(verify_inclusion(leaf, at, size, &proof, &root));
        prop_assert!(!verify_inclusion(leaf_hash(b"something else, longer than all"), at, size, &proof, &root));
        prop_assert!(!verify_inclusion(leaf, size, size, &proof, &root));
        proof.push(root);
        prop_assert!(!verify_inclusion(leaf, at, size, &proof, &root));
        proof.pop();
        if !proof.is_empty() {
            let place = usize::from(bent) % proof.len();
            proof[place][0] ^= 1;
            prop_assert!(!verify_inclusion(leaf, at, size, &proof, &root));
            proof.pop();
            prop_assert!(!verify_inclusion(leaf, at, size, &proof, &root));
        }
    }

    #[test]
    fn consistency_is_proven_as_defined_and_for_nothing_else((leaves, _, old) in leaves_and_two(), bent in any::<u8>()) {
        let (tree, size, before) = (Tree::of(&leaves), number(leaves.len()), number(old));
        let (old_root, root) = (mth(&leaves[..old]), tree.frontier.root());
        let mut proof = consistency_proof(before, size, &mut tree.lookup()).unwrap();
        prop_assert_eq!(&proof, &subproof(old, &leaves, true));
        prop_assert!(verify_consistency(before, size, &proof, &old_root, &root));
        let another = leaf_hash(b"another tree");
        prop_assert!(!verify_consistency(before, size, &proof, &another, &root));
        prop_assert!(!verify_consistency(before, size, &proof, &old_root, &another));
        prop_assert!(!verify_consistency(size + 1, size, &proof, &old_root, &root));
        if !proof.is_empty() {
            let place = usize::from(bent) % proof.len();
            proof[place][0] ^= 1;
            prop_assert!(!verify_consistency(before, size, &proof, &old_root, &root));
        }
    }

    #[test]
    fn another_implementation_agrees((leaves, index, old) in leaves_and_two()) {
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for leaf in &leaves {
            theirs.push(leaf.clone());
        }
        let (tree, size) = (Tree::of(&leaves), number(leaves.len()));
        let root = theirs.root();
        prop_assert_eq!(root.as_bytes().as_slice(), tree.frontier.root());
        let proof = inclusion_proof(number(index), size, &mut tree.lookup()).unwrap().concat();
        let proof = InclusionProof::<Sha256>::try_from_bytes(proof).unwrap();
        prop_assert!(root.verify_inclusion(&leaves[index], number(index), &proof).is_ok());
        let mut older = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for leaf in &leaves[..old] {
            older.push(leaf.clone());
        }
        let proof = consistency_proof(number(old), size, &mut tree.lookup()).unwrap().concat();
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(proof).unwrap();
        prop_assert!(root.verify_consistency(&older.root(), &proof).is_ok());
    }
}
