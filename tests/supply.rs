//! What the project is made of: licences of all crates, vendored files as they came, nothing secret in the repository.

use std::{fs, process::Command};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Licences that may be linked into a program under MIT or Apache-2.0. MPL-2.0 stays with its own files.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "PostgreSQL",
    "Unicode-3.0",
    "Zlib",
];

#[test]
fn every_crate_may_be_used_under_a_permissive_licence() {
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked", "--offline"]).output();
    let metadata: Value =
        serde_json::from_slice(&output.expect("cargo runs").stdout).expect("cargo tells its packages");
    let packages = metadata["packages"].as_array().expect("a list");
    assert!(packages.len() > 100, "only {} packages were looked at", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .map(|package| (package["name"].as_str().unwrap_or_default(), package["license"].as_str().unwrap_or_default()))
        .filter(|(_, licence)| !is_allowed(licence))
        .map(|(name, licence)| format!("{name}: {licence}"))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// `A OR B` needs one of them, `A AND B` both; the old `/` means OR.
fn is_allowed(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
    plain
        .split(" AND ")
        .all(|all| all.split(" OR ").any(|one| ALLOWED.contains(&one.trim()) || one.trim() == "Unlicense"))
}

#[test]
fn the_vendored_design_system_is_as_it_came() {
    let readme = fs::read_to_string("static/vendor/kern/README.md").expect("it says where the file comes from");
    let digest = hex::encode(Sha256::digest(fs::read("static/vendor/kern/kern.min.css").expect("the style sheet")));
    assert!(readme.contains(&digest), "the style sheet has SHA-256 {digest}, its README says otherwise");
    assert!(readme.contains("2.7.2") && fs::exists("static/vendor/kern/LICENSE").expect("a folder"));
}

#[test]
fn no_private_key_and_no_password_is_kept_in_the_repository() {
    let listed = Command::new("git").args(["ls-files"]).output().expect("git runs").stdout;
    let files = String::from_utf8(listed).expect("names in UTF-8");
    assert!(files.lines().count() > 50);
    let marks = ["PRIVATE KEY-----\n", "AKIA", "ghp_", "xoxb-"];
    for file in files.lines().filter(|file| !file.ends_with("supply.rs")) {
        let Ok(text) = fs::read_to_string(file) else { continue };
        for mark in marks {
            assert!(!text.contains(mark), "{file} holds {mark:?}");
        }
    }
}
