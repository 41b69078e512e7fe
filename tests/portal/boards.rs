//! Boards: counts that grow in front of a class.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;

use latchkey::demo::university;

use crate::{
    support::process::{Process, connect, free_port},
    world::{Base, Stream, Visitor, World, change_person, who},
};

on_both![
    a_board_shows_a_count_and_the_way_and_names_nobody,
    the_count_grows_while_people_activate_and_shrinks_when_they_withdraw,
    what_another_portal_stores_shows_within_two_seconds,
    a_board_is_never_compressed_and_never_kept,
    so_many_boards_a_session_has_and_no_more,
    a_board_ends_with_its_session,
    a_board_ends_with_its_session_however_often_its_count_changes,
    a_board_ends_with_the_role,
];

const STATISTICS: &str = "Statistik I";

/// The address of the course's board, with the language.
async fn board_of(lecturer: &Visitor) -> String {
    let page = lecturer.open("/courses").await;
    let titles = page.texts("main a[href*='/courses/']");
    let at = titles.iter().position(|found| found == STATISTICS).expect("the course");
    format!("{}/board", page.attributes("main a[href*='/courses/']", "href")[at])
}

async fn events_of(lecturer: &Visitor) -> Stream {
    let stream = lecturer.listen(&format!("{}/events", board_of(lecturer).await)).await;
    assert_eq!(stream.status(), 200);
    stream
}

async fn a_board_shows_a_count_and_the_way_and_names_nobody(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let page = bernd.get(&board_of(&bernd).await).await;
    page.expect(200).says("Activate Rocket.Chat now").says("1 of 64");
    assert_eq!(page.text(".lk-board-address"), format!("{}/a/rocketchat", world.address));
    assert_eq!(page.attributes("[data-ring]", "stroke-dasharray"), ["1 100"]);
    assert!(page.body.contains("<noscript><meta http-equiv=\"refresh\""));
    for name in ["Anna", "Bernd", "Schmidt", who::ANNA, who::BERND] {
        assert!(!page.body.contains(name), "the board names {name}");
    }
    assert_eq!(page.attributes("[data-complete]", "hidden").len(), 1);
}

async fn the_count_grows_while_people_activate_and_shrinks_when_they_withdraw(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let (mut one, mut other) = (events_of(&bernd).await, events_of(&bernd).await);
    let first = one.next().await.expect("the count as it is");
    assert_eq!((&first["activated"], &first["people"]), (&"0".into(), &"of 64".into()));
    assert_eq!((&first["percent"], &first["complete"]), (&0.into(), &false.into()));
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    let began = Instant::now();
    one.until("1").await;
    other.until("1").await;
    assert!(began.elapsed() < Duration::from_secs(4), "after {:?}", began.elapsed());
    anna.withdraw("rocketchat").await;
    one.until("0").await;
    world.deliver().await;
}

async fn what_another_portal_stores_shows_within_two_seconds(base: Base) {
    let world = World::new(base).await;
    let anna = world.signed_in(who::ANNA).await;
    anna.activate(&["rocketchat"]).await;
    world.deliver().await;
    world.execute("UPDATE entitlements SET applied_revision = 0").expect("a change");
    let bernd = world.signed_in(who::BERND).await;
    let mut boards = join_all((0..3).map(|_| events_of(&bernd))).await;
    for board in &mut boards {
        board.until("0").await;
    }
    world.execute("UPDATE entitlements SET applied_revision = revision").expect("a change");
    let began = Instant::now();
    for board in &mut boards {
        board.until("1").await;
    }
    assert!(began.elapsed() < Duration::from_secs(4), "after {:?}", began.elapsed());
}

async fn a_board_is_never_compressed_and_never_kept(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let mut stream = events_of(&bernd).await;
    assert_eq!(stream.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(stream.header("content-encoding"), "identity");
    assert_eq!(stream.header("cache-control"), "no-store");
    assert_eq!(stream.header("x-accel-buffering"), "no");
    stream.next().await.expect("an event");
}

async fn so_many_boards_a_session_has_and_no_more(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let mut boards = join_all((0..6).map(|_| events_of(&bernd))).await;
    let refused = bernd.listen(&format!("{}/events", board_of(&bernd).await)).await;
    assert_eq!((refused.status(), refused.header("retry-after")), (429, "30"));
    world.signed_in(who::BERND).await;
    boards.pop();
    // The end of a connection shows with the next beat.
    let mut again = 429;
    for _ in 0..40 {
        again = bernd.listen(&format!("{}/events", board_of(&bernd).await)).await.status();
        if again == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(again, 200);
}

async fn a_board_ends_with_its_session(base: Base) {
    let world = World::new(base).await;
    let bernd = world.signed_in(who::BERND).await;
    let mut board = events_of(&bernd).await;
    board.next().await.expect("an event");
    bernd.sign_out().await;
    assert_eq!(board.next().await, None);
    let bernd = world.signed_in(who::BERND).await;
    let mut board = events_of(&bernd).await;
    board.next().await.expect("an event");
    world.advance(TimeDelta::minutes(31));
    assert_eq!(board.next().await, None);
}

/// The board must end while its count changes again and again.
async fn ends_while_counts_change(world: &World, mut board: Stream) {
    let ended = async { while board.next().await.is_some() {} };
    let changing = async {
        loop {
            for revision in ["0", "revision"] {
                world.execute(&format!("UPDATE entitlements SET applied_revision = {revision}")).expect("a change");
                tokio::time::sleep(Duration::from_millis(700)).await;
            }
        }
    };
    tokio::select! {
        ended = tokio::time::timeout(Duration::from_secs(9), ended) => ended.expect("the end of the board"),
        () = changing => {}
    }
}

async fn a_board_ends_with_its_session_however_often_its_count_changes(base: Base) {
    let world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let mut board = events_of(&bernd).await;
    board.next().await.expect("an event");
    bernd.sign_out().await;
    ends_while_counts_change(&world, board).await;
}

async fn a_board_ends_with_the_role(base: Base) {
    let mut world = World::new(base).await;
    world.signed_in(who::ANNA).await.activate(&["rocketchat"]).await;
    world.deliver().await;
    let bernd = world.signed_in(who::BERND).await;
    let mut board = events_of(&bernd).await;
    board.next().await.expect("an event");
    world.stop_directory().await;
    world.start_directory(|entries| change_person(entries, who::BERND, "eduPersonAffiliation", Some("alum"))).await;
    world.advance(TimeDelta::minutes(6));
    ends_while_counts_change(&world, board).await;
    bernd.open("/courses").await.expect(403);
}

#[tokio::test]
async fn a_portal_that_is_to_stop_does_not_wait_for_its_boards() {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, directory) = (free_port(), free_port());
    let (listen, directory) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{directory}"));
    let data = folder.path().join("data").display().to_string();
    let command = [
        env!("CARGO_BIN_EXE_latchkey"),
        "demo",
        "--data",
        &data,
        "--listen",
        &listen,
        "--directory-listen",
        &directory,
    ];
    let portal = Process::start(&command, &folder.path().join("log"));
    let is_there = || portal.wait_until(|| connect(port).is_some());
    is_there().or_else(|_| is_there()).or_else(|_| is_there()).expect("a portal");
    let mut bernd = Visitor::elsewhere(listen.parse().expect("an address"));
    bernd.sign_in(who::BERND, university::PASSWORD).await;
    let mut boards = [events_of(&bernd).await, events_of(&bernd).await];
    for board in &mut boards {
        board.next().await.expect("an event");
    }
    let began = Instant::now();
    portal.signal("TERM");
    for board in &mut boards {
        assert_eq!(board.next().await, None);
    }
    while portal.is_running() && began.elapsed() < Duration::from_secs(12) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(5), "the portal ended after {:?}", began.elapsed());
}
