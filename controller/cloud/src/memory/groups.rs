//! Security-group rules. A rule's identity is its protocol, ports and source; description and tags are not part of it.

use super::{refusal::Refusal, world::Region};
use firebreak_core::aws::ec2::SecurityGroupRule;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rules that a group may have in one direction.
pub const MAX_RULES: usize = 60;

/// A security group.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Its VPC.
    pub vpc: String,
    /// Rules for traffic in.
    pub ingress: BTreeSet<SecurityGroupRule>,
    /// Rules for traffic out.
    pub egress: BTreeSet<SecurityGroupRule>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// Takes rules away; one that is not there is none the less gone.
pub(super) fn revoke(region: &mut Region, id: &str, egress: bool, rules: &[SecurityGroupRule]) -> Result<(), Refusal> {
    let gone: Vec<_> = rules.iter().cloned().map(normalised).collect();
    let kept = |rule: &SecurityGroupRule| !gone.iter().any(|other| same(rule, other));
    side(group(region, id)?, egress).retain(kept);
    Ok(())
}

/// All or nothing, but for rules that name a group of another account that is gone: those are tried one by one, as the adapter
/// does. A rule that is there already stays as it is, with its description.
pub(super) fn authorize(
    region: &mut Region,
    id: &str,
    egress: bool,
    rules: &[SecurityGroupRule],
) -> Result<(), Refusal> {
    group(region, id)?;
    rules.iter().try_for_each(|rule| check(region, rule))?;
    let lost_peers = region.lost_peers.clone();
    let is_lost = |rule: &SecurityGroupRule| rule.group.as_ref().is_some_and(|group| lost_peers.contains(group));
    let rules_now = side(group(region, id)?, egress);
    let mut made = rules_now.clone();
    for rule in rules.iter().filter(|rule| !is_lost(rule)).cloned().map(normalised) {
        if !made.iter().any(|other| same(&rule, other)) {
            made.insert(rule);
        }
    }
    if made.len() > MAX_RULES {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(Refusal::limit("RulesPerSecurityGroupLimitExceeded", message));
    }
    *rules_now = made;
    match rules.iter().find(|rule| is_lost(rule)) {
        Some(rule) => Err(Refusal::invalid(
            "InvalidGroup.NotFound",
            format!(
                "The security group '{}' does not exist",
                rule.group.as_deref().unwrap_or_default()
            ),
        )),
        None => Ok(()),
    }
}

fn check(region: &Region, rule: &SecurityGroupRule) -> Result<(), Refusal> {
    let sources = [&rule.cidr_ipv4, &rule.cidr_ipv6, &rule.prefix_list, &rule.group];
    if sources.iter().filter(|source| source.is_some()).count() != 1 {
        return Err(Refusal::invalid(
            "InvalidParameterValue",
            "a rule has exactly one source or destination",
        ));
    }
    let foreign = rule.group_owner.as_ref().is_some_and(|owner| *owner != region.account);
    match &rule.group {
        Some(group) if !foreign && !region.security_groups.contains_key(group) => Err(Refusal::invalid(
            "InvalidGroup.NotFound",
            format!("You have specified two resources: {group} is unknown"),
        )),
        _ => Ok(()),
    }
}

fn same(one: &SecurityGroupRule, other: &SecurityGroupRule) -> bool {
    let bare = |rule: &SecurityGroupRule| SecurityGroupRule {
        description: None,
        tags: Default::default(),
        group_owner: None,
        ..rule.clone()
    };
    bare(one) == bare(other)
}

/// The rule as EC2 describes it: protocol names, no ports where every protocol is meant.
pub(super) fn normalised(mut rule: SecurityGroupRule) -> SecurityGroupRule {
    let name = match rule.protocol.as_str() {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "all" => "-1",
        other => other,
    };
    rule.protocol = name.to_lowercase();
    if rule.protocol == "-1" {
        (rule.from_port, rule.to_port) = (Some(-1), Some(-1));
    }
    rule
}

fn group<'a>(region: &'a mut Region, id: &str) -> Result<&'a mut Group, Refusal> {
    let missing = || {
        Refusal::gone(
            "InvalidGroup.NotFound",
            format!("The security group '{id}' does not exist"),
        )
    };
    region.security_groups.get_mut(id).ok_or_else(missing)
}

fn side(group: &mut Group, egress: bool) -> &mut BTreeSet<SecurityGroupRule> {
    if egress { &mut group.egress } else { &mut group.ingress }
}
