//! `securityGroupRule`: one rule of a security group, revoked. It is named by its id, and kept by what it lets through: AWS gives
//! no id twice, so neither the rule that a release adds nor one that somebody else adds has the id that it had.

mod notes;
#[cfg(test)]
mod tests;

use crate::{
    aws::{
        Cell, Query, Site,
        ec2::{Ec2Cell, Ec2Read, IdentifiedRule, SecurityGroup, SecurityGroupUser, Traffic, security_group_arn},
    },
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Draft, Named, Proof,
        quarantine::{Context, Target},
    },
    run::{
        custody,
        step::{Dependent, Touched},
    },
};
use firebreak_crds::{Reason, Reopens, SecurityGroupRuleTarget, Target as TargetSpec};
use serde_json::json;

/// One rule of a security group.
pub struct SecurityGroupRule;

impl Target for SecurityGroupRule {
    fn kind(&self) -> &'static str {
        "securityGroupRule"
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.security_group_rule.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        let spec = target.security_group_rule.as_ref();
        spec.map(|spec| format!("Security group rule {} of {} (Revoke)", spec.rule_id, spec.group_id))
            .unwrap_or_default()
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.security_group_rule.as_ref()?;
        Some(context.regional("ec2", &format!("security-group/{}", spec.group_id)))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let seen = Seen::read(context, facts)?;
        Ok(Design {
            arn: seen.group_arn(),
            drafts: vec![seen.draft()],
            touches: seen.touches(),
            dependents: seen.dependents(),
            notes: seen.notes(),
            ..Design::default()
        })
    }

    /// Nothing is cut off where the group lets all of it through by another rule.
    fn proof(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        let spec = spec(context)?;
        let rules: Vec<IdentifiedRule> = facts.need(rules_query(spec))?.unwrap_or_default();
        let open = traffic(context, spec, &rules)?.and_then(|traffic| notes::still_open(spec, &traffic, &rules));
        Ok(Proof {
            bypassed: open,
            ..Proof::default()
        })
    }
}

fn spec<'a>(context: &'a Context<'_>) -> Result<&'a SecurityGroupRuleTarget, Stop> {
    let unset = || Blocked::new(Reason::InvalidTarget, "spec.target.securityGroupRule is not set").into();
    context.target.security_group_rule.as_ref().ok_or_else(unset)
}

fn group_query(spec: &SecurityGroupRuleTarget) -> Query {
    let group_id = spec.group_id.clone();
    Query::Ec2(Ec2Read::SecurityGroup { group_id })
}

fn rules_query(spec: &SecurityGroupRuleTarget) -> Query {
    let group_id = spec.group_id.clone();
    Query::Ec2(Ec2Read::SecurityGroupRules { group_id })
}

fn users_query(spec: &SecurityGroupRuleTarget) -> Query {
    let group_id = spec.group_id.clone();
    Query::Ec2(Ec2Read::SecurityGroupUsers { group_id })
}

/// What the rule lets through. In custody it counts as it was then, whatever has become of its id; without custody the id tells,
/// and once that is gone, what the last containment of this object revoked.
fn traffic(
    context: &Context<'_>,
    spec: &SecurityGroupRuleTarget,
    rules: &[IdentifiedRule],
) -> Result<Option<Traffic>, Stop> {
    let hold = context.hold(hold_name(context, spec))?;
    let held = hold
        .and_then(custody::read_cell)
        .and_then(|cell| traffic_of(&cell, spec));
    let named = || rules.iter().find(|rule| rule.id == spec.rule_id);
    let earlier = || context.earlier.iter().find_map(|step| traffic_of(&step.cell, spec));
    let there = || named().map(|it| Traffic::of(&it.rule, it.egress));
    Ok(held.or_else(there).or_else(earlier))
}

/// The name of the rule's custody, which its id alone gives.
fn hold_name(context: &Context<'_>, spec: &SecurityGroupRuleTarget) -> String {
    let site = Site::new(&context.account.account_id, context.region);
    let key = custody::key(context.partition(), &site, &cell(spec, Traffic::default()));
    custody::name(&key)
}

fn cell(spec: &SecurityGroupRuleTarget, traffic: Traffic) -> Cell {
    Cell::Ec2(Ec2Cell::SecurityGroupRule {
        group_id: spec.group_id.clone(),
        rule_id: spec.rule_id.clone(),
        traffic,
    })
}

fn traffic_of(of: &Cell, spec: &SecurityGroupRuleTarget) -> Option<Traffic> {
    let Cell::Ec2(Ec2Cell::SecurityGroupRule { traffic, .. }) = of else {
        return None;
    };
    (*of == cell(spec, traffic.clone())).then(|| traffic.clone())
}

/// A rule of the account, with its group, what else the group has, and what uses it.
struct Seen<'a> {
    context: &'a Context<'a>,
    spec: &'a SecurityGroupRuleTarget,
    group: SecurityGroup,
    rules: Vec<IdentifiedRule>,
    users: Vec<SecurityGroupUser>,
    traffic: Traffic,
}

impl<'a> Seen<'a> {
    fn read(context: &'a Context<'a>, facts: &SiteFacts<'_>) -> Result<Self, Stop> {
        let spec = spec(context)?;
        facts.ask([group_query(spec), rules_query(spec), users_query(spec)])?;
        let group = group(context, spec, facts)?;
        let rules: Vec<IdentifiedRule> = facts.need(rules_query(spec))?.unwrap_or_default();
        Ok(Self {
            context,
            spec,
            group,
            users: facts.need(users_query(spec))?.unwrap_or_default(),
            traffic: traffic(context, spec, &rules)?.ok_or_else(|| gone(spec))?,
            rules,
        })
    }

    /// The rule as it is now, by what it lets through.
    fn rule(&self) -> Option<&IdentifiedRule> {
        let same = |it: &&IdentifiedRule| Traffic::of(&it.rule, it.egress) == self.traffic;
        self.rules.iter().find(same)
    }

    fn place(&self) -> (&str, &str, &str) {
        let account = &self.context.account.account_id;
        (self.context.partition(), account, self.context.region)
    }

    fn group_arn(&self) -> String {
        security_group_arn(self.place(), &self.spec.group_id)
    }

    fn draft(&self) -> Draft {
        let cell = cell(self.spec, self.traffic.clone());
        Draft {
            reopens: self.traffic.is_public().then_some(Reopens::PublicAccess),
            ..Draft::new("revoke", cell, json!([]))
        }
    }

    fn touches(&self) -> Vec<Touched> {
        let (partition, account, region) = self.place();
        let rule = self.rule().map(|it| Touched {
            arn: format!("arn:{partition}:ec2:{region}:{account}:security-group-rule/{}", it.id),
            tags: it.rule.tags.clone(),
        });
        let group = Touched {
            arn: self.group_arn(),
            tags: self.group.tags.clone(),
        };
        [group].into_iter().chain(rule).collect()
    }

    /// What shares the group: it loses what the rule let through.
    fn dependents(&self) -> Vec<Dependent> {
        let mut found: Vec<Dependent> = self.users.iter().map(notes::dependent).collect();
        found.sort();
        found.dedup();
        found
    }
}

/// A group that is shared with the account is changed by its owner only (VPC user guide, "Share security groups with
/// organizations").
fn group(context: &Context<'_>, spec: &SecurityGroupRuleTarget, facts: &SiteFacts<'_>) -> Result<SecurityGroup, Stop> {
    let (id, region) = (&spec.group_id, context.region);
    let group: SecurityGroup = facts.need(group_query(spec))?.ok_or_else(|| {
        let message = format!("spec.target.securityGroupRule.groupId: there is no security group {id} in {region}");
        Blocked::new(Reason::TargetNotFound, message)
    })?;
    if !group.owner.is_empty() && group.owner != context.account.account_id {
        let message = format!(
            "spec.target.securityGroupRule.groupId: {id} is shared from account {}, and only its owner changes it: create the Quarantine there, or take the group off what uses it here",
            group.owner
        );
        return Err(Blocked::new(Reason::Unmodifiable, message).into());
    }
    Ok(group)
}

fn gone(spec: &SecurityGroupRuleTarget) -> Stop {
    let (group, rule) = (&spec.group_id, &spec.rule_id);
    let message = format!(
        "spec.target.securityGroupRule.ruleId: security group {group} has no rule {rule}; one that was added again has another id: list them with aws ec2 describe-security-group-rules --filters Name=group-id,Values={group}, and create a Quarantine for that one"
    );
    Blocked::new(Reason::TargetNotFound, message).into()
}
