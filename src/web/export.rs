//! Tables as files for spreadsheets.

use std::borrow::Cow;

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
};

use super::{error::WebError, pages::frame::Frame};
use crate::domain::{folding::folded, locale::Locale};

/// How long a part of a file's name may be.
const LONGEST_PART: usize = 60;

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
        // A spreadsheet that splits at the other separator keeps what is in quotes together, too.
        .quote_style(csv::QuoteStyle::Always)
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

/// The name of a file that says what is in it: parts and day, in small letters and digits of ASCII, each part not too long.
pub(super) fn file_name(frame: &Frame, parts: &[&str]) -> String {
    let day = frame.now.and_utc().with_timezone(&frame.tz).format("%Y-%m-%d").to_string();
    let parts = parts.iter().map(|part| plain(part)).filter(|part| !part.is_empty());
    format!("{}.csv", parts.chain([day]).collect::<Vec<_>>().join("-"))
}

/// A text as a part of a file's name; empty if nothing of it is left.
fn plain(text: &str) -> String {
    let spelt_out = text.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    let plain = folded(&spelt_out);
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let plain: String = words.collect::<Vec<_>>().join("-").chars().take(LONGEST_PART).collect();
    plain.trim_end_matches('-').to_owned()
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
    fn a_file_is_named_by_plain_letters() {
        for (text, part) in [
            ("Empirische Sozialforschung", "empirische-sozialforschung"),
            ("Ökonomie für Ärzt:innen", "oekonomie-fuer-aerzt-innen"),
            ("Straße, \u{141}ódź & Co.", "strasse-lodz-co"),
            ("../../x\";\r\nSet-Cookie: y", "x-set-cookie-y"),
            ("统计", ""),
            (" . ", ""),
        ] {
            assert_eq!(plain(text), part);
        }
        assert_eq!(plain(&"ab ".repeat(40)).len(), 59);
    }

    #[test]
    fn quotes_are_doubled_and_lines_end_as_the_standard_says() {
        let table = csv(Locale::En, [["a \"b\"".to_owned(), "c,d".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(table).unwrap(), "\u{feff}\"a \"\"b\"\"\",\"c,d\"\r\n");
        let table = csv(Locale::De, [["c,d".to_owned(), "e;f".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(table).unwrap(), "\u{feff}\"c,d\";\"e;f\"\r\n");
    }
}
