//! The rules of a security group: what equal means, the calls that lead from one set to another, and sentences.

use super::{Ec2Write, SecurityGroupRule, Traffic};
use crate::aws::value::{normal, sorted};
use serde_json::{Value, json};

/// Rules with every field, so that one that was recorded by an older version is the same.
pub(super) fn canonical_rules(value: &Value) -> Value {
    let side = |side: &str| -> Value {
        let rules = items(&value[side]);
        let full = rules.iter().map(normal::<SecurityGroupRule>).collect();
        sorted(&Value::Array(full))
    };
    json!({"ingress": side("ingress"), "egress": side("egress")})
}

/// Additions come before removals, so that a change of a rule never leaves a gap; except where only the description or
/// the tags change: to AWS that is the same rule, and it would refuse the new one as a duplicate.
pub(super) fn rule_writes(group_id: &str, from: &Value, to: &Value) -> Vec<Ec2Write> {
    let mut writes = Vec::new();
    for (egress, side) in [(false, "ingress"), (true, "egress")] {
        let (from, to) = (parse_rules(&from[side]), parse_rules(&to[side]));
        let come = to.iter().filter(|r| !from.contains(r)).cloned();
        let gone: Vec<_> = from.iter().filter(|r| !to.contains(r)).cloned().collect();
        let (again, new): (Vec<_>, Vec<_>) = come.partition(|r| gone.iter().any(|g| same_traffic(r, g)));
        writes.extend(authorize(group_id, egress, new));
        writes.extend((!gone.is_empty()).then(|| Ec2Write::RevokeSecurityGroupRules {
            group_id: group_id.to_owned(),
            egress,
            rules: gone,
        }));
        writes.extend(authorize(group_id, egress, again));
    }
    writes
}

fn authorize(group_id: &str, egress: bool, rules: Vec<SecurityGroupRule>) -> Option<Ec2Write> {
    (!rules.is_empty()).then(|| Ec2Write::AuthorizeSecurityGroupRules {
        group_id: group_id.to_owned(),
        egress,
        rules,
    })
}

/// Whether two rules are one to AWS: description and tags do not count.
pub(super) fn same_traffic(one: &SecurityGroupRule, other: &SecurityGroupRule) -> bool {
    Traffic::of(one, false) == Traffic::of(other, false)
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

fn parse_rules(value: &Value) -> Vec<SecurityGroupRule> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
