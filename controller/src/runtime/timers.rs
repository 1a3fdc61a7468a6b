//! When each object is looked at again although nothing happens.

use futures::StreamExt;
use std::{collections::HashMap, hash::Hash, time::Duration};
use tokio::time::Instant;
use tokio_util::time::{DelayQueue, delay_queue::Key};

/// At most one timer for each object.
pub(super) struct Timers<T> {
    queue: DelayQueue<T>,
    keys: HashMap<T, Key>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            queue: DelayQueue::new(),
            keys: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Timers<T> {
    /// Goes off after this time, or when an earlier one for the object does.
    pub(super) fn set(&mut self, object: &T, after: Duration) {
        match self.keys.get(object) {
            Some(key) if self.queue.deadline(key) <= Instant::now() + after => (),
            Some(key) => self.queue.reset(key, after),
            None => {
                let key = self.queue.insert(object.clone(), after);
                self.keys.insert(object.clone(), key);
            }
        }
    }

    /// Takes the object's timer away, if it has one.
    pub(super) fn clear(&mut self, object: &T) {
        if let Some(key) = self.keys.remove(object) {
            self.queue.remove(&key);
        }
    }

    /// The next object whose time has come; none when there is no timer.
    pub(super) async fn next(&mut self) -> Option<T> {
        let object = self.queue.next().await?.into_inner();
        self.keys.remove(&object);
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_two_timers_for_an_object_the_earlier_goes_off_and_the_other_never() {
        let (mut timers, begun) = (Timers::default(), Instant::now());
        for (object, after) in [("a", 9), ("a", 3), ("b", 4), ("b", 60), ("c", 1)] {
            timers.set(&object, Duration::from_secs(after));
        }
        timers.clear(&"c");
        let mut went_off = Vec::new();
        while let Some(object) = timers.next().await {
            went_off.push((object, begun.elapsed().as_secs()));
        }
        assert_eq!(went_off, [("a", 3), ("b", 4)]);
    }
}
