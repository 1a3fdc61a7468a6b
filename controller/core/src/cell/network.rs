//! The meaning, calls and sentences of target registrations and security-group rules.

use crate::{
    facts::{SecurityGroupRule, same_address},
    write::{TargetId, Write},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Only the registrations are owned; `running` changes by itself.
pub(super) fn canonical_registrations(value: &Value) -> Value {
    json!({"registered": super::value::sorted(&value["registered"])})
}

/// Whether binding the planned value, with the tasks that ran when the value was read, gives the value.
pub(super) fn registrations_fit(planned: &Value, value: &Value) -> bool {
    canonical_registrations(&bind_registrations(planned, value)) == canonical_registrations(value)
}

/// Members of the plan that still run; a task that is gone cannot be registered again.
pub(super) fn bind_registrations(planned: &Value, current: &Value) -> Value {
    let running = items(&current["running"]);
    let runs = |target: &Value| {
        let id = target["id"].as_str().unwrap_or_default();
        running
            .iter()
            .any(|ip| same_address(ip.as_str().unwrap_or_default(), id))
    };
    let kept: Vec<Value> = items(&planned["registered"]).into_iter().filter(runs).collect();
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
        (!come.is_empty()).then_some(Write::RegisterTargets {
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

/// Tasks that are gone do not count.
pub(super) fn keeps_registrations(before: &Value, value: &Value) -> bool {
    let now = items(&value["registered"]);
    let kept = items(&bind_registrations(before, value)["registered"]);
    kept.iter().all(|target| now.contains(target))
}

pub(super) fn registrations_sentence(target_group_arn: &str, service: &str, to: &Value) -> String {
    let name = target_group_arn.rsplit(':').next().unwrap_or(target_group_arn);
    match items(&to["registered"]).len() {
        0 => format!("Deregister the tasks of service {service} from {name}"),
        n => format!(
            "Register {} of service {service} with {name}, as far as they still run",
            firebreak_crds::text::counted(n, "task")
        ),
    }
}

/// Rules with every field, so that one that was recorded by an older version is the same.
pub(super) fn canonical_rules(value: &Value) -> Value {
    let side = |side: &str| -> Value {
        let rules = items(&value[side]);
        let full = rules.iter().map(super::value::normal::<SecurityGroupRule>).collect();
        super::value::sorted(&Value::Array(full))
    };
    json!({"ingress": side("ingress"), "egress": side("egress")})
}

/// Additions come before removals, so that a change of a rule never leaves a gap; except where only the description or
/// the tags change: to AWS that is the same rule, and it would refuse the new one as a duplicate.
pub(super) fn rules(group_id: &str, from: &Value, to: &Value) -> Vec<Write> {
    let mut writes = Vec::new();
    for (egress, side) in [(false, "ingress"), (true, "egress")] {
        let (from, to) = (parse_rules(&from[side]), parse_rules(&to[side]));
        let come = to.iter().filter(|r| !from.contains(r)).cloned();
        let gone: Vec<_> = from.iter().filter(|r| !to.contains(r)).cloned().collect();
        let (again, new): (Vec<_>, Vec<_>) = come.partition(|r| gone.iter().any(|g| same_traffic(r, g)));
        writes.extend(authorize(group_id, egress, new));
        writes.extend((!gone.is_empty()).then(|| Write::RevokeSecurityGroupRules {
            group_id: group_id.to_owned(),
            egress,
            rules: gone,
        }));
        writes.extend(authorize(group_id, egress, again));
    }
    writes
}

fn authorize(group_id: &str, egress: bool, rules: Vec<SecurityGroupRule>) -> Option<Write> {
    (!rules.is_empty()).then(|| Write::AuthorizeSecurityGroupRules {
        group_id: group_id.to_owned(),
        egress,
        rules,
    })
}

fn same_traffic(one: &SecurityGroupRule, other: &SecurityGroupRule) -> bool {
    let bare = |rule: &SecurityGroupRule| SecurityGroupRule {
        description: None,
        tags: BTreeMap::new(),
        ..rule.clone()
    };
    bare(one) == bare(other)
}

pub(super) fn rules_between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after, value) = (canonical_rules(before), canonical_rules(after), canonical_rules(value));
    ["ingress", "egress"].iter().all(|side| {
        let (before, after, now) = (items(&before[side]), items(&after[side]), items(&value[side]));
        now.iter().all(|rule| before.contains(rule) || after.contains(rule))
            && before
                .iter()
                .filter(|rule| after.contains(rule))
                .all(|rule| now.contains(rule))
    })
}

pub(super) fn keeps_rules(before: &Value, value: &Value) -> bool {
    let (before, value) = (canonical_rules(before), canonical_rules(value));
    ["ingress", "egress"].iter().all(|side| {
        let now = items(&value[side]);
        items(&before[side]).iter().all(|rule| now.contains(rule))
    })
}

pub(super) fn rules_sentence(group_id: &str, to: &Value) -> String {
    match items(&to["ingress"]).len() + items(&to["egress"]).len() {
        0 => format!("Remove every rule of security group {group_id}"),
        n => format!(
            "Set security group {group_id} to its {}",
            firebreak_crds::text::counted(n, "recorded rule")
        ),
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
