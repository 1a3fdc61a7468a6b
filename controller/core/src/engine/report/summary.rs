//! The conditions in a few words, for people who look at many objects at once: what is, and what is waited for.

use super::{Rest, World};
use firebreak_crds::{ConditionType as Type, Reason, condition::Wanted};

/// The report with its summary.
pub(in crate::engine) fn summarised(world: &World, mut rest: Rest) -> Rest {
    rest.summary.waiting_for = waiting_for(world, &rest);
    rest
}

fn said(conditions: &[Wanted], kind: Type) -> Option<&Wanted> {
    conditions.iter().find(|said| said.kind == kind)
}

/// What comes next only if somebody or something else comes first.
fn waiting_for(world: &World, rest: &Rest) -> Option<String> {
    let ready = said(&rest.conditions, Type::Ready).filter(|ready| ready.status != Some(true))?;
    let approvals = || rest.summary.approvals.clone().unwrap_or_default();
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
