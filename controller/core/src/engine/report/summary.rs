//! The conditions in a few words, for people who look at many objects at once: what is, and what is waited for.

use super::{Rest, World};
use firebreak_crds::{ConditionType as Type, QuarantineState as State, Reason, condition::Wanted};

/// The report with its summary.
pub(in crate::engine) fn summarised(world: &World, mut rest: Rest) -> Rest {
    rest.status.state = Some(state(&rest.conditions));
    rest.status.waiting_for = waiting_for(world, &rest);
    rest
}

fn said(conditions: &[Wanted], kind: Type) -> Option<&Wanted> {
    conditions.iter().find(|said| said.kind == kind)
}

fn state(conditions: &[Wanted]) -> State {
    let is = |kind| said(conditions, kind).is_some_and(|said| said.status == Some(true));
    let Some(contained) = said(conditions, Type::Contained) else {
        return State::Unknown;
    };
    let writing =
        is(Type::Reconciling) || said(conditions, Type::Applied).is_some_and(|it| it.reason != Reason::NotApplied);
    match (contained.status, contained.reason) {
        (_, Reason::Abandoned) => State::Abandoned,
        (_, Reason::Released) => State::Released,
        (Some(true), _) => State::Contained,
        (None, _) => State::Unknown,
        (Some(false), Reason::Releasing) => State::Releasing,
        (Some(false), _) if writing => State::Containing,
        (Some(false), _) => State::NotContained,
    }
}

/// What comes next only if somebody or something else comes first.
fn waiting_for(world: &World, rest: &Rest) -> Option<String> {
    let ready = said(&rest.conditions, Type::Ready).filter(|ready| ready.status != Some(true))?;
    let approvals = || rest.status.approvals.clone().unwrap_or_default();
    Some(match ready.reason {
        Reason::AwaitingApproval => format!("approvals {}", approvals()),
        Reason::EmergencyStop => "end of EmergencyStop".into(),
        Reason::Capturing => "evidence bucket".into(),
        Reason::FreezeWindow => "freeze window, or an approval".into(),
        Reason::RateExceeded => "rate, or an approval".into(),
        Reason::Settling => "settling time".into(),
        Reason::Applying | Reason::Releasing | Reason::Throttled | Reason::Unreachable => "AWS".into(),
        Reason::Observing => "mode Enforce".into(),
        Reason::NotReleased if world.subject.deleting_since.is_some() => "decision about its Holds".into(),
        _ => format!("a person: {}", ready.reason.as_str()),
    })
}
