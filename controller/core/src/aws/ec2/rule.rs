//! One rule of a security group, found by what it lets through: it keeps no id when it is made again.

use super::{Ec2Write, IdentifiedRule, SecurityGroupRule, Traffic, references, rules::rule_writes};
use crate::aws::{References, Remaining, failure::Failure, value::normal};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The rule without its id.
pub(super) fn canonical(value: &Value) -> Value {
    match value.as_array() {
        Some(rules) => rules.iter().map(normal::<SecurityGroupRule>).collect(),
        None => value.clone(),
    }
}

pub(super) fn writes(group_id: &str, traffic: &Traffic, from: &Value, to: &Value) -> Vec<Ec2Write> {
    rule_writes(group_id, &alone(traffic, from), &alone(traffic, to))
}

pub(super) fn sentence(group_id: &str, traffic: &Traffic, to: &Value) -> String {
    let side = traffic.side();
    match id(to) {
        _ if is_none(to) => format!("Revoke the {side} rule {traffic} of security group {group_id}"),
        Some(id) => format!(
            "Add the {side} rule {traffic} to security group {group_id} again, under a new id: AWS does not give {id} again"
        ),
        None => format!("Add the {side} rule {traffic} to security group {group_id}"),
    }
}

/// Which id the rule had and has, once it is there again.
pub(super) fn put_back(traffic: &Traffic, recorded: &Value, current: &Value) -> Option<String> {
    let (had, has) = (id(recorded)?, id(current)?);
    (had != has).then(|| {
        let side = traffic.side();
        format!("the {side} rule {traffic}, which was {had}, has the new id {has}")
    })
}

pub(super) fn references(group_id: &str, traffic: &Traffic, value: &Value) -> Option<References> {
    references::of_rules(&alone(traffic, value), group_id)
}

pub(super) fn without(traffic: &Traffic, value: &Value, missing: &BTreeSet<String>) -> Remaining {
    let left = references::without_rules(&alone(traffic, value), missing);
    of_one(value, left)
}

pub(super) fn without_elsewhere(
    traffic: &Traffic,
    wanted: &Value,
    current: &Value,
    refused: &[Failure],
) -> Option<Remaining> {
    let left = references::without_groups_elsewhere(&alone(traffic, wanted), &alone(traffic, current), refused);
    left.map(|left| of_one(wanted, left))
}

/// The rule, or nothing where it is lost.
fn of_one(value: &Value, left: Remaining) -> Remaining {
    let kept = left.lost.is_empty();
    Remaining {
        value: if kept { value.clone() } else { json!([]) },
        ..left
    }
}

/// The value as all rules of a group would show it that had no other.
fn alone(traffic: &Traffic, value: &Value) -> Value {
    let (rule, none) = (canonical(value), json!([]));
    let (ingress, egress) = if traffic.egress { (none, rule) } else { (rule, none) };
    json!({"ingress": ingress, "egress": egress})
}

fn id(value: &Value) -> Option<&str> {
    value[0]["id"].as_str().filter(|id| !id.is_empty())
}

/// Whether there is no such rule.
pub(super) fn is_none(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// The value of the cell: the rule that lets this through, among all of a group.
pub fn value_of(traffic: &Traffic, rules: &[IdentifiedRule]) -> Value {
    let found = rules.iter().filter(|it| Traffic::of(&it.rule, it.egress) == *traffic);
    json!(found.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Cell, Write, ec2::Ec2Cell, failure::FailureClass};

    fn peer() -> Value {
        json!([{"id": "sgr-1", "egress": false, "protocol": "tcp", "fromPort": 22, "toPort": 22, "group": "sg-peer",
            "groupOwner": "999988887777", "description": "from the office", "tags": {"team": "web"}}])
    }

    fn none() -> Value {
        json!([])
    }

    fn ssh() -> Value {
        json!([{"id": "sgr-1", "egress": false, "protocol": "tcp", "fromPort": 22, "toPort": 22,
            "cidrIpv4": "0.0.0.0/0", "description": "from anywhere", "tags": {"team": "web"}}])
    }

    fn with(rule: &Value, field: &str, value: Value) -> Value {
        let mut changed = rule.clone();
        changed[0][field] = value;
        changed
    }

    fn cell(rule: &Value) -> Cell {
        let rule: IdentifiedRule = serde_json::from_value(rule[0].clone()).unwrap();
        Cell::Ec2(Ec2Cell::SecurityGroupRule {
            group_id: "sg-1".into(),
            rule_id: "sgr-1".into(),
            traffic: Traffic::of(&rule.rule, rule.egress),
        })
    }

    #[test]
    fn an_id_means_nothing_and_a_description_and_tags_do() {
        let cell = cell(&ssh());
        assert!(cell.same(&ssh(), &with(&ssh(), "id", json!("sgr-2"))));
        assert!(!cell.same(&ssh(), &with(&ssh(), "description", json!("mine"))));
        assert!(!cell.same(&ssh(), &with(&ssh(), "tags", json!({}))));
        assert!(!cell.same(&ssh(), &none()));
    }

    #[test]
    fn who_rewrites_the_description_does_not_void_an_approval() {
        let cell = cell(&ssh());
        let rewritten = with(&ssh(), "description", json!("mine"));
        assert_eq!(cell.material(&ssh()), cell.material(&rewritten));
        assert_ne!(
            cell.material(&ssh()),
            cell.material(&none()),
            "what is restored is approved"
        );
    }

    #[test]
    fn it_is_revoked_as_it_is_and_added_as_it_was() {
        let one: SecurityGroupRule = serde_json::from_value(ssh()[0].clone()).unwrap();
        let (group_id, egress, rules) = ("sg-1".to_owned(), false, vec![one]);
        let revoke = Ec2Write::RevokeSecurityGroupRules {
            group_id: group_id.clone(),
            egress,
            rules: rules.clone(),
        };
        let add = Ec2Write::AuthorizeSecurityGroupRules {
            group_id,
            egress,
            rules,
        };
        assert_eq!(cell(&ssh()).writes(&ssh(), &none()), [Write::Ec2(revoke)]);
        assert_eq!(cell(&ssh()).writes(&none(), &ssh()), [Write::Ec2(add)]);
    }

    #[test]
    fn traffic_out_is_revoked_by_its_own_call() {
        let out = with(&ssh(), "egress", json!(true));
        let writes = cell(&out).writes(&out, &none());
        let [Write::Ec2(Ec2Write::RevokeSecurityGroupRules { egress: true, .. })] = writes.as_slice() else {
            panic!("{writes:?}")
        };
    }

    #[test]
    fn people_read_which_id_it_had_and_which_it_has() {
        let cell = cell(&ssh());
        assert_eq!(
            cell.sentence(&none()),
            "Revoke the ingress rule tcp 22 from 0.0.0.0/0 of security group sg-1"
        );
        assert!(
            cell.sentence(&ssh())
                .ends_with("again, under a new id: AWS does not give sgr-1 again")
        );
        assert_eq!(
            cell.put_back(&ssh(), &with(&ssh(), "id", json!("sgr-2"))).unwrap(),
            "the ingress rule tcp 22 from 0.0.0.0/0, which was sgr-1, has the new id sgr-2"
        );
        assert_eq!(cell.put_back(&ssh(), &ssh()), None);
        assert_eq!(cell.put_back(&none(), &ssh()), None);
    }

    #[test]
    fn a_rule_is_found_by_what_it_lets_through() {
        let rule = |value: Value| serde_json::from_value::<IdentifiedRule>(value[0].clone()).unwrap();
        let other = with(&ssh(), "toPort", json!(23));
        let out = with(&ssh(), "egress", json!(true));
        let again = with(&with(&ssh(), "id", json!("sgr-9")), "description", Value::Null);
        let traffic = Traffic::of(&rule(ssh()).rule, false);
        let rules = [rule(other), rule(out), rule(again.clone())];
        let found = value_of(&traffic, &rules);
        assert_eq!(found[0]["id"], "sgr-9");
        assert!(cell(&ssh()).same(&found, &again));
        assert_eq!(value_of(&traffic, &rules[..2]), none());
    }

    #[test]
    fn a_rule_whose_peer_was_deleted_is_lost_and_named() {
        let own = with(&peer(), "groupOwner", Value::Null);
        let cell = cell(&own);
        assert_eq!(cell.references(&own).unwrap().groups, ["sg-peer"]);
        let left = cell.without(&own, &["sg-peer".to_owned()].into());
        assert_eq!((left.value, left.nothing), (none(), false));
        assert_eq!(left.lost, ["ingress rule tcp 22 for sg-peer"]);
        let whole = cell.without(&own, &["sg-other".to_owned()].into());
        assert_eq!((whole.value, whole.lost), (own, vec![]));
    }

    #[test]
    fn a_prefix_list_is_looked_up_and_the_group_of_another_account_is_tried() {
        let list = with(&with(&ssh(), "cidrIpv4", Value::Null), "prefixList", json!("pl-1"));
        assert_eq!(cell(&list).references(&list).unwrap().prefix_lists, ["pl-1"]);
        assert_eq!(cell(&peer()).references(&peer()), None);
        let refused = |call: &str| Failure {
            class: FailureClass::Invalid,
            call: call.into(),
            code: "InvalidGroup.NotFound".into(),
            message: String::new(),
        };
        let lost = |call: &str| cell(&peer()).without_elsewhere(&peer(), &none(), &[refused(call)]);
        assert_eq!(lost("ec2:AuthorizeSecurityGroupIngress").unwrap().value, none());
        assert_eq!(lost("ec2:AuthorizeSecurityGroupEgress"), None);
    }

    #[test]
    fn it_is_a_part_of_all_rules_of_its_group() {
        let whole = cell(&ssh()).within().unwrap();
        let of = |cell: &Cell| cell.resource("aws", "123456789012", "us-east-1");
        assert_eq!((of(&whole), whole.field()), (of(&cell(&ssh())), "Rules".into()));
        assert_eq!(cell(&ssh()).field(), "Rule sgr-1");
    }
}
