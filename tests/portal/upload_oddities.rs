//! Odd files and what else the upload could give away.

use crate::{
    reminders::place,
    uploads::{form, rows, upload},
    world::{Base, World, change_person, en, who},
};

on_both![
    a_name_stands_beside_a_username_only,
    odd_but_readable_files_are_read,
    what_cannot_be_read_is_refused_with_its_line,
    files_for_spreadsheets_are_as_they_should_be,
];

const LUKAS: &str = "lschneider";

async fn a_name_stands_beside_a_username_only(base: Base) {
    let settings = [
        ("COURSES_MATRICULATION_ATTRIBUTE", "employeeNumber"),
        ("COURSES_UPLOAD_IDENTIFY_BY", "username,matriculation,mail"),
    ];
    let mut world = World::with(base, &settings).await;
    world.stop_directory().await;
    world.start_directory(|entries| change_person(entries, LUKAS, "employeeNumber", Some("0123456"))).await;
    let bernd = world.signed_in(who::BERND).await;
    let list = format!("Login,Matrikelnummer,E-Mail\n{},,\n,0123456,\n,,Anna.Mueller@demo.example\n", who::ANNA);
    let page = upload(&bernd, &list).await;
    let told: Vec<[String; 2]> = rows(&page).into_iter().map(|[_, _, name, verdict]| [name, verdict]).collect();
    let row = |name: &str| [name.to_owned(), "not activated".to_owned()];
    assert_eq!(told, [row("Anna Müller"), row("–"), row("–")]);
    page.says(&en("upload-names"));
    let file = bernd.get(&format!("{}/answers.csv", page.path)).await;
    assert!(file.body.contains("\"3\",\"0123456\",\"\",\"not activated\""), "{}", file.body);
    assert!(file.body.contains("\"4\",\"Anna.Mueller@demo.example\",\"\",\"not activated\""), "{}", file.body);
    // They are answered about all the same, so they read of it.
    assert!(!file.body.contains("Schneider"));
}

async fn odd_but_readable_files_are_read(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    for (list, lines) in [
        ("login\r\namueller\rlschneider\nodd\r\n", vec!["2", "3", "4"]),
        ("login,note\namueller,\"two\nlines, one; value\"\nlschneider,x\n", vec!["2", "4"]),
        ("login,note\n\n\namueller,x\n,,,\nlschneider,x\n\n", vec!["4", "6"]),
        ("login,a,b\namueller,1,2\nlschneider\n", vec!["2", "3"]),
        ("login\n\"amueller\"\n\"lschneider\"", vec!["2", "3"]),
    ] {
        let page = upload(&bernd, list).await;
        let found: Vec<String> = rows(&page).into_iter().map(|[line, ..]| line).collect();
        assert_eq!(found, lines, "{list:?}");
    }
    // All columns but one are surplus, and every line lacks that one.
    let page = upload(&bernd, "name,login\nAnna,\nLukas,\n").await;
    assert!(rows(&page).iter().all(|[_, value, name, _]| value == "nothing given" && name == "–"));
    assert!(!world.lines("list", "uploads").join("").contains("Lukas"));
}

async fn what_cannot_be_read_is_refused_with_its_line(base: Base) {
    let world = World::with(base, &[("COURSES_UPLOAD_MOST_LINES", "10")]).await;
    let bernd = world.signed_in(who::BERND).await;
    let header = |length: usize| format!("login,{}\namueller,x\n", "x".repeat(length)).into_bytes();
    let cases: [(&str, Vec<u8>, u16, &str); 9] = [
        ("many.csv", b"login\na\nb\nc\nd\ne\nf\ng\nh\ni\nj\n".to_vec(), 422, "Line 11 is one line too many."),
        ("header.csv", header(20_000), 422, "Line 1 is too long"),
        ("large.csv", header(10 << 20), 413, "larger than 1024 kilobytes"),
        ("nul.csv", b"login\r\nanna\r\nb\0".to_vec(), 422, "Line 3 has a character that cannot be read"),
        ("escape.csv", b"login\nan\x1bna\n".to_vec(), 422, "Line 2 has a character that cannot be read"),
        ("quote.csv", b"login\n\"anna\nbert\n".to_vec(), 422, "In line 2 a quotation mark"),
        ("quoted.csv", b"login\n\"anna\nbert\"\n".to_vec(), 422, "Line 2 has more values"),
        ("blank.csv", b"\xEF\xBB\xBF\r\n\r\n".to_vec(), 422, "The file is empty"),
        ("<b>x</b>.csv", b"name\nanna\n".to_vec(), 422, "No column tells who is meant"),
    ];
    for (name, file, status, told) in cases {
        let page = bernd.upload(&form(&bernd).await, name, &file).await;
        page.expect(status).says(told);
        assert!(!page.content_source().contains(name), "the file's name is not looked at");
    }
    assert_eq!(world.count("uploads"), 0);
}

async fn files_for_spreadsheets_are_as_they_should_be(base: Base) {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    world
        .start_directory(|entries| {
            change_person(entries, LUKAS, "displayName", Some("=HYPERLINK(\"https://x\";\"y\")"));
            change_person(entries, who::LOCKED, "displayName", Some("@SUM(1+1)*cmd|' /C calc'!A0"));
        })
        .await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let class = place(&bernd).await;
    let list = upload(&bernd, &format!("login\n{}\n{LUKAS}\n=1+1\n\u{ff0d}2\n'=3\n", who::ANNA)).await;
    let list = list.path.trim_start_matches("/en").to_owned();
    for language in ["de", "en"] {
        let file = bernd.get(&format!("/{language}{class}/people.csv")).await;
        let lines: Vec<&str> = file.body.split_inclusive('\n').collect();
        let is_odd = |line: &&&str| line.contains("HYPERLINK") || line.contains("SUM(");
        // The class is long: the first lines, the odd ones, the last.
        let some: Vec<&str> =
            lines[..2].iter().chain(lines.iter().filter(is_odd)).chain(lines.last()).copied().collect();
        let answers = bernd.get(&format!("/{language}{list}/answers.csv")).await;
        let answers: Vec<&str> = answers.body.split_inclusive('\n').collect();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("class-csv.{language}"), format!("{some:#?}"));
            insta::assert_snapshot!(format!("answers-csv.{language}"), format!("{answers:#?}"));
        });
    }
}
