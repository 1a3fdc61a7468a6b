//! Which region is active, as AWS shows it: not as it is wished.

use super::{
    super::{planning, samples},
    World,
};
use crate::aws::rds::DbInstance;
use firebreak_crds::{
    PlanOutcome,
    failover_plan::{FailoverStep, RdsPromoteReplica, StepKind},
};

/// The region that is active. None where what tells it does not answer, or where two steps tell different things. Where no step
/// tells it, the last run that was completed does; before the first one the primary region is active.
pub(in crate::respond::failover::conduct) fn region(world: &World) -> Option<String> {
    let steps = world.subject.spec.steps.iter();
    let told: Vec<Option<&str>> = steps.filter_map(|step| of_step(world, step)).collect();
    let Some(first) = told.first() else {
        return Some(last_completed(world));
    };
    let agree = told.iter().all(|one| one == first);
    first.filter(|_| agree).map(str::to_owned)
}

/// What a step tells; nothing where it is of a kind that serves in both regions.
fn of_step<'a>(world: &'a World, step: &FailoverStep) -> Option<Option<&'a str>> {
    let regions = &world.subject.spec.regions;
    let is_standby = match step.kind()? {
        StepKind::RdsPromoteReplica(pair) => writer_is_in_standby(world, step, pair),
        StepKind::HealthCheckSwitch(switch) => {
            let (_, standby) = samples::sites(world, step)?;
            samples::found(world, &samples::switch(&standby, switch)).map(|(there, _)| there)
        }
        StepKind::EcsScale(_)
        | StepKind::Elbv2Weights(_)
        | StepKind::Fence(_)
        | StepKind::Gate(_)
        | StepKind::LambdaAlias(_)
        | StepKind::LambdaEventSources(_)
        | StepKind::ManualApproval(_)
        | StepKind::Wait(_) => return None,
    };
    Some(is_standby.map(|is_standby: bool| match is_standby {
        true => regions.standby.as_str(),
        false => regions.primary.as_str(),
    }))
}

/// Of two writers the one counts that a run of this plan promoted last.
fn writer_is_in_standby(world: &World, step: &FailoverStep, pair: &RdsPromoteReplica) -> Option<bool> {
    let (primary, standby) = samples::sites(world, step)?;
    let seen = |site, name| samples::found::<DbInstance>(world, &samples::instance(site, name)).map(|(it, _)| it);
    let (one, other) = (seen(&primary, &pair.primary), seen(&standby, &pair.standby));
    let is_writer = |it: &Option<DbInstance>| it.as_ref().map(|it| it.source.is_none());
    let promoted = planning::writers(world).remove(&step.name);
    let is_promoted =
        |it: &Option<DbInstance>| it.as_ref().is_some_and(|it| Some(&it.resource_id) == promoted.as_ref());
    match (is_writer(&one), is_writer(&other)) {
        (_, Some(true)) if is_promoted(&other) => Some(true),
        (Some(true), _) if is_promoted(&one) => Some(false),
        // Promoted, and not to be seen now: nothing else tells.
        _ if promoted.is_some() => None,
        (Some(true), Some(false) | None) => Some(false),
        (Some(false) | None, Some(true)) => Some(true),
        (Some(true), Some(true)) | (Some(false) | None, Some(false) | None) => None,
    }
}

fn last_completed(world: &World) -> String {
    let completed = world
        .runs
        .iter()
        .rfind(|run| run.status.outcome == Some(PlanOutcome::Completed));
    let led = completed
        .and_then(|run| run.plan.leads.as_ref())
        .map(|leads| leads.to.clone());
    led.unwrap_or_else(|| world.subject.spec.regions.primary.clone())
}
