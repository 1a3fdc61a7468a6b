//! From the spec and what was read to the steps of one run; or to more reads; or to what stands in the way, with its field.

mod section;

use super::{Course, seconds, steps};
use crate::{
    blocked::Blocked,
    run::act::{ActStep, Look, cycle},
};
use firebreak_crds::{Reason, failover_plan::FailoverStep};
use std::collections::{BTreeMap, BTreeSet};

/// What a run will do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blueprint {
    /// Its steps.
    pub acts: Vec<ActStep>,
    /// ARNs of what they touch: guards look at these.
    pub touches: Vec<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// Why there is no design.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// It must know these first. What does not answer is answered too: nothing waits for a region that is lost.
    Look(Vec<Look>),
    /// Something stands in the way.
    Blocked(Blocked),
}

impl From<Blocked> for Halt {
    fn from(blocked: Blocked) -> Self {
        Self::Blocked(blocked)
    }
}

/// What one step of the spec comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part {
    /// Its acts, each with only what it needs of the same step.
    pub acts: Vec<ActStep>,
    /// ARNs of what they touch.
    pub touches: Vec<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// The steps of a run.
///
/// # Errors
/// [`Halt`] while something must be read first, or where something stands in the way; then the message has the field and the
/// remedy.
pub fn design(course: &Course<'_>, sightings: &crate::run::act::Sightings) -> Result<Blueprint, Halt> {
    is_one_of_the_two(course)?;
    has_no_cycle(course)?;
    let own = course.spec.steps.iter().filter(|step| course.has(step));
    let parts: Vec<(&FailoverStep, Result<Part, Halt>)> =
        own.map(|step| (step, steps::design(course, step, sightings))).collect();
    let missing: BTreeSet<Look> = parts.iter().flat_map(|(_, part)| looks(part)).collect();
    if !missing.is_empty() {
        return Err(Halt::Look(missing.into_iter().collect()));
    }
    let parts: Result<Vec<(&FailoverStep, Part)>, Halt> =
        parts.into_iter().map(|(step, part)| Ok((step, part?))).collect();
    Ok(assemble(course, parts?))
}

fn looks(part: &Result<Part, Halt>) -> Vec<Look> {
    match part {
        Err(Halt::Look(looks)) => looks.clone(),
        Ok(_) | Err(Halt::Blocked(_)) => Vec::new(),
    }
}

fn is_one_of_the_two(course: &Course<'_>) -> Result<(), Blocked> {
    let (regions, to) = (&course.spec.regions, &course.leads.to);
    match regions.contains(to) {
        true => Ok(()),
        false => Err(Blocked::new(
            Reason::InvalidStep,
            format!(
                "spec.activation.region: {to} is neither {} nor {}: name one of the two",
                regions.primary, regions.standby
            ),
        )),
    }
}

fn has_no_cycle(course: &Course<'_>) -> Result<(), Blocked> {
    let steps = course.spec.steps.iter();
    let needs: BTreeMap<&str, Vec<&str>> = steps
        .map(|step| (step.name.as_str(), step.depends_on.iter().map(String::as_str).collect()))
        .collect();
    match cycle(&needs) {
        None => Ok(()),
        Some(names) => Err(Blocked::new(
            Reason::DependencyCycle,
            format!(
                "spec.steps[].dependsOn: {} wait for each other: take one of these names out",
                names.join(", ")
            ),
        )),
    }
}

fn assemble(course: &Course<'_>, parts: Vec<(&FailoverStep, Part)>) -> Blueprint {
    let last: BTreeMap<&str, Option<String>> = parts
        .iter()
        .map(|(step, part)| (step.name.as_str(), part.acts.last().map(|act| act.id.clone())))
        .collect();
    let mut all = Blueprint::default();
    for (step, mut part) in parts {
        let needs = resolved(course, step, &last, &mut BTreeSet::new());
        part.acts
            .iter_mut()
            .filter(|act| act.needs.is_empty())
            .for_each(|act| act.needs.clone_from(&needs));
        all.acts.extend(part.acts);
        all.touches.extend(part.touches);
        all.notes.extend(part.notes);
    }
    let fences: BTreeSet<&str> = course.fences().map(|(step, _)| step.name.as_str()).collect();
    section::mark(&mut all.acts, |act| fences.contains(act.step.as_str()));
    all.touches.sort();
    all.touches.dedup();
    all
}

/// What a step waits for. One that does nothing in this run passes on what it waits for itself.
fn resolved(
    course: &Course<'_>,
    step: &FailoverStep,
    last: &BTreeMap<&str, Option<String>>,
    seen: &mut BTreeSet<String>,
) -> Vec<String> {
    let mut needs = Vec::new();
    for name in &step.depends_on {
        let named = course.spec.steps.iter().find(|other| other.name == *name);
        match (last.get(name.as_str()), named) {
            (Some(Some(id)), _) => needs.push(id.clone()),
            (_, Some(other)) if seen.insert(name.clone()) => needs.extend(resolved(course, other, last, seen)),
            (_, Some(_) | None) => {}
        }
    }
    needs.sort();
    needs.dedup();
    needs
}

/// A step's time-out in seconds.
pub(super) fn timeout(step: &FailoverStep, default: u32) -> u32 {
    step.timeout.as_deref().and_then(seconds).unwrap_or(default)
}

#[cfg(test)]
mod tests;
