//! The Decisions that a run's record keeps.

use firebreak_crds::{Decision, TakenDecision, Verb};

/// The most Decisions that a run's record keeps. More than these are counted.
pub(super) const MAX_TAKEN: usize = 64;

/// Records a Decision. In a full record the latest one that weighs less makes room: a Reject always finds some.
pub(crate) fn record(taken: &mut Vec<TakenDecision>, decision: TakenDecision) {
    if taken.len() >= MAX_TAKEN {
        match taken.iter().rposition(|one| weight(one.verb) < weight(decision.verb)) {
            Some(lighter) => drop(taken.remove(lighter)),
            None => return,
        }
    }
    taken.push(decision);
}

fn weight(verb: Verb) -> u8 {
    match verb {
        Verb::Approve
        | Verb::Release
        | Verb::Abandon
        | Verb::Acknowledge
        | Verb::Note
        | Verb::Resolve
        | Verb::Reopen
        | Verb::Review
        | Verb::Start
        | Verb::Pause
        | Verb::Resume
        | Verb::Skip
        | Verb::Retry
        | Verb::Abort => 0,
        Verb::BreakGlass => 1,
        Verb::Reject => 2,
    }
}

/// A Decision as a run's record keeps it.
pub fn taken(decision: &Decision) -> TakenDecision {
    TakenDecision {
        verb: decision.spec.verb,
        by: decision.spec.by.clone(),
        approver_role: decision.spec.approver_role.clone(),
        name: decision.metadata.name.clone(),
        given_at: decision
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0.to_string()),
        digest: decision.spec.plan.as_ref().map(|plan| plan.digest.clone()),
    }
}
