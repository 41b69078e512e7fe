//! What nobody may learn of a class by way of its borders: another's course, a class made larger, counts that say it all.

use std::time::Duration;

use chrono::TimeDelta;
use latchkey::demo::{directory::Entry, university::COURSES};

use crate::{
    looks::{about_account, id_of, still_verifies},
    reminders::{DORA, LUKAS, form, place, recipients, with_students},
    uploads::{upload, verdicts},
    world::{Base, Page, Visitor, World, dn, en, who},
};

on_both![
    courses_that_share_a_part_of_their_name_are_not_one,
    lecturers_make_no_class_larger,
    a_search_text_is_cut_before_anything_is_done_with_it,
    a_list_is_taken_away_so_often_in_an_hour,
    who_has_left_the_course_is_not_reminded,
    a_count_that_tells_of_each_is_a_look_at_them,
    a_board_that_becomes_complete_is_a_look_at_them,
    a_board_ends_with_the_course,
];

const ULRIKE: &str = "ugruenwald";
const HUONG: &str = "tdang";
const STATISTICS: &str = "stat1-2026w";

fn group(name: &str, members: &[&str]) -> Entry {
    let members = members.iter().map(|member| dn(member)).collect();
    let attributes =
        [("objectClass", vec!["groupOfNames".to_owned()]), ("cn", vec![name.to_owned()]), ("member", members)];
    Entry {
        dn: format!("cn={name},{COURSES}"),
        attributes: attributes.map(|(name, values)| (name.to_owned(), values)).to_vec(),
    }
}

fn set(entries: &mut [Entry], attribute: &str, people: &[&str]) {
    let wanted = format!("cn={STATISTICS},{COURSES}");
    let entry = entries.iter_mut().find(|entry| entry.dn == wanted).expect("a course");
    let (_, values) = entry.attributes.iter_mut().find(|(name, _)| name == attribute).expect("an attribute");
    *values = people.iter().map(|person| dn(person)).collect();
}

async fn change_directory(world: &mut World, change: impl FnOnce(&mut Vec<Entry>)) {
    world.stop_directory().await;
    world.start_directory(change).await;
}

/// The only course of this lecturer, without the language.
async fn the_only(lecturer: &Visitor) -> String {
    let page = lecturer.open("/courses").await;
    let links = page.expect(200).attributes(".lk-course h3 a", "href");
    assert_eq!(links.len(), 1, "{links:?}");
    links[0].trim_start_matches("/en").to_owned()
}

fn usernames(page: &Page) -> Vec<String> {
    page.texts("section[aria-labelledby=missing-title] tbody td")
}

async fn courses_that_share_a_part_of_their_name_are_not_one(base: Base) {
    let settings = [
        ("COURSES_SOURCES_GROUPS_KIND", "group-per-role"),
        ("COURSES_SOURCES_GROUPS_LECTURERS", "^(?<course>[a-z]+)_(?<half>[0-9]+)-lecturers$"),
        ("COURSES_SOURCES_GROUPS_STUDENTS", "{course}_{half}-students"),
    ];
    let mut world = World::with(base, &settings).await;
    let (older, newer) = ([who::ANNA, LUKAS, DORA], ["lschneider2", who::WITHOUT_MAIL, who::ODD]);
    change_directory(&mut world, |entries| {
        entries.push(group("stat_2025-lecturers", &[who::BERND]));
        entries.push(group("stat_2025-students", &older));
        entries.push(group("stat_2026-lecturers", &[ULRIKE]));
        entries.push(group("stat_2026-students", &newer));
    })
    .await;
    let (bernd, ulrike) = (world.signed_in(who::BERND).await, world.signed_in(ULRIKE).await);
    let (of_bernd, of_ulrike) = (the_only(&bernd).await, the_only(&ulrike).await);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let expected = |names: &[&str]| sorted(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(sorted(usernames(&ulrike.open(&of_ulrike).await)), expected(&newer));
    let page = bernd.open(&of_bernd).await;
    assert_eq!(sorted(usernames(&page)), expected(&older));
    assert_eq!(page.text("h1"), "stat", "a course without a title is called by what was captured");
    bernd.open(&of_ulrike).await.expect(404);
    assert_eq!(verdicts(&upload(&bernd, "login\nlschneider2\n").await), ["not verifiable"]);
}

async fn lecturers_make_no_class_larger(base: Base) {
    let mut world = World::new(base).await;
    change_directory(&mut world, |entries| {
        set(entries, "owner", &[who::BERND, HUONG]);
        set(entries, "member", &[who::BERND, HUONG, who::ANNA]);
    })
    .await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    let page = bernd.open(&place).await;
    page.expect(200).says("0 of 1 activated").says("fewer than 3 people");
    assert!(!page.body.contains("Müller"), "{}", page.body);
    bernd.open(&format!("{place}/people.csv")).await.expect(404);
    assert_eq!(verdicts(&upload(&bernd, &format!("login\n{}\n", who::ANNA)).await), ["not verifiable"]);
}

async fn a_search_text_is_cut_before_anything_is_done_with_it(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    // One character that stands for eighteen.
    let long = "\u{FDFA}".repeat(5_000);
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &long).finish();
    let began = std::time::Instant::now();
    let page = bernd.open(&format!("{place}?{query}")).await;
    page.expect(200);
    assert!(began.elapsed() < Duration::from_secs(3), "after {:?}", began.elapsed());
    assert_eq!(page.attributes("#q", "value")[0].chars().count(), 100);
}

async fn a_list_is_taken_away_so_often_in_an_hour(base: Base) {
    let world = World::with(base, &[("COURSES_EXPORTS_PER_HOUR", "2")]).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    let answers = upload(&bernd, &format!("login\n{}\n", who::ANNA)).await.path;
    let exported = || world.count("log_records WHERE kind = 'course-exported'");
    for file in [format!("/en{place}/people.csv"), format!("{answers}/answers.csv")] {
        assert_eq!(bernd.send(reqwest::Method::HEAD, &file, &[], "").await.status, 405);
        for _ in 0..2 {
            bernd.get(&file).await.expect(200);
        }
        bernd.get(&file).await.expect(429).says(&en("error-429-text"));
        bernd.get(&file).await.expect(429);
    }
    assert_eq!(exported(), 2, "what is refused is no look");
    bernd.open(&place).await.expect(200);
    world.advance(TimeDelta::minutes(31));
    let bernd = world.signed_in(who::BERND).await;
    bernd.open(&format!("{place}/people.csv")).await.expect(200);
}

async fn who_has_left_the_course_is_not_reminded(base: Base) {
    let mut world = World::with(base, &[("COURSES_CACHED_FOR", "1d")]).await;
    change_directory(&mut world, |entries| set(entries, "member", &[who::ANNA, LUKAS, DORA])).await;
    let bernd = world.signed_in(who::BERND).await;
    let written = form(&bernd).await;
    change_directory(&mut world, |entries| set(entries, "member", &[who::ANNA, DORA])).await;
    world.advance(TimeDelta::seconds(11));
    let checked = bernd.post(&written.with("step", "check")).await;
    checked.expect(200).says("This e-mail goes to 2 people");
    change_directory(&mut world, |entries| set(entries, "member", &[who::ANNA])).await;
    world.advance(TimeDelta::seconds(11));
    let again = bernd.press(&checked.form("/reminder").with("step", "send")).await;
    again.expect(422).says("It now goes to one person");
    bernd.press(&again.form("/reminder").with("step", "send")).await.expect(200);
    world.deliver().await;
    assert_eq!(recipients(&world), ["anna.mueller@demo.example"]);
}

async fn a_count_that_tells_of_each_is_a_look_at_them(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, DORA]).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    let id = id_of(&world, who::ANNA);
    let looks = |kind| about_account(&world, kind, &id);
    for _ in 0..2 {
        bernd.open("/courses").await.expect(200);
    }
    assert_eq!(looks("counts-viewed"), 1, "nobody has activated: that is said of Anna, too");
    let place = place(&bernd).await;
    bernd.open(&format!("{place}/reminder")).await.expect(200);
    for _ in 0..2 {
        bernd.open(&format!("{place}/board")).await.expect(200);
    }
    assert_eq!((looks("counts-viewed"), looks("board-viewed")), (2, 1));
    world.signed_in(LUKAS).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    bernd.open("/courses").await.expect(200).says("1 of 3 activated");
    bernd.open(&format!("{place}/reminder")).await.expect(200);
    bernd.open(&format!("{place}/board")).await.expect(200);
    assert_eq!((looks("counts-viewed"), looks("board-viewed")), (2, 1), "one of three says nothing of Anna");
    let history = anna.open("/profile/history").await;
    for key in ["look-counts-viewed", "look-board-viewed"] {
        history.says(&crate::looks::sentence(key));
    }
    still_verifies(&world).await;
}

async fn a_board_that_becomes_complete_is_a_look_at_them(base: Base) {
    let students = [who::ANNA, LUKAS, who::ODD];
    let world = with_students(base, &students).await;
    let mut people = Vec::new();
    for student in students {
        people.push(world.signed_in(student).await);
    }
    let bernd = world.signed_in(who::BERND).await;
    let mut board = bernd.listen(&format!("/en{}/board/events", place(&bernd).await)).await;
    board.until("0").await;
    let id = id_of(&world, who::ANNA);
    assert_eq!(about_account(&world, "board-viewed", &id), 1);
    for (count, person) in (1..).zip(&people) {
        person.activate(&["rocketchat"]).await;
        board.until(&count.to_string()).await;
    }
    assert_eq!(about_account(&world, "board-viewed", &id), 2, "everybody has activated");
    world.deliver().await;
}

async fn a_board_ends_with_the_course(base: Base) {
    let mut world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let mut board = bernd.listen(&format!("/en{}/board/events", place(&bernd).await)).await;
    board.until("0").await;
    change_directory(&mut world, |entries| set(entries, "owner", &[HUONG])).await;
    world.advance(TimeDelta::seconds(61));
    let ended = tokio::time::timeout(Duration::from_secs(9), async { while board.next().await.is_some() {} });
    ended.await.expect("the end of the board");
}
