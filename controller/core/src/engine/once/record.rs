//! What a journal entry says of a step.

use crate::{
    aws::Answer,
    run::act::{Act, ActStep, Job, Look, Seen, Setting, Sightings},
};
use firebreak_crds::{
    ResponsePlanStatus, StepRecord, StepState,
    failover_plan::{OnFailure, StepProgress},
    text,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How far a step is, and what people should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far it is.
    pub progress: StepProgress,
    /// For people.
    pub message: Option<String>,
}

/// How far a step is, from its entry and from what was read.
pub fn standing(step: &ActStep, record: &StepRecord, sightings: &Sightings) -> Standing {
    let silent = silence(step, sightings);
    let (progress, message) = match record.state {
        _ if record.rolled_back_at.is_some() => (StepProgress::Restored, None),
        _ if record.failed_at.is_some() => (StepProgress::Failed, None),
        StepState::Verified | StepState::Skipped => (StepProgress::Done, None),
        StepState::Pending => match foreign(step, sightings) {
            Some(why) => (StepProgress::Foreign, Some(why)),
            None => (StepProgress::NotBegun, None),
        },
        StepState::Started | StepState::Applied if step.is_gate() => (StepProgress::Underway, None),
        StepState::Started | StepState::Applied => match silent {
            Some(why) => (StepProgress::Unknown, Some(why)),
            None => (StepProgress::Underway, None),
        },
    };
    Standing {
        progress,
        message: message.or_else(|| record.message.clone()),
    }
}

/// Why the last answer about its subject tells nothing; none where it tells something, or was not asked for.
pub(super) fn silence(step: &ActStep, sightings: &Sightings) -> Option<String> {
    let of = |look: &Look| match &sightings.get(look)?.answer {
        Answer::Found(_) | Answer::NotFound => None,
        Answer::Denied(why) | Answer::Unreachable(why) => Some(why.clone()),
        Answer::Throttled => Some("AWS asks to slow down".to_owned()),
    };
    step.looks().iter().find_map(of)
}

/// Why AWS shows a state of a job that this run did not make.
pub(super) fn foreign(step: &ActStep, sightings: &Sightings) -> Option<String> {
    let job = job(step)?;
    let sighting = sightings.get(step.looks().first()?)?;
    match job.seen(&sighting.answer, None) {
        Seen::Foreign(why) => Some(why),
        _ => None,
    }
}

pub(super) fn job(step: &ActStep) -> Option<&Job> {
    match &step.act {
        Act::Do(job) => Some(job),
        Act::Set(_) | Act::Await(_) => None,
    }
}

pub(super) fn setting(step: &ActStep) -> Option<&Setting> {
    match &step.act {
        Act::Set(setting) => Some(setting),
        Act::Do(_) | Act::Await(_) => None,
    }
}

pub(super) fn entry(status: &ResponsePlanStatus, step: &ActStep) -> StepRecord {
    status.journal.get(&step.id).cloned().unwrap_or_default()
}

/// Whether its call may have been made, or nothing but its end is missing.
pub(super) fn is_begun(record: &StepRecord) -> bool {
    matches!(record.state, StepState::Started | StepState::Applied) && record.failed_at.is_none()
}

/// Whether it may have had an effect in AWS: what was found before it is kept until a read proves that it had none.
pub(super) fn may_have_effect(record: &StepRecord) -> bool {
    record.found.is_some()
}

/// Whether what needs it may begin.
pub(super) fn is_satisfied(step: &ActStep, record: &StepRecord) -> bool {
    let over = matches!(record.state, StepState::Verified | StepState::Skipped);
    let without = record.failed_at.is_some() && step.on_failure == OnFailure::Continue;
    over || without || step.best_effort
}

/// Whether a person must do something about its failure before what needs it begins.
pub(super) fn holds(step: &ActStep, record: &StepRecord) -> bool {
    record.failed_at.is_some() && !is_satisfied(step, record)
}

/// Whether a step that cannot be undone may have been asked for.
pub(super) fn is_past_return(step: &ActStep, record: &StepRecord) -> bool {
    step.is_one_way() && may_have_effect(record)
}

pub(super) fn time(text: &Option<String>) -> Option<Timestamp> {
    text.as_ref()?.parse().ok()
}

/// From when a read tells something of it: it must be sent after the step began, and after its last call was answered. One that
/// was sent at the same moment may have come first.
pub(super) fn since(record: &StepRecord) -> Timestamp {
    let times = [&record.started_at, &record.last_at].map(time);
    let last = times.into_iter().flatten().max().unwrap_or(Timestamp::MIN);
    last.checked_add(SignedDuration::from_nanos(1)).unwrap_or(last)
}

/// Whether its time is up.
pub(super) fn is_late(step: &ActStep, record: &StepRecord, now: Timestamp) -> bool {
    let limit = SignedDuration::from_secs(i64::from(step.timeout_seconds));
    time(&record.started_at).is_some_and(|started| now.duration_since(started) >= limit)
}

pub(super) fn value(value: &Option<Value>) -> &Value {
    value.as_ref().unwrap_or(&Value::Null)
}

/// The value that was told; none where nothing was told, and null where there is no such thing.
pub(super) fn told(answer: &Answer) -> Option<&Value> {
    match answer {
        Answer::Found(value) => Some(value),
        Answer::NotFound | Answer::Denied(_) | Answer::Throttled | Answer::Unreachable(_) => None,
    }
}

/// Says that it does not come about by itself.
pub(super) fn fail(record: &mut StepRecord, why: &str, now: Timestamp) {
    record.failed_at = Some(now.to_string());
    record.message = Some(text::message(why));
}

/// Says that a read shows it.
pub(super) fn verify(record: &mut StepRecord, value: Value, now: Timestamp) {
    record.state = StepState::Verified;
    record.read_back = Some(value);
    record.verified_at = Some(now.to_string());
    record.message = None;
    record.refused = false;
}
