//! One count for all boards of a class: read from the database once a second, as long as somebody looks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::web;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::sleep,
};

use super::board;
use crate::{
    db,
    domain::{
        catalogue::Service,
        courses::{Count, CourseId, Roster},
    },
    web::State,
};

/// How often a count is read while a board shows it.
const EVERY: Duration = Duration::from_secs(1);

/// How many boards one session, one class and the whole portal may have open.
const PER_SESSION: usize = 6;
const PER_COURSE: usize = 60;
const IN_ALL: usize = 600;

/// Class and service.
type Subject = (CourseId, String);

/// The open boards of this portal.
#[derive(Clone, Default)]
pub(in crate::web) struct Boards(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    tickers: HashMap<Subject, watch::Sender<Count>>,
    seats: HashMap<String, usize>,
}

/// The right to one open board; given back when it is dropped.
pub(super) struct Seat {
    boards: Boards,
    names: [String; 3],
}

impl Boards {
    /// `None` if too many boards are open.
    pub(super) fn seat(&self, session: &str, course: &CourseId) -> Option<Seat> {
        let limits = [PER_SESSION, PER_COURSE, IN_ALL];
        let names = [format!("session {session}"), format!("course {course}"), "all".to_owned()];
        let mut open = self.lock();
        let taken = |open: &Open, name: &String| open.seats.get(name).copied().unwrap_or_default();
        if names.iter().zip(limits).any(|(name, limit)| taken(&open, name) >= limit) {
            return None;
        }
        for name in &names {
            *open.seats.entry(name.clone()).or_default() += 1;
        }
        drop(open);
        Some(Seat { boards: self.clone(), names })
    }

    /// The count of the class, now and whenever it changes. The first who asks starts the ticker; it ends when nobody listens.
    pub(super) async fn watch(
        &self,
        state: &web::Data<State>,
        course: &CourseId,
        service: &Service,
        roster: Arc<Roster>,
    ) -> Result<watch::Receiver<Count>, db::Error> {
        let subject = (course.clone(), service.slug.to_string());
        if let Some(ticker) = self.lock().tickers.get(&subject) {
            return Ok(ticker.subscribe());
        }
        let first = board::count(state, service, &roster).await?;
        let mut open = self.lock();
        if let Some(ticker) = open.tickers.get(&subject) {
            return Ok(ticker.subscribe());
        }
        let (ticker, receiver) = watch::channel(first);
        open.tickers.insert(subject.clone(), ticker.clone());
        drop(open);
        tokio::spawn(tick(self.clone(), state.clone(), subject, service.clone(), roster, ticker));
        Ok(receiver)
    }

    /// Takes the ticker away if nobody listens any more; whoever comes later starts a new one.
    fn end_if_idle(&self, subject: &Subject) -> bool {
        let mut open = self.lock();
        let is_idle = open.tickers.get(subject).is_none_or(|ticker| ticker.receiver_count() == 0);
        if is_idle {
            open.tickers.remove(subject);
        }
        is_idle
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.boards.lock();
        for name in &self.names {
            if let Some(taken) = open.seats.get_mut(name) {
                *taken -= 1;
                if *taken == 0 {
                    open.seats.remove(name);
                }
            }
        }
    }
}

/// Reads the count until nobody listens or the process is told to end; the boards' answers end with it, so that nothing waits
/// for them.
async fn tick(
    boards: Boards,
    state: web::Data<State>,
    subject: Subject,
    service: Service,
    mut roster: Arc<Roster>,
    ticker: watch::Sender<Count>,
) {
    let mut stopping = std::pin::pin!(told_to_stop());
    loop {
        tokio::select! {
            () = sleep(EVERY) => {}
            () = &mut stopping => break,
        }
        if boards.end_if_idle(&subject) {
            return;
        }
        roster = state.classes.last(&subject.0).unwrap_or(roster);
        match board::count(&state, &service, &roster).await {
            Ok(count) => _ = ticker.send_if_modified(|last| std::mem::replace(last, count) != count),
            Err(error) => tracing::debug!(event = "board.count", reason = %error),
        }
    }
    boards.lock().tickers.remove(&subject);
}

async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_boards_and_gets_them_back() {
        let (boards, course) = (Boards::default(), CourseId::of(b"key", "lms", "stat1"));
        let seats: Vec<Seat> = (0..PER_SESSION).map(|_| boards.seat("s1", &course).unwrap()).collect();
        assert!(boards.seat("s1", &course).is_none());
        assert!(boards.seat("s2", &course).is_some());
        drop(seats);
        assert!(boards.seat("s1", &course).is_some());
        assert!(boards.lock().seats.is_empty());
    }

    #[test]
    fn a_class_has_so_many_boards_whoever_shows_them() {
        let (boards, course) = (Boards::default(), CourseId::of(b"key", "lms", "stat1"));
        let seats: Vec<_> = (0..PER_COURSE).map(|n| boards.seat(&n.to_string(), &course).unwrap()).collect();
        assert!(boards.seat("another", &course).is_none());
        assert!(boards.seat("another", &CourseId::of(b"key", "lms", "stat2")).is_some());
        drop(seats);
    }
}
