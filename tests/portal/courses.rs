//! Lecturers and their classes: what they see, what they do not, and what remains of their looking.

use chrono::TimeDelta;
use latchkey::demo::{directory::Entry, university};
use serde_json::Value;

use crate::world::{Base, Page, Visitor, World, change_person, dn, en, who};

on_both![
    a_lecturer_sees_the_own_courses_with_their_counts,
    courses_of_earlier_terms_are_folded_away,
    who_activates_moves_from_the_missing_to_the_activated,
    whom_others_put_into_the_group_counts_as_activated,
    a_co_lecturer_sees_the_same_and_everybody_else_nothing,
    who_no_longer_teaches_a_course_no_longer_finds_it,
    a_class_that_is_too_small_shows_its_count_only,
    the_list_is_kept_for_a_while_and_read_anew_on_demand,
    a_search_finds_names_literally,
    a_service_that_lecturers_may_not_see_does_not_exist_for_them,
    the_file_holds_names_and_one_word_each,
    whose_list_was_looked_at_is_recorded_once_in_a_quarter_of_an_hour,
    every_export_is_recorded,
    a_short_address_leads_through_signing_in_to_the_marked_service,
    without_the_directory_no_class_is_shown,
];

pub const STATISTICS: &str = "Statistik I";
/// Teaches "Künstliche Intelligenz" together with [`ULRIKE`].
const HUONG: &str = "tdang";
/// Teaches "Algorithmen & Datenstrukturen" with [`DENIZ`].
const ULRIKE: &str = "ugruenwald";
const DENIZ: &str = "daydin";

/// Where a course's page is, without the language.
pub async fn place_of(lecturer: &Visitor, title: &str) -> String {
    let page = lecturer.open("/courses").await;
    page.expect(200);
    let titles = page.texts("main a[href*='/courses/']");
    let links = page.attributes("main a[href*='/courses/']", "href");
    let at = titles.iter().position(|found| found == title).unwrap_or_else(|| panic!("no {title} in {titles:?}"));
    links[at].trim_start_matches("/en").to_owned()
}

async fn class(lecturer: &Visitor, title: &str) -> Page {
    let page = lecturer.open(&place_of(lecturer, title).await).await;
    page.expect(200);
    page
}

/// The usernames under a heading: `missing` or `activated`.
fn usernames(page: &Page, part: &str) -> Vec<String> {
    page.texts(&format!("section[aria-labelledby={part}-title] tbody td"))
}

fn entry<'a>(entries: &'a mut [Entry], course: &str) -> &'a mut Entry {
    let dn = format!("cn={course},{}", university::COURSES);
    entries.iter_mut().find(|entry| entry.dn == dn).expect("a course")
}

/// Replaces the values of a course's attribute.
fn set(entries: &mut [Entry], course: &str, attribute: &str, values: &[&str]) {
    let found = &mut entry(entries, course).attributes;
    let (_, old) = found.iter_mut().find(|(name, _)| name == attribute).expect("an attribute");
    *old = values.iter().map(|value| (*value).to_owned()).collect();
}

/// Brings the directory back with changes.
async fn change_directory(world: &mut World, change: impl FnOnce(&mut Vec<Entry>)) {
    world.stop_directory().await;
    world.start_directory(change).await;
}

async fn a_lecturer_sees_the_own_courses_with_their_counts(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let page = bernd.open("/courses").await;
    page.expect(200);
    assert_eq!(page.texts(".lk-course h3"), ["Empirische Sozialforschung", STATISTICS]);
    assert_eq!(page.texts(".lk-bar-count"), ["0 of 36 activated", "1 of 64 activated"]);
    page.says("040101 · Winter term 2026/27");
    assert_eq!(world.count("log_records WHERE kind = 'course-viewed'"), 0);
    let stranger = world.signed_in("rsuess").await;
    stranger.open("/courses").await.expect(200).says(&en("courses-none"));
}

async fn courses_of_earlier_terms_are_folded_away(base: Base) {
    let mut world = World::new(base).await;
    change_directory(&mut world, |entries| set(entries, "stat1-2026w", "businessCategory", &["SoSe 2026"])).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = bernd.open("/courses").await;
    assert_eq!(page.texts(".lk-course h3"), ["Empirische Sozialforschung"]);
    assert_eq!(page.texts("details a"), [STATISTICS]);
    class(&bernd, STATISTICS).await.says("0 of 64 activated");
}

async fn who_activates_moves_from_the_missing_to_the_activated(base: Base) {
    let world = World::new(base).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    let page = class(&bernd, STATISTICS).await;
    assert_eq!(usernames(&page, "missing").len(), 64);
    page.says(&en("class-activated-none"));
    anna.activate(&["rocketchat", "cloud"]).await;
    world.deliver().await;
    let page = class(&bernd, STATISTICS).await;
    assert_eq!(usernames(&page, "activated"), [who::ANNA]);
    assert_eq!(usernames(&page, "missing").len(), 63);
    page.says("1 of 64 activated");
    assert_eq!(page.text("#usernames"), who::ANNA);
    assert_eq!(page.text("#invites"), "/invite @amueller");
    for told in ["@demo.example", "Cloud", "Version", "R-", "uid=", "2026-11"] {
        assert!(!page.content_source().contains(told), "the page tells {told}");
    }
    anna.withdraw("rocketchat").await;
    world.deliver().await;
    let page = class(&bernd, STATISTICS).await;
    assert_eq!(usernames(&page, "activated"), Vec::<String>::new());
}

async fn whom_others_put_into_the_group_counts_as_activated(base: Base) {
    let world = World::new(base).await;
    world.put_into_group("rocketchat", &dn("lschneider")).await;
    let bernd = world.signed_in(who::BERND).await;
    assert_eq!(usernames(&class(&bernd, STATISTICS).await, "activated"), ["lschneider"]);
    let lukas = world.signed_in("lschneider").await;
    lukas.withdraw("rocketchat").await;
    world.deliver().await;
    assert_eq!(usernames(&class(&bernd, STATISTICS).await, "activated"), Vec::<String>::new());
}

async fn a_co_lecturer_sees_the_same_and_everybody_else_nothing(base: Base) {
    let world = World::new(base).await;
    let ulrike = world.signed_in(ULRIKE).await;
    let place = place_of(&ulrike, "Algorithmen & Datenstrukturen").await;
    let deniz = world.signed_in(DENIZ).await;
    assert_eq!(place_of(&deniz, "Algorithmen & Datenstrukturen").await, place);
    let pages = ["", "/people.csv", "/board", "/board/events"].map(|page| format!("{place}{page}"));
    let (huong, anna) = (world.signed_in(HUONG).await, world.signed_in(who::ANNA).await);
    for page in &pages {
        huong.open(page).await.expect(404);
        anna.open(page).await.expect(403);
        let nobody = world.visitor().open(page).await;
        assert!(nobody.expect(303).location().contains("/sign-in?next="));
    }
    let last = if place.ends_with('0') { '1' } else { '0' };
    let guessed = format!("{}{last}", &place[..place.len() - 1]);
    ulrike.open(&guessed).await.expect(404);
    assert_eq!(world.count("log_records WHERE kind IN ('course-viewed', 'course-exported', 'board-viewed')"), 0);
}

async fn who_no_longer_teaches_a_course_no_longer_finds_it(base: Base) {
    let mut world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    bernd.open(&place).await.expect(200);
    change_directory(&mut world, |entries| set(entries, "stat1-2026w", "owner", &[&dn(ULRIKE)])).await;
    bernd.open(&place).await.expect(404);
    bernd.open(&format!("{place}/board")).await.expect(404);
    let ulrike = world.signed_in(ULRIKE).await;
    assert_eq!(place_of(&ulrike, STATISTICS).await, place);
}

async fn a_class_that_is_too_small_shows_its_count_only(base: Base) {
    let mut world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    change_directory(&mut world, |entries| {
        set(entries, "stat1-2026w", "member", &[&dn(who::ANNA), &dn("lschneider"), &dn("gone")]);
    })
    .await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    let page = bernd.open(&place).await;
    page.says("1 of 2 activated").says("fewer than 3 people");
    assert!(!page.body.contains("Müller") && !page.body.contains(who::ANNA), "{}", page.body);
    bernd.open(&format!("{place}?q=a")).await.expect(200);
    bernd.open(&format!("{place}/people.csv")).await.expect(404);
    bernd.open(&format!("{place}/board")).await.expect(200).says("of 2");
}

async fn the_list_is_kept_for_a_while_and_read_anew_on_demand(base: Base) {
    let mut world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    class(&bernd, STATISTICS).await.says("0 of 64").says("as of 09:00:01");
    let smaller = |entries: &mut Vec<Entry>| {
        set(
            entries,
            "stat1-2026w",
            "member",
            &[who::ANNA, "lschneider", "lschneider2"].map(dn).each_ref().map(|s| &**s),
        );
    };
    change_directory(&mut world, smaller).await;
    world.advance(TimeDelta::minutes(1));
    let page = class(&bernd, STATISTICS).await;
    page.says("0 of 64");
    let refresh = page.attributes(".lk-class-count a[href*=refresh]", "href");
    bernd.get(&refresh[0]).await.says("0 of 3").says("as of 09:01:01");
    class(&bernd, STATISTICS).await.says("0 of 3");
    change_directory(&mut world, |entries| set(entries, "stat1-2026w", "member", &[&dn(who::ANNA)])).await;
    world.advance(TimeDelta::minutes(5));
    class(&bernd, STATISTICS).await.says("0 of 1");
}

async fn a_search_finds_names_literally(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    let search = async |sought: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", sought).finish();
        let page = bernd.open(&format!("{place}?{query}")).await;
        page.expect(200);
        page
    };
    assert_eq!(usernames(&search("ANNA MULLER").await, "missing"), [who::ANNA]);
    assert_eq!(usernames(&search("jweiss").await, "missing"), [who::COMMA]);
    assert_eq!(search("Anna Mü").await.text("[role=status]"), format!("One person found. {}", en("class-search-all")));
    for odd in ["(", "[", "a{9999}", "*", ".*", "<b>", "\\", "%", "\u{0}"] {
        let page = search(odd).await;
        assert_eq!(usernames(&page, "missing"), Vec::<String>::new(), "{odd}");
        assert!(!page.body.contains("<b>"), "{}", page.body);
    }
    assert_eq!(usernames(&search("  ").await, "missing").len(), 64);
}

async fn a_service_that_lecturers_may_not_see_does_not_exist_for_them(base: Base) {
    let world = World::with(base, &[("SERVICES_CLOUD_VISIBLE_TO_LECTURERS", "true")]).await;
    world.signed_in(who::ANNA).await.activate(&["cloud"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    for hidden in ["printing", "vpn", "unknown", ""] {
        for page in ["", "/people.csv", "/board", "/board/events"] {
            bernd.open(&format!("{place}{page}?service={hidden}")).await.expect(404);
        }
    }
    let page = bernd.open(&place).await;
    assert_eq!(page.texts(".lk-tabs a"), ["Rocket.Chat", "Cloud storage"]);
    page.says("0 of 64 activated");
    let page = bernd.open(&format!("{place}?service=cloud")).await;
    page.says("1 of 64 activated");
    assert!(page.texts("#invites").is_empty(), "commands of a chat for what is no chat");
}

async fn the_file_holds_names_and_one_word_each(base: Base) {
    let mut world = World::new(base).await;
    let formula = Some("=HYPERLINK(\"x\")");
    change_directory(&mut world, |entries| change_person(entries, "lschneider", "displayName", formula)).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    let file = bernd.open(&format!("{place}/people.csv")).await;
    file.expect(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"rocketchat-"));
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let lines: Vec<&str> = file.body.trim_start_matches('\u{feff}').split_terminator("\r\n").collect();
    assert_eq!(
        (lines.len(), lines[0], lines[64]),
        (65, "\"Name\",\"Username\",\"Activated\"", "\"Anna Müller\",\"amueller\",\"yes\"")
    );
    assert!(lines.contains(&"\"'=HYPERLINK(\"\"x\"\")\",\"lschneider\",\"no\""), "{lines:?}");
    let german = bernd.get(&format!("/de{place}/people.csv")).await;
    assert!(german.body.starts_with("\u{feff}\"Name\";\"Benutzername\";\"Freigeschaltet\"\r\n"), "{}", german.body);
}

async fn whose_list_was_looked_at_is_recorded_once_in_a_quarter_of_an_hour(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    world.signed_in("lschneider").await;
    world.signed_in(who::CLAUDIA).await;
    let bernd = world.signed_in(who::BERND).await;
    let viewed = "log_records WHERE kind = 'course-viewed' ORDER BY id";
    for _ in 0..3 {
        class(&bernd, STATISTICS).await;
        world.advance(TimeDelta::minutes(4));
    }
    let detail: Value = serde_json::from_str(&world.lines("detail", viewed)[0]).expect("JSON");
    assert_eq!((&detail["course"], &detail["number"]), (&STATISTICS.into(), &"040101".into()));
    assert_eq!(detail["people"], 64, "whoever has not signed in yet, too");
    assert_eq!(world.lines("service", viewed), ["rocketchat"]);
    let about = "log_subjects JOIN log_records ON record_id = log_records.id JOIN accounts ON accounts.id = log_subjects.account_id \
                 WHERE kind = 'course-viewed' ORDER BY username";
    assert_eq!(world.lines("username", about), [who::ANNA, "lschneider"]);
    world.advance(TimeDelta::minutes(4));
    class(&bernd, STATISTICS).await;
    class(&bernd, "Empirische Sozialforschung").await;
    assert_eq!(world.lines("kind", viewed).len(), 3);
}

async fn every_export_is_recorded(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    for _ in 0..2 {
        bernd.open(&format!("{place}/people.csv")).await.expect(200);
    }
    let about = "log_subjects JOIN log_records ON record_id = log_records.id WHERE kind = 'course-exported'";
    assert_eq!(world.count(about), 2 * 64);
    bernd.open(&format!("{place}/board")).await.expect(200);
    bernd.open(&format!("{place}/board")).await.expect(200);
    assert_eq!(world.count("log_records WHERE kind = 'board-viewed'"), 1);
    assert_eq!(
        world.count("log_subjects JOIN log_records ON record_id = log_records.id WHERE kind = 'board-viewed'"),
        64,
        "nobody has activated: that is said of everybody"
    );
}

async fn a_short_address_leads_through_signing_in_to_the_marked_service(base: Base) {
    let world = World::new(base).await;
    let anna = world.visitor_in("de");
    let entrance = anna.send(reqwest::Method::GET, "/a/rocketchat", &[("accept-language", "de")], "").await;
    assert_eq!(entrance.location(), "/de/profile/permissions?service=rocketchat");
    let form = anna.follow(entrance).await;
    let form = form.form("/sign-in").fill("name", who::ANNA).fill("password", crate::world::PASSWORD);
    let page = anna.press(&form).await;
    page.expect(200);
    assert_eq!(page.path, "/de/profile/permissions?service=rocketchat");
    assert_eq!(page.attributes(".lk-service--marked", "id"), ["row-rocketchat"]);
    assert_eq!(page.is_ticked("service-rocketchat"), Some(false));
    page.form("/profile/permissions");
    assert!(anna.permissions().await.texts(".lk-service--marked").is_empty());
}

async fn without_the_directory_no_class_is_shown(base: Base) {
    let mut world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place_of(&bernd, STATISTICS).await;
    bernd.open(&place).await.expect(200);
    world.stop_directory().await;
    for page in ["", "/people.csv", "/board", "/board/events"] {
        bernd.open(&format!("{place}{page}")).await.expect(503);
    }
    bernd.open("/courses").await.expect(503);
}
