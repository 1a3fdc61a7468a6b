//! The registry of steps: one file each.

mod ecs_scale;
mod elbv2_weights;
mod fence;
mod gate;
mod health_check_switch;
mod lambda_alias;
mod lambda_event_sources;
mod manual_approval;
mod rds_promote_replica;
pub(super) mod sight;
mod wait;

use super::{
    Course, Halt,
    design::{Part, timeout},
};
use crate::{
    aws::{Idempotence, Site},
    blocked::Blocked,
    run::{
        act::{Act, ActStep, Sightings},
        step::Undo,
    },
};
use firebreak_crds::{
    Reason,
    failover_plan::{FailoverStep, StepKind},
};

/// What one step of the spec comes to.
///
/// # Errors
/// [`Halt`], as [`super::design`].
pub(super) fn design(course: &Course<'_>, step: &FailoverStep, sightings: &Sightings) -> Result<Part, Halt> {
    match step.kind() {
        Some(StepKind::EcsScale(scale)) => ecs_scale::design(course, step, scale, sightings),
        Some(StepKind::RdsPromoteReplica(promote)) => rds_promote_replica::design(course, step, promote, sightings),
        Some(StepKind::HealthCheckSwitch(switch)) => health_check_switch::design(course, step, switch, sightings),
        Some(StepKind::Elbv2Weights(weights)) => elbv2_weights::design(course, step, weights, sightings),
        Some(StepKind::LambdaAlias(aliases)) => lambda_alias::design(course, step, aliases, sightings),
        Some(StepKind::LambdaEventSources(sources)) => lambda_event_sources::design(course, step, sources, sightings),
        Some(StepKind::Fence(fence)) => fence::design(course, step, fence, sightings),
        Some(StepKind::Gate(gate)) => gate::design(course, step, gate),
        Some(StepKind::ManualApproval(approval)) => manual_approval::design(course, step, approval),
        Some(StepKind::Wait(wait)) => wait::design(course, step, wait),
        None => Err(not_one(step).into()),
    }
}

fn not_one(step: &FailoverStep) -> Blocked {
    let why = format!(
        "spec.steps[{}] does one thing: set exactly one of {}",
        step.name,
        StepKind::listed()
    );
    Blocked::new(Reason::InvalidStep, why)
}

/// An act of a step, under the step's own terms.
fn act(
    step: &FailoverStep,
    part: Option<&str>,
    site: Site,
    act: Act,
    summary: String,
    default_timeout: u32,
) -> ActStep {
    let (undo, idempotence, permissions) = described(&act);
    ActStep {
        id: part.map_or(step.name.clone(), |part| format!("{}.{part}", step.name)),
        step: step.name.clone(),
        site,
        act,
        needs: Vec::new(),
        timeout_seconds: timeout(step, default_timeout),
        on_failure: step.on_failure,
        best_effort: step.best_effort,
        approval: step.approval,
        section: None,
        undo,
        idempotence,
        permissions,
        summary,
    }
}

/// What is known of an act by itself.
fn described(act: &Act) -> (Undo, Idempotence, Vec<String>) {
    use crate::run::{act::Settable, plan::Step};
    match act {
        Act::Set(setting) => match &setting.what {
            Settable::Cell(cell) => {
                let (permissions, idempotence) = Step::describe_writes(cell, &setting.before, &setting.after);
                (Undo::Reversible, idempotence, permissions)
            }
            Settable::SwitchObject { .. } => {
                let permissions = ["s3:PutObject", "s3:DeleteObject"].map(str::to_owned);
                (Undo::Reversible, Idempotence::Idempotent, permissions.into())
            }
        },
        Act::Do(job) => {
            let undo = if job.is_one_way() { Undo::OneWay } else { Undo::Addition };
            let calls = job.deed().calls();
            let weakest = calls.first().map_or(Idempotence::AtLeastOnce, |call| call.idempotence);
            (undo, weakest, calls.iter().map(|call| call.action.to_owned()).collect())
        }
        Act::Await(_) => (Undo::Addition, Idempotence::Idempotent, Vec::new()),
    }
}
