//! Tables as files for spreadsheets.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
};

use super::error::WebError;
use crate::domain::locale::Locale;

/// A table as CSV (RFC 4180) that German and English spreadsheets open as it is: with a byte order mark, and in German with
/// semicolons.
pub(super) fn csv<const N: usize>(
    locale: Locale,
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>, WebError> {
    let delimiter = match locale {
        Locale::De => b';',
        Locale::En => b',',
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let internal = |error: &dyn std::fmt::Display| WebError::Internal(error.to_string());
    for row in rows {
        writer.write_record(row.iter().map(|cell| defused(cell).into_owned())).map_err(|error| internal(&error))?;
    }
    writer.into_inner().map_err(|error| internal(&error))
}

/// A file of this name to be kept, never shown.
pub(super) fn attachment(name: &str, file: Vec<u8>) -> HttpResponse {
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name.to_owned())],
    };
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(file)
}

/// A cell that a spreadsheet takes as text: what it would compute gets an apostrophe (OWASP, "CSV Injection").
pub(super) fn defused(cell: &str) -> Cow<'_, str> {
    let would_compute = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if cell.trim_start_matches(' ').starts_with(would_compute) { Cow::Owned(format!("'{cell}")) } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_computed() {
        for cell in ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"] {
            assert_eq!(defused(cell), format!("'{cell}"));
        }
        for cell in ["Anna", "", "a=b", "Müller-Lüdenscheidt"] {
            assert_eq!(defused(cell), cell);
        }
    }

    #[test]
    fn quotes_are_doubled_and_lines_end_as_the_standard_says() {
        let table = csv(Locale::En, [["a \"b\"".to_owned(), "c,d".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(table).unwrap(), "\u{feff}\"a \"\"b\"\"\",\"c,d\"\r\n");
        let table = csv(Locale::De, [["c,d".to_owned(), "e;f".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(table).unwrap(), "\u{feff}c,d;\"e;f\"\r\n");
    }
}
