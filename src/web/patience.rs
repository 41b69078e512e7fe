//! How long a request waits for the directory: one limit for all that it asks.

use std::{cell::Cell, time::Duration};

use actix_web::HttpRequest;
use tokio::time::{Instant, timeout};

use super::{State, door::Pace};
use crate::directory::DirectoryError;

/// The time that the directory has for the questions of one request, however many they are. Only waiting for it counts, and what is
/// asked at the same time counts once; what the request waits for besides does not, unless it belongs to a question (a class is read from
/// both).
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    /// The request's, which is told how long was waited.
    pace: Pace,
    /// How long was waited before.
    spent: Cell<Duration>,
    /// How many questions are waited for now, and since when any is.
    waiting: Cell<usize>,
    since: Cell<Instant>,
}

impl Patience {
    pub(super) fn of(limit: Duration) -> Self {
        Self::with(limit, Pace::default())
    }

    fn with(limit: Duration, pace: Pace) -> Self {
        let since = Cell::new(Instant::now());
        Self { limit, pace, spent: Cell::default(), waiting: Cell::default(), since }
    }

    /// For a page that shows what is known if the directory does not answer.
    pub(super) fn of_page(request: &HttpRequest, state: &State) -> Self {
        Self::with(state.settings.page_timeout, Pace::of(request))
    }

    /// For a change of permissions, and for the page that tells what came of it.
    pub(super) fn of_change(request: &HttpRequest, state: &State) -> Self {
        Self::with(state.settings.write_deadline, Pace::of(request))
    }

    /// For a page that cannot be shown without the directory. Some of them need many questions: they have the time of the slowest
    /// single one.
    pub(super) fn without_alternative(request: &HttpRequest, state: &State) -> Self {
        Self::with(state.directory.settings().operation_timeout, Pace::of(request))
    }

    /// How much time is left.
    pub(super) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.spent())
    }

    /// How long was waited so far.
    fn spent(&self) -> Duration {
        let waiting = if self.waiting.get() > 0 { self.since.get().elapsed() } else { Duration::ZERO };
        self.spent.get() + waiting
    }

    /// Asks the directory, and waits for the answer as long as there is time left; without any, nothing is asked. The question goes on
    /// without anybody who waits, until the directory's own limit: only that shows that a connection has died, and what is found
    /// out then can be kept for the next page.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T, DirectoryError>> + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let left = self.left();
        if left.is_zero() {
            return Err(DirectoryError::TimedOut);
        }
        let asking = self.spend_on(timeout(left, tokio::spawn(question)));
        // One that panicked has no answer, either.
        asking.await.ok().and_then(Result::ok).unwrap_or(Err(DirectoryError::TimedOut))
    }

    /// Waits for what has a limit of its own; the time counts.
    pub(super) async fn spend_on<T>(&self, waiting: impl Future<Output = T>) -> T {
        let _wait = Wait::begin(self);
        waiting.await
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        self.pace.waited(self.spent());
    }
}

/// One question that is waited for.
struct Wait<'a>(&'a Patience);

impl<'a> Wait<'a> {
    fn begin(patience: &'a Patience) -> Self {
        if patience.waiting.replace(patience.waiting.get() + 1) == 0 {
            patience.since.set(Instant::now());
        }
        Self(patience)
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Self(patience) = self;
        if patience.waiting.replace(patience.waiting.get() - 1) == 1 {
            patience.spent.set(patience.spent.get() + patience.since.get().elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::oneshot, time::sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(300);

    async fn answer_after(time: Duration) -> Result<(), DirectoryError> {
        sleep(time).await;
        Ok(())
    }

    #[tokio::test]
    async fn all_questions_share_one_limit() {
        let patience = Patience::of(LIMIT);
        assert!(patience.ask(answer_after(LIMIT / 2)).await.is_ok());
        assert!(patience.left() <= LIMIT / 2);
        let silent = patience.ask(std::future::pending::<Result<(), _>>()).await;
        assert!(matches!(silent, Err(DirectoryError::TimedOut)));
        assert_eq!(patience.left(), Duration::ZERO);
        assert!(patience.ask(answer_after(LIMIT / 100)).await.is_err());
    }

    #[tokio::test]
    async fn what_is_asked_together_counts_once_and_other_waits_do_not_count() {
        let patience = Patience::of(LIMIT);
        sleep(LIMIT).await;
        let together = (0..10).map(|_| patience.ask(answer_after(LIMIT / 10)));
        assert!(futures_util::future::join_all(together).await.into_iter().all(|answer| answer.is_ok()));
        let left = patience.left();
        assert!(left > Duration::ZERO && left <= LIMIT * 9 / 10, "{left:?}");
        sleep(LIMIT).await;
        assert_eq!(patience.left(), left);
        // Whoever stops waiting has waited.
        drop(timeout(LIMIT / 10, patience.ask(std::future::pending::<Result<(), _>>())).await);
        assert!(patience.left() <= left.saturating_sub(LIMIT / 10));
    }

    #[tokio::test]
    async fn a_question_goes_on_when_nobody_waits_any_longer() {
        let (told, learnt) = oneshot::channel();
        let question = async move {
            sleep(2 * LIMIT).await;
            told.send("died").map_err(|_| DirectoryError::TimedOut)
        };
        assert!(Patience::of(LIMIT).ask(question).await.is_err());
        assert_eq!(learnt.await, Ok("died"));
    }
}
