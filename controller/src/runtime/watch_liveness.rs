//! Whether each watch is alive. A quiet kind yields no watch events for hours, and kube keeps bookmarks to itself, so a
//! watch counts as alive whenever the API server answers one of its requests: it must ask again after each timeout.

use super::clients::rewrapped;
use kube::Client;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// When each watched resource (its plural) was last heard of.
#[derive(Clone, Default)]
pub struct WatchLiveness(Arc<Mutex<BTreeMap<String, Instant>>>);

impl WatchLiveness {
    /// Expects a watch of this resource from now on.
    pub fn expect(&self, plural: &str) {
        self.lock().entry(plural.to_owned()).or_insert_with(Instant::now);
    }

    /// The server has answered a list or watch of this resource.
    pub fn beat(&self, plural: &str) {
        self.lock()
            .entry(plural.to_owned())
            .and_modify(|last| *last = Instant::now());
    }

    /// Seconds since each expected watch was last heard of.
    pub fn ages(&self) -> Vec<(String, Duration)> {
        self.lock()
            .iter()
            .map(|(plural, last)| (plural.clone(), last.elapsed()))
            .collect()
    }

    /// The watches that were silent for longer than 2 × (timeout + 5 s).
    pub fn dead(&self, timeout: Duration) -> Vec<String> {
        let limit = 2 * (timeout + Duration::from_secs(5));
        self.ages()
            .into_iter()
            .filter(|(_, age)| *age > limit)
            .map(|(plural, _)| plural)
            .collect()
    }

    /// The same client, listening for answers to lists and watches of expected resources.
    pub fn listening(&self, client: Client) -> Client {
        let liveness = self.clone();
        rewrapped(client, move |client, request| {
            let liveness = liveness.clone();
            async move {
                let plural = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
                let response = client.send(request).await?;
                if response.status().is_success() {
                    liveness.beat(&plural);
                }
                Ok(response)
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_watch_is_dead_after_twice_its_timeout_and_alive_again_when_heard_of() {
        let liveness = WatchLiveness::default();
        let timeout = Duration::from_secs(120);
        liveness.expect("quarantines");
        tokio::time::advance(Duration::from_secs(249)).await;
        assert!(liveness.dead(timeout).is_empty());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(liveness.dead(timeout), ["quarantines"]);
        liveness.beat("quarantines");
        liveness.beat("nobody-expects-this");
        assert!(liveness.dead(timeout).is_empty());
        assert_eq!(liveness.ages().len(), 1);
    }
}
