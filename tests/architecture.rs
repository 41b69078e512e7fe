//! The direction of dependency, read from the `use` lines: `main → command → app → {web, work} → domain → db`.
//! And what the program says in its log: operators find each event explained.

use std::{
    collections::BTreeSet,
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
    ("directory", &["Candidate", "Courses", "Directory", "DirectoryError", "Holder", "OwnCourse", "SignInFailure"]),
    ("mail", &["ChangeMail", "Letter", "MailAction", "MailTerms", "ReminderMail"]),
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
    let (mut breaches, mut used) = (Vec::new(), BTreeSet::new());
    for (file, line, text) in lines_of("web") {
        // A part that was imported as a whole is said without `crate`.
        let code = if is_use(&text) { "" } else { text.as_str() };
        let parts = WEB_MAY_NAME.iter().map(|(part, _)| format!(" {part}::"));
        let starts = parts.filter_map(|part| code.find(&part));
        let said = starts.flat_map(|start| branches(code[start..].trim_start()).0);
        for path in paths_of_ours(&text).into_iter().chain(said) {
            let [part, name, ..] = path.split("::").collect::<Vec<_>>()[..] else { continue };
            let Some((part, names)) = WEB_MAY_NAME.iter().find(|(known, _)| *known == part) else { continue };
            if !names.contains(&name) {
                breaches.push(format!("{}:{line}: web must not use {part}::{name}", file.display()));
            }
            used.insert((*part, name.to_owned()));
        }
    }
    for (part, names) in WEB_MAY_NAME {
        let idle = names.iter().filter(|name| !used.contains(&(*part, (**name).to_owned())));
        breaches.extend(idle.map(|name| format!("web does not use {part}::{name} any more")));
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// The paths below `crate` that a line or an import names, without `crate::`.
fn paths_of_ours(text: &str) -> Vec<String> {
    text.split("crate::").skip(1).flat_map(|tree| branches(tree).0).collect()
}

/// The paths of a use tree at the beginning of the text, and what comes after it.
fn branches(text: &str) -> (Vec<String>, &str) {
    if let Some(mut rest) = text.strip_prefix('{') {
        let mut all = Vec::new();
        while !rest.is_empty() && !rest.starts_with('}') {
            let (some, after) = branches(rest);
            all.extend(some);
            rest = after.trim_start_matches(|c: char| c != ',' && c != '}').trim_start_matches([',', ' ']);
        }
        return (all, rest.strip_prefix('}').unwrap_or(rest));
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix("::") {
        Some(below) => {
            let (some, rest) = branches(below);
            (some.into_iter().map(|path| format!("{name}::{path}")).collect(), rest)
        }
        None => (vec![name.to_owned()], rest),
    }
}

#[test]
fn use_trees_are_read_to_their_ends() {
    let tree = "use crate::{chance, db::{self, Conn as C}, mail::{a::{B, D}, E}}; crate::work::F::new()";
    let paths = ["chance", "db::self", "db::Conn", "mail::a::B", "mail::a::D", "mail::E", "work::F::new"];
    assert_eq!(paths_of_ours(tree), paths);
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

#[test]
fn every_event_in_the_programs_log_is_explained_to_operators() {
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    let mut said = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of the project");
        let events = text.split("event = \"").skip(1).filter_map(|rest| rest.split_once('"'));
        said.extend(events.map(|(event, _)| event.to_owned()));
    }
    let page = fs::read_to_string("docs/OPERATING.md").expect("a file of the project");
    let explained = events_of_the_table(&page);
    let missing: Vec<_> = said.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&said).collect();
    assert!(missing.is_empty(), "docs/OPERATING.md does not explain {missing:?}");
    assert!(gone.is_empty(), "docs/OPERATING.md explains what is never said: {gone:?}");
}

/// What stands between backticks in the first column of the table of events.
fn events_of_the_table(page: &str) -> BTreeSet<String> {
    let (_, table) = page.split_once("| event | level | meaning |\n|---|---|---|\n").expect("a table of events");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
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
