//! Lecturers who upload lists: what they are told, what nobody can find out that way, and what is kept of it.

use chrono::TimeDelta;
use latchkey::demo::{directory::Entry, university};
use serde_json::Value;

use crate::world::{Base, Form, Page, Visitor, World, dn, en, who};

on_both![
    each_line_is_answered_and_answered_anew,
    nobody_outside_own_courses_can_be_told_apart,
    mail_addresses_and_matriculation_numbers_tell_who_is_meant,
    who_no_longer_teaches_a_course_is_not_answered_any_more,
    a_class_that_is_too_small_is_not_answered_about,
    a_list_is_its_lecturers_alone,
    nothing_but_identifiers_is_kept_and_not_for_long,
    a_check_is_recorded_once_and_every_export_is,
    what_is_no_list_is_refused_with_its_line,
    a_file_one_byte_too_large_is_refused,
    the_result_as_a_file_computes_nothing,
    a_long_list_comes_in_pages,
];

/// A student of "Statistik I", like Anna.
const LUKAS: &str = "lschneider";
/// Teaches courses without any of the students here.
const HUONG: &str = "tdang";

pub async fn form(lecturer: &Visitor) -> Form {
    let page = lecturer.open("/courses/upload").await;
    page.expect(200);
    page.form("/courses/upload")
}

/// Uploads a list and goes where that leads.
pub async fn upload(lecturer: &Visitor, list: &str) -> Page {
    let answer = lecturer.upload(&form(lecturer).await, "list.csv", list.as_bytes()).await;
    answer.expect(303);
    let page = lecturer.follow(answer).await;
    page.expect(200);
    page
}

/// Line, value, name and verdict of each row.
pub fn rows(page: &Page) -> Vec<[String; 4]> {
    let cells = page.texts("main tbody :is(th, td)");
    cells.chunks(4).map(|row| [row[0].clone(), row[1].clone(), row[2].clone(), row[3].clone()]).collect()
}

pub fn verdicts(page: &Page) -> Vec<String> {
    rows(page).into_iter().map(|[.., verdict]| verdict).collect()
}

fn set_members(entries: &mut [Entry], course: &str, attribute: &str, members: &[&str]) {
    let wanted = format!("cn={course},{}", university::COURSES);
    let entry = entries.iter_mut().find(|entry| entry.dn == wanted).expect("a course");
    let (_, values) = entry.attributes.iter_mut().find(|(name, _)| name == attribute).expect("an attribute");
    *values = members.iter().map(|member| dn(member)).collect();
}

async fn each_line_is_answered_and_answered_anew(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let list = format!(
        "\u{feff}Vorname;Anmeldename;Kennwort;Note\r\nAnna;{};geheim-1;1,0\r\nLukas;{LUKAS};geheim-2;2,0\r\n\
         Anna;AMUELLER;;\r\nNiemand;nobody-of-this-name;;\r\n;;;5,0\r\n",
        who::ANNA
    );
    let page = upload(&bernd, &list).await;
    let row = |line: &str, value: &str, name: &str, verdict: &str| {
        [line.to_owned(), value.to_owned(), name.to_owned(), verdict.to_owned()]
    };
    let lukas = rows(&page)[1][2].clone();
    assert!(!lukas.is_empty() && lukas != "–");
    assert_eq!(
        rows(&page),
        [
            row("2", who::ANNA, "Anna Müller", "activated"),
            row("3", LUKAS, &lukas, "not activated"),
            row("4", "AMUELLER (as line 2)", "Anna Müller", "activated"),
            row("5", "nobody-of-this-name", "–", "not verifiable"),
            row("6", "nothing given", "–", "not verifiable"),
        ]
    );
    assert_eq!(page.texts(".lk-tabs a"), ["All (5)", "not activated (1)", "activated (2)", "not verifiable (2)"]);
    page.says(&en("upload-has-passwords")).says("3 columns were dropped unread.");
    world.signed_in(LUKAS).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let again = bernd.get(&page.path).await;
    assert_eq!(verdicts(&again)[..2], ["activated", "activated"]);
    let some = bernd.get(&format!("{}?show=not-verifiable", page.path)).await;
    assert_eq!(rows(&some).len(), 2);
    bernd.open("/courses/upload").await.says("Look at your list of");
}

/// One who exists and has activated, one who exists and has not, one of a class that is too small, one who has left, and names
/// that nobody ever had: the pages differ by what was uploaded and by nothing else.
async fn nobody_outside_own_courses_can_be_told_apart(base: Base) {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    world
        .start_directory(|entries| {
            set_members(entries, "stat1-2026w", "member", &[who::ANNA, LUKAS, who::LOCKED]);
            set_members(entries, "emp-2026w", "member", &[who::WITHOUT_MAIL]);
        })
        .await;
    for activated in [who::CLAUDIA, who::ODD, who::WITHOUT_MAIL] {
        world.signed_in(activated).await.activate(&["cloud"]).await;
    }
    world.signed_in(who::CLAUDIA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let mut seen: Vec<(String, String)> = Vec::new();
    for probed in
        [who::CLAUDIA, who::ODD, HUONG, who::EXPIRED, who::WITHOUT_MAIL, "no-such-name", "*", "a*", "*)(uid=*"]
    {
        let page = upload(&bernd, &format!("login\n{probed}\n")).await;
        let file = bernd.get(&format!("{}/answers.csv", page.path)).await;
        let told = format!("{}\n{}", neutral(&page, probed), file.body.replace(probed, "PROBED"));
        seen.push((probed.to_owned(), told));
    }
    for (probed, told) in &seen {
        assert_eq!(told, &seen[0].1, "{probed} differs from {}", seen[0].0);
    }
    assert!(seen[0].1.contains("not verifiable"));
    let recorded = world.lines("DISTINCT detail", "log_records WHERE kind = 'roster-checked'");
    assert_eq!(recorded.len(), 2, "one way of looking, one of exporting: {recorded:?}");
    let about = "log_subjects JOIN log_records ON record_id = log_records.id WHERE kind = 'roster-checked'";
    assert_eq!(world.count(about), 0);
}

/// The page's own content without what was uploaded, ids, tokens and times.
fn neutral(page: &Page, probed: &str) -> String {
    let id = page.path.rsplit('/').next().expect("an id");
    let content = page.content_source().replace(id, "ID").replace(probed, "PROBED");
    let token = content.split("name=\"form_token\"").nth(1).and_then(|rest| rest.split('"').nth(1)).map(str::to_owned);
    let content = content.replace(&token.expect("a token"), "TOKEN");
    content.split("deleted on").next().expect("a text").to_owned()
}

async fn mail_addresses_and_matriculation_numbers_tell_who_is_meant(base: Base) {
    let settings =
        [("COURSES_MATRICULATION_ATTRIBUTE", "employeeNumber"), ("COURSES_UPLOAD_IDENTIFY_BY", "matriculation,mail")];
    let mut world = World::with(base, &settings).await;
    world.stop_directory().await;
    world
        .start_directory(|entries| {
            for (person, number) in [(who::ANNA, "0123456"), (LUKAS, "0123457"), (who::LOCKED, "0123457")] {
                crate::world::change_person(entries, person, "employeeNumber", Some(number));
            }
        })
        .await;
    let bernd = world.signed_in(who::BERND).await;
    let page =
        upload(&bernd, "Matrikelnummer,E-Mail,Login\n=\"0123456\",,x\n,Anna.Mueller@demo.example,y\n0123457,,z\n")
            .await;
    let expected = ["not activated", "not activated", "not verifiable"];
    assert_eq!(verdicts(&page), expected, "two people with one number are nobody: {:?}", rows(&page));
    bernd
        .upload(&form(&bernd).await, "x.csv", b"login\namueller\n")
        .await
        .expect(422)
        .says(&en("upload-fault-no-identifier"));
}

async fn who_no_longer_teaches_a_course_is_not_answered_any_more(base: Base) {
    let mut world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, &format!("login\n{}\n", who::ANNA)).await;
    assert_eq!(verdicts(&page), ["not activated"]);
    world.stop_directory().await;
    world.start_directory(|entries| set_members(entries, "stat1-2026w", "owner", &[HUONG])).await;
    assert_eq!(verdicts(&bernd.get(&page.path).await), ["not verifiable"]);
    world.stop_directory().await;
    bernd.get(&page.path).await.expect(503);
    world.start_directory(|_| {}).await;
}

async fn a_class_that_is_too_small_is_not_answered_about(base: Base) {
    let mut world = World::new(base).await;
    world.stop_directory().await;
    world.start_directory(|entries| set_members(entries, "stat1-2026w", "member", &[who::ANNA, LUKAS])).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, &format!("login\n{}\n{LUKAS}\n", who::ANNA)).await;
    assert_eq!(verdicts(&page), ["not verifiable", "not verifiable"]);
    assert!(!page.body.contains("Müller"));
}

async fn a_list_is_its_lecturers_alone(base: Base) {
    let world = World::new(base).await;
    let (bernd, huong) = (world.signed_in(who::BERND).await, world.signed_in(HUONG).await);
    let anna = world.signed_in(who::ANNA).await;
    let page = upload(&bernd, &format!("login\n{}\n", who::ANNA)).await;
    let place = page.path.trim_start_matches("/en").to_owned();
    for address in [place.clone(), format!("{place}/answers.csv")] {
        huong.open(&address).await.expect(404);
        anna.open(&address).await.expect(403);
        assert!(world.visitor().open(&address).await.expect(303).location().contains("/sign-in?next="));
    }
    anna.open("/courses/upload").await.expect(403);
    let end = page.form("/end");
    huong.post(&Form::made_up(&end.action).with("form_token", "x")).await.expect(403);
    let own = huong.open("/courses/upload").await.form("/courses/upload");
    let foreign = Form::made_up(&end.action).with("form_token", own.value("form_token").expect("a token"));
    huong.post(&foreign).await.expect(404);
    bernd.upload(&form(&bernd).await.without("form_token"), "x.csv", b"login\na\n").await.expect(403);
    bernd.upload(&own, "x.csv", b"login\na\n").await.expect(403);
    let hidden =
        Form::made_up("/en/courses/upload").with("form_token", form(&bernd).await.value("form_token").expect("one"));
    bernd.upload(&hidden.with("service", "cloud"), "x.csv", b"login\na\n").await.expect(404);
    assert_eq!(verdicts(&bernd.get(&page.path).await), ["not activated"]);
    // Her own courses are others: about Anna she is told nothing.
    assert_eq!(verdicts(&upload(&huong, &format!("login\n{}\n", who::ANNA)).await), ["not verifiable"]);
}

async fn nothing_but_identifiers_is_kept_and_not_for_long(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let list = format!("Vorname,Login,Passwort,Note\nAnna-Surplus,{},hunter2,1.0-Surplus\n", who::ANNA);
    let page = upload(&bernd, &list).await;
    let kept = world.lines("list", "uploads").join("\n");
    assert!(kept.contains(who::ANNA), "{kept}");
    for word in ["Surplus", "hunter2", "Vorname"] {
        assert!(!kept.contains(word), "{word} is kept: {kept}");
    }
    let second = upload(&bernd, "login\nx\n").await;
    bernd.get(&page.path).await.expect(404);
    assert_eq!(world.count("uploads"), 1);
    bernd.press(&second.form("/end")).await.expect(200);
    assert_eq!(world.count("uploads"), 0);
    let third = upload(&bernd, "login\nx\n").await;
    for _ in 0..3 {
        world.advance(TimeDelta::minutes(20));
        bernd.open("/courses").await.expect(200);
    }
    bernd.get(&third.path).await.expect(404);
    assert_eq!(world.count("uploads"), 1);
    world.upkeep().await;
    assert_eq!(world.count("uploads"), 0);
}

async fn a_check_is_recorded_once_and_every_export_is(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    world.signed_in(who::ODD).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, &format!("login\n{}\n{LUKAS}\n{}\n", who::ANNA, who::ODD)).await;
    bernd.get(&page.path).await;
    let checked = "log_records WHERE kind = 'roster-checked' ORDER BY id";
    let details = world.lines("detail", checked);
    assert_eq!(details.len(), 1);
    let detail: Value = serde_json::from_str(&details[0]).expect("JSON");
    assert_eq!((&detail["lines"], &detail["answered"], &detail["people"]), (&3.into(), &2.into(), &2.into()));
    let about = "log_subjects JOIN log_records ON record_id = log_records.id \
                 JOIN accounts ON accounts.id = log_subjects.account_id WHERE kind = 'roster-checked'";
    assert_eq!(world.lines("username", about), [who::ANNA]);
    world.signed_in(LUKAS).await;
    bernd.get(&page.path).await;
    assert_eq!(world.lines("username", about).len(), 2, "Lukas finds it after his first sign-in");
    assert_eq!(world.lines("kind", checked).len(), 1);
    world.advance(TimeDelta::minutes(16));
    bernd.get(&page.path).await;
    assert_eq!(world.lines("kind", checked).len(), 2);
    for _ in 0..2 {
        bernd.get(&format!("{}/answers.csv", page.path)).await.expect(200);
    }
    assert_eq!(world.lines("kind", checked).len(), 4);
}

async fn what_is_no_list_is_refused_with_its_line(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let wide = format!("login{}\na\n", ",x".repeat(100_000));
    let cases: [(&str, &[u8], &str); 8] = [
        ("xlsx.csv", b"PK\x03\x04\x14\x00\x06\x00", "file of a spreadsheet program"),
        ("utf16.csv", b"\xFF\xFEl\x00o\x00g\x00i\x00n\x00", "UTF-16"),
        ("binary.csv", b"login\nanna\nb\x00rt", "Line 3 has a character that cannot be read"),
        ("wide.csv", wide.as_bytes(), "Line 1 is too long"),
        ("values.csv", b"login\nanna\nbert,x,y\n", "Line 3 has more values"),
        ("quote.csv", b"login,n\nanna,\"x\nbert,y\n", "In line 2 a quotation mark"),
        ("empty.csv", b"", "The file is empty"),
        ("../../x\\\";.csv", b"login\n", "nobody below the headings"),
    ];
    for (name, file, told) in cases {
        let page = bernd.upload(&form(&bernd).await, name, file).await;
        page.expect(422).says(told).says(&en("problem-title"));
        assert!(page.text("title").starts_with("Error:"));
        assert!(!page.body.contains("../.."));
    }
    bernd.upload(&form(&bernd).await, "", b"").await.expect(422).says(&en("upload-fault-no-file"));
    // Sent in another encoding, the form has no token.
    bernd.post(&form(&bernd).await).await.expect(403);
    assert_eq!(world.count("uploads"), 0);
}

async fn a_file_one_byte_too_large_is_refused(base: Base) {
    let world = World::with(base, &[("COURSES_UPLOAD_MOST_BYTES", "2048")]).await;
    let bernd = world.signed_in(who::BERND).await;
    let file = |bytes: usize| format!("login\n{}\n", vec!["abcdefgh"; bytes / 9].join("\n")).into_bytes();
    let mut list = file(1_900);
    list.resize(2_048, b'\n');
    bernd.upload(&form(&bernd).await, "x.csv", &list).await.expect(303);
    list.push(b'\n');
    bernd.upload(&form(&bernd).await, "x.csv", &list).await.expect(413).says("larger than 2 kilobytes");
    bernd.upload(&form(&bernd).await, "x.csv", &file(3_000_000)).await.expect(413);
    bernd.open("/courses/upload").await.expect(200);
}

async fn the_result_as_a_file_computes_nothing(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, &format!("login\n=cmd'/C'!A0\n+1\n@SUM(A1)\n{}\n", who::ANNA)).await;
    assert_eq!(rows(&page)[0][1], "=cmd'/C'!A0", "shown as it is, escaped");
    let file = bernd.get(&format!("{}/answers.csv", page.path)).await;
    file.expect(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"rocketchat-"));
    let lines: Vec<&str> = file.body.trim_start_matches('\u{feff}').split_terminator("\r\n").collect();
    assert_eq!(
        lines,
        [
            r#""Line","In the list","Name","Result""#,
            r#""2","'=cmd'/C'!A0","","not verifiable""#,
            r#""3","'+1","","not verifiable""#,
            r#""4","'@SUM(A1)","","not verifiable""#,
            r#""5","amueller","Anna Müller","not activated""#,
        ]
    );
}

async fn a_long_list_comes_in_pages(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let names: Vec<String> = (0..450).map(|number| format!("user{number}")).collect();
    let mut page = upload(&bernd, &format!("login\n{}\n", names.join("\n"))).await;
    let mut found = Vec::new();
    for expected in [200, 200, 50] {
        let lines: Vec<String> = rows(&page).into_iter().map(|[line, ..]| line).collect();
        assert_eq!(lines.len(), expected);
        found.extend(lines);
        let next = page.attributes("main a[href*='?after=']", "href");
        if let Some(next) = next.first() {
            page = bernd.get(next).await;
        }
    }
    let all: Vec<String> = (2..452).map(|line: usize| line.to_string()).collect();
    assert_eq!(found, all);
}
