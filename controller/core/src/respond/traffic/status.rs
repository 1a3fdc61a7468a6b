//! The status of a TrafficPolicy, from what the engine reports.

use super::response::ENFORCED;
use crate::respond::{Stands, Summary};
use firebreak_crds::{Condition, TrafficPolicyStatus, TrafficState as State, condition::Wanted};

/// The status that says this: `said` are the conditions of this report, `conditions` the same with their times.
pub fn status(said: &[Wanted], conditions: Vec<Condition>, summary: &Summary) -> TrafficPolicyStatus {
    let summary = summary.clone();
    TrafficPolicyStatus {
        observed_generation: Some(summary.generation),
        conditions,
        state: Some(state(Stands::of(said, &ENFORCED))),
        waiting_for: summary.waiting_for,
        target: summary.title,
        run: summary.run,
        plan: summary.plan,
        requested_by: summary.requested_by,
        approvals: summary.approvals,
        holds: summary.holds,
        expires_at: summary.expires_at,
        notes: summary.notes,
    }
    .bounded()
}

fn state(stands: Stands) -> State {
    match stands {
        Stands::Unknown => State::Unknown,
        Stands::NotDone => State::NotEnforced,
        Stands::Doing => State::Enforcing,
        Stands::Done => State::Enforced,
        Stands::Undoing => State::Releasing,
        Stands::Undone => State::Released,
        Stands::GivenUp => State::Abandoned,
    }
}
