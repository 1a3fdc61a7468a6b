//! Never itself: nothing that the operator, its evidence or its approvers depend on.

use super::Scene;
use crate::{blocked::Blocked, pattern};
use firebreak_crds::{Action, AwsAccountSpec, Reason};

/// ARN patterns of all through which Firebreak reaches an account and keeps its evidence.
pub fn operator_dependencies(account: &AwsAccountSpec) -> Vec<String> {
    let roles = &account.roles;
    let mut all = vec![roles.read.clone(), roles.contain.clone()];
    all.extend(roles.contain_identity.clone());
    all.extend(roles.failover.clone());
    all.extend(roles.queue.clone());
    all.extend(account.deny_policy_arn.clone());
    if let Some(store) = &account.evidence {
        all.push(format!("arn:*:s3:::{}", store.bucket));
        all.extend(store.role_arn.clone());
    }
    all
}

pub(super) fn check(scene: &Scene<'_>) -> Option<Blocked> {
    if scene.plan.action == Action::Release {
        return None;
    }
    if !scene.own_is_known {
        let message = "the operator could not ask AWS yet who it is itself, and cuts nothing off until it knows: give it credentials that sts:GetCallerIdentity accepts";
        return Some(Blocked::new(Reason::Unreachable, message));
    }
    let own = |arn: &&str| scene.own.iter().any(|p| pattern::matches_arn(p, arn));
    let touched = scene.plan.touches.iter().map(|touched| touched.arn.as_str());
    let arn = touched.chain([scene.plan.arn.as_str()]).find(own)?;
    Some(Blocked::new(
        Reason::OwnDependency,
        format!(
            "{}: {arn} belongs to Firebreak itself or to something that it depends on, and is never touched",
            scene.field()
        ),
    ))
}
