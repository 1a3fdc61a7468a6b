//! What a run changed in AWS, from its journal and from custody.

use super::Change;
use crate::run::{Run, plan::Step};
use firebreak_crds::{StepRecord, StepState};
use serde_json::Value;
use std::collections::BTreeMap;

/// The steps of a run that were begun. `held` has the before-values that are in custody, by the Hold's name: they are what was
/// there before, whatever others held since.
pub fn changes(run: &Run, held: &BTreeMap<String, Value>) -> Vec<Change> {
    let done = run.plan.steps.iter().filter_map(|step| {
        let record = run.status.journal.get(&step.id)?;
        change(step, record, held)
    });
    done.collect()
}

fn change(step: &Step, record: &StepRecord, held: &BTreeMap<String, Value>) -> Option<Change> {
    let what = match record.state {
        StepState::Pending | StepState::Skipped => return None,
        _ if record.rolled_back_at.is_some() => format!("{}; put back at once", step.summary),
        StepState::Started => format!("{}; AWS has not confirmed it", step.summary),
        StepState::Applied | StepState::Verified => step.summary.clone(),
    };
    let custody = step.hold.as_ref().filter(|_| step.disposition.is_none());
    let in_custody = custody.and_then(|name| held.get(name));
    let before = in_custody.or(record.found.as_ref()).unwrap_or(&step.before);
    let after = record
        .read_back
        .as_ref()
        .or(record.bound.as_ref())
        .unwrap_or(&step.after);
    Some(Change {
        what,
        before: Some(told(before)),
        after: Some(told(after)),
    })
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
