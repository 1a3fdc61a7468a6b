//! What people must know of a fence that is not proven: its promotion waits, and there are three ways forward.

use super::{
    Hold, Scene,
    record::{holds, silence},
};
use crate::run::{act::ActStep, plan::Plan};
use firebreak_crds::{StepRecord, failover_plan::StepProgress};

/// Whether a step of the spec cuts a database off.
pub(super) fn is_fence(plan: &Plan, step: &str) -> bool {
    let mut own = plan.acts.iter().filter(|act| act.step == step);
    own.any(ActStep::is_proof_of_fence)
}

/// What holds the promotion behind a fence: a part of it that failed, or of which AWS does not tell.
pub(super) fn hold(
    scene: &Scene<'_>,
    step: &ActStep,
    record: &StepRecord,
    (progress, why): (StepProgress, &str),
) -> Option<Hold> {
    if step.best_effort || !is_fence(&scene.run.plan, &step.step) {
        return None;
    }
    let (id, silent) = (step.id.clone(), silence(step, scene.sightings));
    match (progress, silent) {
        (StepProgress::Failed, _) if holds(step, record) => Some(Hold::Failed(id, forward(step, why))),
        (StepProgress::Unknown | StepProgress::Underway, Some(silent)) => {
            Some(Hold::Unknown(id, forward(step, &silent)))
        }
        _ => None,
    }
}

fn forward(step: &ActStep, why: &str) -> String {
    let (name, region) = (&step.step, &step.site.region);
    format!(
        "{why}; nothing proves that the database in {region} takes no writes, and its promotion waits: Retry {name} once that is put right, Skip {name} with acknowledgeSplitBrain and the approvals of a start, or Abort"
    )
}
