//! How a run ends, and what its failures lead to.

use super::{
    Scene, control,
    record::{entry, is_begun, is_past_return, is_satisfied, silence, standing},
    restoring,
};
use crate::run::act::ActStep;
use firebreak_crds::{
    PlanOutcome, ResponsePlanStatus, StepState,
    failover_plan::{OnFailure, StepProgress},
    text,
};

/// A step whose failure lets the run go back does so, as long as there is a way back.
pub(super) fn compensate(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    let fails = |step: &&ActStep| entry(status, step).failed_at.is_some() && step.on_failure == OnFailure::Compensate;
    let Some(failed) = scene.steps().find(fails) else {
        return;
    };
    if !scene.steps().any(|step| is_past_return(step, &entry(status, step))) {
        control::ask_abort(scene, status, &format!("the failure of {}", failed.step));
    }
}

/// Ends the run where nothing of it is left to do.
pub(super) fn end(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    if !scene.in_flight.is_empty() {
        return;
    }
    let ended = match (&status.control.aborted_by, status.control.going_back) {
        _ if scene.is_deleted => Some((PlanOutcome::Stopped, of_deleted(scene, status))),
        (Some(by), true) => returned(scene, status).then(|| (PlanOutcome::RolledBack, of_return(scene, status, by))),
        (Some(by), false) => settled(scene, status).then(|| (PlanOutcome::Stopped, of_stop(scene, status, by))),
        (None, _) => done(scene, status).then(|| (PlanOutcome::Completed, of_end(scene, status))),
    };
    if let Some((outcome, message)) = ended {
        status.outcome = Some(outcome);
        status.message = Some(text::message(&message));
        status.closed_at = Some(scene.now.to_string());
    }
}

/// Every value is back, or was left alone and is named.
fn returned(scene: &Scene<'_>, status: &ResponsePlanStatus) -> bool {
    restoring::left(scene, status).is_empty()
}

/// Nothing that AWS tells of is under way any more. What it does not tell of is named as unknown, and waits for nobody.
fn settled(scene: &Scene<'_>, status: &ResponsePlanStatus) -> bool {
    let open = |step: &ActStep| {
        let record = entry(status, step);
        let asked = step
            .looks()
            .iter()
            .any(|look| scene.sightings.since(look, super::record::since(&record)).is_some());
        is_begun(&record) && !step.is_gate() && !(asked && silence(step, scene.sightings).is_some())
    };
    !scene.steps().any(open)
}

/// Nothing waits for a step that is left to do.
fn done(scene: &Scene<'_>, status: &ResponsePlanStatus) -> bool {
    scene.steps().all(|step| is_satisfied(step, &entry(status, step)))
}

/// The steps of one sort, by name.
fn named(scene: &Scene<'_>, status: &ResponsePlanStatus, which: impl Fn(&ActStep, StepProgress) -> bool) -> String {
    let of = |step: &&ActStep| which(step, standing(step, &entry(status, step), scene.sightings).progress);
    let names: Vec<&str> = scene.steps().filter(of).map(|step| step.id.as_str()).collect();
    if names.is_empty() {
        "nothing".into()
    } else {
        names.join(", ")
    }
}

fn of_end(scene: &Scene<'_>, status: &ResponsePlanStatus) -> String {
    let undone = named(scene, status, |_, progress| progress != StepProgress::Done);
    format!("every step was done; left to do: {undone}")
}

fn of_return(scene: &Scene<'_>, status: &ResponsePlanStatus, by: &str) -> String {
    let alone = scene.steps().filter(|step| {
        let record = entry(status, step);
        record.found.is_some() && record.rolled_back_at.is_none() && record.state == StepState::Skipped
    });
    let alone: Vec<&str> = alone.map(|step| step.id.as_str()).collect();
    let back = named(scene, status, |_, progress| progress == StepProgress::Restored);
    match alone.is_empty() {
        true => format!("aborted by {by} before the first one-way step; back: {back}"),
        false => format!(
            "aborted by {by} before the first one-way step; back: {back}; left alone: {}",
            alone.join(", ")
        ),
    }
}

fn of_stop(scene: &Scene<'_>, status: &ResponsePlanStatus, by: &str) -> String {
    format!(
        "aborted by {by} after its first one-way step: nothing was put back. {} The way forward is a new run: raise spec.activation.serial",
        stays(scene, status)
    )
}

fn of_deleted(scene: &Scene<'_>, status: &ResponsePlanStatus) -> String {
    format!(
        "its object was deleted: nothing was moved or put back. {}",
        stays(scene, status)
    )
}

fn stays(scene: &Scene<'_>, status: &ResponsePlanStatus) -> String {
    let done = named(scene, status, |step, progress| {
        progress == StepProgress::Done && !step.is_gate()
    });
    let open = |step: &ActStep, progress| {
        matches!(progress, StepProgress::Unknown | StepProgress::Underway) && !step.is_gate()
    };
    format!("Stays as it is: {done}; unknown: {}.", named(scene, status, open))
}
