//! How far each step of the spec is: as far as the part of it that is least far.

use crate::{
    engine::once::{StepStanding, standing},
    run::{Run, act::Sightings},
};
use firebreak_crds::{
    StepRecord,
    failover_plan::{FailoverStepStatus, StepProgress},
};

/// Each step of the spec, in the order of the plan.
pub(super) fn steps(run: &Run, sightings: &Sightings) -> Vec<FailoverStepStatus> {
    let mut names: Vec<&str> = Vec::new();
    run.plan.acts.iter().for_each(|act| {
        if !names.contains(&act.step.as_str()) {
            names.push(&act.step);
        }
    });
    names.into_iter().map(|name| step(run, name, sightings)).collect()
}

fn step(run: &Run, name: &str, sightings: &Sightings) -> FailoverStepStatus {
    let parts = run.plan.acts.iter().filter(|act| act.step == name);
    let parts: Vec<(StepRecord, StepStanding)> = parts
        .map(|act| {
            let record = run.status.journal.get(&act.id).cloned().unwrap_or_default();
            let said = standing(act, &record, sightings);
            (record, said)
        })
        .collect();
    let state = together(parts.iter().map(|(_, said)| said.progress));
    let message = parts
        .iter()
        .find(|(_, said)| said.progress == state)
        .and_then(|(_, said)| said.message.clone());
    let is_over = matches!(
        state,
        StepProgress::Done | StepProgress::Failed | StepProgress::Restored
    );
    let ends = parts
        .iter()
        .flat_map(|(record, _)| [&record.verified_at, &record.failed_at, &record.rolled_back_at]);
    FailoverStepStatus {
        name: name.to_owned(),
        state,
        started_at: parts.iter().filter_map(|(record, _)| record.started_at.clone()).min(),
        ended_at: ends.flatten().max().cloned().filter(|_| is_over),
        attempts: parts
            .iter()
            .map(|(record, _)| record.attempts)
            .max()
            .unwrap_or_default(),
        message,
    }
}

/// What is worst tells; a step whose parts are partly done is under way.
fn together(parts: impl Iterator<Item = StepProgress>) -> StepProgress {
    let all: Vec<StepProgress> = parts.collect();
    let worst = [
        StepProgress::Failed,
        StepProgress::Foreign,
        StepProgress::Unknown,
        StepProgress::Underway,
        StepProgress::Restored,
    ];
    let found = worst.into_iter().find(|progress| all.contains(progress));
    let (done, open) = (all.contains(&StepProgress::Done), all.contains(&StepProgress::NotBegun));
    found.unwrap_or(match (done, open) {
        (true, true) => StepProgress::Underway,
        (true, false) => StepProgress::Done,
        (false, _) => StepProgress::NotBegun,
    })
}
