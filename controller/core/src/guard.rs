//! Guards: pure rules that stand between a plan and its first write. One file each; the first that objects is reported.

mod caps;
mod freeze;
mod granted;
mod healthy_targets;
mod interlock;
mod own_dependency;
mod protected;
mod rate;
mod region;
mod residency;
mod unreadable;
mod warnings;

use crate::{
    blocked::{Blocked, Stop},
    facts::Facts,
    respond::{Responder, Scope},
    run::{ledger::Usage, plan::Plan},
};
use firebreak_crds::{Action, AwsAccountSpec, GuardrailSpec};
use jiff::Timestamp;

pub use interlock::{Claim, claims};
pub use own_dependency::operator_dependencies;
pub use unreadable::strictest;
pub use warnings::warnings;

/// What a guard may look at.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The object's namespace.
    pub namespace: &'a str,
    /// The account.
    pub account: &'a AwsAccountSpec,
    /// The Guardrails that speak for the account's environment.
    pub guardrails: &'a [&'a GuardrailSpec],
    /// The plan.
    pub plan: &'a Plan,
    /// ARN patterns of the operator itself and of all that it depends on.
    pub own: &'a [String],
    /// Whether the operator knows its own identity.
    pub own_is_known: bool,
    /// What objects of other kinds hold in the account.
    pub claims: &'a [Claim],
    /// What the account has contained already, without this object.
    pub usage: Usage,
    /// Whether people approved it: some guards do not stop an approved containment.
    pub approved: bool,
    /// Whether it runs before the approval that it needs, as a Guardrail grants.
    pub contain_now: bool,
    /// The present.
    pub now: Timestamp,
}

impl Scene<'_> {
    /// The field that names what is acted on.
    fn field(&self) -> &'static str {
        match self.plan.action {
            Action::Contain | Action::Release => "spec.target",
            Action::FailOver => "spec.steps",
        }
    }
}

type Guard = fn(&Scene<'_>) -> Option<Blocked>;

/// Guards that no approval can overrule: a plan that they refuse is not even recorded.
const ABSOLUTE: [Guard; 5] = [
    granted::check,
    region::check,
    residency::check,
    own_dependency::check,
    protected::check,
];
/// Guards that are asked again before a destructive step of a run that was begun.
const LASTING: [Guard; 3] = [granted::check, own_dependency::check, protected::check];
/// Guards that are asked before the first write.
const TIMELY: [Guard; 5] = [
    interlock::check,
    caps::check,
    freeze::check,
    rate::check,
    healthy_targets::check,
];

/// What no approval can overrule.
pub fn absolute(scene: &Scene<'_>) -> Option<Blocked> {
    ABSOLUTE.iter().find_map(|guard| guard(scene))
}

/// What stands in the way of a destructive step, however long ago its run was begun.
pub fn lasting(scene: &Scene<'_>) -> Option<Blocked> {
    LASTING.iter().find_map(|guard| guard(scene))
}

/// What stands in the way of something that nobody approved, for a while.
pub fn frozen(scene: &Scene<'_>) -> Option<Blocked> {
    freeze::check(scene)
}

/// What stands in the way now.
pub fn timely(scene: &Scene<'_>) -> Option<Blocked> {
    TIMELY.iter().find_map(|guard| guard(scene))
}

/// Who asks for what: judged before AWS is asked, and before anything is told of what it answers.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The object's namespace.
    pub namespace: &'a str,
    /// What the object wants.
    pub response: &'a Responder,
    /// What the response may know.
    pub scope: Scope<'a>,
    /// The word by which grants know what it acts on.
    pub kind: &'a str,
}

impl Asker<'_> {
    /// Why the namespace may not use the account for that kind and those names at all; none where it may.
    pub fn may_ask(&self) -> Option<Blocked> {
        granted::kind(self)
            .or_else(|| region::listed(self.response.terms().region, self.scope.account))
            .or_else(|| granted::names(self))
    }

    /// Whether the namespace may use what AWS knows under those names.
    ///
    /// # Errors
    /// [`Stop`] while AWS has not told which ARNs those are, or where one is not granted.
    pub fn may_know(&self, facts: &Facts) -> Result<(), Stop> {
        granted::identities(self, facts)
    }
}
