//! Security-group rules. A rule's identity is its protocol, ports and source; description and tags are not part of it.

use super::{refusal::Refusal, world::Region};
use firebreak_core::{
    aws::{
        ec2::{IdentifiedRule, SecurityGroupRule, Traffic},
        failure::FailureClass,
    },
    digest,
};
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
    /// Its name.
    pub name: String,
    /// The account that it is shared from, where that is another one.
    pub owner: Option<String>,
    /// What its rules' ids come from.
    #[serde(skip)]
    pub ids: RuleIds,
}

/// How often each rule was taken away: one that is added again has another id. Ids are no part of what a world is: nothing that
/// is put back has the one that it had.
#[derive(Clone, Debug, Default)]
pub struct RuleIds(BTreeMap<Traffic, u32>);

impl PartialEq for RuleIds {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl RuleIds {
    pub(super) fn retire(&mut self, traffic: Traffic) {
        *self.0.entry(traffic).or_default() += 1;
    }

    /// The id of a rule as long as it exists.
    pub fn of(&self, group_id: &str, traffic: &Traffic) -> String {
        let made = self.0.get(traffic).copied().unwrap_or_default();
        let text = format!("{group_id} {made} {} {traffic}", traffic.side());
        format!("sgr-{}", digest::short(&text, 17))
    }
}

/// Takes rules away; one that is not there is none the less gone.
pub(super) fn revoke(region: &mut Region, id: &str, egress: bool, rules: &[SecurityGroupRule]) -> Result<(), Refusal> {
    let gone: Vec<_> = rules.iter().cloned().map(normalised).collect();
    let kept = |rule: &SecurityGroupRule| !gone.iter().any(|other| same(rule, other));
    let group = changeable(region, id)?;
    let (left, revoked): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(side(group, egress)).into_iter().partition(kept);
    *side(group, egress) = left;
    let revoked = revoked.iter().map(|rule| Traffic::of(rule, egress));
    revoked.for_each(|traffic| group.ids.retire(traffic));
    Ok(())
}

/// Its rules with their ids, in no order that means anything.
pub(super) fn identified(id: &str, group: &Group) -> Vec<IdentifiedRule> {
    let one_way = |rules: &BTreeSet<SecurityGroupRule>, egress: bool| -> Vec<IdentifiedRule> {
        let rule = |rule: &SecurityGroupRule| IdentifiedRule {
            id: group.ids.of(id, &Traffic::of(rule, egress)),
            egress,
            rule: rule.clone(),
        };
        rules.iter().map(rule).collect()
    };
    [one_way(&group.ingress, false), one_way(&group.egress, true)].concat()
}

/// All or nothing, but for rules that name a group of another account that is gone: those are tried one by one, as the adapter
/// does. A rule that is there already stays as it is, with its description.
pub(super) fn authorize(
    region: &mut Region,
    id: &str,
    egress: bool,
    rules: &[SecurityGroupRule],
) -> Result<(), Refusal> {
    changeable(region, id)?;
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

/// A group that is shared from another account is changed by its owner only.
fn changeable<'a>(region: &'a mut Region, id: &str) -> Result<&'a mut Group, Refusal> {
    let found = group(region, id)?;
    match &found.owner {
        Some(_) => Err(Refusal::new(
            FailureClass::Denied,
            "UnauthorizedOperation",
            format!("You are not authorized to change security group {id}"),
        )),
        None => Ok(found),
    }
}

fn side(group: &mut Group, egress: bool) -> &mut BTreeSet<SecurityGroupRule> {
    if egress { &mut group.egress } else { &mut group.ingress }
}
