//! One intention at a time: what another kind of response holds, such as a failover, is not cut off under its feet.

use super::Scene;
use crate::{
    blocked::Blocked,
    pattern::same_arn,
    run::{
        claims::{self, yields_to_containment},
        custody,
    },
};
use firebreak_crds::{Action, HoldSpec, OwnerRef, Reason};

/// A resource that an object of another kind holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// ARN of the resource.
    pub arn: String,
    /// Who holds it.
    pub owner: OwnerRef,
    /// Name of the Hold that keeps the cell, and the digest of the value that it keeps there; none where it is no cell.
    pub cell: Option<(String, String)>,
}

impl From<&claims::Claim> for Claim {
    fn from(claim: &claims::Claim) -> Self {
        Self {
            arn: claim.arn.clone(),
            owner: claim.owner.clone(),
            cell: claim.hold.clone().map(|hold| (hold, claim.wanted.clone())),
        }
    }
}

/// What objects of other kinds hold in an account.
pub fn claims<'a>(holds: impl Iterator<Item = &'a HoldSpec>, kind: &str, account_id: &str) -> Vec<Claim> {
    holds
        .filter(|hold| hold.key.account_id == account_id)
        .flat_map(|hold| hold.holders.iter().map(move |holder| (hold, &holder.owner)))
        .filter(|(_, owner)| owner.kind != kind)
        .map(|(hold, owner)| Claim {
            arn: hold.key.resource.clone(),
            owner: owner.clone(),
            cell: kept(hold),
        })
        .collect()
}

fn kept(hold: &HoldSpec) -> Option<(String, String)> {
    let cell = custody::read_cell(hold)?;
    Some((custody::name(&hold.key), claims::digest_of(&cell, &hold.after)))
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
