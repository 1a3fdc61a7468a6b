//! Why a Decision about a plan does not count.

use super::{bound, is_machine, voices::Hearing};
use firebreak_crds::{Action, Decision, PlanReference, Verb};

/// Why the requester's own approval does not count.
pub const REQUESTER: &str = "the requester cannot approve their own run: another person must";

/// Why a Decision about a plan does not count.
pub(crate) fn refusal(decision: &Decision, named: &PlanReference, hearing: &Hearing<'_>) -> Option<String> {
    if named.uid != hearing.plan.uid {
        return Some("it names another run's plan (spec.plan.uid)".into());
    }
    if named.digest != hearing.plan.digest {
        return Some("it names another content of the plan (spec.plan.digest)".into());
    }
    let by = hearing.people.person(&decision.spec.by);
    let asked = |name: &&str| hearing.people.person(name) == by;
    if decision.spec.verb == Verb::Approve && hearing.requesters.iter().any(asked) {
        return Some(REQUESTER.into());
    }
    if decision.spec.verb == Verb::BreakGlass && hearing.action == Action::Release {
        return Some("glass is broken to cut off, never to put back: a release takes its approvals".into());
    }
    if is_machine(hearing.machines, &decision.spec.by) {
        return Some("it was given by a machine".into());
    }
    bound(decision, hearing.admission, hearing.now)
}
