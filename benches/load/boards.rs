//! A whole class activates in front of ten boards: how soon each board is right, and what it asks of the directory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{sync::Semaphore, time::sleep};

use crate::{
    browser::Browser,
    classes::{SIZES, address},
    figures::Quantiles,
    portal::Portal,
    university::University,
};

/// Two lecturers with five boards each.
const SESSIONS: usize = 2;
const BOARDS_EACH: usize = 5;

/// How many students are under way at the same time at most.
const AT_ONCE: usize = 32;

/// How long a board may take at the end.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct Boards {
    pub people: usize,
    pub lasted: Duration,
    pub failures: Vec<String>,
    /// For each board, and each activation: from the answer to the press until the board counted it.
    pub lags: Vec<Quantiles>,
    pub slowest: Duration,
    /// How many activations some board never counted.
    pub missed: usize,
    /// Questions to the directory about courses or their people meanwhile.
    pub questions: usize,
}

pub async fn measure(university: &University, members: usize, database: Option<String>, time: Duration) -> Boards {
    let portal = Portal::start(university, members, database.as_deref());
    let size = SIZES[3];
    let mut boards = Vec::new();
    for _ in 0..SESSIONS {
        let mut lecturer = Browser::new(&portal.address);
        lecturer.sign_in(0).await.expect("the lecturer");
        let list = lecturer.page("/en/courses").await.expect("the list of courses");
        for _ in 0..BOARDS_EACH {
            let stream = lecturer.listen(&format!("{}/board/events", address(&list, size))).await.expect("a board");
            boards.push(tokio::spawn(watch(stream, size)));
        }
    }
    sleep(Duration::from_secs(2)).await;
    let (log, start) = (university.server.log_length(), Instant::now());
    let (mut pressed, failures) = activate(&portal.address, size, time).await;
    let lasted = start.elapsed();
    let seen: Vec<Vec<(usize, Instant)>> =
        join_all(boards).await.into_iter().map(|board| board.expect("a board")).collect();
    let log = university.server.log_since(log);
    // The next one begins with the same class.
    university.take_out(members, &(1..=size).collect::<Vec<_>>()).await;
    pressed.sort();
    let lags: Vec<Vec<Option<Duration>>> = seen.iter().map(|events| lags(&pressed, events)).collect();
    let missed = lags.iter().flatten().filter(|lag| lag.is_none()).count();
    let known: Vec<Vec<Duration>> = lags.into_iter().map(|lags| lags.into_iter().flatten().collect()).collect();
    Boards {
        people: pressed.len(),
        lasted,
        failures,
        slowest: known.iter().flatten().max().copied().unwrap_or_default(),
        lags: known.into_iter().map(Quantiles::of).collect(),
        missed,
        questions: log.matches("ou=courses,").count() + log.matches("(entryDN=").count().div_ceil(100),
    }
}

/// Everybody of the class, evenly over the time; returns when each had the answer.
async fn activate(address: &str, size: usize, time: Duration) -> (Vec<Instant>, Vec<String>) {
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let each = time / u32::try_from(size).expect("a class");
    let students = (1..=size).map(|number| {
        let (address, at_once) = (address.to_owned(), Arc::clone(&at_once));
        let begins = each * u32::try_from(number).expect("a student");
        tokio::spawn(async move {
            sleep(begins).await;
            let _place = at_once.acquire().await.expect("a place");
            Browser::new(&address).activate(number).await
        })
    });
    let done: Vec<Result<Instant, String>> =
        join_all(students).await.into_iter().map(|student| student.expect("a student")).collect();
    let (good, bad): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
    (good.into_iter().flatten().collect(), bad.into_iter().filter_map(Result::err).collect())
}

/// The counts that a board was told, with when; until everybody has activated, or nothing more comes.
async fn watch(mut stream: reqwest::Response, size: usize) -> Vec<(usize, Instant)> {
    let (mut events, mut text) = (Vec::new(), String::new());
    loop {
        let quiet = if events.is_empty() { PATIENCE * 4 } else { PATIENCE };
        let Ok(Ok(Some(chunk))) = tokio::time::timeout(quiet, stream.chunk()).await else { return events };
        text += &String::from_utf8_lossy(&chunk);
        while let Some(end) = text.find("\n\n") {
            let event: String = text.drain(..end + 2).collect();
            let Some((_, rest)) = event.split_once("\"activated\":\"") else { continue };
            let count = rest.split('"').next().and_then(|count| count.parse().ok()).expect("a count");
            events.push((count, Instant::now()));
            if count == size {
                return events;
            }
        }
    }
}

/// For each activation, in the order of the answers: how long the board took to count so many.
fn lags(pressed: &[Instant], events: &[(usize, Instant)]) -> Vec<Option<Duration>> {
    let counted = |place: usize| events.iter().find(|(count, _)| *count > place).map(|(_, at)| *at);
    pressed.iter().enumerate().map(|(place, at)| Some(counted(place)?.saturating_duration_since(*at))).collect()
}
