//! Which steps begin now: all that are ready, at most [`MAX_SIDE_BY_SIDE`] at once.

use super::{
    FRESH, MAX_SIDE_BY_SIDE, Scene,
    record::{entry, fail, holds, is_begun, is_satisfied, told, verify},
};
use crate::{
    aws::Answer,
    run::act::{Act, ActStep, Job, Rule, Seen, Setting},
};
use firebreak_crds::{ResponsePlanStatus, StepRecord, StepState};

/// Whether nothing new may begin, and no call be made.
pub(super) fn is_held(scene: &Scene<'_>, status: &ResponsePlanStatus) -> bool {
    let control = &status.control;
    scene.stop.is_some() || scene.is_deleted || control.paused_by.is_some() || control.aborted_by.is_some()
}

/// Begins what is ready, and whose subject was just read.
pub(super) fn begin(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    if is_held(scene, status) {
        return super::control::forget_uncalled(scene, status);
    }
    for step in ready(scene, status) {
        if under_way(scene, status) >= MAX_SIDE_BY_SIDE {
            return;
        }
        let mut record = entry(status, step);
        begin_one(scene, step, &mut record);
        status.journal.insert(step.id.clone(), record);
    }
}

/// Steps that wait for nothing but a look at their subject.
pub(super) fn ready<'a>(scene: &Scene<'a>, status: &ResponsePlanStatus) -> Vec<&'a ActStep> {
    let held = scene.steps().any(|step| holds(step, &entry(status, step)));
    let is_ready = |step: &&ActStep| {
        let record = entry(status, step);
        record.state == StepState::Pending
            && record.failed_at.is_none()
            && needs_are_done(scene, status, step)
            && (!step.approval || scene.approved.contains(&step.step))
            // Nobody should lose the way back while a failure waits for a person.
            && !(held && step.is_one_way())
    };
    scene.steps().filter(is_ready).collect()
}

/// Whether it would begin if people approved it for itself.
pub(super) fn waits_for_approval(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    step.approval && !scene.approved.contains(&step.step) && needs_are_done(scene, status, step)
}

fn needs_are_done(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    let done = |id: &String| {
        scene
            .step(id)
            .is_none_or(|need| is_satisfied(need, &entry(status, need)))
    };
    step.needs.iter().all(done)
}

fn under_way(scene: &Scene<'_>, status: &ResponsePlanStatus) -> usize {
    scene.steps().filter(|step| is_begun(&entry(status, step))).count()
}

fn begin_one(scene: &Scene<'_>, step: &ActStep, record: &mut StepRecord) {
    if step.is_gate() {
        return start(scene, record);
    }
    let looks = step.looks();
    let fresh = looks
        .first()
        .and_then(|look| scene.sightings.within(look, FRESH, scene.now));
    let Some(sighting) = fresh else { return };
    match &step.act {
        Act::Set(setting) => set(scene, setting, &sighting.answer, record),
        Act::Do(job) => ask_for(scene, job, &sighting.answer, record),
        Act::Await(_) => {}
    }
}

fn start(scene: &Scene<'_>, record: &mut StepRecord) {
    record.state = StepState::Started;
    record.started_at = Some(scene.now.to_string());
    record.attempts += 1;
}

/// What was found before its first try stays: it is what an abort puts back.
fn set(scene: &Scene<'_>, setting: &Setting, answer: &Answer, record: &mut StepRecord) {
    if *answer == Answer::NotFound {
        return fail(record, "it does not exist", scene.now);
    }
    let Some(current) = told(answer) else { return };
    let bound = setting.bind(current);
    if setting.rule == Rule::AtLeast && bound.as_i64().is_some_and(|count| count < 1) {
        return fail(
            record,
            "a count of 0 is refused: it would stop what is to serve",
            scene.now,
        );
    }
    let nothing_to_do = setting.satisfies(current, &bound);
    record.bound = Some(bound);
    if !nothing_to_do {
        record.found.get_or_insert(current.clone());
        return start(scene, record);
    }
    verify(record, current.clone(), scene.now);
    record.message = Some("was so already: nothing was written".into());
}

/// A job that this run has asked for before may have come about since.
fn ask_for(scene: &Scene<'_>, job: &Job, answer: &Answer, record: &mut StepRecord) {
    let Some(current) = told(answer) else { return };
    match job.seen(answer, record.found.is_some()) {
        Seen::NotBegun => {
            record.found.get_or_insert(current.clone());
            start(scene, record);
        }
        Seen::Done => verify(record, current.clone(), scene.now),
        Seen::NotReady(_) | Seen::Underway | Seen::Failed(_) | Seen::Foreign(_) | Seen::Unknown(_) => {}
    }
}
