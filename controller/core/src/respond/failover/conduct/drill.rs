//! Rehearses a run when it is time, or when somebody asks: everything up to its first write.

use super::World;
use crate::respond::failover::{Course, drill};
use firebreak_crds::{
    condition::Wanted,
    failover_plan::{DrillRecord, FailoverDrill, MAX_DRILL_FINDINGS, Readiness, ReadinessFinding},
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Whether a drill is due. One that falls into a window comes after it; one that somebody asks for does not wait.
pub(super) fn is_due(world: &World, now: Timestamp) -> bool {
    let Some(spec) = &world.subject.spec.drill else {
        return false;
    };
    let waits = drill::window(spec, now).is_some();
    is_asked_for(world, spec) || (!waits && scheduled(world, spec).is_some_and(|at| at <= now))
}

fn is_asked_for(world: &World, spec: &FailoverDrill) -> bool {
    spec.now.unwrap_or_default() > world.subject.status.drilled.unwrap_or_default()
}

/// When the next one is due; none where nobody scheduled one.
pub(super) fn scheduled(world: &World, spec: &FailoverDrill) -> Option<Timestamp> {
    let last = world.subject.status.drills.first();
    let last = last.and_then(|last| last.at.parse().ok()).or(world.subject.created)?;
    drill::next(spec, last).ok().flatten()
}

/// What a drill showed: what stands in the way of a run, told for each of its steps.
pub(super) fn record(world: &World, course: &Course<'_>, seen: &Readiness, now: Timestamp) -> DrillRecord {
    let steps = course.spec.steps.iter().filter(|step| course.has(step)).count();
    let amiss: BTreeSet<&str> = seen.findings.iter().filter_map(|found| found.step.as_deref()).collect();
    let began = world.sightings.oldest().unwrap_or(now);
    DrillRecord {
        at: now.to_string(),
        region: seen.region.clone(),
        steps: count(steps),
        ready: count(steps.saturating_sub(amiss.len())),
        seconds: u32::try_from(now.duration_since(began).as_secs()).unwrap_or_default(),
        findings: seen.findings.iter().take(MAX_DRILL_FINDINGS).map(line).collect(),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn line(found: &ReadinessFinding) -> String {
    match &found.step {
        Some(step) => format!("{step}: {}", found.message),
        None => found.message.clone(),
    }
}

/// The drills that are over, the latest one first, and the number of the last one that somebody asked for.
pub(super) fn noted(world: &World, made: Option<DrillRecord>) -> (Vec<DrillRecord>, Option<u64>) {
    let known = &world.subject.status;
    let asked = world.subject.spec.drill.as_ref().and_then(|spec| spec.now);
    let drilled = match made.is_some() {
        true => asked.max(known.drilled),
        false => known.drilled,
    };
    (made.into_iter().chain(known.drills.iter().cloned()).collect(), drilled)
}

/// What is said of it; nothing where no drill is asked for.
pub(super) fn condition(world: &World, records: &[DrillRecord], now: Timestamp) -> Option<Wanted> {
    let spec = world.subject.spec.drill.as_ref()?;
    Some(drill::fresh(spec, records, now))
}
