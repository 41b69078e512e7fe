//! Kinds of files.

use serde::Serialize;

use crate::web::export::defused;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web::audit) enum Format {
    /// RFC 4180, every cell in quotes, in UTF-8 with a byte order mark, without which spreadsheets spoil umlauts.
    Csv,
    /// One JSON object per line, for programs.
    JsonLines,
}

/// A record as a file shows it: an object whose fields are the columns, in their order.
pub(super) trait Line<const N: usize>: Serialize {
    fn cells(&self) -> [String; N];
}

impl Format {
    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Csv, Self::JsonLines].into_iter().find(|format| format.name() == name)
    }

    /// The ending of its files as well.
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

    pub(super) fn beginning(self, columns: &[&str]) -> String {
        match self {
            Self::Csv => format!("\u{feff}{}\r\n", row(columns)),
            Self::JsonLines => String::new(),
        }
    }

    pub(super) fn line<const N: usize>(self, line: &impl Line<N>) -> String {
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

/// In quotes, and nothing that a spreadsheet would compute.
fn cell(text: &str) -> String {
    format!("\"{}\"", defused(text).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_a_text_and_quotes_are_doubled() {
        assert_eq!(cell("=HYPERLINK(\"http://evil\")"), "\"'=HYPERLINK(\"\"http://evil\"\")\"");
        for start in ["+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"] {
            assert!(cell(start).starts_with("\"'"), "{start}");
        }
        assert_eq!(cell("a=b, \"c\"\r\nd"), "\"a=b, \"\"c\"\"\r\nd\"");
    }
}
