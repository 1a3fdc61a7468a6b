//! Going back: what was set is put back in reverse order, as long as it is still what was written.

use super::{
    FRESH, Scene,
    calls::earliest,
    record::{entry, is_begun, setting, since, value},
};
use crate::{
    aws::Answer,
    run::act::{ActStep, Setting, Sighting, dependents},
};
use firebreak_crds::{ResponsePlanStatus, StepRecord, StepState, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// Takes every step one further on the way back, as far as the reads allow.
pub(super) fn go_back(scene: &Scene<'_>, status: &mut ResponsePlanStatus) {
    for step in scene.steps().filter(|step| step.is_gate()) {
        let mut record = entry(status, step);
        if is_begun(&record) {
            record.state = StepState::Skipped;
            record.message = Some("the run goes back".into());
            status.journal.insert(step.id.clone(), record);
        }
    }
    for step in due(scene, status) {
        let mut record = entry(status, step);
        if let Some(setting) = setting(step) {
            one(scene, step, setting, &mut record);
        }
        status.journal.insert(step.id.clone(), record);
    }
}

/// Steps whose value may have been changed by this run and is not dealt with yet.
pub(super) fn left<'a>(scene: &Scene<'a>, status: &ResponsePlanStatus) -> Vec<&'a ActStep> {
    let open = |step: &&ActStep| {
        let record = entry(status, step);
        setting(step).is_some()
            && record.found.is_some()
            && record.rolled_back_at.is_none()
            && record.state != StepState::Skipped
    };
    scene.steps().filter(open).collect()
}

/// Those of them that nothing which is still to go back has built upon.
pub(super) fn due<'a>(scene: &Scene<'a>, status: &ResponsePlanStatus) -> Vec<&'a ActStep> {
    let graph: BTreeMap<&str, Vec<&str>> = scene
        .steps()
        .map(|step| (step.id.as_str(), step.needs.iter().map(String::as_str).collect()))
        .collect();
    let left = left(scene, status);
    let is_free = |step: &&ActStep| {
        let built_upon = dependents(&graph, &step.id);
        !left.iter().any(|other| built_upon.contains(other.id.as_str()))
    };
    let idle = |step: &&ActStep| !scene.in_flight.contains(&step.id);
    left.iter().copied().filter(is_free).filter(idle).collect()
}

/// A value that cannot be read is not put back: it waits until it can.
fn one(scene: &Scene<'_>, step: &ActStep, setting: &Setting, record: &mut StepRecord) {
    let Some(sighting) = telling(scene, step, record) else {
        return;
    };
    let (found, bound) = (value(&record.found).clone(), value(&record.bound).clone());
    match &sighting.answer {
        // AWS takes no change before it has arrived.
        Answer::Found(current) if setting.what.on_its_way(current).is_some() => {}
        Answer::Found(current) if setting.what.same(current, &found) => {
            (record.rolled_back_at, record.going_back) = (Some(scene.now.to_string()), false);
            (record.read_back, record.failed_at, record.message) = (Some(current.clone()), None, None);
        }
        Answer::Found(current) if setting.what.same(current, &bound) => record.going_back = true,
        // AWS still moves it, there or back.
        Answer::Found(current) if setting.what.between(&found, &bound, current) => {}
        Answer::Found(current) => leave(record, &changed(current, &bound)),
        Answer::NotFound => leave(record, "it does not exist any more: nothing was put back"),
        Answer::Denied(_) | Answer::Throttled | Answer::Unreachable(_) => {}
    }
}

/// The read that tells what became of it: of a call that was never answered it must be late enough to show its effect.
fn telling<'a>(scene: &Scene<'a>, step: &ActStep, record: &StepRecord) -> Option<&'a Sighting> {
    let look = step.looks().into_iter().next()?;
    let unanswered = record.state == StepState::Started && !scene.uncalled.contains(&step.id);
    let from = if unanswered { earliest(record) } else { since(record) };
    let late = scene.sightings.since(&look, from)?;
    scene
        .sightings
        .within(&look, FRESH, scene.now)
        .filter(|fresh| fresh.asked >= late.asked)
}

fn changed(current: &Value, bound: &Value) -> String {
    format!("left alone: it is {current}, and this run set {bound}; somebody has changed it since")
}

/// Somebody else's value is left alone and named.
fn leave(record: &mut StepRecord, why: &str) {
    (record.state, record.going_back, record.failed_at) = (StepState::Skipped, false, None);
    record.message = Some(text::message(why));
}
