//! Courses, classes and boards with sample data.

use askama::Template;

use super::{NAME, at, member};
use crate::{
    domain::{courses::Count, locale::Locale},
    web::pages::{
        courses::{
            Bar, BoardPage, ClassPage, CourseName, CourseRow, CoursesPage, People, PersonRow, ServiceTab, Tally,
        },
        frame::Nav,
    },
};

const COUNT: Count = Count { activated: 23, people: 30 };

fn name(locale: Locale) -> CourseName {
    CourseName {
        title: "Statistik <b>I</b>".to_owned(),
        number: Some("040101".to_owned()),
        term: Some("2026W".to_owned()),
        url: format!("/{}/courses/0123456789abcdef0123456789abcdef", locale.code()),
    }
}

fn list(locale: Locale) -> CoursesPage {
    let bar = |service: &str, activated| Bar::new(locale, service, Count { activated, ..COUNT });
    CoursesPage {
        frame: member(locale, "/courses", Nav::Courses),
        current: vec![
            CourseRow { name: name(locale), bars: Some(vec![bar("Rocket.Chat", 23), bar("Cloud", 0)]) },
            CourseRow { name: CourseName { number: None, term: None, ..name(locale) }, bars: None },
        ],
        older: vec![name(locale)],
        has_sources: true,
        has_services: true,
    }
}

fn class(locale: Locale) -> ClassPage {
    let person = |name: &str, username: &str| PersonRow { name: name.to_owned(), username: username.to_owned() };
    let tab = |name: &str, is_current| ServiceTab { name: name.to_owned(), url: "/de/courses".to_owned(), is_current };
    ClassPage {
        frame: member(locale, "/courses/0123456789abcdef0123456789abcdef?service=rocketchat", Nav::Courses),
        name: name(locale),
        course_id: "0123456789abcdef0123456789abcdef".to_owned(),
        tabs: vec![tab("Rocket.Chat", true), tab("Cloud", false)],
        service: "rocketchat".to_owned(),
        bar: Bar::new(locale, "Rocket.Chat", COUNT),
        people: Some(People {
            missing: vec![person(NAME, "zmueller")], activated: vec![person("Ben Weiß", "bweiss")]
        }),
        smallest: 3,
        read_at: at(0),
        sought: String::new(),
        invites: true,
        usernames: (0..51).map(|number| format!("user{number}")).collect(),
    }
}

fn board(locale: Locale, count: Count) -> BoardPage {
    BoardPage {
        frame: member(locale, "/courses/0123456789abcdef0123456789abcdef/board", Nav::Courses),
        title: "Statistik I".to_owned(),
        service_name: "Rocket.Chat".to_owned(),
        tally: Tally::new(locale, count),
        qr_svg: Some("<svg viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8\"/></svg>".to_owned()),
        address: "https://account.uni.example/a/rocketchat".to_owned(),
        short_address: "account.uni.example/a/rocketchat".to_owned(),
        events_url: "/de/courses/0123456789abcdef0123456789abcdef/board/events".to_owned(),
        class_url: "/de/courses/0123456789abcdef0123456789abcdef".to_owned(),
    }
}

/// Name and HTML of every page in every state.
pub(super) fn pages(locale: Locale) -> Vec<(String, String)> {
    let empty = CoursesPage { current: Vec::new(), older: Vec::new(), ..list(locale) };
    let nothing = People { missing: Vec::new(), activated: Vec::new() };
    let pages = [
        ("courses", list(locale).render()),
        ("courses-older-only", CoursesPage { current: Vec::new(), ..list(locale) }.render()),
        ("courses-none", empty.render()),
        ("courses-no-services", CoursesPage { has_services: false, ..list(locale) }.render()),
        ("courses-no-sources", CoursesPage { has_sources: false, ..list(locale) }.render()),
        ("class", class(locale).render()),
        ("class-searched", ClassPage { sought: NAME.to_owned(), people: Some(nothing), ..class(locale) }.render()),
        ("class-too-small", ClassPage { people: None, usernames: Vec::new(), ..class(locale) }.render()),
        ("board", board(locale, COUNT).render()),
        ("board-complete", board(locale, Count { activated: 30, people: 30 }).render()),
        ("board-without-code", BoardPage { qr_svg: None, ..board(locale, Count { activated: 0, people: 0 }) }.render()),
    ];
    pages.map(|(name, html)| (name.to_owned(), html.unwrap())).to_vec()
}

#[test]
fn a_board_names_nobody() {
    let html = board(Locale::En, COUNT).render().unwrap();
    assert!(!html.contains("Zoë") && !html.contains("sign-out") && html.contains("23"), "{html}");
}

#[test]
fn commands_name_at_most_fifty_people_each() {
    let commands = class(Locale::De).commands();
    let lines: Vec<&str> = commands.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("/invite @user0 @user1 ") && lines[0].ends_with(" @user49"));
    assert_eq!(lines[1], "/invite @user50");
}

#[test]
fn odd_names_neither_break_a_command_nor_invite_anybody_else() {
    let usernames =
        ["anna", "b c", "d\n/kick @anna", "e,f", "@g", "h@x", "all", "Here", "", "#i", "j.k-l_m", "n\u{202e}o", "ö"];
    let page = ClassPage { usernames: usernames.map(str::to_owned).to_vec(), ..class(Locale::De) };
    assert_eq!(page.commands(), "/invite @anna @j.k-l_m @ö");
    assert!(page.plain_usernames().lines().all(|line| !line.starts_with('/')), "{}", page.plain_usernames());
    let nobody = ClassPage { usernames: vec!["all".to_owned()], ..class(Locale::De) };
    assert_eq!(nobody.commands(), "");
}
