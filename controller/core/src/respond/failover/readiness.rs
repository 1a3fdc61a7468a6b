//! What stands in the way of a run, step by step: what its design refuses, and what its steps rely on besides. Reads only.

mod acts;

use super::{Course, Halt, steps};
use crate::{
    blocked::Blocked,
    run::act::{Look, Sightings},
};
use firebreak_crds::{
    Reason,
    failover_plan::{Certainty, FailoverStep, ReadinessFinding},
};
use std::collections::BTreeSet;

/// What stands in the way of the steps of a course; empty where nothing does.
///
/// # Errors
/// Everything that must be asked first.
pub fn findings(course: &Course<'_>, sightings: &Sightings) -> Result<Vec<ReadinessFinding>, Vec<Look>> {
    let (mut found, mut missing) = (Vec::new(), BTreeSet::new());
    for step in course.spec.steps.iter().filter(|step| course.has(step)) {
        match of_step(course, step, sightings) {
            Ok(findings) => found.extend(findings),
            Err(Halt::Look(looks)) => missing.extend(looks),
            Err(Halt::Blocked(blocked)) => found.push(finding(Some(step), &blocked)),
        }
    }
    match missing.is_empty() {
        true => Ok(found),
        false => Err(missing.into_iter().collect()),
    }
}

fn of_step(course: &Course<'_>, step: &FailoverStep, sightings: &Sightings) -> Result<Vec<ReadinessFinding>, Halt> {
    let part = steps::design(course, step, sightings)?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for act in &part.acts {
        match acts::examine(course, act, sightings) {
            Ok(()) => {}
            Err(Halt::Look(looks)) => missing.extend(looks),
            Err(Halt::Blocked(blocked)) => found.push(finding(Some(step), &blocked)),
        }
    }
    match missing.is_empty() {
        true => Ok(found),
        false => Err(Halt::Look(missing)),
    }
}

/// What stands in the way, for people. What AWS does not tell may be in order.
pub fn finding(step: Option<&FailoverStep>, blocked: &Blocked) -> ReadinessFinding {
    let silent = [
        Reason::Throttled,
        Reason::Unreachable,
        Reason::AccessDenied,
        Reason::SerialUnknown,
    ];
    ReadinessFinding {
        step: step.map(|step| step.name.clone()),
        certainty: match silent.contains(&blocked.reason) {
            true => Certainty::Unknown,
            false => Certainty::Known,
        },
        message: blocked.message.clone(),
    }
}
