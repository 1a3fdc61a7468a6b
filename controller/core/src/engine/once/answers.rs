//! What AWS answered to the call of a step.

use crate::{aws::failure::Failure, run::Run};
use firebreak_crds::{ResponsePlanStatus, StepState, text};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// How many request ids of a step are kept.
const KEPT_REQUEST_IDS: usize = 8;

/// Steps that a write of the record began: their calls are not made yet, and the process that wrote it knows that.
pub fn newly_begun(before: &ResponsePlanStatus, after: &ResponsePlanStatus) -> BTreeSet<String> {
    let attempts = |id: &String| before.journal.get(id).map_or(0, |record| record.attempts);
    let begun = after
        .journal
        .iter()
        .filter(|(id, record)| record.state == StepState::Started && record.attempts > attempts(id));
    begun.map(|(id, _)| id.clone()).collect()
}

/// The record that follows the answer to a step's call. A failure says nothing certain about its effect: a read finds that out.
pub fn answered(run: &Run, step: &str, answer: &Result<Vec<String>, Failure>, now: Timestamp) -> ResponsePlanStatus {
    let mut status = run.status.clone();
    let Some(record) = status.journal.get_mut(step) else {
        return status;
    };
    record.last_at = Some(now.to_string());
    match answer {
        Ok(request_ids) => {
            if record.state == StepState::Started && !record.going_back {
                record.state = StepState::Applied;
                record.applied_at = Some(now.to_string());
            }
            record.refused = false;
            record.request_ids.extend(request_ids.iter().cloned());
            let surplus = record.request_ids.len().saturating_sub(KEPT_REQUEST_IDS);
            record.request_ids.drain(..surplus);
        }
        Err(failure) => {
            record.refused = failure.class.is_for_good();
            record.message = Some(text::message(&format!("AWS did not take the call: {failure}")));
        }
    }
    status
}
