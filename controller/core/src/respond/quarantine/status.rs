//! The status of a Quarantine, from what the engine reports.

use crate::respond::Summary;
use firebreak_crds::{
    Condition, ConditionType as Type, QuarantineState as State, QuarantineStatus, Reason, condition::Wanted,
};

/// The status that says this: `said` are the conditions of this report, `conditions` the same with their times.
pub fn status(said: &[Wanted], conditions: Vec<Condition>, summary: &Summary) -> QuarantineStatus {
    let summary = summary.clone();
    QuarantineStatus {
        observed_generation: Some(summary.generation),
        conditions,
        state: Some(state(said)),
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

fn state(conditions: &[Wanted]) -> State {
    let is = |kind| said(conditions, kind).is_some_and(|said| said.status == Some(true));
    let Some(contained) = said(conditions, Type::Contained) else {
        return State::Unknown;
    };
    let writing =
        is(Type::Reconciling) || said(conditions, Type::Applied).is_some_and(|it| it.reason != Reason::NotApplied);
    match (contained.status, contained.reason) {
        (_, Reason::Abandoned) => State::Abandoned,
        (_, Reason::Released) => State::Released,
        (Some(true), _) => State::Contained,
        (None, _) => State::Unknown,
        (Some(false), Reason::Releasing) => State::Releasing,
        (Some(false), _) if writing => State::Containing,
        (Some(false), _) => State::NotContained,
    }
}

fn said(conditions: &[Wanted], kind: Type) -> Option<&Wanted> {
    conditions.iter().find(|said| said.kind == kind)
}
