use proptest::prelude::*;

use super::*;

fn rules() -> Rules {
    Rules { identify_by: Identifier::ALL.to_vec(), most_bytes: 1 << 20, most_lines: 5_000 }
}

fn list(text: impl AsRef<[u8]>) -> Result<ParticipantList, Fault> {
    read(text.as_ref(), &rules())
}

/// Lines and values of a list that must be readable.
fn values(text: impl AsRef<[u8]>) -> Vec<(usize, String)> {
    let rows = list(text).expect("a list").rows;
    rows.into_iter().map(|row| (row.line, row.identity.map(|found| found.value).unwrap_or_default())).collect()
}

fn pairs(expected: &[(usize, &str)]) -> Vec<(usize, String)> {
    expected.iter().map(|(line, value)| (*line, (*value).to_owned())).collect()
}

#[test]
fn every_separator_line_break_and_mark_reads_the_same() {
    let expected = pairs(&[(2, "anna"), (3, "bert")]);
    for separator in [",", ";", "\t"] {
        for line_break in ["\n", "\r\n", "\r"] {
            for mark in ["", "\u{FEFF}"] {
                let lines = ["Vorname,Benutzername,Ort", "Änne,anna,Köln", "Bert,bert,"];
                let text = lines.join(line_break).replace(',', separator);
                assert_eq!(values(format!("{mark}{text}")), expected, "{separator:?} {line_break:?} {mark:?}");
            }
        }
    }
}

#[test]
fn windows_1252_reads_like_utf_8() {
    let file = b"Nachname;Anmeldename\r\nM\xFCller \x96 Wei\xDF;mueller\r\n";
    assert_eq!(values(file), pairs(&[(2, "mueller")]));
}

#[test]
fn lines_are_those_of_the_file_whatever_stands_between() {
    let file = "\n\nname,login\n\n\"a\nb\nc\",anna\n\n\n\"x\",bert\n,\ny,carl\n";
    assert_eq!(values(file), pairs(&[(5, "anna"), (10, "bert"), (12, "carl")]));
}

#[test]
fn a_title_before_the_headings_is_skipped() {
    let file = "Teilnehmerliste Statistik I\nStand: 25.11.2026; 14 Uhr\n\nMatrikelnummer;Name\n0123456;Anna\n";
    assert_eq!(values(file), pairs(&[(5, "0123456")]));
}

#[test]
fn the_first_wanted_identifier_that_is_there_counts() {
    let file = "E-Mail-Adresse,ID-Nummer,Anmeldename\nanna@uni.example,1,anna\nbert@uni.example,2,\n,3,\n,,\n- ,,x\n";
    let found = list(file).unwrap();
    let by: Vec<Option<Identifier>> = found.rows.iter().map(|row| row.identity.as_ref().map(|i| i.by)).collect();
    let expected = [
        Some(Identifier::Username),
        Some(Identifier::Mail),
        Some(Identifier::Matriculation),
        Some(Identifier::Username),
    ];
    assert_eq!(by, expected);
    let only_numbers = Rules { identify_by: vec![Identifier::Matriculation], ..rules() };
    let found = read(file.as_bytes(), &only_numbers).unwrap();
    assert_eq!(found.rows[3], Row { line: 6, identity: None, lacks: None, repeats: None });
    assert_eq!(read(b"login\nanna", &only_numbers), Err(Fault::NoIdentifier));
}

#[test]
fn numbers_that_spreadsheets_must_leave_alone_are_bare() {
    assert_eq!(values("Matrikelnr.\n=\"0123\"\n'0124\n 0125\u{A0}\n"), pairs(&[(2, "0123"), (3, "0124"), (4, "0125")]));
}

#[test]
fn whoever_comes_twice_is_marked_whatever_the_capitals() {
    let rows = list("login\nanna\nbert\nANNA\nanna\n").unwrap().rows;
    let repeats: Vec<Option<usize>> = rows.iter().map(|row| row.repeats).collect();
    assert_eq!(repeats, [None, None, Some(2), Some(2)]);
}

#[test]
fn passwords_are_noticed_and_left_out() {
    let found = list("username,Initial-Passwort,email\nanna,hunter2,anna@uni.example\n").unwrap();
    assert!(found.has_passwords && !format!("{found:?}").contains("hunter2"));
    assert_eq!(found.surplus_columns, 1);
    assert!(!list("username,Passau\nanna,x\n").unwrap().has_passwords);
}

#[test]
fn no_password_passes_for_an_identifier() {
    // Of these headings none is known, and a password further down is a heading elsewhere.
    for file in [
        "Name;Vorname;Passwort\nMueller;Anna;geheim1\nAdmin;Bob;login\nWeber;Claudia;geheim2\n",
        "Name,Vorname,Code\nMueller,Anna,geheim1\nAdmin,Bob,login\nWeber,Claudia,geheim2\n",
        "Passwort\nlogin\ngeheim2\n",
    ] {
        assert_eq!(list(file), Err(Fault::NoIdentifier), "{file}");
    }
    let short = "name,username,password\nMueller,amueller,geheim1\nweber,geheim2\n";
    assert_eq!(list(short), Err(Fault::FewerValuesThanHeadings { line: 3 }));
    assert!(list("name,username\nMueller,amueller\nweber\n").is_ok(), "without passwords nothing can be taken for one");
    let found = list("login\namueller|geheim1\nlschneider geheim2\nx:geheim3\nzoe\n").unwrap();
    assert!(!format!("{found:?}").contains("geheim"), "{found:?}");
    let lacks: Vec<Option<Identifier>> = found.rows.iter().map(|row| row.lacks).collect();
    let username = Some(Identifier::Username);
    assert_eq!(lacks, [username, username, username, None]);
}

#[test]
fn what_is_no_address_is_said_and_dropped() {
    let found = list("E-Mail;Matrikelnummer\npia(at)uni.example;\nno;17\n@;\nanna@uni.example;\n;\n").unwrap();
    let rows: Vec<_> =
        found.rows.iter().map(|row| (row.identity.as_ref().map(|i| i.value.as_str()), row.lacks)).collect();
    let mail = Some(Identifier::Mail);
    assert_eq!(rows, [(None, mail), (Some("17"), None), (None, mail), (Some("anna@uni.example"), None)]);
}

#[test]
fn what_is_no_list_is_named() {
    let long_line = format!("login\nanna\n{}\n", "x".repeat(LONGEST_LINE + 1));
    let many_columns = format!("login{}\nanna\n", ",".repeat(MOST_COLUMNS));
    let wide_line = format!("login,name\nanna{}\n", ",".repeat(MOST_COLUMNS));
    let long_value = format!("login\n{}\n", "x".repeat(LONGEST_VALUE + 1));
    let cases: Vec<(&[u8], Fault)> = vec![
        (b"", Fault::Empty),
        (b"\xEF\xBB\xBF\r\n \r\n", Fault::Empty),
        (b"PK\x03\x04\x14\x00\x06\x00", Fault::Spreadsheet),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Fault::Spreadsheet),
        (b"<!DOCTYPE html><table><tr><td>login", Fault::Markup),
        (b"  <?xml version=\"1.0\"?>", Fault::Markup),
        (b"\xFF\xFEl\x00o\x00g\x00i\x00n\x00", Fault::Utf16),
        (b"\x00l\x00o\x00g\x00i\x00n", Fault::Utf16),
        (b"%PDF-1.7", Fault::Binary),
        (b"login\nan\x00na\n", Fault::Unreadable { line: 2 }),
        (b"login\nanna\nb\x07rt\n", Fault::Unreadable { line: 3 }),
        // "M\x81ller": DOS code page 850.
        (b"name;login\nM\x81ller;anna\n", Fault::Unreadable { line: 2 }),
        (long_line.as_bytes(), Fault::LineTooLong { line: 3 }),
        (many_columns.as_bytes(), Fault::TooManyColumns { line: 1 }),
        (wide_line.as_bytes(), Fault::TooManyColumns { line: 2 }),
        (long_value.as_bytes(), Fault::ValueTooLong { line: 2 }),
        (b"login,name\nanna,A,B\n", Fault::MoreValuesThanHeadings { line: 2 }),
        (b"login\nanna\nbert;Bert\n", Fault::MoreValuesThanHeadings { line: 3 }),
        (b"login,name\nanna,A\nbert,\"B\ncarl,C\n", Fault::OpenQuote { line: 3 }),
        (b"login,name\nanna,\"", Fault::OpenQuote { line: 2 }),
        (b"anna\nbert\n", Fault::NoIdentifier),
        (b"login,name,Benutzername\nanna,A,anna\n", Fault::Ambiguous { line: 1, by: Identifier::Username }),
        (b"login,name\n,\n", Fault::Nobody),
        (b"login", Fault::Nobody),
    ];
    for (file, fault) in cases {
        assert_eq!(list(file), Err(fault), "{:?}", String::from_utf8_lossy(&file[..file.len().min(60)]));
    }
}

#[test]
fn limits_hold_to_the_byte_and_to_the_line() {
    let small = Rules { most_bytes: 16, most_lines: 3, ..rules() };
    assert!(read(b"login\nanna\nbert\n", &small).is_ok());
    assert_eq!(read(b"login\nanna\nberta\n", &small), Err(Fault::TooLarge { most: 16 }));
    assert_eq!(read(b"login\na\nb\nc", &small), Err(Fault::TooManyLines { most: 3 }));
}

#[test]
fn excel_may_name_the_separator() {
    assert_eq!(values("sep=\t\nlogin\tname, first\nanna\tA, B\n"), pairs(&[(3, "anna")]));
}

/// A value as some export might hold it, and what stands around it.
fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9._-]{0,20}"
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &rules());
    }

    #[test]
    fn no_text_of_csv_characters_makes_it_panic(text in "[\",;\t\r\nA=a'ü]{0,80}", heads in any::<bool>()) {
        let file = if heads { format!("login;mail\n{text}") } else { text };
        if let Ok(found) = read(file.as_bytes(), &rules()) {
            let lines: Vec<usize> = found.rows.iter().map(|row| row.line).collect();
            prop_assert!(lines.is_sorted() && lines.windows(2).all(|pair| pair[0] < pair[1]), "{lines:?}");
        }
    }

    #[test]
    fn whatever_a_csv_writer_writes_is_read_back(
        people in proptest::collection::vec((name(), "[ -~äöüß\n]{0,20}", "[ -~\n]{0,20}"), 1..30),
        separator in prop_oneof![Just(b';'), Just(b','), Just(b'\t')],
        crlf in any::<bool>(),
        mark in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut file = if mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        let mut writer = csv::WriterBuilder::new().delimiter(separator).terminator(terminator).from_writer(&mut file);
        writer.write_record(["Nachname", "Anmeldename", "Bemerkung"]).unwrap();
        for (username, surname, note) in &people {
            writer.write_record([surname, username, note]).unwrap();
        }
        writer.flush().unwrap();
        drop(writer);
        let found: Vec<String> = values(&file).into_iter().map(|(_, value)| value).collect();
        let expected: Vec<String> = people.into_iter().map(|(username, ..)| username).collect();
        prop_assert_eq!(found, expected);
    }
}
