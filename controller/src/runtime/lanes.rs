//! Who may reconcile next. Edits, deletions and decisions wait in the urgent lane, everything else in the drift lane; each
//! lane is first come, first served, and each keeps permits of its own, so neither starves the other nor any object
//! within. kube's own limit is a hash set: under overload some objects never run.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// The two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
pub struct Lanes(Arc<Mutex<State>>);

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

struct Ticket {
    key: String,
    grant: oneshot::Sender<Permit>,
}

/// The right to run; dropping it lets the next one run.
#[must_use]
pub struct Permit {
    lanes: Lanes,
    id: u64,
    lane: Lane,
}

impl Permit {
    /// The lane that granted it: the urgent one also for a ticket that was hurried.
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
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits in line. `key` names the object, for `hurry`. Dropping the future leaves the line.
    pub async fn acquire(&self, lane: Lane, key: &str) -> Permit {
        loop {
            let (grant, granted) = oneshot::channel();
            let ticket = Ticket {
                key: key.to_owned(),
                grant,
            };
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

    /// Moves an object that waits in the drift lane to the urgent one: it was edited, or somebody decided.
    pub fn hurry(&self, key: &str) {
        let mut state = self.lock();
        let found = state.drift.iter().position(|ticket| ticket.key == key);
        let ticket = found.and_then(|at| state.drift.remove(at));
        ticket.into_iter().for_each(|ticket| state.urgent.push_back(ticket));
        drop(state);
        self.dispatch();
    }

    /// How long the longest holder has had its permit; for the liveness probe.
    pub fn oldest_holder(&self) -> Option<Duration> {
        self.lock().running.values().map(|(_, since)| since.elapsed()).max()
    }

    /// How many wait in a lane.
    pub fn waiting(&self, lane: Lane) -> usize {
        let state = self.lock();
        let queue = if lane == Lane::Urgent {
            &state.urgent
        } else {
            &state.drift
        };
        queue.iter().filter(|ticket| !ticket.grant.is_closed()).count()
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Option<(u64, Lane, oneshot::Sender<Permit>)> {
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
fn pop(queue: &mut VecDeque<Ticket>, lane: Lane) -> Option<(Lane, oneshot::Sender<Permit>)> {
    while let Some(ticket) = queue.pop_front() {
        if !ticket.grant.is_closed() {
            return Some((lane, ticket.grant));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn an_edit_passes_drift_and_drift_keeps_a_permit_of_its_own() {
        let lanes = Lanes::new(3, 1);
        let drift = [
            lanes.acquire(Lane::Drift, "a").await,
            lanes.acquire(Lane::Drift, "b").await,
        ];
        let mut third = Box::pin(lanes.acquire(Lane::Drift, "c"));
        assert!(
            third.as_mut().now_or_never().is_none(),
            "the last permit is kept for edits"
        );
        let edit = lanes.acquire(Lane::Urgent, "d").await;
        drop(drift);
        let more = [third.await, lanes.acquire(Lane::Urgent, "e").await];
        assert_eq!((more[0].lane(), more[1].lane()), (Lane::Drift, Lane::Urgent));
        drop(more);
        drop(edit);
        let edits = [
            lanes.acquire(Lane::Urgent, "f").await,
            lanes.acquire(Lane::Urgent, "g").await,
        ];
        assert!(
            lanes.acquire(Lane::Urgent, "h").now_or_never().is_none(),
            "one is kept for drift"
        );
        assert!(lanes.acquire(Lane::Drift, "i").now_or_never().is_some());
        drop(edits);
    }

    #[tokio::test]
    async fn a_waiting_object_that_is_edited_is_moved_to_the_urgent_lane() {
        let lanes = Lanes::new(2, 1);
        let held = lanes.acquire(Lane::Drift, "a").await;
        let mut waiting = Box::pin(lanes.acquire(Lane::Drift, "b"));
        assert!(waiting.as_mut().now_or_never().is_none());
        lanes.hurry("b");
        assert_eq!(waiting.await.lane(), Lane::Urgent);
        drop(held);
    }

    #[tokio::test]
    async fn a_waiter_that_gave_up_costs_nobody_a_permit() {
        let lanes = Lanes::new(1, 0);
        let held = lanes.acquire(Lane::Drift, "a").await;
        let mut gave_up = Box::pin(lanes.acquire(Lane::Drift, "b"));
        let mut patient = Box::pin(lanes.acquire(Lane::Drift, "c"));
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
                    let permit = lanes.acquire(lane, &n.to_string()).await;
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
