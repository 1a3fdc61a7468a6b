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
    respond::quarantine::{Context, targets::named::Named},
    run::{ledger::Usage, plan::Plan},
};
use firebreak_crds::{AwsAccountSpec, GuardrailSpec};
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

/// What stands in the way now.
pub fn timely(scene: &Scene<'_>) -> Option<Blocked> {
    TIMELY.iter().find_map(|guard| guard(scene))
}

/// Whether the namespace may use the account for that kind and that name at all: asked before AWS is.
pub fn may_ask(namespace: &str, kind: &str, context: &Context<'_>) -> Option<Blocked> {
    let account = context.account;
    let named = || granted::name(namespace, kind, &Named::by(context)?, account);
    granted::kind(namespace, kind, account)
        .or_else(|| region::listed(context.region, account))
        .or_else(named)
}

/// Whether the namespace may use what AWS knows under that name: asked before anything else is told of it.
///
/// # Errors
/// [`Stop`] while AWS has not told which ARN that is, or where it is not granted.
pub fn may_know(namespace: &str, kind: &str, context: &Context<'_>, facts: &Facts) -> Result<(), Stop> {
    match granted::identity(namespace, kind, context, facts)? {
        Some(blocked) => Err(blocked.into()),
        None => Ok(()),
    }
}
