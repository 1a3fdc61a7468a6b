//! Which calls are made now, for steps that the journal says are begun.

use super::{
    AGAIN, CONSISTENT, Call, FRESH, MAX_SIDE_BY_SIDE, SLOWLY, Scene,
    beginning::is_held,
    record::{self, is_begun, job, setting, since, told, value},
};
use crate::{
    aws::{Answer, Idempotence},
    run::act::{ActStep, Deed, Seen, Setting, Sighting},
};
use firebreak_crds::{StepRecord, StepState};
use jiff::Timestamp;

/// The calls that may be made now, side by side. Only what the journal said when it was read back counts.
pub(super) fn due(scene: &Scene<'_>) -> Vec<Call> {
    let idle = scene.steps().filter(|step| !scene.in_flight.contains(&step.id));
    let due = idle.filter_map(|step| call(scene, step, &scene.recorded(step)));
    due.take(MAX_SIDE_BY_SIDE.saturating_sub(scene.in_flight.len()))
        .collect()
}

fn call(scene: &Scene<'_>, step: &ActStep, record: &StepRecord) -> Option<Call> {
    if record.failed_at.is_some() && !record.going_back {
        return None;
    }
    let deed = match record.going_back {
        true => back(scene, step, record)?,
        false => forth(scene, step, record)?,
    };
    Some(Call {
        step: step.id.clone(),
        site: step.site.clone(),
        deed,
    })
}

/// What brings a step about that was begun and shows no effect.
fn forth(scene: &Scene<'_>, step: &ActStep, record: &StepRecord) -> Option<Deed> {
    let waits = record.state == StepState::Started && !record.refused && !step.is_gate();
    let barred = scene.barred.is_some() && step.is_one_way();
    if !waits || barred || is_held(scene, &scene.run.status, step) || needs_a_word(scene, step, record) {
        return None;
    }
    let sighting = sighting(scene, step, record)?;
    if let Some(job) = job(step) {
        return (job.seen(&sighting.answer, record.found.as_ref()) == Seen::NotBegun).then(|| job.deed());
    }
    let (setting, current) = (setting(step)?, told(&sighting.answer)?);
    let bound = value(&record.bound);
    let open = !setting.satisfies(current, bound) && setting.may_go_on(current, value(&record.found));
    let settled = setting.what.on_its_way(current).is_none();
    (open && settled).then(|| setting.what.deed(current, bound))
}

/// What puts a value back that is still the one that was written. An EmergencyStop holds it back like every other write, and so
/// does another kind that acts on it.
fn back(scene: &Scene<'_>, step: &ActStep, record: &StepRecord) -> Option<Deed> {
    let rested = record::time(&record.last_at).is_none_or(|last| scene.now >= last + pause(record));
    let held = scene.stop.is_some() || scene.interlocked.is_some() || scene.is_deleted;
    if record.rolled_back_at.is_some() || held || !rested {
        return None;
    }
    let look = step.looks().into_iter().next()?;
    let sighting = scene.sightings.within(&look, FRESH, scene.now)?;
    let (setting, current): (&Setting, _) = (setting(step)?, told(&sighting.answer)?);
    let ours = setting.what.same(current, value(&record.bound));
    ours.then(|| setting.what.deed(current, value(&record.found)))
}

fn pause(record: &StepRecord) -> jiff::SignedDuration {
    if record.refused { SLOWLY } else { AGAIN }
}

/// The read on which a call is made: fresh, and where a call may have been made already, late enough to show its effect.
fn sighting<'a>(scene: &Scene<'a>, step: &ActStep, record: &StepRecord) -> Option<&'a Sighting> {
    let look = step.looks().into_iter().next()?;
    let fresh = scene.sightings.within(&look, FRESH, scene.now)?;
    let rested = record::time(&record.last_at).is_none_or(|last| scene.now >= last + AGAIN);
    let shows = scene.uncalled.contains(&step.id) || (fresh.asked >= earliest(record) && rested);
    shows.then_some(fresh)
}

/// From when a read shows whatever effect a call had.
pub(super) fn earliest(record: &StepRecord) -> Timestamp {
    since(record).checked_add(CONSISTENT).unwrap_or(Timestamp::MAX)
}

/// Whether its call may have been made, must not be repeated by itself, and shows no effect: only a person's Retry goes on.
pub(super) fn needs_a_word(scene: &Scene<'_>, step: &ActStep, record: &StepRecord) -> bool {
    let open = is_begun(record) && record.state == StepState::Started && !step.is_gate();
    let shown = |sighting: &Sighting| match (job(step), &sighting.answer) {
        (Some(job), answer) => job.seen(answer, record.found.as_ref()) == Seen::NotBegun,
        (None, Answer::Found(_)) => true,
        (None, _) => false,
    };
    let look = step.looks().into_iter().next();
    let unseen = look
        .and_then(|look| scene.sightings.since(&look, since(record)))
        .is_some_and(shown);
    open && unseen && step.idempotence == Idempotence::AtLeastOnce && !scene.uncalled.contains(&step.id)
}
