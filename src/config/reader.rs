//! A reader that goes on after a fault: it notes what is wrong and returns a stand-in, so that one run finds
//! everything. Nobody sees the stand-ins: [`Reader::finish`] refuses if there was any fault.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    faults::{Fault, Faults, Place, Wrong, nearest},
    source::{Found, Source, Value, join, variable},
    values,
};
use crate::domain::locale::Text;

/// Reads settings by key path: environment variable first, then the file, then the default.
pub(super) struct Reader {
    source: Source,
    notes: RefCell<Notes>,
}

/// What was asked for and what came of it.
#[derive(Default)]
struct Notes {
    /// Every key that was asked for, with its default.
    asked: BTreeMap<String, Option<String>>,
    sections: BTreeSet<String>,
    /// What holds in the end, without secrets.
    effective: BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Reader {
    pub fn new(source: Source) -> Self {
        Self { source, notes: RefCell::default() }
    }

    pub fn section(&self, path: &str) -> Section<'_> {
        self.notes.borrow_mut().sections.insert(path.to_owned());
        Section { reader: self, path: path.to_owned() }
    }

    /// The effective configuration as `key=value` lines, sorted, secrets left out.
    pub fn effective(&self) -> String {
        let lines: Vec<_> =
            self.notes.borrow().effective.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        lines.join("\n")
    }

    /// Every key that was asked for, with its default.
    #[cfg(test)]
    pub fn asked(&self) -> BTreeMap<String, Option<String>> {
        self.notes.borrow().asked.clone()
    }

    /// Everything that was found wrong, with what was written but never asked for.
    pub fn finish(self) -> Result<(), Faults> {
        self.note_all(self.unknown_sections_and_keys());
        self.note_unknown_variables();
        let faults = self.notes.into_inner().faults;
        if faults.is_empty() { Ok(()) } else { Err(Faults::new(faults)) }
    }

    fn unknown_sections_and_keys(&self) -> Vec<Fault> {
        let Notes { asked, sections, .. } = &*self.notes.borrow();
        let is_known = |table: &str| sections.iter().any(|s| s == table || s.starts_with(&format!("{table}.")));
        let mut unknown: Vec<&str> = Vec::new();
        for table in self.source.tables().filter(|table| !is_known(table)) {
            if !unknown.iter().any(|outer| table.starts_with(&format!("{outer}."))) {
                unknown.push(table);
            }
        }
        let inside = |key: &str| unknown.iter().any(|table| key.starts_with(&format!("{table}.")));
        let mut faults = Vec::new();
        for key in self.source.keys().filter(|key| !asked.contains_key(*key) && !inside(key)) {
            faults.push(self.unknown(
                key,
                "There is no such key.",
                nearest(key, asked.keys().map(String::as_str), '.'),
            ));
        }
        for table in &unknown {
            let near = nearest(table, sections.iter().map(String::as_str), '.');
            faults.push(self.unknown(table, "There is no such section.", near));
        }
        faults
    }

    fn note_unknown_variables(&self) {
        let known: BTreeSet<String> = self.notes.borrow().asked.keys().map(|key| variable(key)).collect();
        for name in self.source.variables().filter(|name| !known.contains(*name)) {
            let near = nearest(name, known.iter().map(String::as_str), '.');
            let mut fault = self.unknown(name, "No setting has this variable.", near);
            fault.place = Place::Variable(name.to_owned());
            self.note_all(vec![fault]);
        }
    }

    fn unknown(&self, key: &str, what: &str, near: Option<&str>) -> Fault {
        let remedy = near.map_or_else(
            || "Take it out, or look the name up in latchkey.example.toml.".to_owned(),
            |name| format!("Did you mean {name}?"),
        );
        Fault { key: key.to_owned(), place: self.source.place(key), what: what.to_owned(), remedy }
    }

    fn note_all(&self, faults: Vec<Fault>) {
        self.notes.borrow_mut().faults.extend(faults);
    }

    /// A path in the configuration, from the folder of the configuration file.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.source.path.parent().unwrap_or_else(|| Path::new("")).join(path)
    }
}

/// The part of the configuration below one path.
pub(super) struct Section<'a> {
    reader: &'a Reader,
    pub path: String,
}

impl<'a> Section<'a> {
    pub fn section(&self, name: &str) -> Section<'a> {
        self.reader.section(&join(&self.path, name))
    }

    /// Whether anything was written for this section.
    pub fn exists(&self) -> bool {
        self.reader.source.has_section(&self.path)
    }

    /// The sections below, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.reader.source.tables_below(&self.path)
    }

    pub fn resolve(&self, path: &str) -> PathBuf {
        self.reader.resolve(path)
    }

    /// Notes that something is wrong with a key, wherever it stands.
    pub fn fault(&self, key: &str, wrong: Wrong) {
        let key = join(&self.path, key);
        let place = self.reader.source.place(&key);
        self.reader.note_all(vec![Fault { key, place, what: wrong.what, remedy: wrong.remedy }]);
    }

    /// Notes what a check found, if it found anything.
    pub fn check(&self, key: &str, result: Result<(), Wrong>) {
        if let Err(wrong) = result {
            self.fault(key, wrong);
        }
    }

    pub fn missing(&self, key: &str) {
        let name = variable(&join(&self.path, key));
        let remedy = format!("Set it in section [{}], or in the environment variable {name}.", self.path);
        self.fault(key, Wrong::new("This is required and missing.", remedy));
    }

    /// Environment first, then the file.
    fn find(&self, key: &str, default: Option<String>) -> Option<Found> {
        let path = join(&self.path, key);
        let source = &self.reader.source;
        let found = source.in_environment(&path).or_else(|| source.in_file(&path));
        self.reader.notes.borrow_mut().asked.insert(path, default);
        found
    }

    /// What the environment says and what the file says, for secrets.
    pub fn layers(&self, key: &str) -> [Option<Found>; 2] {
        let path = join(&self.path, key);
        let source = &self.reader.source;
        let layers = [source.in_environment(&path), source.in_file(&path)];
        self.reader.notes.borrow_mut().asked.insert(path, None);
        layers
    }

    /// Whether anything was written for a key, be it right or wrong.
    pub fn is_written(&self, key: &str) -> bool {
        let path = join(&self.path, key);
        self.reader.source.in_environment(&path).or_else(|| self.reader.source.in_file(&path)).is_some()
    }

    /// How many faults there are so far.
    pub fn faults(&self) -> usize {
        self.reader.notes.borrow().faults.len()
    }

    /// Remembers what holds for a key, for the digest. Never called with a secret.
    pub fn holds(&self, key: &str, value: impl Display) {
        self.reader.notes.borrow_mut().effective.insert(join(&self.path, key), value.to_string());
    }

    pub fn wants(&self, key: &str, kind: &str, example: &str, found: &Found) {
        let what = format!("This must be {kind}, but is {}.", found.value.kind());
        self.fault(key, Wrong::new(what, format!("Write {example}.")));
    }

    /// A text as it was written; `None` after a fault, too.
    fn written(&self, key: &str, default: Option<&str>) -> Option<String> {
        let found = self.find(key, default.map(str::to_owned));
        let text = match found {
            None => default.map(str::to_owned)?,
            Some(Found { value: Value::Text(text), .. }) => text,
            Some(other) => {
                self.wants(key, "a text", "it in double quotes", &other);
                return None;
            }
        };
        self.holds(key, &text);
        Some(text)
    }

    /// A text that may be missing.
    pub fn optional(&self, key: &str) -> Option<String> {
        self.written(key, None)
    }

    /// A text that must be there.
    pub fn text(&self, key: &str) -> String {
        self.parsed(key, None, |text| Ok(text.to_owned())).unwrap_or_default()
    }

    /// A text that must be there (unless it has a default) and have a form.
    pub fn parsed<T>(
        &self,
        key: &str,
        default: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let before = self.faults();
        let Some(text) = self.written(key, default) else {
            if self.faults() == before {
                self.missing(key);
            }
            return None;
        };
        parse(&text).map_err(|wrong| self.fault(key, wrong)).ok()
    }

    /// A text that may be missing but must have a form if it is there.
    pub fn optional_parsed<T>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        parse(&self.optional(key)?).map_err(|wrong| self.fault(key, wrong)).ok()
    }

    /// `key_de` and `key_en`, both required (unless they have defaults).
    pub fn in_both(&self, key: &str, default: Option<(&str, &str)>) -> Text {
        let read = |code: &str, default| self.parsed(&format!("{key}_{code}"), default, |text| Ok(text.to_owned()));
        let de = read("de", default.map(|(de, _)| de));
        let en = read("en", default.map(|(_, en)| en));
        Text::new(de.unwrap_or_default(), en.unwrap_or_default())
    }

    /// `key_de` and `key_en`: both or neither.
    pub fn in_both_or_none(&self, key: &str) -> Option<Text> {
        let [de, en] = ["de", "en"].map(|code| (format!("{key}_{code}"), self.optional(&format!("{key}_{code}"))));
        let lacks = |there: &str| {
            Wrong::new(format!("{there} is there, but this is missing."), "Give both languages, or none.")
        };
        match (de, en) {
            ((_, Some(de)), (_, Some(en))) => Some(Text::new(de, en)),
            ((_, None), (_, None)) => None,
            ((there, Some(_)), (missing, None)) | ((missing, None), (there, Some(_))) => {
                self.fault(&missing, lacks(&there));
                None
            }
        }
    }

    pub fn flag(&self, key: &str, default: bool) -> bool {
        let value = match self.find(key, Some(default.to_string())) {
            None => default,
            Some(Found { value: Value::Flag(flag), .. }) => flag,
            Some(found) => match &found.value {
                Value::Text(text) if text == "true" || text == "false" => text == "true",
                _ => {
                    self.wants(key, "true or false", "true or false without quotes", &found);
                    default
                }
            },
        };
        self.holds(key, value);
        value
    }

    pub fn number<T>(&self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: Copy + Display + PartialOrd + TryFrom<i64>,
    {
        let example = format!("a whole number from {} to {} without quotes", range.start(), range.end());
        let value = match self.find(key, Some(default.to_string())) {
            None => default,
            Some(found) => {
                let number = match &found.value {
                    Value::Number(number) => Some(*number),
                    Value::Text(text) if matches!(found.place, Place::Variable(_)) => text.parse().ok(),
                    _ => None,
                };
                let fits = number.and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n));
                match (fits, number) {
                    (Some(value), _) => return self.kept(key, value),
                    (None, Some(n)) => {
                        self.fault(key, Wrong::new(format!("{n} is out of range."), format!("Write {example}.")));
                    }
                    (None, None) => self.wants(key, "a whole number", &example, &found),
                }
                default
            }
        };
        self.kept(key, value)
    }

    fn kept<T: Display>(&self, key: &str, value: T) -> T {
        self.holds(key, &value);
        value
    }

    /// A duration within limits, which are written like it.
    pub fn duration(&self, key: &str, default: &str, (least, most): (&str, &str)) -> Duration {
        let plain = |text| values::duration(text).unwrap_or_default();
        let within = |text: &str| {
            let duration = values::duration(text)?;
            if (plain(least)..=plain(most)).contains(&duration) {
                return Ok(duration);
            }
            Err(Wrong::new(
                format!("\"{text}\" is out of range."),
                format!("Write a duration from \"{least}\" to \"{most}\"."),
            ))
        };
        self.parsed(key, Some(default), within).unwrap_or_else(|| plain(default))
    }

    /// A list of texts; in the environment separated by commas. `None` if nothing was written.
    pub fn list(&self, key: &str, default: Option<&[&str]>) -> Option<Vec<String>> {
        let shown = |list: &[String]| format!("{list:?}");
        let default: Option<Vec<String>> = default.map(|list| list.iter().map(|&s| s.to_owned()).collect());
        let list = match self.find(key, default.as_deref().map(shown)) {
            None => default?,
            Some(Found { value: Value::List(list), .. }) => list,
            Some(Found { value: Value::Text(text), place: Place::Variable(_) }) => {
                text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
            }
            Some(found) => {
                self.wants(key, "a list of texts", "it in square brackets: [\"…\", \"…\"]", &found);
                return None;
            }
        };
        self.holds(key, shown(&list));
        Some(list)
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, key: &str, default: Option<&str>, words: &[(&str, T)]) -> Option<T> {
        self.parsed(key, default, |text| {
            let known = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
            known.ok_or_else(|| {
                let what = format!("{} is not one of the words known here.", values::quoted(text));
                Wrong::new(what, format!("Write {}.", values::one_of(words.iter().map(|(word, _)| *word))))
            })
        })
    }
}
