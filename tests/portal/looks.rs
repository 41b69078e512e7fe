//! Looks of lecturers: what the log keeps of them, and that everybody whom they are about finds them.

use std::time::Duration;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use latchkey::{
    db::Conn,
    demo::{directory::Entry, university},
    domain::{
        accounts,
        locale::Locale,
        log::{self, Actor, Kind, Origin, Record, verify::Verification},
        reservations,
    },
    texts::text_with,
    work::verify,
};
use serde_json::{Value, json};

use crate::{
    audit::give_reason,
    world::{Base, Visitor, World, dn, en, remove_person, who},
};

on_both![
    whoever_signs_in_later_finds_all_earlier_looks,
    people_keep_the_id_that_the_log_knows_them_by,
    a_first_sign_in_waits_for_a_look_and_finds_it,
    a_look_waits_for_a_first_sign_in_and_is_about_it,
    first_sign_ins_and_looks_at_the_same_moment_lose_nothing,
    what_is_reserved_for_people_who_never_come_is_forgotten,
    a_look_at_something_new_is_one_more_record,
    auditors_see_of_how_many_no_name_is_known,
    a_lecturer_reads_what_is_kept_of_lists_and_reminders,
    answers_that_have_changed_are_one_more_record,
    who_opens_only_the_stream_has_looked,
    the_counts_of_own_courses_are_looks,
    a_large_class_is_recorded_as_a_whole,
    the_migration_loses_no_row_in_either_direction,
    what_a_lecturer_kept_goes_with_the_account,
];

const STATISTICS: &str = "Statistik I";
const GROUP: &str = "stat1-2026w";
/// A student of the course, like Anna.
const LUKAS: &str = "lschneider";

/// A world where "Statistik I" has these students, and the lecturer no other course whose count would be a look, too.
async fn with_students(base: Base, students: &[&str]) -> World {
    let mut world = World::new(base).await;
    let students: Vec<String> = students.iter().map(|student| dn(student)).collect();
    change_directory(&mut world, |entries| {
        entries.retain(|entry| entry.dn != format!("cn=emp-2026w,{}", university::COURSES));
        let wanted = format!("cn={GROUP},{}", university::COURSES);
        let entry = entries.iter_mut().find(|entry| entry.dn == wanted).expect("a course");
        let (_, members) = entry.attributes.iter_mut().find(|(name, _)| name == "member").expect("students");
        *members = students;
    })
    .await;
    world
}

async fn change_directory(world: &mut World, change: impl FnOnce(&mut Vec<Entry>)) {
    world.stop_directory().await;
    world.start_directory(change).await;
}

/// Where the course's page is, without the language.
async fn place(lecturer: &Visitor) -> String {
    let page = lecturer.open("/courses").await;
    page.expect(200);
    let at = page.texts(".lk-course h3 a").iter().position(|title| title == STATISTICS).expect("the course");
    page.attributes(".lk-course h3 a", "href")[at].trim_start_matches("/en").to_owned()
}

async fn upload(lecturer: &Visitor, list: &str) -> String {
    let form = lecturer.open("/courses/upload").await.form("/courses/upload");
    let answer = lecturer.upload(&form, "list.csv", list.as_bytes()).await;
    let page = lecturer.follow(answer).await;
    page.expect(200);
    page.path
}

async fn remind(lecturer: &Visitor, place: &str) {
    let form = lecturer.open(&format!("{place}/reminder")).await.form("/reminder");
    let checked = lecturer.post(&form.with("step", "check")).await;
    lecturer.press(&checked.form("/reminder").with("step", "send")).await.expect(200);
}

/// What the history says of a look at the course.
pub fn sentence(key: &str) -> String {
    text_with(Locale::En, key, &[("course", STATISTICS.to_owned()), ("service", "Rocket.Chat".to_owned())])
}

pub fn id_of(world: &World, username: &str) -> String {
    world.lines("id", &format!("accounts WHERE username = '{username}'")).remove(0)
}

fn records(world: &World, kind: &str) -> i64 {
    world.count(&format!("log_records WHERE kind = '{kind}'"))
}

/// How many records of this kind are about the account.
pub fn about_account(world: &World, kind: &str, id: &str) -> i64 {
    let of_kind = format!("log_subjects JOIN log_records ON record_id = log_records.id WHERE kind = '{kind}'");
    world.count(&format!("{of_kind} AND log_subjects.account_id = '{id}'"))
}

pub async fn still_verifies(world: &World) {
    world.seal().await;
    let verification = Verification::new(world.config().audit.trusted_keys(), None);
    let report = verify(world.records(), verification, |_, _| {}).await.expect("a report");
    assert_eq!(report.misfit, None);
}

async fn whoever_signs_in_later_finds_all_earlier_looks(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    bernd.open(&place).await.expect(200);
    bernd.open(&format!("{place}/people.csv")).await.expect(200);
    upload(&bernd, &format!("login\n{}\n", who::ANNA)).await;
    remind(&bernd, &place).await;
    world.deliver().await;
    assert_eq!(world.count("accounts"), 1, "nobody gets an account by being looked at");
    let detail = world.lines("detail", "log_records WHERE kind = 'course-viewed'").remove(0);
    let detail: Value = serde_json::from_str(&detail).expect("JSON");
    assert_eq!(detail["people"], 3);
    for (table, rows) in world.dump() {
        assert!(rows.iter().all(|row| table == "uploads" || !row.contains(who::ANNA)), "{table} names her: {rows:?}");
    }

    let anna = world.signed_in(who::ANNA).await;
    let history = anna.open("/profile/history").await;
    for key in ["look-course-viewed", "look-course-exported", "look-reminder-sent", "look-roster-checked"] {
        history.says(&sentence(key));
    }
    let file = anna.open("/profile/data/json").await;
    let data: Value = serde_json::from_str(&file.body).expect("JSON");
    let log = data["log"].as_array().expect("a list");
    for kind in ["course-viewed", "course-exported", "reminder-sent"] {
        let record = log.iter().find(|record| record["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        assert_eq!((&record["by"], &record["detail"]), (&"somebody-else".into(), &json!({ "course": STATISTICS })));
    }
    assert!(log.iter().any(|record| record["kind"] == "roster-checked"));
    anna.open("/profile/data").await.says(STATISTICS);
    still_verifies(&world).await;
}

async fn people_keep_the_id_that_the_log_knows_them_by(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    for _ in 0..2 {
        bernd.open(&format!("{place}/people.csv")).await.expect(200);
    }
    let subjects = "log_subjects JOIN reserved_accounts ON reserved_accounts.account_id = log_subjects.account_id";
    assert_eq!((world.count("reserved_accounts"), world.count(subjects)), (3, 3 + 2 * 3), "the count and two exports");
    let (one, other) = tokio::join!(world.signed_in(who::ANNA), world.signed_in(who::ANNA));
    one.open("/profile").await.expect(200);
    other.open("/profile").await.expect(200);
    let id = id_of(&world, who::ANNA);
    bernd.open(&format!("{place}/people.csv")).await.expect(200);
    assert_eq!(about_account(&world, "course-exported", &id), 3);
    assert_eq!(world.count("reserved_accounts"), 2);
    let digests = world.lines("DISTINCT detail", "log_records WHERE kind = 'course-exported'");
    assert_eq!(digests.len(), 1, "the same people before and after: {digests:?}");
    still_verifies(&world).await;
}

/// Runs `decide` in a transaction that stays open until `meanwhile` has had to wait for it.
async fn while_open<T, U>(
    world: &World,
    decide: impl FnOnce(&mut Conn) -> T,
    meanwhile: impl Future<Output = U>,
) -> (T, U) {
    let mut conn = world.connect();
    let begin = if matches!(conn, Conn::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
    conn.batch_execute(begin).expect("a transaction");
    let decided = decide(&mut conn);
    let committing = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        conn.batch_execute("COMMIT").expect("a commit");
    };
    let (done, ()) = tokio::join!(meanwhile, committing);
    (decided, done)
}

async fn a_first_sign_in_waits_for_a_look_and_finds_it(base: Base) {
    let world = World::new(base).await;
    let (person, now) = (world.person(who::ANNA).await, world.clock.now());
    let look = |conn: &mut Conn| {
        let ids = reservations::ids(conn, [person.key.as_str()], now).expect("an id");
        let origin = Origin { actor: Actor::Operator, request_id: "look", at: now };
        let detail = json!({ "course": STATISTICS });
        let record = Record { kind: Kind::CourseViewed, account_id: None, service: Some("rocketchat"), detail };
        log::append_about(conn, origin, &record, &ids.iter().map(String::as_str).collect()).expect("a record");
        ids
    };
    let (ids, anna) = while_open(&world, look, world.signed_in(who::ANNA)).await;
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), [id_of(&world, who::ANNA)]);
    anna.open("/profile/history").await.says(&sentence("look-course-viewed"));
    assert_eq!(world.count("reserved_accounts"), 0);
}

async fn a_look_waits_for_a_first_sign_in_and_is_about_it(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let bernd = world.signed_in(who::BERND).await;
    let (place, person, now) = (place(&bernd).await, world.person(who::ANNA).await, world.clock.now());
    world.execute("DELETE FROM reserved_accounts").expect("nobody was looked at yet");
    let sign_in = |conn: &mut Conn| accounts::remember(conn, &person, Locale::En, now).expect("an account");
    let looking = async { bernd.open(&format!("{place}/people.csv")).await.expect(200).status };
    let (account, _) = while_open(&world, sign_in, looking).await;
    assert_eq!(about_account(&world, "course-exported", &account.id), 1);
    assert_eq!(world.count("reserved_accounts"), 2, "the others are still to come, Anna is here");
}

async fn first_sign_ins_and_looks_at_the_same_moment_lose_nothing(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    let class = bernd.open(&place).await;
    let students = class.texts("section[aria-labelledby=missing-title] tbody td");
    let can_sign_in = |name: &str| ![who::LOCKED, who::EXPIRED, who::MUST_CHANGE].contains(&name);
    let students: Vec<&str> = students.iter().map(String::as_str).filter(|name| can_sign_in(name)).take(6).collect();
    world.execute("DELETE FROM reserved_accounts").expect("nobody was looked at yet");
    let export = format!("{place}/people.csv");
    let exports = join_all((0..4).map(|_| async { bernd.open(&export).await.expect(200).status }));
    let sign_ins = join_all(students.iter().map(|student| world.signed_in(student)));
    tokio::join!(exports, sign_ins);
    assert_eq!(records(&world, "course-exported"), 4);
    for student in students {
        assert_eq!(about_account(&world, "course-exported", &id_of(&world, student)), 4, "{student}");
    }
    assert_eq!(world.count("reserved_accounts"), 64 - 6);
    still_verifies(&world).await;
}

async fn what_is_reserved_for_people_who_never_come_is_forgotten(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let place = place(&world.signed_in(who::BERND).await).await;
    for days in [200, 200] {
        let bernd = world.signed_in(who::BERND).await;
        bernd.open(&format!("{place}/people.csv")).await.expect(200);
        world.advance(TimeDelta::days(days));
        world.upkeep().await;
        assert_eq!(world.count("reserved_accounts"), 3, "they were looked at less than a year ago");
    }
    world.advance(TimeDelta::days(166));
    world.upkeep().await;
    assert_eq!(world.count("reserved_accounts"), 0);
    let anna = world.signed_in(who::ANNA).await;
    anna.open("/profile/history").await.expect(200).says(&en("history-empty"));
    still_verifies(&world).await;
}

async fn a_look_at_something_new_is_one_more_record(base: Base) {
    let mut world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    let place = place(&bernd).await;
    let looks = async |world: &World| {
        for _ in 0..2 {
            bernd.open(&place).await.expect(200);
            bernd.open(&format!("{place}?q=anna")).await.expect(200);
        }
        records(world, "course-viewed")
    };
    assert_eq!(looks(&world).await, 1);
    anna.activate(&["cloud"]).await;
    world.deliver().await;
    assert_eq!(looks(&world).await, 1, "another service changes nothing here");
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    assert_eq!(looks(&world).await, 2, "Anna has activated");
    change_directory(&mut world, |entries| {
        let course = entries.iter_mut().find(|entry| entry.dn.starts_with(&format!("cn={GROUP},"))).expect("a course");
        let (_, members) = course.attributes.iter_mut().find(|(name, _)| name == "member").expect("students");
        members.push(dn(who::ODD));
    })
    .await;
    world.advance(TimeDelta::minutes(11));
    assert_eq!(looks(&world).await, 3, "there is somebody else in the class");
    world.advance(TimeDelta::minutes(14));
    assert_eq!(looks(&world).await, 3);
    world.advance(TimeDelta::minutes(1));
    assert_eq!(looks(&world).await, 4, "a quarter of an hour is over");
}

async fn auditors_see_of_how_many_no_name_is_known(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    world.signed_in(who::ANNA).await;
    let bernd = world.signed_in(who::BERND).await;
    bernd.open(&place(&bernd).await).await.expect(200);
    let claudia = world.signed_in(who::CLAUDIA).await;
    give_reason(&claudia, "ticket 4711").await;
    let record = world.lines("id", "log_records WHERE kind = 'course-viewed'").remove(0);
    let page = claudia.open(&format!("/audit/records/{record}")).await;
    page.expect(200).says("2 people have not signed in to the portal yet.");
    let people = page.attributes("section[aria-labelledby=subjects-title] a", "href");
    assert_eq!(people, [format!("/en/audit/people/{}", id_of(&world, who::ANNA))]);
    assert_eq!(about_account(&world, "record-viewed", &id_of(&world, who::ANNA)), 1);
}

async fn a_lecturer_reads_what_is_kept_of_lists_and_reminders(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let bernd = world.signed_in(who::BERND).await;
    upload(&bernd, &format!("login\n{}\n", who::ANNA)).await;
    remind(&bernd, &place(&bernd).await).await;
    world.deliver().await;
    let page = bernd.open("/profile/data").await;
    page.expect(200).says(&en("own-data-lists")).says("one line").says(&en("own-data-reminders")).says(STATISTICS);
    let file = bernd.open("/profile/data/json").await;
    assert!(!file.body.contains(who::ANNA), "what names others stays out: {}", file.body);
    let data: Value = serde_json::from_str(&file.body).expect("JSON");
    assert_eq!(data["uploaded_lists"][0]["lines"], 1);
    assert_eq!((&data["reminders"][0]["course"], &data["reminders"][0]["people"]), (&STATISTICS.into(), &3.into()));
}

async fn answers_that_have_changed_are_one_more_record(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    let bernd = world.signed_in(who::BERND).await;
    let page = upload(&bernd, &format!("login\n{}\n{LUKAS}\n", who::ANNA)).await;
    bernd.get(&page).await.expect(200);
    let anna = world.signed_in(who::ANNA).await;
    bernd.get(&page).await.expect(200);
    assert_eq!(records(&world, "roster-checked"), 1, "signing in changes no answer");
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    for _ in 0..2 {
        bernd.get(&page).await.expect(200);
    }
    assert_eq!(records(&world, "roster-checked"), 2);
}

async fn who_opens_only_the_stream_has_looked(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    let board = format!("/en{place}/board");
    let stream = bernd.listen(&format!("{board}/events")).await;
    assert_eq!((stream.status(), records(&world, "board-viewed")), (200, 1));
    drop(stream);
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    bernd.get(&board).await.expect(200);
    drop(bernd.listen(&format!("{board}/events")).await);
    assert_eq!(records(&world, "board-viewed"), 1, "a count that moves is what a board is for");
    world.advance(TimeDelta::minutes(15));
    drop(bernd.listen(&format!("{board}/events")).await);
    assert_eq!(records(&world, "board-viewed"), 2);
    let detail = world.lines("detail", "log_records WHERE kind = 'board-viewed'").remove(0);
    assert!(detail.contains(place.rsplit('/').next().expect("an id")), "{detail}");
}

async fn the_counts_of_own_courses_are_looks(base: Base) {
    let world = World::new(base).await;
    let (anna, bernd) = (world.signed_in(who::ANNA).await, world.signed_in(who::BERND).await);
    let place = place(&bernd).await;
    bernd.open("/courses").await.expect(200);
    let detail = world.lines("detail", "log_records WHERE kind = 'counts-viewed'");
    assert_eq!(detail.len(), 3, "one of all courses, and one for each of which the count says that nobody has");
    let details = detail.iter().map(|detail| serde_json::from_str::<Value>(detail).expect("JSON"));
    let id = place.rsplit('/').next().expect("an id");
    let ids = |detail: &Value| detail["course_ids"].as_array().expect("a list").clone();
    assert!(details.map(|detail| ids(&detail)).any(|ids| ids.len() == 2 && ids.contains(&id.into())), "{detail:?}");
    assert_eq!(world.count("log_subjects"), 36 + 64);
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    for _ in 0..2 {
        bernd.open("/courses").await.expect(200);
    }
    assert_eq!(records(&world, "counts-viewed"), 3 + 1);
    for _ in 0..2 {
        bernd.open(&format!("{place}/reminder")).await.expect(200);
    }
    assert_eq!(records(&world, "counts-viewed"), 5, "the page of a reminder tells how many are missing");
    assert_eq!(world.count("log_subjects"), 36 + 64, "some of many: that is about nobody in particular");
    world.signed_in("rsuess").await.open("/courses").await.says(&en("courses-none"));
    assert_eq!(records(&world, "counts-viewed"), 5, "who has no course has seen nothing");
}

async fn a_large_class_is_recorded_as_a_whole(base: Base) {
    let world = World::new(base).await;
    let now = world.clock.now();
    let keys: Vec<String> = (0..1_201).map(|number| format!("entryUUID:{number}")).collect();
    let look = move |conn: &mut Conn| {
        let ids = reservations::ids(conn, keys.iter().map(String::as_str), now)?;
        let again = reservations::ids(conn, keys.iter().rev().map(String::as_str), now)?;
        assert_eq!(ids, again);
        let origin = Origin { actor: Actor::Operator, request_id: "look", at: now };
        let record = Record { kind: Kind::CourseViewed, account_id: None, service: None, detail: json!({}) };
        log::append_about(conn, origin, &record, &ids.iter().map(String::as_str).collect())
    };
    world.records().write(look).await.expect("a record");
    assert_eq!((world.count("log_subjects"), world.count("reserved_accounts")), (1_201, 1_201));
    still_verifies(&world).await;
    let refused = world.execute("DELETE FROM log_subjects").expect_err("a trigger");
    assert!(refused.contains("append-only"), "{refused}");
    world.execute("UPDATE log_subjects SET account_id = 'another'").expect_err("a trigger");
}

async fn the_migration_loses_no_row_in_either_direction(base: Base) {
    let world = with_students(base, &[who::ANNA, LUKAS, who::ODD]).await;
    for username in [who::ANNA, LUKAS, who::ODD] {
        world.signed_in(username).await;
    }
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    bernd.open(&place).await.expect(200);
    let folder = if base == Base::Sqlite { "sqlite" } else { "postgres" };
    let [up, down] = ["up", "down"].map(|way| {
        let path = format!("{}/migrations/{folder}/2026-11-25-000070_looks/{way}.sql", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("a migration")
    });
    if base == Base::Sqlite {
        world.execute("PRAGMA foreign_keys = ON").expect("a setting");
    }
    let subjects = || world.lines("account_id", "log_subjects ORDER BY account_id");
    let before = subjects();
    assert_eq!(before.len(), 2 * 3, "of the count and of the class");
    for script in [&down, &up] {
        world.execute(script).expect("a migration");
        assert_eq!(subjects(), before);
        world.execute("DELETE FROM log_subjects").expect_err("a trigger");
        world.execute("UPDATE log_subjects SET account_id = 'another'").expect_err("a trigger");
    }
    still_verifies(&world).await;
    bernd.open(&place).await.expect(200);

    // With somebody who is still to come there is no way back that would not lose a row.
    let look = |conn: &mut Conn| reservations::ids(conn, ["entryUUID:1"], world.clock.now()).expect("an id");
    let id = look(&mut world.connect()).into_iter().next().expect("an id");
    let record = world.lines("id", "log_records WHERE kind = 'course-viewed'").remove(0);
    world.execute(&format!("INSERT INTO log_subjects VALUES ('{id}', '{record}')")).expect("a row");
    world.execute(&format!("BEGIN; {down}")).expect_err("a reference");
    world.execute("ROLLBACK").expect("as it was");
    assert_eq!(subjects().len(), 2 * 3 + 3 + 1);
}

async fn what_a_lecturer_kept_goes_with_the_account(base: Base) {
    let mut world = with_students(base, &[who::ANNA, LUKAS, who::LOCKED]).await;
    for username in [who::ANNA, who::CLAUDIA] {
        world.signed_in(username).await;
    }
    let bernd = world.signed_in(who::BERND).await;
    let place = place(&bernd).await;
    bernd.open(&place).await.expect(200);
    upload(&bernd, &format!("login\n{}\nsomebody-else\n", who::ANNA)).await;
    remind(&bernd, &place).await;
    world.deliver().await;
    let (id, looks) = (id_of(&world, who::BERND), records(&world, "course-viewed"));
    change_directory(&mut world, |entries| remove_person(entries, who::BERND)).await;
    assert_eq!(world.look_for_the_gone().await.expect("an answer"), 1);
    world.advance(TimeDelta::days(366));
    assert_eq!(world.erase_due().await.expect("an answer").erased, 1);
    for table in ["uploads", "reminders", "course_views", "outbox", "sessions"] {
        assert_eq!(world.count(&format!("{table} WHERE account_id = '{id}'")), 0, "{table}");
    }
    assert_eq!(world.count("uploads"), 0);
    assert_eq!(records(&world, "course-viewed"), looks, "what happened stays");
    still_verifies(&world).await;
}
