//! Security groups and prefix lists that values refer to, and values without those that were deleted.

use super::{SecurityGroupRule, rules::same_traffic};
use crate::aws::{References, Remaining, failure::Failure, value::names};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The calls that add rules, by direction.
const AUTHORIZE: [(&str, &str); 2] = [
    ("ingress", "ec2:AuthorizeSecurityGroupIngress"),
    ("egress", "ec2:AuthorizeSecurityGroupEgress"),
];

/// The references to a list of security groups; none where it is empty.
pub(in crate::aws) fn security_groups_of(value: &Value) -> Option<References> {
    let groups = names(value);
    (!groups.is_empty()).then(|| References {
        groups,
        prefix_lists: Vec::new(),
    })
}

/// A list of security groups without those that are missing.
pub(in crate::aws) fn without_groups(value: &Value, missing: &BTreeSet<String>) -> Remaining {
    let (gone, left): (Vec<String>, Vec<String>) = names(value).into_iter().partition(|id| missing.contains(id));
    Remaining {
        nothing: left.is_empty() && !gone.is_empty(),
        value: json!(left),
        lost: gone.iter().map(|id| format!("security group {id}")).collect(),
    }
}

pub(super) fn without_rules(value: &Value, missing: &BTreeSet<String>) -> Remaining {
    let (mut left, mut lost) = (value.clone(), Vec::new());
    for side in ["ingress", "egress"] {
        let (gone, kept): (Vec<_>, Vec<_>) = rules(&value[side]).into_iter().partition(|rule| refers(rule, missing));
        lost.extend(gone.iter().map(|rule| rule_text(side, rule)));
        left[side] = json!(kept);
    }
    Remaining {
        value: left,
        lost,
        nothing: false,
    }
}

/// Rules without those that are missing and name a group of another account, in a direction in which AWS has refused to add
/// rules because it does not find what they name; none where there are none. Rules of the other direction may still come.
pub(super) fn without_groups_elsewhere(wanted: &Value, current: &Value, refused: &[Failure]) -> Option<Remaining> {
    let (mut left, mut lost) = (wanted.clone(), Vec::new());
    for (side, call) in AUTHORIZE {
        if !refused.iter().any(|one| one.call == call && one.misses_what_it_names()) {
            continue;
        }
        let there = rules(&current[side]);
        let is_there = |rule: &SecurityGroupRule| there.iter().any(|other| same_traffic(rule, other));
        let is_lost = |rule: &SecurityGroupRule| rule.group_owner.is_some() && !is_there(rule);
        let (gone, kept): (Vec<_>, Vec<_>) = rules(&wanted[side]).into_iter().partition(is_lost);
        lost.extend(gone.iter().map(|rule| rule_text(side, rule)));
        left[side] = json!(kept);
    }
    (!lost.is_empty()).then_some(Remaining {
        value: left,
        lost,
        nothing: false,
    })
}

/// A group of another account cannot be looked up: it is tried.
pub(super) fn of_rules(value: &Value, own: &str) -> Option<References> {
    let all: Vec<SecurityGroupRule> = ["ingress", "egress"]
        .iter()
        .flat_map(|side| rules(&value[side]))
        .collect();
    let groups = all.iter().filter(|rule| rule.group_owner.is_none());
    let groups: BTreeSet<String> = groups
        .filter_map(|rule| rule.group.clone())
        .filter(|id| id != own)
        .collect();
    let lists: BTreeSet<String> = all.iter().filter_map(|rule| rule.prefix_list.clone()).collect();
    let some = !groups.is_empty() || !lists.is_empty();
    some.then(|| References {
        groups: groups.into_iter().collect(),
        prefix_lists: lists.into_iter().collect(),
    })
}

fn refers(rule: &SecurityGroupRule, missing: &BTreeSet<String>) -> bool {
    let of_us = rule.group.as_ref().filter(|_| rule.group_owner.is_none());
    of_us
        .into_iter()
        .chain(&rule.prefix_list)
        .any(|id| missing.contains(id))
}

fn rule_text(side: &str, rule: &SecurityGroupRule) -> String {
    let peer = rule
        .group
        .as_deref()
        .or(rule.prefix_list.as_deref())
        .unwrap_or_default();
    let ports = match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
        _ => String::new(),
    };
    format!("{side} rule {}{ports} for {peer}", rule.protocol)
}

fn rules(value: &Value) -> Vec<SecurityGroupRule> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
