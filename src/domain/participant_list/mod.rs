//! A list of participants as learning platforms export it: CSV with one person per line.
//!
//! Only the column that tells people apart is read. Every other one is skipped unread, whatever it holds. No input makes the
//! reader panic (`fuzz/`), and whatever it refuses it refuses with the reason and, where there is one, the line.

mod columns;
mod decoding;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use columns::Columns;

/// What tells people apart in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identifier {
    Username,
    Mail,
    Matriculation,
}

impl Identifier {
    pub const ALL: [Self; 3] = [Self::Username, Self::Mail, Self::Matriculation];

    /// The stable name, as in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Mail => "mail",
            Self::Matriculation => "matriculation",
        }
    }
}

/// Which lists are taken.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What people may be told apart by; where a line has several, the first of them counts.
    pub identify_by: Vec<Identifier>,
    /// The largest file, in bytes.
    pub most_bytes: usize,
    /// The most lines of a file, blank ones and the headings included.
    pub most_lines: usize,
}

/// Longer lines are no list of people.
const LONGEST_LINE: usize = 10_000;

/// More columns are no list of people.
const MOST_COLUMNS: usize = 200;

/// The longest that an identifier may be: a mail address with 64 characters before and 255 behind the sign (RFC 5321).
const LONGEST_VALUE: usize = 320;

/// The headings stand in one of the first lines: some exports begin with a title.
const MOST_BEFORE_HEADINGS: usize = 10;

/// Stands on a line of its own behind the text and can be nowhere in it (control characters are refused): where the reader does
/// not find it alone, a quotation mark has swallowed it.
const END: &[u8] = b"\x04";

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantList {
    /// At least one, in the order of the file.
    pub rows: Vec<Row>,
    /// The identifiers for which there is a column, the preferred first.
    pub identified_by: Vec<Identifier>,
    /// How many columns were skipped.
    pub surplus_columns: usize,
    /// One of them seems to hold passwords. It was skipped like the others, but whoever passes it around should know.
    pub has_passwords: bool,
}

/// One person of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Where the person stands in the file; the first line is 1.
    pub line: usize,
    /// `None`: the line has nothing that tells who it is.
    pub identity: Option<Identity>,
    /// What the line should have told and does not: the value in its place has another form, and was dropped.
    #[serde(default)]
    pub lacks: Option<Identifier>,
    /// An earlier line with the same identity.
    pub repeats: Option<usize>,
}

/// A value that tells who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub by: Identifier,
    /// As the file has it, without blanks around it.
    pub value: String,
}

impl Identity {
    /// The form in which two values are compared: directories do not tell capital letters from small ones in any of these.
    pub fn key(&self) -> (Identifier, String) {
        (self.by, comparable(&self.value))
    }
}

/// A value in the form in which identities are compared.
pub fn comparable(value: &str) -> String {
    value.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is larger than {most} bytes")]
    TooLarge { most: usize },
    #[error("the file has more than {most} lines")]
    TooManyLines { most: usize },
    #[error("the file is empty")]
    Empty,
    /// Spreadsheet programs in their own formats.
    #[error("the file is a spreadsheet")]
    Spreadsheet,
    /// A web page or XML, also under the name of a spreadsheet.
    #[error("the file is a web page or XML")]
    Markup,
    #[error("the file is UTF-16")]
    Utf16,
    #[error("the file is not a text")]
    Binary,
    /// A character that no text has, or one of another character set.
    #[error("line {line} has a character that cannot be read")]
    Unreadable { line: usize },
    #[error("line {line} is too long")]
    LineTooLong { line: usize },
    #[error("line {line} has too many columns")]
    TooManyColumns { line: usize },
    /// More values than there are headings: which value belongs to which heading is not certain.
    #[error("line {line} has more values than there are headings")]
    MoreValuesThanHeadings { line: usize },
    /// One of the columns has passwords: which value is one is not certain.
    #[error("line {line} has fewer values than there are headings, one of which is for passwords")]
    FewerValuesThanHeadings { line: usize },
    #[error("the quotation mark that opens in line {line} is never closed")]
    OpenQuote { line: usize },
    #[error("a value in line {line} is too long")]
    ValueTooLong { line: usize },
    /// No heading is one of those that tell people apart.
    #[error("no column tells who somebody is")]
    NoIdentifier,
    #[error("several columns of line {line} could be the {}", .by.name())]
    Ambiguous { line: usize, by: Identifier },
    #[error("the file has headings, but nobody below them")]
    Nobody,
}

/// Reads a list.
///
/// # Errors
/// The first [`Fault`] there is; nothing of the list is answered then.
pub fn read(bytes: &[u8], rules: &Rules) -> Result<ParticipantList, Fault> {
    if bytes.len() > rules.most_bytes {
        return Err(Fault::TooLarge { most: rules.most_bytes });
    }
    let mut text = decoding::decode(bytes)?;
    check_lines(&text, rules)?;
    text.push('\n');
    let mut text = text.into_bytes();
    text.extend_from_slice(END);
    let headings = columns::find(&text, &rules.identify_by)?;
    let Headings { columns, separator, line: headings_line } = headings;
    let mut rows = Rows::default();
    for record in records(&text, separator) {
        let Record { line, fields } = record?;
        if line > headings_line && fields.iter().any(|field| !is_blank(field)) {
            check_width(&fields, &columns, line)?;
            let (identity, lacks) = columns.identity(&fields, line)?;
            rows.add(line, identity, lacks);
        }
    }
    if rows.rows.is_empty() {
        return Err(Fault::Nobody);
    }
    Ok(ParticipantList {
        rows: rows.rows,
        identified_by: columns.identifiers(),
        surplus_columns: columns.surplus(),
        has_passwords: columns.has_passwords,
    })
}

/// Where the headings stand, and what they mean.
struct Headings {
    columns: Columns,
    separator: u8,
    line: usize,
}

fn check_lines(text: &str, rules: &Rules) -> Result<(), Fault> {
    let text = text.trim_end_matches('\n');
    if text.trim().is_empty() {
        return Err(Fault::Empty);
    }
    for (place, line) in text.split('\n').enumerate() {
        if place >= rules.most_lines {
            return Err(Fault::TooManyLines { most: rules.most_lines });
        }
        if line.len() > LONGEST_LINE {
            return Err(Fault::LineTooLong { line: place + 1 });
        }
    }
    Ok(())
}

fn check_width(fields: &ByteRecord, columns: &Columns, line: usize) -> Result<(), Fault> {
    if fields.len() > MOST_COLUMNS {
        return Err(Fault::TooManyColumns { line });
    }
    // Separators without anything behind them are common at the end of a line.
    if fields.iter().skip(columns.count).any(|field| !is_blank(field)) {
        return Err(Fault::MoreValuesThanHeadings { line });
    }
    if columns.has_passwords && fields.len() < columns.count {
        return Err(Fault::FewerValuesThanHeadings { line });
    }
    Ok(())
}

fn is_blank(field: &[u8]) -> bool {
    field.trim_ascii().is_empty()
}

/// The rows so far, and where each identity was first.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    first: HashMap<(Identifier, String), usize>,
}

impl Rows {
    fn add(&mut self, line: usize, identity: Option<Identity>, lacks: Option<Identifier>) {
        let first = identity.as_ref().map(|identity| *self.first.entry(identity.key()).or_insert(line));
        self.rows.push(Row { line, identity, lacks, repeats: first.filter(|first| *first != line) });
    }
}

/// Values with the line in which the first of them begins.
struct Record {
    line: usize,
    fields: ByteRecord,
}

/// The records of a text with [`END`] behind it, without that.
fn records(text: &[u8], separator: u8) -> impl Iterator<Item = Result<Record, Fault>> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text);
    let mut lines = Lines { text, place: 0, line: 1 };
    std::iter::from_fn(move || {
        let mut fields = ByteRecord::new();
        let begins = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        let line = lines.line_of(begins);
        // Reading from memory fails for no flexible record of bytes.
        let there_is_one = reader.read_byte_record(&mut fields).unwrap_or(false);
        if !there_is_one || (fields.len() == 1 && &fields[0] == END) {
            return None;
        }
        if fields.as_slice().contains(&END[0]) {
            return Some(Err(Fault::OpenQuote { line }));
        }
        Some(Ok(Record { line, fields }))
    })
}

/// Counts lines; the CSV reader's own count is off after blank lines.
struct Lines<'a> {
    text: &'a [u8],
    place: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the first character at or behind a place that is no line break. Places must not go back.
    fn line_of(&mut self, place: usize) -> usize {
        while self.place < self.text.len() && (self.place < place || self.text[self.place] == b'\n') {
            self.line += usize::from(self.text[self.place] == b'\n');
            self.place += 1;
        }
        self.line
    }
}
