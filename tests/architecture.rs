//! The direction of dependency, read from the `use` lines: `main → command → app → {web, work} → domain → db`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What each part may name of the others, and which crates of the outside world it may use.
struct Part {
    name: &'static str,
    /// Modules of ours.
    may_use: &'static [&'static str],
    /// Crates that only some parts may know.
    crates: &'static [&'static str],
}

/// Everybody may know the clock and the values that need nothing else.
const PARTS: &[Part] = &[
    Part { name: "clock", may_use: &[], crates: &[] },
    Part { name: "chance", may_use: &["clock"], crates: &[] },
    Part { name: "db", may_use: &["clock"], crates: &["diesel", "diesel_migrations"] },
    Part { name: "domain", may_use: &["db", "clock", "chance"], crates: &["diesel", "ed25519_dalek"] },
    Part { name: "texts", may_use: &["domain", "clock"], crates: &["fluent_templates"] },
    Part { name: "directory", may_use: &["domain", "clock"], crates: &["ldap3", "rustls", "rustls_native_certs"] },
    Part { name: "mail", may_use: &["domain", "clock", "texts"], crates: &["lettre", "askama"] },
    Part { name: "work", may_use: &["domain", "db", "directory", "mail", "clock", "chance"], crates: &[] },
    Part {
        name: "web",
        may_use: &["domain", "db", "directory", "mail", "work", "clock", "chance", "texts"],
        crates: &["actix_web", "actix_session", "askama", "askama_web", "governor", "qrcode", "mail_parser"],
    },
    Part { name: "demo", may_use: &["domain", "clock"], crates: &["ldap3_proto", "ldap3"] },
    Part {
        name: "config",
        may_use: &["domain", "db", "directory", "mail", "work", "web"],
        crates: &["toml", "ldap3", "lettre", "isocountry"],
    },
    Part {
        name: "app",
        may_use: &["config", "web", "work", "domain", "db", "directory", "mail", "clock", "chance"],
        crates: &["actix_web"],
    },
    Part {
        name: "command",
        may_use: &["app", "config", "demo", "domain", "db", "directory", "mail", "work", "clock", "chance", "texts"],
        crates: &["actix_web", "indicatif"],
    },
];

/// Crates that are the business of the parts that list them, and of nobody else.
const GUARDED: &[&str] = &[
    "actix_web",
    "actix_session",
    "askama",
    "askama_web",
    "diesel",
    "diesel_migrations",
    "ed25519_dalek",
    "fluent_templates",
    "governor",
    "isocountry",
    "ldap3",
    "ldap3_proto",
    "lettre",
    "mail_parser",
    "qrcode",
    "rustls",
    "toml",
];

/// Names of the outside world that web reaches of these parts: delivery after commit, and reading the directory.
const WEB_MAY_NAME: &[(&str, &[&str])] = &[
    ("work", &["Delivery", "Outside", "verify"]),
    ("directory", &["Courses", "Directory", "DirectoryError", "Holder", "OwnCourse", "SignInFailure"]),
    ("mail", &["ChangeMail", "MailAction", "MailTerms"]),
];

#[test]
fn every_part_names_only_what_lies_below_it() {
    let mut breaches = Vec::new();
    for part in PARTS {
        for (file, line, text) in lines_of(part.name) {
            for word in names_of_ours(&text) {
                if word != part.name && !part.may_use.contains(&word.as_str()) && is_part(&word) {
                    breaches.push(format!("{}:{line}: {} must not use {word}", file.display(), part.name));
                }
            }
            for guarded in GUARDED {
                if uses_crate(&text, guarded) && !part.crates.contains(guarded) {
                    breaches.push(format!("{}:{line}: {} must not use {guarded}", file.display(), part.name));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn web_reaches_the_outside_by_few_names_only() {
    for (file, line, text) in lines_of("web") {
        for (part, names) in WEB_MAY_NAME {
            let Some(rest) =
                text.split(&format!("{part}::")).nth(1).filter(|_| text.contains(&format!("crate::{part}::")))
            else {
                continue;
            };
            for name in rest.trim_matches(['{', '}', ';', ' ']).split(',').map(str::trim).filter(|n| !n.is_empty()) {
                let name = name.split("::").next().unwrap_or(name).trim_end_matches(['}', ';']);
                assert!(names.contains(&name), "{}:{line}: web must not use {part}::{name}", file.display());
            }
        }
    }
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    let modules: Vec<&str> = lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    for module in &modules {
        assert!(is_part(module), "{module} is missing in tests/architecture.rs");
    }
    assert_eq!(modules.len(), PARTS.len(), "tests/architecture.rs lists a module that is gone");
}

fn is_part(word: &str) -> bool {
    PARTS.iter().any(|part| part.name == word)
}

/// Modules after `crate::`, also in groups such as `use crate::{clock::Clock, db}`.
fn names_of_ours(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.push(first_word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    names.push(first_word(&group[start..place]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.push(first_word(&group[start..place]));
                    start = place + 1;
                }
                _ => {}
            }
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn uses_crate(text: &str, name: &str) -> bool {
    let starts_here = |place: usize| !text[..place].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'));
    text.match_indices(&format!("{name}::")).any(|(place, _)| starts_here(place))
}

/// Statements of a part with file and line, comments and tests left out; a `use` over several lines is one statement.
fn lines_of(part: &str) -> Vec<(PathBuf, usize, String)> {
    let mut files = Vec::new();
    let folder = Path::new("src").join(part);
    if folder.is_dir() {
        collect(&folder, &mut files);
    } else {
        files.push(Path::new("src").join(format!("{part}.rs")));
    }
    let mut lines = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of the project");
        let mut statement: Option<(usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            let code = line.split("//").next().unwrap_or_default();
            match &mut statement {
                Some((_, text)) => text.push_str(code.trim()),
                None => statement = Some((number + 1, code.trim().to_owned())),
            }
            let is_open = statement.as_ref().is_some_and(|(_, s)| is_use(s) && !s.ends_with(';'));
            if !is_open && let Some((number, text)) = statement.take() {
                lines.push((file.clone(), number, text));
            }
        }
    }
    lines
}

fn is_use(statement: &str) -> bool {
    ["use ", "pub use ", "pub(super) use ", "pub(crate) use "].iter().any(|start| statement.starts_with(start))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the project").flatten() {
        let path = entry.path();
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "samples");
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test {
            files.push(path);
        }
    }
}
