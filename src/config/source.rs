//! The two places a setting comes from: the file, flattened to key paths, and the environment.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::faults::{Fault, Faults, Place};

const PREFIX: &str = "LATCHKEY_";

/// Variables with our prefix that are not settings: the path of the file itself.
const NOT_SETTINGS: [&str; 1] = ["LATCHKEY_CONFIG"];

/// Variables of the project's own tests, which a portal started by them inherits.
const OF_TESTS: &str = "LATCHKEY_TEST_";

/// A value as it was written.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<String>),
    /// Something no setting is made of, by the name of its TOML type.
    Other(&'static str),
}

impl Value {
    /// What kind of value it is, in the words of a fault.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list of texts",
            Self::Other(kind) => kind,
        }
    }
}

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Found {
    pub value: Value,
    pub place: Place,
}

/// Everything that was written, by key path. The elements of lists of tables are numbered from one.
pub(super) struct Source {
    pub path: PathBuf,
    values: BTreeMap<String, (Value, usize)>,
    /// Tables with their lines, in the order of the file.
    tables: Vec<(String, usize)>,
    environment: BTreeMap<String, String>,
}

impl Source {
    /// Takes the file's text apart; fails with the faults of its TOML.
    pub fn parse(path: &Path, text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Faults> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let line_of = |offset: usize| 1 + text.get(..offset).unwrap_or(text).matches('\n').count();
        if !errors.is_empty() {
            let fault = |error: &toml::de::Error| Fault {
                key: "(the file)".to_owned(),
                place: Place::File(path.to_owned(), error.span().map(|span| line_of(span.start))),
                what: format!("This is not TOML: {}.", error.message()),
                remedy: "Correct the line; texts stand in double quotes, sections in square brackets.".to_owned(),
            };
            return Err(Faults::new(errors.iter().map(fault).collect()));
        }
        let environment = environment
            .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(OF_TESTS))
            .filter(|(name, _)| !NOT_SETTINGS.contains(&name.as_str()))
            .collect();
        let mut source = Self { path: path.to_owned(), values: BTreeMap::new(), tables: Vec::new(), environment };
        source.flatten("", table.get_ref(), &line_of);
        Ok(source)
    }

    fn flatten(&mut self, prefix: &str, table: &DeTable<'_>, line_of: &dyn Fn(usize) -> usize) {
        for (key, value) in table {
            let path = join(prefix, key.get_ref());
            let line = line_of(key.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => {
                    self.tables.push((path.clone(), line));
                    self.flatten(&path, inner, line_of);
                }
                DeValue::Array(elements) if elements.iter().any(|e| e.get_ref().is_table()) => {
                    for (number, element) in (1..).zip(elements.iter()) {
                        let path = join(&path, &format!("{number}"));
                        let line = line_of(element.span().start);
                        self.tables.push((path.clone(), line));
                        if let DeValue::Table(inner) = element.get_ref() {
                            self.flatten(&path, inner, line_of);
                        }
                    }
                }
                leaf => {
                    self.values.insert(path, (value_of(leaf), line));
                }
            }
        }
    }

    /// What the file says; an empty text counts as missing.
    pub fn in_file(&self, key: &str) -> Option<Found> {
        let (value, line) = self.values.get(key)?;
        let empty = matches!(value, Value::Text(text) if text.trim().is_empty());
        (!empty).then(|| Found { value: value.clone(), place: Place::File(self.path.clone(), Some(*line)) })
    }

    /// What the environment says; an empty text counts as missing.
    pub fn in_environment(&self, key: &str) -> Option<Found> {
        let name = variable(key);
        let text = self.environment.get(&name)?;
        let empty = text.trim().is_empty();
        (!empty).then(|| Found { value: Value::Text(text.clone()), place: Place::Variable(name) })
    }

    /// Where the key stands or would have to stand.
    pub fn place(&self, key: &str) -> Place {
        if let Some(found) = self.in_environment(key) {
            return found.place;
        }
        let line = self.values.get(key).map(|(_, line)| *line);
        let section = || key.rsplit_once('.').and_then(|(section, _)| self.table_line(section));
        Place::File(self.path.clone(), line.or_else(|| self.table_line(key)).or_else(section))
    }

    fn table_line(&self, path: &str) -> Option<usize> {
        self.tables.iter().find(|(table, _)| table == path).map(|(_, line)| *line)
    }

    /// Whether anything at all was written for a section.
    pub fn has_section(&self, path: &str) -> bool {
        let prefix = variable(path) + "_";
        self.table_line(path).is_some() || self.environment.keys().any(|name| name.starts_with(&prefix))
    }

    /// The names directly below a section that are tables, in the order of the file.
    pub fn tables_below(&self, path: &str) -> Vec<String> {
        let below = |table: &str| Some(table.strip_prefix(path)?.strip_prefix('.')?.to_owned());
        self.tables.iter().filter_map(|(table, _)| below(table)).filter(|name| !name.contains('.')).collect()
    }

    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|(path, _)| path.as_str())
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.environment.keys().map(String::as_str)
    }
}

fn value_of(leaf: &DeValue<'_>) -> Value {
    let unusable = Value::Other(leaf.type_str());
    match leaf {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(unusable, Value::Number)
        }
        DeValue::Array(elements) => {
            let texts: Option<Vec<_>> = elements.iter().map(|e| e.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or(unusable, Value::List)
        }
        _ => unusable,
    }
}

/// The name of the environment variable that goes before a key of the file.
pub(super) fn variable(key: &str) -> String {
    PREFIX.to_owned() + &key.replace(['.', '-'], "_").to_uppercase()
}

/// One path from two.
pub(super) fn join(prefix: &str, key: &str) -> String {
    match (prefix, key) {
        (only, "") | ("", only) => only.to_owned(),
        _ => format!("{prefix}.{key}"),
    }
}
