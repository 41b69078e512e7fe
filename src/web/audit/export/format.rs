//! Records as lines of a file.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    domain::audit::{people::Listed, records::Stored},
    texts,
};

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web::audit) enum Format {
    /// RFC 4180, every cell in quotes, in UTF-8 with a byte order mark, without which spreadsheets spoil umlauts.
    Csv,
    /// One JSON object per line, for programs.
    JsonLines,
}

/// A record as a file shows it.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    id: &'a str,
    /// RFC 3339, in UTC.
    at: String,
    kind: &'a str,
    actor: &'a str,
    actor_username: Option<&'a str>,
    account: Option<&'a str>,
    username: Option<&'a str>,
    display_name: Option<&'a str>,
    mail: Option<&'a str>,
    service: Option<&'a str>,
    request: &'a str,
    detail: Value,
}

const COLUMNS: &str = "id,at,kind,actor,actor_username,account,username,display_name,mail,service,request,detail";

impl<'a> Line<'a> {
    pub(super) fn new(record: &'a Stored, names: &'a HashMap<String, Listed>) -> Self {
        let known = |id: &str| names.get(id).filter(|person| !person.is_erased());
        let person = record.account_id.as_deref().and_then(known);
        Self {
            id: &record.id,
            at: texts::exact_time(record.at),
            kind: &record.kind,
            actor: &record.actor,
            actor_username: known(&record.actor).map(|person| person.username.as_str()),
            account: record.account_id.as_deref(),
            username: person.map(|person| person.username.as_str()),
            display_name: person.map(|person| person.display_name.as_str()),
            mail: person.and_then(|person| person.mail.as_deref()),
            service: record.service.as_deref(),
            request: &record.request_id,
            detail: serde_json::from_str(&record.detail).unwrap_or_else(|_| Value::String(record.detail.clone())),
        }
    }

    fn cells(&self) -> [String; 12] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.id.to_owned(),
            self.at.clone(),
            self.kind.to_owned(),
            self.actor.to_owned(),
            text(self.actor_username),
            text(self.account),
            text(self.username),
            text(self.display_name),
            text(self.mail),
            text(self.service),
            self.request.to_owned(),
            self.detail.to_string(),
        ]
    }
}

impl Format {
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Csv, Self::JsonLines].into_iter().find(|format| format.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl; charset=utf-8",
        }
    }

    /// Made here and nowhere else, so that no header can be broken.
    pub(super) fn file_name(self) -> &'static str {
        match self {
            Self::Csv => "latchkey-log.csv",
            Self::JsonLines => "latchkey-log.jsonl",
        }
    }

    pub(super) fn beginning(self) -> String {
        match self {
            Self::Csv => format!("\u{feff}{}\r\n", row(&COLUMNS.split(',').collect::<Vec<_>>())),
            Self::JsonLines => String::new(),
        }
    }

    pub(super) fn line(self, line: &Line<'_>) -> String {
        match self {
            Self::Csv => row(&line.cells()) + "\r\n",
            // Fails only for maps with keys that are no texts.
            Self::JsonLines => serde_json::to_string(line).unwrap_or_default() + "\n",
        }
    }
}

fn row<T: AsRef<str>>(cells: &[T]) -> String {
    cells.iter().map(|text| cell(text.as_ref())).collect::<Vec<_>>().join(",")
}

/// In quotes; what a spreadsheet would take for a formula gets an apostrophe, which makes it a text (OWASP, CSV injection).
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let mark = if is_formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_a_text_and_quotes_are_doubled() {
        assert_eq!(cell("=HYPERLINK(\"http://evil\")"), "\"'=HYPERLINK(\"\"http://evil\"\")\"");
        for start in ["+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(cell(start).starts_with("\"'"), "{start}");
        }
        assert_eq!(cell("a=b, \"c\"\r\nd"), "\"a=b, \"\"c\"\"\r\nd\"");
    }
}
