//! How the process ends: on SIGTERM or SIGINT no new work is taken, what runs is finished within a bound, and only when it
//! really has finished is the lease given back.

use std::{io, time::Duration};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

/// Whether the process is to end. Clones share it.
#[derive(Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Shutdown {
    /// One that only `begin` starts.
    pub fn new() -> Self {
        Self(watch::channel(false).0)
    }

    /// One that SIGTERM or SIGINT starts.
    pub fn on_signals() -> io::Result<Self> {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = Self::new();
        let begins = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => (), _ = int.recv() => () }
            tracing::info!("told to stop: taking no new work");
            begins.begin();
        });
        Ok(shutdown)
    }

    /// Begins to stop.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Resolves when it has begun.
    pub async fn begun(&self) {
        let mut changes = self.0.subscribe();
        // We hold a sender, so this cannot fail.
        drop(changes.wait_for(|begun| *begun).await);
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits for running work, at most `bound`; what still runs then is aborted. True when everything ended by itself: only
/// then may the lease be released, otherwise it is left to expire.
pub async fn drain(mut work: JoinSet<()>, bound: Duration) -> bool {
    let ended = tokio::time::timeout(bound, async { while work.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(
            still_running = work.len(),
            "stopped waiting for work; the lease is left to expire"
        );
        work.shutdown().await;
    }
    ended.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn running_work_is_finished_within_the_bound() {
        let shutdown = Shutdown::new();
        let mut work = JoinSet::new();
        let (told, (done, finished)) = (shutdown.clone(), tokio::sync::oneshot::channel());
        work.spawn(async move {
            told.begun().await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            done.send(()).unwrap();
        });
        shutdown.begin();
        assert!(shutdown.has_begun());
        assert!(drain(work, Duration::from_secs(30)).await);
        finished.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_does_not_end_is_aborted_and_reported() {
        let mut work = JoinSet::new();
        work.spawn(std::future::pending());
        assert!(!drain(work, Duration::from_secs(30)).await);
    }
}
