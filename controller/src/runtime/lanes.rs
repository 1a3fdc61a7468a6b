//! Who may reconcile next. Edits, deletions and decisions wait in the urgent lane, everything else in the drift lane; each
//! lane is first come, first served, and each keeps permits of its own, so neither starves the other nor any object
//! within. kube's own limit is a hash set: under overload some objects never run.

use super::crowds::Crowds;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// The two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Somebody waits for it.
    Urgent,
    /// A look whether things are still as they should be.
    Drift,
}

impl Lane {
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
pub struct Lanes {
    state: Arc<Mutex<State>>,
    crowds: Crowds,
}

struct State {
    /// How many may run at once in each lane, and together.
    urgent_limit: usize,
    drift_limit: usize,
    total: usize,
    serial: u64,
    running: BTreeMap<u64, (Lane, Instant)>,
    urgent: VecDeque<Ticket>,
    drift: VecDeque<Ticket>,
}

/// Where the permit is sent.
type Ticket = oneshot::Sender<Permit>;

/// The right to run; dropping it lets the next one run.
#[must_use]
pub struct Permit {
    lanes: Lanes,
    id: u64,
    lane: Lane,
}

impl Permit {
    /// The lane that granted it.
    pub fn lane(&self) -> Lane {
        self.lane
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.lanes.lock().running.remove(&self.id);
        self.lanes.dispatch();
    }
}

impl Lanes {
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
            crowds: Crowds::default(),
        }
    }

    /// The looks under way, by crowd.
    pub(super) fn crowds(&self) -> &Crowds {
        &self.crowds
    }

    /// Waits in line. Dropping the future leaves the line.
    pub async fn acquire(&self, lane: Lane) -> Permit {
        loop {
            let (ticket, granted) = oneshot::channel();
            match lane {
                Lane::Urgent => self.lock().urgent.push_back(ticket),
                Lane::Drift => self.lock().drift.push_back(ticket),
            }
            self.dispatch();
            // The sender lives in the queue until it is used, so this does not fail; if it did, we queue again.
            if let Ok(permit) = granted.await {
                return permit;
            }
        }
    }

    /// The most permits that a lane gives at once.
    pub fn permits(&self, lane: Lane) -> usize {
        match lane {
            Lane::Urgent => self.lock().urgent_limit,
            Lane::Drift => self.lock().drift_limit,
        }
    }

    /// How long the longest holder has had its permit; for the liveness probe.
    pub fn oldest_holder(&self) -> Option<Duration> {
        self.lock().running.values().map(|(_, since)| since.elapsed()).max()
    }

    fn dispatch(&self) {
        loop {
            let Some((id, lane, grant)) = self.lock().next() else {
                return;
            };
            // Outside the lock: if the waiter has gone, the permit comes back here and is dropped, which locks again.
            drop(grant.send(Permit {
                lanes: self.clone(),
                id,
                lane,
            }));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Option<(u64, Lane, Ticket)> {
        let held = |lane| self.running.values().filter(|(held, _)| *held == lane).count();
        let (urgent, drift) = (held(Lane::Urgent), held(Lane::Drift));
        if urgent + drift >= self.total {
            return None;
        }
        let mut taken = (urgent < self.urgent_limit)
            .then(|| pop(&mut self.urgent, Lane::Urgent))
            .flatten();
        if taken.is_none() && drift < self.drift_limit {
            taken = pop(&mut self.drift, Lane::Drift);
        }
        let (lane, grant) = taken?;
        self.serial += 1;
        self.running.insert(self.serial, (lane, Instant::now()));
        Some((self.serial, lane, grant))
    }
}

/// The first who still waits.
fn pop(queue: &mut VecDeque<Ticket>, lane: Lane) -> Option<(Lane, Ticket)> {
    let waits = std::iter::from_fn(|| queue.pop_front()).find(|ticket| !ticket.is_closed());
    waits.map(|ticket| (lane, ticket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn an_edit_passes_drift_and_drift_keeps_a_permit_of_its_own() {
        let lanes = Lanes::new(3, 1);
        let drift = [lanes.acquire(Lane::Drift).await, lanes.acquire(Lane::Drift).await];
        let mut third = Box::pin(lanes.acquire(Lane::Drift));
        assert!(
            third.as_mut().now_or_never().is_none(),
            "the last permit is kept for edits"
        );
        let edit = lanes.acquire(Lane::Urgent).await;
        drop(drift);
        let more = [third.await, lanes.acquire(Lane::Urgent).await];
        assert_eq!((more[0].lane(), more[1].lane()), (Lane::Drift, Lane::Urgent));
        drop(more);
        drop(edit);
        let edits = [lanes.acquire(Lane::Urgent).await, lanes.acquire(Lane::Urgent).await];
        assert!(
            lanes.acquire(Lane::Urgent).now_or_never().is_none(),
            "one is kept for drift"
        );
        assert!(lanes.acquire(Lane::Drift).now_or_never().is_some());
        drop(edits);
    }

    #[tokio::test]
    async fn a_waiter_that_gave_up_costs_nobody_a_permit() {
        let lanes = Lanes::new(1, 0);
        let held = lanes.acquire(Lane::Drift).await;
        let mut gave_up = Box::pin(lanes.acquire(Lane::Drift));
        let mut patient = Box::pin(lanes.acquire(Lane::Drift));
        assert!(gave_up.as_mut().now_or_never().is_none() && patient.as_mut().now_or_never().is_none());
        drop(held);
        drop(gave_up);
        assert!(
            patient.now_or_never().is_some(),
            "granted to b, which went before it took the permit"
        );
        assert!(lanes.oldest_holder().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn two_thousand_objects_at_overload_are_all_served_in_turn_and_edits_wait_less() {
        // 2,000 objects want 20 ms of work again 1 s after each run: 4 times what 10 permits can give.
        let lanes = Lanes::new(10, 2);
        let end = Instant::now() + Duration::from_secs(60);
        let objects = (0..2_000_u32).map(|n| {
            let lanes = lanes.clone();
            tokio::spawn(async move {
                let lane = if n % 100 == 0 { Lane::Urgent } else { Lane::Drift };
                let (mut runs, mut longest) = (0_u32, Duration::ZERO);
                while Instant::now() < end {
                    let asked = Instant::now();
                    let permit = lanes.acquire(lane).await;
                    longest = longest.max(asked.elapsed());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    drop(permit);
                    runs += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                (lane, runs, longest)
            })
        });
        let served: Vec<(Lane, u32, Duration)> = futures::future::join_all(objects)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let drift: Vec<u32> = served.iter().filter(|s| s.0 == Lane::Drift).map(|s| s.1).collect();
        let (fewest, most) = (
            drift.iter().min().copied().unwrap(),
            drift.iter().max().copied().unwrap(),
        );
        assert!(fewest >= 8 && most - fewest <= 2, "nobody starves: {fewest}..{most}");
        let longest = |lane| served.iter().filter(|s| s.0 == lane).map(|s| s.2).max().unwrap();
        assert!(
            longest(Lane::Urgent) < Duration::from_millis(500),
            "{:?}",
            longest(Lane::Urgent)
        );
        assert!(longest(Lane::Drift) > Duration::from_secs(2), "it was overload");
    }
}
