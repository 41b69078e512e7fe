//! Boards: counts that grow in front of a class.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;

use crate::world::{Base, Stream, Visitor, World, who};

on_both![
    a_board_shows_a_count_and_the_way_and_names_nobody,
    the_count_grows_while_people_activate_and_shrinks_when_they_withdraw,
    what_another_portal_stores_shows_within_two_seconds,
    a_board_is_never_compressed_and_never_kept,
    so_many_boards_a_session_has_and_no_more,
    a_board_ends_with_its_session,
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
