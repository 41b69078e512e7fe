//! How long a request waits for the directory: one limit for all that it asks.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::directory::DirectoryError;

/// The time that the directory has for the questions of one request, however many they are. It runs from the first one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    began: Instant,
    limit: Duration,
}

impl Patience {
    /// Begins now.
    pub(super) fn of(limit: Duration) -> Self {
        Self { began: Instant::now(), limit }
    }

    /// How long the directory has been asked so far.
    pub(super) fn spent(self) -> Duration {
        self.began.elapsed()
    }

    /// Asks the directory, and waits for the answer as long as there is time left. The question itself goes on until the
    /// directory's own limit: only that shows that a connection has died. Without any time left nothing is asked.
    pub(super) async fn ask<T: Send + 'static>(
        self,
        question: impl Future<Output = Result<T, DirectoryError>> + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let ends = self.began + self.limit;
        if ends <= Instant::now() {
            return Err(DirectoryError::TimedOut);
        }
        let asked = timeout_at(ends, tokio::spawn(question)).await;
        // One that panicked has no answer, either.
        asked.ok().and_then(Result::ok).unwrap_or(Err(DirectoryError::TimedOut))
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::oneshot, time::sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn all_questions_share_one_limit() {
        let patience = Patience::of(LIMIT);
        assert_eq!(patience.ask(async { Ok("there") }).await.ok(), Some("there"));
        sleep(LIMIT / 2).await;
        let silent = patience.ask(std::future::pending::<Result<(), _>>()).await;
        assert!(matches!(silent, Err(DirectoryError::TimedOut)));
        assert!(patience.spent() >= LIMIT);
        let (told, asked) = oneshot::channel();
        assert!(patience.ask(async move { told.send(()).map_err(|()| DirectoryError::TimedOut) }).await.is_err());
        assert!(asked.await.is_err(), "nothing is asked when the time is over");
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
