//! Sections: steps that must not be parted. Once AWS shows an effect of one, it is finished before anything else.

use crate::{
    aws::Answer,
    blocked::Stop,
    engine::journal::record,
    facts::Facts,
    run::{Run, plan::Step},
};
use firebreak_crds::{StepRecord, StepState};
use jiff::Timestamp;

/// Whether steps must be finished before anything else, because their section was begun.
pub(in crate::engine) fn unfinished_section(run: &Run, facts: &Facts) -> Result<bool, Stop> {
    if run.plan.steps.iter().any(|step| goes_back(run, step)) {
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
    facts.ask(unfinished.iter().map(|step| step.read()))?;
    let there = |step: &&&Step| !(step.cell.is_of_a_part() && is_gone(facts, step));
    Ok(unfinished.iter().filter(there).any(|step| is_begun(run, facts, step)))
}

fn is_gone(facts: &Facts, step: &Step) -> bool {
    step.seen(facts) == Some(&Answer::NotFound)
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

/// Whether the journal says that its section goes back: a step is being put back, or one was, and another that was started before
/// has not been yet. What AWS needs time for does not end within one pass.
pub(super) fn goes_back(run: &Run, step: &Step) -> bool {
    let together = |s: &&Step| s.id == step.id || (s.section.is_some() && s.section == step.section);
    let steps = run.plan.steps.iter().filter(together);
    let records: Vec<StepRecord> = steps.map(|step| record(run, step)).collect();
    let back = records.iter().filter_map(|record| moment(&record.rolled_back_at)).max();
    let left = |record: &StepRecord| {
        let open = matches!(record.state, StepState::Pending | StepState::Skipped);
        let started = moment(&record.started_at).filter(|_| !open);
        started.is_some_and(|started| back.is_some_and(|back| started <= back))
    };
    records.iter().any(|record| record.going_back || left(record))
}

fn moment(text: &Option<String>) -> Option<Timestamp> {
    text.as_ref()?.parse().ok()
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
    let current = match step.seen(facts) {
        Some(Answer::Found(current)) => current,
        _ => return false,
    };
    record
        .found
        .as_ref()
        .is_some_and(|found| step.cell.same(found, current))
}
