//! Who may reconcile next. Edits, deletions and decisions are urgent, everything else is drift; each priority is first come,
//! first served, and keeps permits of its own, so neither starves the other nor any object
//! within. kube's own limit is a hash set: under overload some objects never run.

use super::tenants::Tenants;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// The two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for it.
    Urgent,
    /// A look whether things are still as they should be.
    Drift,
}

impl Priority {
    /// The label value in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Drift => "drift",
        }
    }
}

/// The permits. Clones share them.
#[derive(Clone)]
pub struct Permits {
    state: Arc<Mutex<State>>,
    tenants: Tenants,
}

struct State {
    /// How many may run at once of each priority, and together.
    urgent_limit: usize,
    drift_limit: usize,
    total: usize,
    serial: u64,
    running: BTreeMap<u64, (Priority, Instant)>,
    urgent: VecDeque<Ticket>,
    drift: VecDeque<Ticket>,
}

/// Where the permit is sent.
type Ticket = oneshot::Sender<Permit>;

/// The right to run; dropping it lets the next one run.
#[must_use]
pub struct Permit {
    permits: Permits,
    id: u64,
    priority: Priority,
}

impl Permit {
    /// The priority with which it was granted.
    pub fn priority(&self) -> Priority {
        self.priority
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.lock().running.remove(&self.id);
        self.permits.dispatch();
    }
}

impl Permits {
    /// `total` permits, of which drift never takes the `urgent` ones; one is kept for drift where there are two or more.
    pub fn new(total: usize, urgent: usize) -> Self {
        let total = total.max(1);
        let state = State {
            urgent_limit: (total - 1).max(1),
            drift_limit: total.saturating_sub(urgent).max(1),
            total,
            serial: 0,
            running: BTreeMap::new(),
            urgent: VecDeque::new(),
            drift: VecDeque::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            tenants: Tenants::default(),
        }
    }

    /// The looks under way, by tenant.
    pub(super) fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Waits its turn. Dropping the future gives it up.
    pub async fn acquire(&self, priority: Priority) -> Permit {
        loop {
            let (ticket, granted) = oneshot::channel();
            match priority {
                Priority::Urgent => self.lock().urgent.push_back(ticket),
                Priority::Drift => self.lock().drift.push_back(ticket),
            }
            self.dispatch();
            // The sender lives in the queue until it is used, so this does not fail; if it did, we queue again.
            if let Ok(permit) = granted.await {
                return permit;
            }
        }
    }

    /// The most permits that are given at once to a priority.
    pub fn most(&self, priority: Priority) -> usize {
        match priority {
            Priority::Urgent => self.lock().urgent_limit,
            Priority::Drift => self.lock().drift_limit,
        }
    }

    /// How long the longest holder has had its permit; for the liveness probe.
    pub fn oldest_holder(&self) -> Option<Duration> {
        self.lock().running.values().map(|(_, since)| since.elapsed()).max()
    }

    fn dispatch(&self) {
        loop {
            let Some((id, priority, grant)) = self.lock().next() else {
                return;
            };
            // Outside the lock: if the waiter has gone, the permit comes back here and is dropped, which locks again.
            drop(grant.send(Permit {
                permits: self.clone(),
                id,
                priority,
            }));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Option<(u64, Priority, Ticket)> {
        let held = |priority| self.running.values().filter(|(held, _)| *held == priority).count();
        let (urgent, drift) = (held(Priority::Urgent), held(Priority::Drift));
        if urgent + drift >= self.total {
            return None;
        }
        let mut taken = (urgent < self.urgent_limit)
            .then(|| pop(&mut self.urgent, Priority::Urgent))
            .flatten();
        if taken.is_none() && drift < self.drift_limit {
            taken = pop(&mut self.drift, Priority::Drift);
        }
        let (priority, grant) = taken?;
        self.serial += 1;
        self.running.insert(self.serial, (priority, Instant::now()));
        Some((self.serial, priority, grant))
    }
}

/// The first who still waits.
fn pop(queue: &mut VecDeque<Ticket>, priority: Priority) -> Option<(Priority, Ticket)> {
    let waits = std::iter::from_fn(|| queue.pop_front()).find(|ticket| !ticket.is_closed());
    waits.map(|ticket| (priority, ticket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn an_edit_passes_drift_and_drift_keeps_a_permit_of_its_own() {
        let permits = Permits::new(3, 1);
        let drift = [
            permits.acquire(Priority::Drift).await,
            permits.acquire(Priority::Drift).await,
        ];
        let mut third = Box::pin(permits.acquire(Priority::Drift));
        assert!(
            third.as_mut().now_or_never().is_none(),
            "the last permit is kept for edits"
        );
        let edit = permits.acquire(Priority::Urgent).await;
        drop(drift);
        let more = [third.await, permits.acquire(Priority::Urgent).await];
        assert_eq!(
            (more[0].priority(), more[1].priority()),
            (Priority::Drift, Priority::Urgent)
        );
        drop(more);
        drop(edit);
        let edits = [
            permits.acquire(Priority::Urgent).await,
            permits.acquire(Priority::Urgent).await,
        ];
        assert!(
            permits.acquire(Priority::Urgent).now_or_never().is_none(),
            "one is kept for drift"
        );
        assert!(permits.acquire(Priority::Drift).now_or_never().is_some());
        drop(edits);
    }

    #[tokio::test]
    async fn a_waiter_that_gave_up_costs_nobody_a_permit() {
        let permits = Permits::new(1, 0);
        let held = permits.acquire(Priority::Drift).await;
        let mut gave_up = Box::pin(permits.acquire(Priority::Drift));
        let mut patient = Box::pin(permits.acquire(Priority::Drift));
        assert!(gave_up.as_mut().now_or_never().is_none() && patient.as_mut().now_or_never().is_none());
        drop(held);
        drop(gave_up);
        assert!(
            patient.now_or_never().is_some(),
            "granted to b, which went before it took the permit"
        );
        assert!(permits.oldest_holder().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn two_thousand_objects_at_overload_are_all_served_in_turn_and_edits_wait_less() {
        // 2,000 objects want 20 ms of work again 1 s after each run: 4 times what 10 permits can give.
        let permits = Permits::new(10, 2);
        let end = Instant::now() + Duration::from_secs(60);
        let objects = (0..2_000_u32).map(|n| {
            let permits = permits.clone();
            tokio::spawn(async move {
                let priority = if n % 100 == 0 {
                    Priority::Urgent
                } else {
                    Priority::Drift
                };
                let (mut runs, mut longest) = (0_u32, Duration::ZERO);
                while Instant::now() < end {
                    let asked = Instant::now();
                    let permit = permits.acquire(priority).await;
                    longest = longest.max(asked.elapsed());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    drop(permit);
                    runs += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                (priority, runs, longest)
            })
        });
        let served: Vec<(Priority, u32, Duration)> = futures::future::join_all(objects)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let drift: Vec<u32> = served.iter().filter(|s| s.0 == Priority::Drift).map(|s| s.1).collect();
        let (fewest, most) = (
            drift.iter().min().copied().unwrap(),
            drift.iter().max().copied().unwrap(),
        );
        assert!(fewest >= 8 && most - fewest <= 2, "nobody starves: {fewest}..{most}");
        let longest = |priority| served.iter().filter(|s| s.0 == priority).map(|s| s.2).max().unwrap();
        assert!(
            longest(Priority::Urgent) < Duration::from_millis(500),
            "{:?}",
            longest(Priority::Urgent)
        );
        assert!(longest(Priority::Drift) > Duration::from_secs(2), "it was overload");
    }
}
