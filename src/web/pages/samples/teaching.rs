//! Uploaded lists and reminders with sample data.

use askama::Template;

use super::{NAME, at, member};
use crate::{
    domain::{
        locale::{Locale, Text},
        participant_list::{Identifier, Identity, Row},
        uploads::Verdict,
    },
    mail::{Letter as _, ReminderMail},
    web::pages::{
        courses::{
            AnswerRow, AnswersPage, Checking, CourseName, CurrentList, Filter, ReminderPage, Sent, ServiceChoice,
            ServiceTab, Stage, UploadPage, WordsProblem, Writing,
        },
        frame::Nav,
    },
};

fn upload(locale: Locale, problem: Option<&str>) -> UploadPage {
    let service = |slug: &str, name: &str, is_chosen| ServiceChoice { slug: slug.into(), name: name.into(), is_chosen };
    UploadPage {
        frame: member(locale, "/courses/upload", Nav::Courses),
        form_token: "t".repeat(128),
        services: vec![service("rocketchat", "Rocket.Chat", true), service("cloud", "Cloud", false)],
        identify_by: Identifier::ALL.to_vec(),
        most_kilobytes: 1024,
        most_lines: 5000,
        kept_minutes: 60,
        smallest: 3,
        problem: problem.map(str::to_owned),
        current: Some(CurrentList { url: "/de/courses/upload/0193575e".to_owned(), uploaded_at: at(0) }),
    }
}

fn answers(locale: Locale) -> AnswersPage {
    let row = |line, by, value: &str, verdict, name: Option<&str>| AnswerRow {
        row: Row { line, identity: Some(Identity { by, value: value.to_owned() }), lacks: None, repeats: None },
        verdict,
        name: name.map(str::to_owned),
    };
    let filter = |label: &str, count, is_current| Filter {
        label: label.to_owned(),
        count,
        url: "/de/courses/upload/0193575e".to_owned(),
        is_current,
    };
    let mut rows = vec![
        row(2, Identifier::Username, "zmueller", Verdict::Activated, Some(NAME)),
        row(3, Identifier::Mail, "ben.weiss@uni.example", Verdict::NotActivated, None),
        row(4, Identifier::Mail, "<b>=cmd|' /C calc'!A0</b>", Verdict::NotVerifiable, None),
    ];
    rows[2].row.repeats = Some(2);
    rows.push(AnswerRow {
        row: Row { line: 9, identity: None, lacks: Some(Identifier::Mail), repeats: None },
        ..rows[2].clone()
    });
    AnswersPage {
        frame: member(locale, "/courses/upload/0193575e", Nav::Courses),
        form_token: "t".repeat(128),
        id: "0193575e-7a10-7c3e-9d15-6a1c2b3d4e5f".to_owned(),
        service_name: "Rocket.Chat".to_owned(),
        filters: vec![filter("Alle", 4, true), filter("freigeschaltet", 1, false)],
        shown: None,
        rows,
        next_after: Some(9),
        is_continued: true,
        smallest: 3,
        surplus_columns: 3,
        has_passwords: true,
        uploaded_at: at(0),
        ends_at: at(1),
    }
}

fn letter(locale: Option<Locale>) -> ReminderMail {
    ReminderMail {
        locale,
        portal_name: Text::new("Kontoportal", "Account portal"),
        organisation: Text::new("Universität Musterstadt", "University of Musterstadt"),
        display_name: NAME.to_owned(),
        lecturer: "Prof. Dr. <b>Bernd</b> Schmidt".to_owned(),
        course: "Statistik <b>I</b>\r\nBcc: x".to_owned(),
        service_name: Text::new("Rocket.Chat", "Rocket.Chat"),
        words: Text::new("Bitte.\n\nDanke <b>sehr</b>.", "Please.\n\nThank <b>you</b>."),
        at: at(0),
        permissions_url: Text::new("https://x.example/de/p", "https://x.example/en/p"),
    }
}

fn reminder(locale: Locale, stage: Stage) -> ReminderPage {
    let tab = |name: &str, is_current| ServiceTab { name: name.to_owned(), url: "/de/courses".to_owned(), is_current };
    ReminderPage {
        frame: member(locale, "/courses/0123456789abcdef0123456789abcdef/reminder", Nav::Courses),
        form_token: "t".repeat(128),
        name: CourseName {
            title: "Statistik <b>I</b>".to_owned(),
            number: Some("040101".to_owned()),
            term: Some("2026W".to_owned()),
            url: "/de/courses/0123456789abcdef0123456789abcdef".to_owned(),
        },
        course_id: "0123456789abcdef0123456789abcdef".to_owned(),
        service: "rocketchat".to_owned(),
        service_name: "Rocket.Chat".to_owned(),
        tabs: vec![tab("Rocket.Chat", true), tab("Cloud", false)],
        missing: 7,
        stage,
        every_days: 3,
    }
}

fn writing(problems: Vec<WordsProblem>) -> Stage {
    Stage::Writing(Writing { words: letter(None).words, longest: 1000, problems, mail: letter(None) })
}

fn checking(is_again: bool) -> Stage {
    let subjects = Locale::ALL.map(|locale| letter(Some(locale)).subject());
    Stage::Checking(Checking {
        words: letter(None).words,
        mail: letter(None),
        subjects,
        seen: "5".repeat(64),
        is_again,
    })
}

fn sent() -> Stage {
    Stage::Sent(Sent { service_name: "Rocket.Chat".to_owned(), people: 7, at: at(0), again_at: at(72) })
}

/// Name and HTML of every page in every state.
pub(super) fn pages(locale: Locale) -> Vec<(String, String)> {
    let problem = WordsProblem { field: "text_de", text: "<b>: Links".to_owned() };
    let none = AnswersPage { rows: Vec::new(), next_after: None, is_continued: false, ..answers(locale) };
    let pages = [
        ("upload", upload(locale, None).render()),
        ("upload-refused", upload(locale, Some("Zeile 3: \"<b>\"")).render()),
        ("upload-answers", answers(locale).render()),
        ("upload-answers-none", none.render()),
        ("reminder", reminder(locale, writing(Vec::new())).render()),
        ("reminder-refused", reminder(locale, writing(vec![problem])).render()),
        ("reminder-check", reminder(locale, checking(false)).render()),
        ("reminder-check-again", reminder(locale, checking(true)).render()),
        ("reminder-sent", reminder(locale, sent()).render()),
        ("reminder-nobody", reminder(locale, Stage::NobodyMissing).render()),
    ];
    pages.map(|(name, html)| (name.to_owned(), html.unwrap())).to_vec()
}

#[test]
fn a_reminder_is_in_one_language_if_it_is_known_and_has_its_frame_always() {
    let both = letter(None).text().unwrap();
    assert!(both.find("Guten Tag").unwrap() < both.find("Hello").unwrap());
    for (locale, voluntary, word) in [(Locale::De, "freiwillig", "Hello"), (Locale::En, "voluntary", "Guten Tag")] {
        let letter = letter(Some(locale));
        for part in [letter.text().unwrap(), letter.html().unwrap()] {
            assert!(part.contains(voluntary) && !part.contains(word), "{part}");
        }
        assert!(!letter.html().unwrap().contains("<b>"));
        assert!(!letter.subject().contains(['\r', '\n']));
    }
}
