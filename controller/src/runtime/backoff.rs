//! How long an object waits after a failure: 5 s doubled with each one, at most 10 minutes, with full jitter.
//! kube has none of this: its error policy is told neither how often an object failed nor that it succeeded.

use super::jitter::fraction;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(600);
/// Full jitter may come out as nothing at all; a failing object is never retried at once.
const SHORTEST: Duration = Duration::from_millis(500);

/// One object, not its name: an object recreated under the same name starts afresh.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
}

/// The failures of each object since its last success. Holds at most so many objects; the longest untouched goes first.
pub struct Backoff {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    clock: u64,
    failures: HashMap<ObjectKey, (u32, u64)>,
}

impl Backoff {
    /// Remembers at most `capacity` objects.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            state: Mutex::default(),
        }
    }

    /// Counts a failure and says how long to wait.
    pub fn failed(&self, key: &ObjectKey) -> Duration {
        let mut state = self.state();
        state.clock += 1;
        let now = state.clock;
        if !state.failures.contains_key(key) && state.failures.len() >= self.capacity {
            state.forget_oldest();
        }
        let entry = state.failures.entry(key.clone()).or_insert((0, now));
        let failures = entry.0;
        *entry = (failures.saturating_add(1), now);
        delay(&key.uid, failures)
    }

    /// Forgets the object's failures: it succeeded, or it is gone.
    pub fn reset(&self, key: &ObjectKey) {
        self.state().failures.remove(key);
    }

    /// How often the object failed in a row.
    pub fn failures(&self, key: &ObjectKey) -> u32 {
        self.state().failures.get(key).map_or(0, |(failures, _)| *failures)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_oldest(&mut self) {
        let oldest = self
            .failures
            .iter()
            .min_by_key(|(_, (_, touched))| *touched)
            .map(|(key, _)| key.clone());
        oldest.iter().for_each(|key| _ = self.failures.remove(key));
    }
}

/// The delay after the n-th failure in a row, counted from 0.
fn delay(uid: &str, failures: u32) -> Duration {
    let ceiling = FIRST.saturating_mul(1 << failures.min(7)).min(LONGEST);
    ceiling.mul_f64(fraction(uid, u64::from(failures))).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(uid: &str) -> ObjectKey {
        ObjectKey {
            namespace: "team".into(),
            name: "api".into(),
            uid: uid.into(),
        }
    }

    #[test]
    fn delays_grow_up_to_ten_minutes_and_are_the_same_in_every_process() {
        let backoff = Backoff::new(10);
        for n in 0..100 {
            let waited = backoff.failed(&key("a"));
            assert!(waited <= (FIRST * (1 << n.min(7))).min(LONGEST), "{n}: {waited:?}");
            assert!(waited >= SHORTEST);
            assert_eq!(waited, delay("a", n));
        }
        let mean: f64 = (0..1000)
            .map(|n| delay(&format!("uid-{n}"), 20).as_secs_f64())
            .sum::<f64>()
            / 1000.0;
        assert!(
            (270.0..330.0).contains(&mean),
            "full jitter has its mean at half the ceiling: {mean}"
        );
    }

    #[test]
    fn a_success_forgets_and_another_uid_never_failed() {
        let backoff = Backoff::new(10);
        backoff.failed(&key("a"));
        backoff.failed(&key("a"));
        assert_eq!((backoff.failures(&key("a")), backoff.failures(&key("b"))), (2, 0));
        backoff.reset(&key("a"));
        assert_eq!(backoff.failures(&key("a")), 0);
    }

    #[test]
    fn memory_is_bounded_and_the_longest_untouched_goes_first() {
        let backoff = Backoff::new(3);
        for uid in ["a", "b", "c", "a", "d"] {
            backoff.failed(&key(uid));
        }
        let failures: Vec<u32> = ["a", "b", "c", "d"].map(|uid| backoff.failures(&key(uid))).into();
        assert_eq!(failures, [2, 0, 1, 1]);
    }
}
