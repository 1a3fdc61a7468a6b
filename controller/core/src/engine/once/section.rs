//! Steps that are not parted, such as a fence and its promotion: between the two nothing serves. Once the first one was begun they
//! go on under a pause, an EmergencyStop and an interlock, and an abort waits, until each of their one-way steps was asked for, or
//! they cannot go on by themselves.

use super::{
    Scene,
    beginning::{lacks_approval, needs_are_done},
    calls::needs_a_word,
    record::{entry, foreign, holds, is_begun, is_past_return, is_satisfied, may_have_effect, silence},
};
use crate::run::act::ActStep;
use firebreak_crds::{ResponsePlanStatus, StepState};

/// Whether a step goes on although the run is held.
pub(super) fn goes_on(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    let section = step.section.as_deref();
    section.is_some_and(|section| is_open(scene, status, section))
}

/// Whether an abort waits for the end of any of them.
pub(super) fn any_open(scene: &Scene<'_>, status: &ResponsePlanStatus) -> bool {
    let mut sections = scene.steps().filter_map(|step| step.section.as_deref());
    sections.any(|section| is_open(scene, status, section))
}

/// Whether the section of a step was begun: then it is finished, whatever else fails.
pub(super) fn is_begun_of(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    let section = step.section.as_deref();
    section.is_some_and(|section| has_begun(scene, status, section))
}

/// Whether a step may be the first of its section: nothing that is known holds one of the others back.
pub(super) fn may_begin(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep, held: bool) -> bool {
    let Some(section) = step.section.as_deref() else {
        return true;
    };
    let is_free = !held && scene.barred.is_none();
    let is_approved = !members(scene, section).any(|step| lacks_approval(scene, step));
    has_begun(scene, status, section) || (is_free && is_approved)
}

fn members<'a>(scene: &Scene<'a>, section: &str) -> impl Iterator<Item = &'a ActStep> {
    scene
        .steps()
        .filter(move |step| step.section.as_deref() == Some(section))
}

fn is_open(scene: &Scene<'_>, status: &ResponsePlanStatus, section: &str) -> bool {
    let goes_on = |step: &ActStep| !is_stuck(scene, status, step);
    has_begun(scene, status, section) && !is_over(scene, status, section) && members(scene, section).all(goes_on)
}

/// Whether anything of it may be in AWS and was not put back.
fn has_begun(scene: &Scene<'_>, status: &ResponsePlanStatus, section: &str) -> bool {
    members(scene, section).any(|step| {
        let record = entry(status, step);
        may_have_effect(&record) && record.rolled_back_at.is_none() && !is_uncalled(scene, status, step)
    })
}

/// Whether each of its one-way steps was asked for, or is not needed.
fn is_over(scene: &Scene<'_>, status: &ResponsePlanStatus, section: &str) -> bool {
    let past = |step: &ActStep| {
        let record = entry(status, step);
        let done = matches!(record.state, StepState::Verified | StepState::Skipped);
        done || (is_past_return(step, &record) && !is_uncalled(scene, status, step))
    };
    members(scene, section).filter(|step| step.is_one_way()).all(past)
}

/// This process knows that nothing of it is in AWS.
fn is_uncalled(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    scene.uncalled.contains(&step.id) && entry(status, step).attempts <= 1
}

/// Whether only a person, or an AWS that answers again, brings it further.
fn is_stuck(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    let record = entry(status, step);
    if is_satisfied(step, &record) || scene.in_flight.contains(&step.id) {
        return false;
    }
    let is_next = record.state == StepState::Pending && needs_are_done(scene, status, step);
    let asks = is_begun(&record) || is_next;
    holds(step, &record)
        || needs_a_word(scene, step, &record)
        || (asks && silence(step, scene.sightings).is_some())
        || (is_next && (foreign(step, scene.sightings).is_some() || (scene.barred.is_some() && step.is_one_way())))
}
