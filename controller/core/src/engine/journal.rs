//! The journal of a run: what it says of a step, and how an entry is changed.

use super::Effect;
use crate::{
    aws::failure::{Failure, FailureClass},
    run::{
        Run,
        plan::{Plan, Step, settled_after},
        step::Undo,
    },
};
use firebreak_crds::{PlanOutcome, ResponsePlanStatus, StepRecord, StepState, text};
use jiff::Timestamp;

/// Seconds for which a containment waits for what it only adds, such as snapshots, when AWS does not take the request.
const ADDITION_SECONDS: i64 = 60;
/// How many request ids of a step are kept.
const KEPT_REQUEST_IDS: usize = 8;

/// A step's journal entry.
pub(super) fn record(run: &Run, step: &Step) -> StepRecord {
    run.status.journal.get(&step.id).cloned().unwrap_or_default()
}

/// The journal with one entry changed, as an effect.
pub(super) fn change(run: &Run, step: &str, record: StepRecord) -> Effect {
    let mut status = run.status.clone();
    status.journal.insert(step.to_owned(), record);
    status.outcome.get_or_insert(PlanOutcome::Running);
    Effect::UpdatePlan {
        plan: run.reference.name.clone(),
        status: Box::new(status),
    }
}

/// The record of a run that is about to begin, where AWS shows by now that steps take longer to settle than was planned: a longer
/// time-out of a function, published while people were waited for, is no new plan to approve, and it is waited for.
pub(super) fn slowed(run: &Run, fresh: &Plan) -> Option<ResponsePlanStatus> {
    let mut status = run.status.clone();
    for step in &run.plan.steps {
        let now = fresh.steps.iter().find(|now| now.id == step.id)?;
        let mut record = record(run, step);
        if settled_after(&now.settling) > settled_after(step.rereads(&record)) {
            record.settling.clone_from(&now.settling);
            status.journal.insert(step.id.clone(), record);
        }
    }
    (status != run.status).then_some(status)
}

pub(super) fn written(run: &Run, step: &str, request_ids: &[String], now: Timestamp) -> Effect {
    let mut record = run.status.journal.get(step).cloned().unwrap_or_default();
    record.state = StepState::Applied;
    record.applied_at.get_or_insert(now.to_string());
    record.request_ids.extend(request_ids.iter().cloned());
    let surplus = record.request_ids.len().saturating_sub(KEPT_REQUEST_IDS);
    record.request_ids.drain(..surplus);
    change(run, step, record)
}

/// What a step only adds never vetoes a containment: when AWS refuses it, or does not take it within a minute, the journal
/// says so and the containment goes on.
pub(super) fn given_up(run: &Run, step: &str, failure: &Failure, now: Timestamp) -> Option<Effect> {
    let planned = run.plan.steps.iter().find(|planned| planned.id == step)?;
    let mut record = record(run, planned);
    let passes = matches!(
        failure.class,
        FailureClass::Throttled | FailureClass::Transient | FailureClass::Conflict | FailureClass::NotYet
    );
    let waited = now.as_second() - second(record.started_at.as_deref()).unwrap_or(0);
    if planned.undo != Undo::Addition || (passes && waited < ADDITION_SECONDS) {
        return None;
    }
    record.state = StepState::Skipped;
    record.message = Some(text::message(&format!("NOT done: {}: {failure}", planned.summary)));
    Some(change(run, step, record))
}

/// The second of an RFC 3339 time.
pub(super) fn second(text: Option<&str>) -> Option<i64> {
    text?.parse::<Timestamp>().ok().map(|time| time.as_second())
}
