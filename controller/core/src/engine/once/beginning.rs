//! Which steps begin now: all that are ready, at most [`MAX_SIDE_BY_SIDE`] at once.

use super::{
    FRESH, MAX_SIDE_BY_SIDE, Scene,
    record::{entry, fail, holds, is_satisfied, told, verify},
    section,
};
use crate::{
    aws::Answer,
    run::act::{Act, ActStep, Job, Rule, Seen, Setting},
};
use firebreak_crds::{ResponsePlanStatus, StepRecord, StepState, text};
use serde_json::Value;

/// Whether a step may not begin, and no call of it be made.
pub(super) fn is_held(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    let control = &status.control;
    let at_once = scene.is_deleted || control.aborted_by.is_some();
    let from_outside = scene.stop.is_some() || scene.interlocked.is_some();
    let by_people = control.paused_by.is_some() || control.abort_asked_by.is_some();
    at_once || ((from_outside || by_people) && !section::goes_on(scene, status, step))
}

/// Begins what is ready, and whose subject was just read.
pub(super) fn begin(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    super::control::forget_uncalled(scene, status, |status, step| is_held(scene, status, step));
    for step in ready(scene, status) {
        if is_held(scene, status, step) {
            continue;
        }
        if !step.is_gate() && to_call(scene, status) >= MAX_SIDE_BY_SIDE {
            continue;
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
            && !lacks_approval(scene, step)
            && section::may_begin(scene, status, step, held)
            && !(step.is_one_way() && is_barred(scene, status, step, held))
    };
    scene.steps().filter(is_ready).collect()
}

/// Nobody should lose the way back while a failure waits for a person, unless what went before must not stay as it is.
fn is_barred(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep, held: bool) -> bool {
    scene.barred.is_some() || (held && !section::is_begun_of(scene, status, step))
}

/// Whether it would begin if people approved it for itself.
pub(super) fn waits_for_approval(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    lacks_approval(scene, step) && needs_are_done(scene, status, step)
}

/// Whether people have not approved it for itself, as it needs.
pub(super) fn lacks_approval(scene: &Scene<'_>, step: &ActStep) -> bool {
    step.approval && !scene.approved.contains(&step.step)
}

pub(super) fn needs_are_done(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &ActStep) -> bool {
    let done = |id: &String| {
        scene
            .step(id)
            .is_none_or(|need| is_satisfied(need, &entry(status, need)))
    };
    step.needs.iter().all(done)
}

/// Steps whose calls are being made, or are made next. One that waits for a silent AWS takes no place from the others.
fn to_call(scene: &Scene<'_>, status: &ResponsePlanStatus) -> usize {
    let is_next = |step: &&ActStep| {
        let (was, is) = (scene.recorded(step), entry(status, step));
        is.state == StepState::Started && is.attempts > was.attempts && !step.is_gate()
    };
    scene.in_flight.len() + scene.uncalled.len() + scene.steps().filter(is_next).count()
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

fn set(scene: &Scene<'_>, setting: &Setting, answer: &Answer, record: &mut StepRecord) {
    if *answer == Answer::NotFound {
        return fail(record, "it does not exist", scene.now);
    }
    let Some(current) = told(answer) else { return };
    if let Some(way) = setting.what.on_its_way(current) {
        return record.message = Some(text::message(&format!("not begun yet: {way}")));
    }
    let bound = setting.bind(current);
    if setting.rule == Rule::AtLeast && bound.as_i64().is_some_and(|count| count < 1) {
        return fail(
            record,
            "a count of 0 is refused: it would stop what is to serve",
            scene.now,
        );
    }
    if !setting.satisfies(current, &bound) {
        record.found = Some(before(setting, current, record));
        record.bound = Some(bound);
        return start(scene, record);
    }
    verify(record, current.clone(), scene.now);
    record.message = Some("was so already: nothing was written".into());
}

/// What an abort puts back: what is there now, unless an earlier try of this run wrote it.
fn before(setting: &Setting, current: &Value, record: &StepRecord) -> Value {
    let ours = record
        .bound
        .as_ref()
        .is_some_and(|bound| setting.what.same(current, bound));
    let earlier = record.found.as_ref().filter(|_| ours);
    earlier.unwrap_or(current).clone()
}

/// A job that this run has asked for before may have come about since.
fn ask_for(scene: &Scene<'_>, job: &Job, answer: &Answer, record: &mut StepRecord) {
    let Some(current) = told(answer) else { return };
    match job.seen(answer, record.found.as_ref()) {
        Seen::NotBegun => {
            record.found.get_or_insert(current.clone());
            start(scene, record);
        }
        Seen::Done => verify(record, current.clone(), scene.now),
        Seen::NotReady(_) | Seen::Underway | Seen::Failed(_) | Seen::Foreign(_) | Seen::Unknown(_) => {}
    }
}
