//! Which reads are due. Each is about one step, so that a site that does not answer delays nothing else.

use super::{
    AGAIN, FRESH, POLL, Scene,
    beginning::{is_held, ready},
    calls::earliest,
    record::{entry, is_begun, job, since, time},
    restoring,
};
use crate::{
    aws::Answer,
    run::act::{Act, ActStep, Gate, Look},
};
use firebreak_crds::{ResponsePlanStatus, StepRecord, StepState};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Each read with the time from which it is due.
pub(super) fn due(scene: &Scene<'_>, status: &ResponsePlanStatus) -> BTreeMap<Look, Timestamp> {
    let mut all = BTreeMap::new();
    if status.control.going_back {
        restoring::due(scene, status)
            .into_iter()
            .for_each(|step| add(&mut all, step.looks(), of_return(scene, step, &entry(status, step))));
        return all;
    }
    let begins = |step: &&ActStep| !step.is_gate() && !is_held(scene, status, step);
    let idle = ready(scene, status).into_iter().filter(begins);
    idle.for_each(|step| add(&mut all, step.looks(), of_subject(scene, step)));
    for step in scene.steps().filter(|step| !scene.in_flight.contains(&step.id)) {
        let record = entry(status, step);
        match &step.act {
            _ if !is_begun(&record) => {}
            // One question of a gate that is not answered makes nobody ask the others again.
            Act::Await(gate) => step.looks().into_iter().for_each(|look| {
                let at = of_gate(scene, &look, gate, &record);
                add(&mut all, vec![look], at);
            }),
            Act::Do(_) if record.state == StepState::Applied => {
                add(&mut all, step.looks(), of_effect(scene, step, &record, POLL));
            }
            Act::Set(_) | Act::Do(_) => add(&mut all, step.looks(), of_effect(scene, step, &record, AGAIN)),
        }
    }
    all
}

/// When the next wait of a step ends.
pub(super) fn next_end(scene: &Scene<'_>, status: &ResponsePlanStatus) -> Option<Timestamp> {
    let end = |step: &ActStep| {
        let record = entry(status, step);
        match &step.act {
            Act::Await(gate) if is_begun(&record) => gate.passes_at(time(&record.started_at)?),
            Act::Await(_) | Act::Set(_) | Act::Do(_) => None,
        }
    };
    scene.steps().filter_map(end).filter(|at| *at > scene.now).min()
}

fn add(all: &mut BTreeMap<Look, Timestamp>, looks: Vec<Look>, at: Timestamp) {
    for look in looks {
        let due = all.entry(look).or_insert(at);
        *due = at.min(*due);
    }
}

/// When the next sample of a gate is due.
pub(super) fn due_of_gate(gate: &Gate, record: &StepRecord) -> Timestamp {
    let last = time(&record.last_at).map(|last| gate.next(last));
    last.or_else(|| time(&record.started_at)).unwrap_or(Timestamp::MIN)
}

/// A step begins on a fresh read. A subject that is not as it must be, or that is not told, is asked again more slowly.
fn of_subject(scene: &Scene<'_>, step: &ActStep) -> Timestamp {
    let look = step.looks().into_iter().next();
    let Some(known) = look.and_then(|look| scene.sightings.get(&look)) else {
        return scene.now;
    };
    match (&known.answer, job(step).is_some()) {
        (Answer::Found(_) | Answer::NotFound, false) => known.answered + FRESH,
        (Answer::Found(_) | Answer::NotFound, true) => known.answered + AGAIN,
        (Answer::Denied(_) | Answer::Throttled | Answer::Unreachable(_), _) => known.answered + AGAIN,
    }
}

/// An inconclusive sample is not journalled: its own time says when the next one is due.
fn of_gate(scene: &Scene<'_>, look: &Look, gate: &Gate, record: &StepRecord) -> Timestamp {
    let due = due_of_gate(gate, record);
    let answered = scene.sightings.since(look, due);
    answered.map_or(due, |answered| gate.next(answered.asked))
}

/// The first read tells something once its call was answered, or once an unanswered call would have shown.
fn of_effect(scene: &Scene<'_>, step: &ActStep, record: &StepRecord, pause: jiff::SignedDuration) -> Timestamp {
    let unanswered = record.state == StepState::Started && !scene.uncalled.contains(&step.id);
    let from = if unanswered { earliest(record) } else { since(record) };
    let look = step.looks().into_iter().next();
    let known = look.and_then(|look| scene.sightings.since(&look, from));
    known.map_or(from, |known| known.answered + pause)
}

fn of_return(scene: &Scene<'_>, step: &ActStep, record: &StepRecord) -> Timestamp {
    let first = of_effect(scene, step, record, FRESH);
    let look = step.looks().into_iter().next();
    let silent = look.and_then(|look| scene.sightings.get(&look)).filter(|known| {
        matches!(
            known.answer,
            Answer::Denied(_) | Answer::Throttled | Answer::Unreachable(_)
        )
    });
    silent.map_or(first, |known| first.max(known.answered + AGAIN))
}
