//! Boards in a real browser: a count that grows in front of a class.

use crate::{
    browser::{Browser, ENGLISH, GERMAN, Kind},
    portal::Portal,
};

const WITHOUT_SCRIPTS: Kind = Kind { language: "en", scripts: false };

/// Signs a lecturer in and opens the board of "Statistik I".
async fn open_board(portal: &Portal, browser: &Browser) {
    browser.goto(&portal.url("/en/sign-in")).await;
    browser.sign_in("bschmidt", "latchkey").await;
    browser.goto(&portal.url("/en/courses")).await;
    browser.follow("a", "Statistik I").await;
    browser.follow("a", "Board for the lecture hall").await;
}

async fn activate(portal: &Portal, student: &Browser) {
    student.goto(&portal.url("/a/rocketchat")).await;
    student.sign_in("amueller", "latchkey").await;
    student.click(".lk-service--marked input[type=checkbox]").await;
    student.click("#terms").await;
    student.submit(".lk-permissions .lk-actions button").await;
}

#[tokio::test]
async fn one_activates_and_the_others_count_moves() {
    let (portal, board, student) = tokio::join!(Portal::start(&[]), Browser::open(ENGLISH), Browser::open(GERMAN));
    open_board(&portal, &board).await;
    board.wait_for("document.querySelector('[data-activated]').textContent === '0'").await;
    board.mark_page().await;
    activate(&portal, &student).await;
    board.wait_for("document.querySelector('[data-activated]').textContent === '1'").await;
    board.wait_for("document.querySelector('[data-ring]').getAttribute('stroke-dasharray') === '1 100'").await;
    assert_eq!(board.run("return document.documentElement.dataset.left").await, "yes", "the same page, not a new one");
    assert!(board.log("browser").await.is_empty());
}

#[tokio::test]
async fn without_scripts_the_board_loads_itself_anew() {
    let (portal, board, student) =
        tokio::join!(Portal::start(&[]), Browser::open(WITHOUT_SCRIPTS), Browser::open(GERMAN));
    open_board(&portal, &board).await;
    assert!(board.text().await.contains("of 64"));
    activate(&portal, &student).await;
    for _ in 0..100 {
        if board.text().await.contains("1\nof 64") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("the board shows {}", board.text().await);
}
