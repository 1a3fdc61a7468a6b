//! What stands between a plan and its run: grants, protection, the operator's own dependencies, freeze windows, other kinds.

use super::{World, planning::KIND};
use crate::{
    approval,
    blocked::Blocked,
    guard::{self, Claim, Scene},
    pattern::same_arn,
    run::{act::ActStep, claims, ledger::Usage, plan::Plan},
};
use firebreak_crds::{AwsAccountSpec, GuardrailSpec, Reason};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What no approval can overrule: a plan that it refuses is not recorded.
pub(super) fn absolute(world: &World, plan: &Plan) -> Option<Blocked> {
    lacks_role(world, plan).or_else(|| each(world, plan, (false, Timestamp::UNIX_EPOCH), guard::lasting))
}

/// What stands in the way of the begin now.
pub(super) fn timely(world: &World, plan: &Plan, approved: bool, now: Timestamp) -> Option<Blocked> {
    let held = interlocked(world, plan).map(|why| Blocked::new(Reason::Interlocked, why));
    held.or_else(|| each(world, plan, (approved, now), guard::frozen))
}

/// What another kind does to what the plan touches.
pub(super) fn interlocked(world: &World, plan: &Plan) -> Option<String> {
    let touches = |arn: &str| plan.touches.iter().any(|touched| same_arn(&touched.arn, arn));
    let against = |claim: &&Claim| touches(&claim.arn) && !joins(world, plan, claim);
    let claim = world.claims.iter().find(against)?;
    let owner = &claim.owner;
    Some(format!(
        "{} {}/{} acts on {}: nothing is changed there until it is released; release it, or abort this run",
        owner.kind, owner.namespace, owner.name, claim.arn
    ))
}

/// Whether fences alone touch a resource, and want of it what another kind keeps there too, or something else of it.
fn joins(world: &World, plan: &Plan, claim: &Claim) -> bool {
    let fences = plan.acts.iter().filter(|act| act.is_proof_of_fence());
    let fences: BTreeSet<&str> = fences.map(|act| act.step.as_str()).collect();
    let of_a_fence = |act: &ActStep| fences.contains(act.step.as_str());
    let agrees = |own: &claims::Claim| match &claim.cell {
        Some((hold, kept)) => own.hold.as_ref() != Some(hold) || own.wanted == *kept,
        // A deed that nothing puts back, such as ending the protection of tasks: no value is fought about.
        None => true,
    };
    let own = plan.acts.iter().filter_map(|act| {
        let own = claims::of_act(plan, &world.subject.owner, act)?;
        same_arn(&own.arn, &claim.arn).then_some((act, own))
    });
    let own: Vec<(&ActStep, claims::Claim)> = own.collect();
    !own.is_empty() && own.iter().all(|(act, own)| of_a_fence(act) && agrees(own))
}

/// Only the failover role is used, and there is no other to take in its place.
fn lacks_role(world: &World, plan: &Plan) -> Option<Blocked> {
    let acts = |id: &str| plan.acts.iter().any(|act| act.site.account_id == id);
    let lacking =
        |(_, account): &(&String, &AwsAccountSpec)| acts(&account.account_id) && account.roles.failover.is_none();
    let (name, _) = world.accounts.iter().find(lacking)?;
    let why = format!("AwsAccount {name} names no role for failovers: its owner sets spec.roles.failover");
    Some(Blocked::new(Reason::AccountNotGranted, why))
}

/// Each resource is judged by the rules of the account that it lies in.
fn each(
    world: &World,
    plan: &Plan,
    (approved, now): (bool, Timestamp),
    guards: fn(&Scene<'_>) -> Option<Blocked>,
) -> Option<Blocked> {
    let account_of = |arn: &str| {
        let id = arn.split(':').nth(4).unwrap_or_default();
        world.accounts.values().find(|account| account.account_id == id)
    };
    let named = world.accounts.get(&plan.account_name);
    plan.touches.iter().find_map(|touched| {
        // The ARN of a bucket has no account in it.
        let account = account_of(&touched.arn).or(named)?;
        let speaking: Vec<&GuardrailSpec> = approval::speaking(&world.guardrails, account.environment).collect();
        let one = Plan {
            arn: touched.arn.clone(),
            kind: KIND.to_owned(),
            ..plan.clone()
        };
        let scene = Scene {
            namespace: &world.subject.owner.namespace,
            account,
            guardrails: &speaking,
            plan: &one,
            own: &world.own,
            own_is_known: world.own_is_known,
            claims: &[],
            usage: Usage::default(),
            approved,
            contain_now: false,
            now,
        };
        guards(&scene)
    })
}
