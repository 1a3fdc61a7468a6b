//! The status of a Quarantine, from what the engine reports.

use super::CONTAINED;
use crate::respond::{Stands, Summary};
use firebreak_crds::{Condition, QuarantineState as State, QuarantineStatus, condition::Wanted};

/// The status that says this: `said` are the conditions of this report, `conditions` the same with their times.
pub fn status(said: &[Wanted], conditions: Vec<Condition>, summary: &Summary) -> QuarantineStatus {
    let summary = summary.clone();
    QuarantineStatus {
        observed_generation: Some(summary.generation),
        conditions,
        state: Some(state(Stands::of(said, &CONTAINED))),
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
        Stands::NotDone => State::NotContained,
        Stands::Doing => State::Containing,
        Stands::Done => State::Contained,
        Stands::Undoing => State::Releasing,
        Stands::Undone => State::Released,
        Stands::GivenUp => State::Abandoned,
    }
}
