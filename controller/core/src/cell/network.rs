//! The meaning, calls and sentences of target registrations and security-group rules.

use crate::{
    facts::SecurityGroupRule,
    write::{TargetId, Write},
};
use serde_json::{Value, json};

pub(super) fn registered(value: &Value) -> Value {
    super::sorted(&value["registered"])
}

/// Members of the plan that still run; a task that is gone cannot be registered again.
pub(super) fn bind_registrations(planned: &Value, current: &Value) -> Value {
    let running = items(&current["running"]);
    let kept: Vec<Value> = items(&planned["registered"])
        .into_iter()
        .filter(|target| running.contains(&target["id"]))
        .collect();
    json!({"registered": kept, "running": running})
}

pub(super) fn union(before: &Value, current: &Value) -> Value {
    let mut all = items(&before["registered"]);
    for target in items(&current["registered"]) {
        if !all.contains(&target) {
            all.push(target);
        }
    }
    json!({"registered": all, "running": current["running"]})
}

pub(super) fn registrations(target_group_arn: &str, from: &Value, to: &Value) -> Vec<Write> {
    let (from, to) = (targets(from), targets(to));
    let gone: Vec<TargetId> = from.iter().filter(|t| !to.contains(t)).cloned().collect();
    let come: Vec<TargetId> = to.iter().filter(|t| !from.contains(t)).cloned().collect();
    let arn = target_group_arn.to_owned();
    [
        (!gone.is_empty()).then(|| Write::DeregisterTargets {
            target_group_arn: arn.clone(),
            targets: gone,
        }),
        (!come.is_empty()).then(|| Write::RegisterTargets {
            target_group_arn: arn,
            targets: come,
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn registrations_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after) = (items(&before["registered"]), items(&after["registered"]));
    items(&value["registered"])
        .iter()
        .all(|target| before.contains(target) || after.contains(target))
}

pub(super) fn registrations_sentence(target_group_arn: &str, service: &str, to: &Value) -> String {
    let name = target_group_arn.rsplit(':').next().unwrap_or(target_group_arn);
    match items(&to["registered"]).len() {
        0 => format!("Deregister the tasks of service {service} from {name}"),
        n => format!("Register {n} task(s) of service {service} with {name}, as far as they still run"),
    }
}

pub(super) fn canonical_rules(value: &Value) -> Value {
    json!({"ingress": super::sorted(&value["ingress"]), "egress": super::sorted(&value["egress"])})
}

/// Additions come before removals, so that a change of a rule never leaves a gap.
pub(super) fn rules(group_id: &str, from: &Value, to: &Value) -> Vec<Write> {
    let mut writes = Vec::new();
    for (egress, side) in [(false, "ingress"), (true, "egress")] {
        let (from, to) = (parse_rules(&from[side]), parse_rules(&to[side]));
        let come: Vec<_> = to.iter().filter(|r| !from.contains(r)).cloned().collect();
        let gone: Vec<_> = from.iter().filter(|r| !to.contains(r)).cloned().collect();
        let group_id = group_id.to_owned();
        if !come.is_empty() {
            writes.push(Write::AuthorizeSecurityGroupRules {
                group_id: group_id.clone(),
                egress,
                rules: come,
            });
        }
        if !gone.is_empty() {
            writes.push(Write::RevokeSecurityGroupRules {
                group_id,
                egress,
                rules: gone,
            });
        }
    }
    writes
}

pub(super) fn rules_between(before: &Value, after: &Value, value: &Value) -> bool {
    ["ingress", "egress"].iter().all(|side| {
        let (before, after, now) = (items(&before[side]), items(&after[side]), items(&value[side]));
        now.iter().all(|rule| before.contains(rule) || after.contains(rule))
            && before
                .iter()
                .filter(|rule| after.contains(rule))
                .all(|rule| now.contains(rule))
    })
}

pub(super) fn rules_sentence(group_id: &str, to: &Value) -> String {
    match items(&to["ingress"]).len() + items(&to["egress"]).len() {
        0 => format!("Remove every rule of security group {group_id}"),
        n => format!("Set security group {group_id} to its {n} recorded rule(s)"),
    }
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn targets(value: &Value) -> Vec<TargetId> {
    serde_json::from_value(value["registered"].clone()).unwrap_or_default()
}

fn parse_rules(value: &Value) -> Vec<SecurityGroupRule> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
