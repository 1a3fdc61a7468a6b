//! How large records may become. The values of a plan are bounded when it is made; what AWS shows later is not, and a write that is
//! too large would be refused for ever. It is not tried: what is too large is said instead.

use super::Effect;
use crate::blocked::Blocked;
use firebreak_crds::{HoldSpec, Reason, ResponsePlanStatus};
use serde::Serialize;

/// The most bytes of a journal: with the plan beside it, it stays below the 1.5 MiB that etcd takes in one request.
pub(super) const JOURNAL: usize = 1024 * 1024;
/// The most bytes of a Hold.
pub(super) const HOLD: usize = 1024 * 1024;

/// What an effect would write that is too large.
pub(super) fn too_large(effect: &Effect) -> Option<Blocked> {
    match effect {
        Effect::UpdatePlan { plan, status } => journal(plan, status),
        Effect::CreateHold { hold: spec, .. } | Effect::UpdateHold { hold: spec, .. } => hold(spec),
        Effect::Ask(_)
        | Effect::FetchHolds(_)
        | Effect::AddFinalizer
        | Effect::RemoveFinalizer
        | Effect::CreatePlan(_)
        | Effect::DeleteHold { .. }
        | Effect::Reserve
        | Effect::Archive { .. }
        | Effect::Write { .. }
        | Effect::Rest(_) => None,
    }
}

fn journal(plan: &str, status: &ResponsePlanStatus) -> Option<Blocked> {
    let bytes = bytes(status);
    let (step, _) = status.journal.iter().max_by_key(|(_, record)| self::bytes(record))?;
    let text = format!(
        "the journal of {plan} would have {bytes} bytes, and at most {JOURNAL} are written; what AWS shows of step {step} takes the most: make that smaller in AWS"
    );
    (bytes > JOURNAL).then(|| Blocked::new(Reason::PlanTooLarge, text))
}

/// Custody whose values are too large to be written.
pub(super) fn hold(hold: &HoldSpec) -> Option<Blocked> {
    let bytes = bytes(hold);
    let text = format!(
        "what is kept of {} of {} would have {bytes} bytes, and at most {HOLD} are written: make what AWS shows of it smaller",
        hold.key.field, hold.key.resource
    );
    (bytes > HOLD).then(|| Blocked::new(Reason::PlanTooLarge, text))
}

fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(usize::MAX, |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_crds::StepRecord;
    use serde_json::json;

    fn update(length: usize) -> Effect {
        let record = |length| StepRecord {
            found: Some(json!("x".repeat(length))),
            ..StepRecord::default()
        };
        let status = ResponsePlanStatus {
            journal: [("small".to_owned(), record(1)), ("large".to_owned(), record(length))].into(),
            ..ResponsePlanStatus::default()
        };
        Effect::UpdatePlan {
            plan: "q-run-1".into(),
            status: Box::new(status),
        }
    }

    #[test]
    fn journal_that_would_be_refused_for_ever_is_not_written_and_says_which_step() {
        assert_eq!(too_large(&update(JOURNAL / 2)), None);
        let blocked = too_large(&update(JOURNAL)).unwrap();
        assert_eq!(blocked.reason, Reason::PlanTooLarge);
        assert!(
            blocked.message.contains("of step large takes the most"),
            "{}",
            blocked.message
        );
    }
}
