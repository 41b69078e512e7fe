//! Which column is which: the headings of learning platforms, in German and English.

use csv::ByteRecord;

use super::{Fault, Headings, Identifier, Identity, LONGEST_VALUE, MOST_BEFORE_HEADINGS, MOST_COLUMNS, records};

/// Headings that name the username, reduced as by [`reduced`].
const USERNAME: [&str; 17] = [
    "username",
    "usernames",
    "user",
    "userid",
    "uid",
    "login",
    "loginname",
    "loginid",
    "sisloginid",
    "account",
    "benutzername",
    "benutzer",
    "benutzerkennung",
    "nutzername",
    "nutzernamen",
    "anmeldename",
    "kennung",
];
const MAIL: [&str; 9] = [
    "email",
    "emailaddress",
    "emailadresse",
    "mail",
    "mailaddress",
    "mailadresse",
    "unimail",
    "universityemail",
    "hochschulmail",
];
const MATRICULATION: [&str; 14] = [
    "matriculationnumber",
    "matriculationno",
    "matriculation",
    "matrikelnummer",
    "matrikelnr",
    "matrikel",
    "matrnr",
    "idnumber",
    "idnummer",
    "studentid",
    "studentnumber",
    "registrationnumber",
    "sisuserid",
    "institutionsnummermatrikelnummer",
];

/// Headings that hold one of these words name passwords.
const PASSWORD: [&str; 6] = ["password", "passwort", "kennwort", "passwd", "passphrase", "pwd"];

const SEPARATORS: [u8; 3] = [b';', b',', b'\t'];

/// The columns that matter, by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// The preferred first.
    used: Vec<(Identifier, usize)>,
    /// How many headings there are.
    pub(super) count: usize,
    pub(super) has_passwords: bool,
}

impl Columns {
    pub(super) fn identifiers(&self) -> Vec<Identifier> {
        self.used.iter().map(|(by, _)| *by).collect()
    }

    pub(super) fn surplus(&self) -> usize {
        self.count - self.used.len()
    }

    /// Who a line is about: the first of the columns in use that holds what it should. If none does, but one is not blank, what
    /// that should have been.
    pub(super) fn identity(
        &self,
        fields: &ByteRecord,
        line: usize,
    ) -> Result<(Option<Identity>, Option<Identifier>), Fault> {
        let mut lacks = None;
        for (by, column) in &self.used {
            let value = value(fields.get(*column).unwrap_or_default());
            // Separators that are none here: a second value that would be kept with the first.
            if value.contains(['\n', '\t', ',', ';']) {
                return Err(Fault::MoreValuesThanHeadings { line });
            }
            if value.chars().count() > LONGEST_VALUE {
                return Err(Fault::ValueTooLong { line });
            }
            if has_form(*by, &value) {
                return Ok((Some(Identity { by: *by, value }), None));
            }
            if !value.is_empty() {
                lacks = lacks.or(Some(*by));
            }
        }
        Ok((None, lacks))
    }

    /// `None` if no heading is one of those wanted.
    fn of_headings(headings: &ByteRecord, wanted: &[Identifier], line: usize) -> Result<Option<Self>, Fault> {
        let reduced: Vec<String> = headings.iter().map(reduced).collect();
        let mut used = Vec::new();
        for &by in wanted {
            let mut fitting = reduced.iter().enumerate().filter(|(_, heading)| names(by).contains(&heading.as_str()));
            match (fitting.next(), fitting.next()) {
                (Some(_), Some(_)) => return Err(Fault::Ambiguous { line, by }),
                (Some((column, _)), None) => used.push((by, column)),
                (None, _) => {}
            }
        }
        if used.is_empty() {
            return Ok(None);
        }
        let count = reduced.iter().rposition(|heading| !heading.is_empty()).map_or(0, |last| last + 1);
        let has_passwords = reduced.iter().any(|heading| names_passwords(heading));
        Ok(Some(Self { used, count, has_passwords }))
    }
}

/// Finds the headings and the separator under which they are found: the one with the most of what is wanted, then with the most
/// columns. A line `sep=;` (Excel) decides it.
pub(super) fn find(text: &[u8], wanted: &[Identifier]) -> Result<Headings, Fault> {
    let named = named_separator(text);
    let candidates = SEPARATORS.into_iter().filter(|separator| named.is_none_or(|named| named == *separator));
    let mut best: Option<Headings> = None;
    let mut fault = Fault::NoIdentifier;
    for separator in candidates {
        match find_with(text, separator, wanted) {
            Ok(Some(found)) => {
                let rank = |headings: &Headings| (headings.columns.used.len(), headings.columns.count);
                if best.as_ref().is_none_or(|best| rank(&found) > rank(best)) {
                    best = Some(found);
                }
            }
            Ok(None) => {}
            Err(found) => fault = found,
        }
    }
    best.ok_or(fault)
}

fn find_with(text: &[u8], separator: u8, wanted: &[Identifier]) -> Result<Option<Headings>, Fault> {
    for record in records(text, separator).take(MOST_BEFORE_HEADINGS) {
        let record = record?;
        if record.fields.len() > MOST_COLUMNS {
            return Err(Fault::TooManyColumns { line: record.line });
        }
        if let Some(columns) = Columns::of_headings(&record.fields, wanted, record.line)? {
            return Ok(Some(Headings { columns, separator, line: record.line }));
        }
        if looks_like_headings(&record.fields) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// Whether these are headings of which none is known, and not a title: several cells, or one for passwords. What comes behind is
/// somebody's data, and a name or a password in it must not pass for a heading. A title may have labels: "Stand: heute; 14 Uhr".
fn looks_like_headings(fields: &ByteRecord) -> bool {
    let cells: Vec<String> = fields.iter().filter(|field| !super::is_blank(field)).map(reduced).collect();
    let has_label = fields.iter().any(|field| field.contains(&b':'));
    cells.iter().any(|cell| names_passwords(cell)) || (cells.len() > 1 && !has_label)
}

fn names_passwords(heading: &str) -> bool {
    PASSWORD.iter().any(|word| heading.contains(word))
}

/// Whether a value can be what it should be. One with a second value in it cannot: that might be a password.
fn has_form(by: Identifier, value: &str) -> bool {
    let is_one_word = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || matches!(c, '|' | ':'));
    let is_address = || value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    is_one_word && (by != Identifier::Mail || is_address())
}

fn named_separator(text: &[u8]) -> Option<u8> {
    let first = text.split(|byte| *byte == b'\n').next()?;
    let rest = first.strip_prefix(b"sep=").or_else(|| first.strip_prefix(b"\"sep="))?;
    SEPARATORS.into_iter().find(|separator| rest.first() == Some(separator))
}

fn names(by: Identifier) -> &'static [&'static str] {
    match by {
        Identifier::Username => &USERNAME,
        Identifier::Mail => &MAIL,
        Identifier::Matriculation => &MATRICULATION,
    }
}

/// A heading in small letters, without blanks, dashes, dots and brackets. Separators that are none here stay, so that several
/// columns never pass for one.
fn reduced(heading: &[u8]) -> String {
    let is_ornament = |c: char| c.is_whitespace() || "-_.:()[]*\u{FEFF}".contains(c);
    String::from_utf8_lossy(heading).chars().filter(|c| !is_ornament(*c)).flat_map(char::to_lowercase).collect()
}

/// A value without what surrounds it: blanks, and the ways in which spreadsheets are told to leave a number alone (`="0123"`,
/// `'0123`).
fn value(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    let is_around = |c: char| c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}');
    let text = text.trim_matches(is_around);
    let bare = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).or_else(|| text.strip_prefix('\''));
    bare.unwrap_or(text).trim_matches(is_around).to_owned()
}
