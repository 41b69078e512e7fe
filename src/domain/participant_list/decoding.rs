//! From bytes to text: which character set it is, and what is no text at all.

use encoding_rs::WINDOWS_1252;

use super::Fault;

/// How files begin that are no CSV, whatever their name says.
const SPREADSHEETS: [&[u8]; 3] = [
    // ZIP: Excel's .xlsx, the OpenDocument's .ods. Never unpacked.
    b"PK\x03\x04",
    b"PK\x05\x06",
    // Excel's .xls.
    b"\xD0\xCF\x11\xE0",
];
const BINARIES: [&[u8]; 6] = [b"%PDF", b"\x1F\x8B", b"\x89PNG", b"GIF8", b"7z\xBC\xAF", b"{\\rtf"];
const UTF_16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The text, with `\n` for every line break. UTF-8 (with or without a byte order mark), else Windows-1252.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Fault> {
    let begins_with = |marks: &[&[u8]]| marks.iter().any(|mark| bytes.starts_with(mark));
    if begins_with(&SPREADSHEETS) {
        return Err(Fault::Spreadsheet);
    }
    if begins_with(&BINARIES) {
        return Err(Fault::Binary);
    }
    // Without a mark, UTF-16 shows by a zero in one of its first two bytes: tables begin with plain letters.
    if begins_with(&UTF_16) || bytes.iter().take(2).any(|byte| *byte == 0) {
        return Err(Fault::Utf16);
    }
    let bytes = bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if is_markup(&text) {
        return Err(Fault::Markup);
    }
    match text.chars().position(is_unreadable) {
        // Control characters of the upper half are what other character sets of one byte look like.
        Some(place) => Err(Fault::Unreadable { line: 1 + text.chars().take(place).filter(|c| *c == '\n').count() }),
        None => Ok(text),
    }
}

fn is_markup(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(10).flat_map(char::to_lowercase).collect();
    ["<!doctype", "<html", "<table", "<?xml", "<head", "<meta"].iter().any(|mark| start.starts_with(mark))
}

fn is_unreadable(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || c == char::REPLACEMENT_CHARACTER
}
