//! What people should know: which id the rule has, what lets the same traffic through, and what uses the group
//! (docs/targets/security-group-rule.md gives the sources).

use super::Seen;
use crate::{
    aws::ec2::{IdentifiedRule, SecurityGroupUser, Traffic},
    run::step::Dependent,
};
use firebreak_crds::SecurityGroupRuleTarget;

/// How many rules a note lists before it says how many more there are.
const LISTED: usize = 10;

impl Seen<'_> {
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = vec![self.identity()];
        notes.extend(
            wider(&self.traffic, &self.rules).map(|rules| {
                format!("NOT cut off by this alone: {rules} of the same group also lets all of it through")
            }),
        );
        if self.group.name == "default" {
            notes.push(
                "It is the default group of its VPC: whatever is launched there without another one uses it".into(),
            );
        }
        notes.extend(FOR_ALL.map(str::to_owned));
        notes
    }

    fn identity(&self) -> String {
        let (named, side, traffic) = (&self.spec.rule_id, self.traffic.side(), &self.traffic);
        let now = match self.rule() {
            Some(rule) if rule.id == *named => format!("Rule {named} is the {side} rule {traffic}"),
            Some(rule) => format!(
                "The {side} rule {traffic}, which was {named}, has the id {} now",
                rule.id
            ),
            None => format!("Rule {named} was the {side} rule {traffic}, and is not there now"),
        };
        format!("{now}; a release adds it under a new id, and says which")
    }
}

const FOR_ALL: [&str; 3] = [
    "Cannot stop: connections that are open and tracked; one lasts until it was idle for 5 days (350 s on Nitro v6)",
    "Not looked at: other security groups of what uses this one, which may let the same traffic through",
    "Breaks: what comes by this rule alone, for everything that uses the group",
];

/// Why nothing is cut off although the rule is not there: another one lets all of it through, or the rule that is named has been
/// changed under its id.
pub(super) fn still_open(
    spec: &SecurityGroupRuleTarget,
    traffic: &Traffic,
    rules: &[IdentifiedRule],
) -> Option<String> {
    if let Some(changed) = rules.iter().find(|rule| rule.id == spec.rule_id) {
        return Some(format!(
            "somebody has changed rule {} under its id: create another Quarantine for what it is now, {}",
            spec.rule_id,
            text(changed)
        ));
    }
    let rules = wider(traffic, rules)?;
    Some(format!(
        "{rules} of security group {} also lets all of it through: create a Quarantine for that too",
        spec.group_id
    ))
}

/// Other rules that let all of it through.
fn wider(traffic: &Traffic, rules: &[IdentifiedRule]) -> Option<String> {
    let of = |it: &IdentifiedRule| Traffic::of(&it.rule, it.egress);
    let others = rules.iter().filter(|it| of(it) != *traffic && of(it).covers(traffic));
    let found: Vec<String> = others.map(text).collect();
    let listed = found.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match found.len().saturating_sub(LISTED) {
        _ if found.is_empty() => None,
        0 => Some(listed),
        more => Some(format!("{listed} and {more} more")),
    }
}

fn text(rule: &IdentifiedRule) -> String {
    format!("{} ({})", rule.id, Traffic::of(&rule.rule, rule.egress))
}

/// What a network interface belongs to, as far as AWS tells: the instance that it is attached to, its type, or the description that
/// services give to what they make.
pub(super) fn dependent(user: &SecurityGroupUser) -> Dependent {
    let (id, description) = (&user.network_interface, &user.description);
    let named = |kind: &str, name: &str| Dependent {
        kind: kind.into(),
        name: format!("{name} ({id})"),
    };
    if let Some(instance) = &user.instance {
        return named("EC2 instance", instance);
    }
    if let Some(name) = description.strip_prefix("ELB ") {
        return named("load balancer", name);
    }
    if description.starts_with("arn:") && description.contains(":ecs:") {
        return named("ECS task", description.rsplit('/').next().unwrap_or(description));
    }
    match user.interface_type.as_str() {
        "lambda" => named("Lambda function", description.trim_start_matches("AWS Lambda VPC ENI-")),
        "" | "interface" if description.is_empty() => Dependent {
            kind: "network interface".into(),
            name: id.clone(),
        },
        "" | "interface" => named("network interface", description),
        kind => named(&kind.replace('_', " "), description),
    }
}
