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
    web::{
        State,
        seats::{Seat, Seats},
    },
};

/// How often a count is read while a board shows it.
const EVERY: Duration = Duration::from_secs(1);

/// How many boards one session, one lecturer, one class and the whole portal may have open.
const PER_SESSION: usize = 6;
const PER_ACCOUNT: usize = 12;
const PER_COURSE: usize = 60;
const IN_ALL: usize = 600;

/// Class and service.
type Subject = (CourseId, String);

/// The open boards of this portal.
#[derive(Clone, Default)]
pub(in crate::web) struct Boards {
    tickers: Arc<Mutex<Tickers>>,
    seats: Seats,
}

type Tickers = HashMap<Subject, watch::Sender<Count>>;

impl Boards {
    /// `None` if too many boards are open.
    pub(super) fn seat(&self, session: &str, account_id: &str, course: &CourseId) -> Option<Seat> {
        self.seats.take([
            (format!("session {session}"), PER_SESSION),
            (format!("account {account_id}"), PER_ACCOUNT),
            (format!("course {course}"), PER_COURSE),
            ("all".to_owned(), IN_ALL),
        ])
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
        if let Some(ticker) = self.lock().get(&subject) {
            return Ok(ticker.subscribe());
        }
        let first = board::count(state, service, &roster).await?;
        let mut open = self.lock();
        if let Some(ticker) = open.get(&subject) {
            return Ok(ticker.subscribe());
        }
        let (ticker, receiver) = watch::channel(first);
        open.insert(subject.clone(), ticker.clone());
        drop(open);
        tokio::spawn(tick(self.clone(), state.clone(), subject, service.clone(), roster, ticker));
        Ok(receiver)
    }

    /// Takes the ticker away if nobody listens any more; whoever comes later starts a new one.
    fn end_if_idle(&self, subject: &Subject) -> bool {
        let mut open = self.lock();
        let is_idle = open.get(subject).is_none_or(|ticker| ticker.receiver_count() == 0);
        if is_idle {
            open.remove(subject);
        }
        is_idle
    }

    fn lock(&self) -> MutexGuard<'_, Tickers> {
        self.tickers.lock().unwrap_or_else(PoisonError::into_inner)
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
    boards.lock().remove(&subject);
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
    fn sessions_lecturers_and_classes_have_so_many_boards() {
        let (boards, course) = (Boards::default(), CourseId::of(b"key", "lms", "stat1"));
        let another = CourseId::of(b"key", "lms", "stat2");
        let first: Vec<Seat> = (0..PER_SESSION).map(|_| boards.seat("s1", "bernd", &course).unwrap()).collect();
        assert!(boards.seat("s1", "bernd", &course).is_none());
        let second: Vec<Seat> = (0..PER_SESSION).map(|_| boards.seat("s2", "bernd", &another).unwrap()).collect();
        assert!(boards.seat("s3", "bernd", &another).is_none(), "one lecturer, however many sessions");
        drop((first, second));
        let seat = |n: usize| boards.seat(&format!("s{n}"), &format!("a{n}"), &course);
        let seats: Vec<Seat> = (0..PER_COURSE).map(|n| seat(n).unwrap()).collect();
        assert!(seat(PER_COURSE).is_none());
        assert!(boards.seat("s", "a", &another).is_some());
        drop(seats);
    }
}
