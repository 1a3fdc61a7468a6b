//! Sections: steps that must not be parted. Once AWS shows an effect of one, it is finished before anything else.

use crate::{
    blocked::Stop,
    engine::{Run, journal::record},
    facts::{Answer, Facts},
    plan::Step,
    query::Query,
};
use firebreak_crds::{StepRecord, StepState};

/// Whether steps must be finished before anything else, because their section was begun.
pub(in crate::engine) fn unfinished_section(run: &Run, facts: &Facts) -> Result<bool, Stop> {
    if run.status.journal.values().any(|record| record.going_back) {
        return Ok(false);
    }
    let open = |step: &&Step| matches!(record(run, step).state, StepState::Pending | StepState::Started);
    let unfinished: Vec<&Step> = run
        .plan
        .steps
        .iter()
        .filter(open)
        .filter(|s| s.section.is_some())
        .collect();
    facts.ask(unfinished.iter().map(|step| Query::Cell(step.cell.clone())))?;
    let there = |step: &&&Step| !(step.cell.is_of_a_part() && is_gone(facts, step));
    Ok(unfinished.iter().filter(there).any(|step| is_begun(run, facts, step)))
}

fn is_gone(facts: &Facts, step: &Step) -> bool {
    facts.answer(&Query::Cell(step.cell.clone())) == Some(&Answer::NotFound)
}

/// A section is begun once AWS shows an effect of it: a step that was only intended can still be left.
pub(super) fn is_begun(run: &Run, facts: &Facts, step: &Step) -> bool {
    let together = |s: &&Step| s.section == step.section;
    step.section.is_some()
        && run
            .plan
            .steps
            .iter()
            .filter(together)
            .any(|s| has_effect(run, facts, s))
}

pub(super) fn has_effect(run: &Run, facts: &Facts, step: &Step) -> bool {
    let record = record(run, step);
    match record.state {
        StepState::Pending | StepState::Skipped => false,
        StepState::Started => record.read_back.is_some() || !is_as_found(&record, facts, step),
        StepState::Applied | StepState::Verified => record.started_at.is_some(),
    }
}

/// Whether AWS still shows what was there when the step was started. What is not known counts as changed.
fn is_as_found(record: &StepRecord, facts: &Facts, step: &Step) -> bool {
    let current = match facts.answer(&Query::Cell(step.cell.clone())) {
        Some(Answer::Found(current)) => current,
        _ => return false,
    };
    record
        .found
        .as_ref()
        .is_some_and(|found| step.cell.same(found, current))
}
