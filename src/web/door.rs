//! Whether there is room for one more to sign in. A sign-in is the beginning of several more requests, so this is where load is
//! refused; people inside are never turned away (`docs/decisions/0013`).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::OwnedSemaphorePermit, task::yield_now};

use super::State;

/// Lets one more sign in, if there is room; the place is theirs as long as they hold it.
///
/// # Errors
/// Why there is none, for the operator.
pub(super) async fn admit(state: &State) -> Result<OwnedSemaphorePermit, &'static str> {
    let busy_after = state.settings.sign_in.busy_after;
    if state.database.delay() > busy_after {
        return Err("transactions wait for their turn");
    }
    if wait_on_this_thread().await > busy_after {
        return Err("requests wait for a processor");
    }
    Arc::clone(&state.sign_ins).try_acquire_owned().map_err(|_| "too many sign in at once")
}

/// How long whatever is ready to go on has to wait for its turn on this thread: the less of two, since one long computation holds
/// up everybody once.
async fn wait_on_this_thread() -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..2 {
        let ready = Instant::now();
        yield_now().await;
        least = least.min(ready.elapsed());
    }
    least
}

#[cfg(test)]
mod tests {
    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    /// Beside so many tasks that compute for a millisecond again and again.
    async fn beside(tasks: usize) -> Duration {
        let computing = async || {
            loop {
                std::thread::sleep(Duration::from_millis(1));
                yield_now().await;
            }
        };
        let threads = LocalSet::new();
        let waiting = async {
            for _ in 0..tasks {
                spawn_local(computing());
            }
            // A task among the others, as requests are.
            spawn_local(wait_on_this_thread()).await.unwrap()
        };
        threads.run_until(waiting).await
    }

    #[tokio::test]
    async fn whoever_is_ready_waits_for_all_that_were_ready_before() {
        assert!(beside(200).await >= Duration::from_millis(150));
        assert!(beside(0).await < Duration::from_millis(100));
    }
}
