//! Runs one attempt so that it can neither hang nor take others down: under a deadline, with panics caught, and cancelled
//! when the lease is lost. In kube 5 a panic in one reconcile ends the stream of the whole controller.

use futures::FutureExt;
use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

/// Why an attempt has no result.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted<E> {
    /// It ended with an error.
    #[error("{0}")]
    Failed(E),
    /// It took longer than it may.
    #[error("no result within {0:?}")]
    Deadline(Duration),
    /// It panicked: a bug. The text is the panic's message.
    #[error("panic: {0}")]
    Panic(String),
    /// It was cancelled because the lease was lost, or the process stops.
    #[error("stopped: this process may not act any more")]
    Stopped,
}

/// Runs `attempt` for at most `deadline`, and not longer than until `stop` resolves.
pub async fn guarded<T, E>(
    deadline: Duration,
    stop: impl Future<Output = ()>,
    attempt: impl Future<Output = Result<T, E>>,
) -> Result<T, Interrupted<E>> {
    let attempt = AssertUnwindSafe(attempt).catch_unwind();
    tokio::select! {
        biased;
        () = stop => Err(Interrupted::Stopped),
        ended = tokio::time::timeout(deadline, attempt) => match ended {
            Err(_) => Err(Interrupted::Deadline(deadline)),
            Ok(Err(panic)) => Err(Interrupted::Panic(message(panic.as_ref()))),
            Ok(Ok(result)) => result.map_err(Interrupted::Failed),
        },
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_hangs_ends_at_its_deadline() {
        let ended = guarded::<(), ()>(Duration::from_secs(60), pending(), pending()).await;
        assert!(matches!(ended, Err(Interrupted::Deadline(_))));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_value() {
        let ended = guarded::<(), ()>(Duration::from_secs(60), pending(), async { panic!("bug {}", 7) }).await;
        assert!(matches!(ended, Err(Interrupted::Panic(text)) if text == "bug 7"));
    }

    #[tokio::test]
    async fn a_stop_cancels_at_once_and_before_anything_runs() {
        let attempt = async { unreachable!("it may not even start") };
        let ended = guarded::<(), ()>(Duration::from_secs(60), async {}, attempt).await;
        assert!(matches!(ended, Err(Interrupted::Stopped)));
    }
}
