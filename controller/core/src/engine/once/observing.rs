//! What AWS shows of the steps that were begun.

use super::{
    CONSISTENT, Scene,
    record::{entry, fail, is_begun, is_late, since, time, told, value, verify},
};
use crate::{
    aws::Answer,
    run::act::{Act, ActStep, Gate, Job, Look, Seen, Setting, Verdict},
};
use firebreak_crds::{ResponsePlanStatus, StepRecord, StepState, text};
use serde_json::Value;

/// Writes into the record what the reads show.
pub(super) fn observe(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    for step in scene.steps() {
        let mut record = entry(status, step);
        if !is_begun(&record) || record.going_back || scene.in_flight.contains(&step.id) {
            continue;
        }
        match &step.act {
            Act::Set(setting) => of_setting(scene, step, setting, &mut record),
            Act::Do(job) => of_job(scene, step, job, &mut record),
            Act::Await(gate) => of_gate(scene, step, gate, &mut record),
        }
        status.journal.insert(step.id.clone(), record);
    }
}

/// The answer that tells something of a step: sent after it began, and after its last call was answered.
fn seen<'a>(scene: &Scene<'a>, step: &ActStep, record: &StepRecord) -> Option<&'a Answer> {
    let look: &Look = &step.looks().into_iter().next()?;
    scene
        .sightings
        .since(look, since(record))
        .map(|sighting| &sighting.answer)
}

/// Whether that answer is late enough to show every effect that its last call had.
fn is_consistent(scene: &Scene<'_>, step: &ActStep, record: &StepRecord) -> bool {
    let look = step.looks().into_iter().next();
    look.is_some_and(|look| scene.sightings.since(&look, since(record) + CONSISTENT).is_some())
}

fn of_setting(scene: &Scene<'_>, step: &ActStep, setting: &Setting, record: &mut StepRecord) {
    let current = match seen(scene, step, record) {
        Some(Answer::NotFound) => return fail(record, "it does not exist any more", scene.now),
        Some(answer) => told(answer).cloned(),
        None => None,
    };
    let Some(current) = current else { return };
    let (bound, found) = (value(&record.bound).clone(), value(&record.found).clone());
    if let Some(way) = setting.what.on_its_way(&current) {
        return unshown(scene, step, record, &way);
    }
    if setting.satisfies(&current, &bound) {
        return verify(record, current, scene.now);
    }
    if !setting.may_go_on(&current, &found) {
        let why =
            format!("AWS shows {current}, which is neither what was there ({found}) nor what is wanted ({bound})");
        return fail(record, &why, scene.now);
    }
    unshown(scene, step, record, &format!("AWS shows {current} instead of {bound}"));
}

/// A value that AWS does not show fails its step once AWS has refused it for good, or the time is up.
fn unshown(scene: &Scene<'_>, step: &ActStep, record: &mut StepRecord, shows: &str) {
    if !is_consistent(scene, step, record) {
        return;
    }
    if record.refused {
        let why = record.message.clone().unwrap_or_default();
        fail(record, &why, scene.now);
    } else if is_late(step, record, scene.now) {
        fail(record, &format!("{shows} after {} s", step.timeout_seconds), scene.now);
    }
}

/// A job that takes longer than it should goes on all the same: nobody can take it back.
fn of_job(scene: &Scene<'_>, step: &ActStep, job: &Job, record: &mut StepRecord) {
    let Some(answer) = seen(scene, step, record) else {
        return;
    };
    match job.seen(answer, record.found.as_ref()) {
        Seen::Done => verify(record, told(answer).cloned().unwrap_or(Value::Null), scene.now),
        Seen::Failed(why) | Seen::Foreign(why) => fail(record, &why, scene.now),
        Seen::NotBegun => not_begun(scene, step, record),
        Seen::NotReady(_) | Seen::Underway | Seen::Unknown(_) => {}
    }
}

/// A call that AWS refused for good, and of which it shows nothing, has had no effect: the step is as if it was never begun.
fn not_begun(scene: &Scene<'_>, step: &ActStep, record: &mut StepRecord) {
    let refused = record.refused;
    unshown(scene, step, record, "AWS shows nothing of it");
    if refused && record.failed_at.is_some() {
        record.state = StepState::Pending;
        record.found = None;
    }
}

/// One more sample. The time-out ends the gate, also where no sample was ever told. What asks nothing passes by the journal alone.
fn of_gate(scene: &Scene<'_>, step: &ActStep, gate: &Gate, record: &mut StepRecord) {
    if let Some(at) = time(&record.started_at).and_then(|began| gate.passes_at(began)) {
        if scene.now >= at {
            pass(scene, record);
        }
        return;
    }
    let due = super::samples::due_of_gate(gate, record);
    let began = time(&record.started_at).unwrap_or(due);
    if let Some(verdict) = gate.judge(&step.site, scene.sightings, (due, began)) {
        count(scene, step, gate, record, verdict);
    }
    if record.state == StepState::Started && record.failed_at.is_none() && is_late(step, record, scene.now) {
        let last = record.message.clone().unwrap_or_else(|| "nothing was told".into());
        fail(
            record,
            &format!("it did not pass within {} s: {last}", step.timeout_seconds),
            scene.now,
        );
    }
}

fn pass(scene: &Scene<'_>, record: &mut StepRecord) {
    record.state = StepState::Verified;
    record.verified_at = Some(scene.now.to_string());
}

fn count(scene: &Scene<'_>, step: &ActStep, gate: &Gate, record: &mut StepRecord, verdict: Verdict) {
    let asked = step
        .looks()
        .iter()
        .filter_map(|look| Some(scene.sightings.get(look)?.asked))
        .max();
    let sampled = asked.map(|asked| asked.to_string());
    match verdict {
        Verdict::Pass => {
            (record.passes, record.last_at, record.message) = (record.passes + 1, sampled, None);
            if record.passes >= gate.consecutive {
                pass(scene, record);
            }
        }
        Verdict::Fail(why) => {
            (record.passes, record.failures, record.last_at) = (0, record.failures + 1, sampled);
            record.message = Some(text::message(&why));
            if gate.failure_limit.is_some_and(|limit| record.failures >= limit) {
                fail(record, &format!("{} samples failed: {why}", record.failures), scene.now);
            }
        }
        // Nothing is counted, so that a sample that says the same again is no write of the journal.
        Verdict::Inconclusive(why) => (record.passes, record.message) = (0, Some(text::message(&why))),
    }
}
