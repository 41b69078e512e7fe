//! Lists of participants as people upload them: odd files as exports and hands make them, and thousands of mutations of these.

use std::{
    fmt::Write as _,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use latchkey::domain::participant_list::{Fault, Identifier, ParticipantList, Rules, read};

/// The files of the corpus, by name.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/uploads/corpus");
    let files = fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file"));
    let mut files: Vec<_> = files
        .map(|entry| {
            let name = entry.file_name().into_string().expect("a plain name");
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

fn rules() -> Rules {
    Rules { identify_by: Identifier::ALL.to_vec(), most_bytes: 1 << 20, most_lines: 5_000 }
}

#[test]
fn each_file_of_the_corpus_is_read_or_refused_as_written_down() {
    let files = corpus();
    assert!(files.len() >= 30, "only {} files", files.len());
    let mut report = String::new();
    for (name, bytes) in files {
        writeln!(report, "{name}").expect("a text");
        match read(&bytes, &rules()) {
            Ok(list) => describe(&mut report, &list),
            Err(fault) => writeln!(report, "  refused: {fault}").expect("a text"),
        }
    }
    insta::assert_snapshot!("corpus", report);
}

fn describe(report: &mut String, list: &ParticipantList) {
    let by: Vec<&str> = list.identified_by.iter().map(|by| by.name()).collect();
    let passwords = if list.has_passwords { ", one with passwords" } else { "" };
    writeln!(report, "  by {}; {} columns skipped{passwords}", by.join(", "), list.surplus_columns).expect("a text");
    for row in &list.rows {
        let who = row.identity.as_ref().map_or("nobody".to_owned(), |who| format!("{} {:?}", who.by.name(), who.value));
        let repeats = row.repeats.map(|line| format!(", as in line {line}")).unwrap_or_default();
        writeln!(report, "  {}: {who}{repeats}", row.line).expect("a text");
    }
}

#[test]
fn nothing_of_a_skipped_column_is_kept() {
    for (name, bytes) in corpus() {
        let Ok(list) = read(&bytes, &rules()) else { continue };
        let kept = format!("{list:?}");
        for word in ["Start-123", "Start-456", "geheim-1", "Tutorium", "Erstens", "Semester", "87,25", "Prof. Dr."] {
            assert!(!kept.contains(word), "{name} keeps {word}");
        }
    }
}

const MUTATIONS: usize = 20_000;
const AT_MOST: Duration = Duration::from_secs(10);

/// A bounded run of what `fuzz/` does without an end: the same mutations each time, unless `LATCHKEY_TEST_SEED` says otherwise.
#[test]
fn no_mutation_of_the_corpus_breaks_the_reader() {
    let seed = std::env::var("LATCHKEY_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125);
    println!("LATCHKEY_TEST_SEED={seed}");
    let files = corpus();
    let (mut dice, started) = (Dice(seed), Instant::now());
    for round in 0..MUTATIONS {
        if started.elapsed() > AT_MOST {
            println!("{round} mutations in {AT_MOST:?}");
            assert!(round > 1_000, "the reader is slow: {round} mutations in {AT_MOST:?}");
            return;
        }
        let bytes = mutated(&files, &mut dice);
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&bytes)));
        assert!(outcome.is_ok(), "seed {seed}, mutation {round}: {:?}", String::from_utf8_lossy(&bytes));
    }
}

/// What holds for every file.
fn check(bytes: &[u8]) {
    let rules = Rules { most_bytes: 20_000, most_lines: 200, ..rules() };
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    match read(bytes, &rules) {
        Ok(list) => {
            assert!(!list.rows.is_empty() && list.rows.len() < rules.most_lines);
            assert!(list.rows.windows(2).all(|pair| pair[0].line < pair[1].line), "the lines go up");
            for row in &list.rows {
                assert!(row.line > 1 && row.line <= lines, "line {} of {lines}", row.line);
                assert!(row.repeats.is_none_or(|first| first < row.line));
                let value = row.identity.as_ref().map(|identity| identity.value.as_str());
                assert!(value.is_none_or(|value| !value.is_empty() && value.chars().count() <= 320));
            }
        }
        Err(
            Fault::Unreadable { line }
            | Fault::LineTooLong { line }
            | Fault::TooManyColumns { line }
            | Fault::MoreValuesThanHeadings { line }
            | Fault::OpenQuote { line }
            | Fault::ValueTooLong { line }
            | Fault::Ambiguous { line, .. },
        ) => assert!((1..=lines).contains(&line), "line {line} of {lines}"),
        Err(Fault::TooLarge { .. }) => assert!(bytes.len() > rules.most_bytes),
        Err(Fault::TooManyLines { .. }) => assert!(lines > rules.most_lines),
        Err(_) => {}
    }
}

/// A file of the corpus with a few things done to it.
fn mutated(files: &[(String, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    const TELLING: &[&[u8]] = &[
        b"\"",
        b"\"\"",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\x04",
        b"sep=;\n",
        b"login",
        b"=",
    ];
    let mut bytes = dice.one_of(files).1.clone();
    for _ in 0..=dice.below(6) {
        let place = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 => bytes.truncate(place),
            1 if place < bytes.len() => bytes[place] = dice.byte(),
            2 if place < bytes.len() => {
                let end = (place + 1 + dice.below(20)).min(bytes.len());
                bytes.drain(place..end);
            }
            3 => {
                let inserted = dice.one_of(TELLING).repeat(1 + dice.below(3));
                bytes.splice(place..place, inserted);
            }
            4 => {
                let other = &dice.one_of(files).1;
                let (from, length) = (dice.below(other.len() + 1), dice.below(60));
                let part = other[from..(from + length).min(other.len())].to_vec();
                bytes.splice(place..place, part);
            }
            _ => bytes.insert(place, dice.byte()),
        }
    }
    bytes
}

/// `SplitMix64`: the same throws for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}
