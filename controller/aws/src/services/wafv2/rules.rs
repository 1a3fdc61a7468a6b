//! The rules of a web ACL, in the order in which AWS WAF asks them.

use aws_sdk_wafv2::types::{
    FirewallManagerRuleGroup, ManagedRuleGroupStatement, OverrideAction, Rule as Told, RuleAction as Action,
    RuleActionOverride, Statement, WebAcl,
};
use firebreak_core::aws::wafv2::{Rule, RuleAction};

/// The vendor of AWS's own managed rule groups.
const AWS: &str = "AWS";

/// The rules that Firewall Manager puts first, the web ACL's own, and those that Firewall Manager puts last.
pub(super) fn in_order(acl: WebAcl) -> Vec<Rule> {
    let first = managed(acl.pre_process_firewall_manager_rule_groups);
    let last = managed(acl.post_process_firewall_manager_rule_groups);
    let mut own = acl.rules.unwrap_or_default();
    own.sort_by_key(|rule| rule.priority);
    let own = own.iter().map(rule);
    first.into_iter().chain(own).chain(last).collect()
}

fn managed(groups: Option<Vec<FirewallManagerRuleGroup>>) -> Vec<Rule> {
    let mut groups = groups.unwrap_or_default();
    groups.sort_by_key(|group| group.priority);
    let named = |group: FirewallManagerRuleGroup| {
        let statement = group.firewall_manager_statement.as_ref();
        let of_vendor = statement.and_then(|it| it.managed_rule_group_statement.as_ref());
        Rule {
            action: group_action(group.override_action.as_ref(), of_vendor),
            name: group.name,
            ip_set: None,
        }
    };
    groups.into_iter().map(named).collect()
}

fn rule(told: &Told) -> Rule {
    let statement = told.statement.as_ref();
    let set = statement.and_then(|it| it.ip_set_reference_statement.as_ref());
    Rule {
        name: told.name.clone(),
        action: match &told.action {
            Some(action) => single_action(action),
            None => group_action(told.override_action.as_ref(), statement.and_then(of_vendor)),
        },
        ip_set: set.map(|set| set.arn.clone()),
    }
}

fn of_vendor(statement: &Statement) -> Option<&ManagedRuleGroupStatement> {
    statement.managed_rule_group_statement.as_ref()
}

/// What AWS WAF may add to the actions is taken for one that lets requests in.
fn single_action(action: &Action) -> RuleAction {
    if action.allow.is_some() {
        RuleAction::Allow
    } else if action.block.is_some() {
        RuleAction::Block
    } else if action.count.is_some() {
        RuleAction::Count
    } else if action.captcha.is_some() || action.challenge.is_some() {
        RuleAction::Challenge
    } else {
        RuleAction::Other
    }
}

/// No rule of AWS's own groups allows anything, unless somebody overrides it to.
fn group_action(over: Option<&OverrideAction>, of_vendor: Option<&ManagedRuleGroupStatement>) -> RuleAction {
    if over.is_some_and(|over| over.count.is_some()) {
        return RuleAction::Count;
    }
    match of_vendor.filter(|group| group.vendor_name == AWS) {
        Some(group) if group.rule_action_overrides.iter().flatten().any(lets_in) => RuleAction::Allow,
        Some(_) => RuleAction::AwsGroup,
        None => RuleAction::Other,
    }
}

fn lets_in(over: &RuleActionOverride) -> bool {
    let action = over.action_to_use.as_ref().map(single_action);
    action.is_some_and(RuleAction::may_let_in)
}
