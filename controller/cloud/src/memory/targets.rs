//! Target groups: registration, health checks and draining.

use super::{
    refusal::Refusal,
    world::{Health, Instance, InstanceState, Phase, Region, Target, TargetGroup},
};
use firebreak_core::aws::elbv2::{Elbv2Write, TargetId};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// Seconds until a registered target's first health checks are done.
pub const HEALTHY_AFTER: i64 = 10;

/// Makes a write to a target group.
pub(super) fn write(region: &mut Region, write: &Elbv2Write, now: i64) -> Result<(), Refusal> {
    match write {
        Elbv2Write::ModifyListener { listener_arn, weights } => {
            weigh(region, listener_arn, weights, "ListenerNotFound")?;
        }
        Elbv2Write::ModifyRule { rule_arn, weights } => weigh(region, rule_arn, weights, "RuleNotFound")?,
        Elbv2Write::RegisterTargets {
            target_group_arn,
            targets,
        } => {
            let group = found(region, target_group_arn)?;
            targets.iter().try_for_each(check)?;
            targets.iter().for_each(|target| register(group, target, now));
        }
        Elbv2Write::DeregisterTargets {
            target_group_arn,
            targets,
        } => {
            let group = found(region, target_group_arn)?;
            targets
                .iter()
                .for_each(|target| drain(group, |t| t.id == target.id && t.port == target.port, now));
        }
    }
    Ok(())
}

/// Only groups that are there already are weighed; some group must get requests.
fn weigh(
    region: &mut Region,
    arn: &str,
    weights: &BTreeMap<String, i32>,
    missing: &'static str,
) -> Result<(), Refusal> {
    let known = region.forwards.get_mut(arn);
    let known = known.ok_or_else(|| Refusal::gone(missing, format!("{arn} not found")))?;
    let mut made = known.clone();
    made.extend(weights.iter().map(|(group, weight)| (group.clone(), *weight)));
    if made.len() != known.len() || made.values().any(|weight| !(0..1000).contains(weight)) {
        return Err(Refusal::invalid(
            "ValidationError",
            "a weight is not within 0 to 999, or of no group",
        ));
    }
    *known = made;
    Ok(())
}

fn check(target: &TargetId) -> Result<(), Refusal> {
    if !(1..=65_535).contains(&target.port) {
        return Err(Refusal::invalid(
            "ValidationError",
            format!("port {} is not within 1 to 65535", target.port),
        ));
    }
    match target.id.parse::<IpAddr>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Refusal::invalid(
            "InvalidTarget",
            format!("{} is not a valid IP address", target.id),
        )),
    }
}

/// Registers a target, also one that still drains.
pub(super) fn register(group: &mut TargetGroup, target: &TargetId, now: i64) {
    let same = |t: &Target| t.id == target.id && t.port == target.port;
    if group
        .targets
        .iter()
        .any(|t| same(t) && !matches!(t.health, Health::Draining { .. }))
    {
        return;
    }
    group.targets.retain(|t| !same(t));
    let health = Health::Initial {
        until: now + HEALTHY_AFTER,
    };
    group.targets.push(Target {
        id: target.id.clone(),
        port: target.port,
        health,
    });
    group
        .targets
        .sort_by(|one, other| (&one.id, one.port).cmp(&(&other.id, other.port)));
}

/// Lets targets drain; one that drains already goes on as it does.
pub(super) fn drain(group: &mut TargetGroup, which: impl Fn(&Target) -> bool, now: i64) {
    let until = now + group.deregistration_delay;
    for target in group.targets.iter_mut().filter(|target| which(target)) {
        if !matches!(target.health, Health::Draining { .. }) {
            target.health = Health::Draining { until };
        }
    }
}

/// Moves health checks and draining on to `now`.
pub(super) fn tick(region: &mut Region, now: i64) {
    let up = |(_, instance): &(&String, &Instance)| instance.state == InstanceState::Running;
    let instances = region.instances.iter().filter(up).map(|(id, _)| id.as_str());
    let running: BTreeSet<&str> = region
        .clusters
        .values()
        .flat_map(|cluster| cluster.tasks.values())
        .filter(|task| task.phase == Phase::Running)
        .map(|task| task.ip.as_str())
        .chain(instances)
        .collect();
    for group in region.target_groups.values_mut() {
        group
            .targets
            .retain(|target| !matches!(target.health, Health::Draining { until } if until <= now));
        for target in &mut group.targets {
            target.health = checked(target.health, running.contains(target.id.as_str()), now);
        }
    }
}

fn checked(health: Health, answers: bool, now: i64) -> Health {
    match health {
        Health::Draining { .. } => health,
        Health::Initial { until } if until > now => health,
        _ if answers => Health::Healthy,
        _ => Health::Unhealthy,
    }
}

fn found<'a>(region: &'a mut Region, arn: &str) -> Result<&'a mut TargetGroup, Refusal> {
    let missing = || Refusal::gone("TargetGroupNotFound", format!("Target groups '{arn}' not found"));
    region.target_groups.get_mut(arn).ok_or_else(missing)
}
