//! One intention at a time: what another kind of response holds, such as a failover, is not cut off under its feet.

use super::Scene;
use crate::{blocked::Blocked, pattern::same_arn, run::claims::yields_to_containment};
use firebreak_crds::{Action, HoldSpec, OwnerRef, Reason};

/// A resource that an object of another kind holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// ARN of the resource.
    pub arn: String,
    /// Who holds it.
    pub owner: OwnerRef,
}

/// What objects of other kinds hold in an account.
pub fn claims<'a>(holds: impl Iterator<Item = &'a HoldSpec>, kind: &str, account_id: &str) -> Vec<Claim> {
    holds
        .filter(|hold| hold.key.account_id == account_id)
        .flat_map(|hold| {
            hold.holders
                .iter()
                .map(move |holder| (&hold.key.resource, &holder.owner))
        })
        .filter(|(_, owner)| owner.kind != kind)
        .map(|(arn, owner)| Claim {
            arn: arn.clone(),
            owner: owner.clone(),
        })
        .collect()
}

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    let plan = scene.plan;
    let touches =
        |arn: &str| same_arn(&plan.arn, arn) || plan.touches.iter().any(|touched| same_arn(&touched.arn, arn));
    // A containment is never kept waiting by a failover: the run waits for it, and says so.
    let mut others = scene.claims.iter().filter(|claim| !yields_to_containment(&claim.owner));
    let claim = others.find(|claim| touches(&claim.arn))?;
    let OwnerRef {
        kind, namespace, name, ..
    } = &claim.owner;
    Some(Blocked::new(
        Reason::Interlocked,
        format!(
            "{kind} {namespace}/{name} acts on {}: release or abort it first, so that two responses do not undo each other",
            claim.arn
        ),
    ))
}
