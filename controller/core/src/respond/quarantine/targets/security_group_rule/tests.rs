//! Every refusal, what is revoked, which id it has, what shares the group, and what proves it.

use super::*;
use crate::{
    aws::{Answer, ec2::SecurityGroupRule as Rule},
    respond::quarantine::targets::testing::World,
    run::{plan::Step, step::Undo},
};
use firebreak_crds::HoldSpec;
use serde_json::json;

const GROUP: &str = "sg-0123456789abcdef0";
const RULE: &str = "sgr-0123456789abcdef0";
const ARN: &str = "arn:aws:ec2:us-east-1:123456789012:security-group/sg-0123456789abcdef0";

fn target() -> TargetSpec {
    TargetSpec {
        security_group_rule: Some(SecurityGroupRuleTarget {
            group_id: GROUP.into(),
            rule_id: RULE.into(),
        }),
        ..TargetSpec::default()
    }
}

fn asked(query: fn(&SecurityGroupRuleTarget) -> Query) -> Query {
    query(target().security_group_rule.as_ref().unwrap())
}

fn group() -> SecurityGroup {
    SecurityGroup {
        vpc_id: "vpc-1".into(),
        name: "web".into(),
        owner: "123456789012".into(),
        rules: 2,
        tags: [("team".to_owned(), "web".to_owned())].into(),
    }
}

fn rule(id: &str, port: i32, range: &str) -> IdentifiedRule {
    IdentifiedRule {
        id: id.into(),
        egress: false,
        rule: Rule {
            protocol: "tcp".into(),
            from_port: Some(port),
            to_port: Some(port),
            cidr_ipv4: Some(range.into()),
            tags: [("made-by".to_owned(), "somebody".to_owned())].into(),
            ..Rule::default()
        },
    }
}

fn ssh() -> IdentifiedRule {
    rule(RULE, 22, "203.0.113.0/24")
}

fn user(interface: &str, description: &str) -> SecurityGroupUser {
    SecurityGroupUser {
        network_interface: interface.into(),
        description: description.into(),
        interface_type: "interface".into(),
        ..SecurityGroupUser::default()
    }
}

fn with_rules(rules: &[IdentifiedRule]) -> World {
    World::default()
        .with(asked(group_query), &group())
        .with(asked(rules_query), &rules)
        .with(asked(users_query), &[user("eni-1", "")])
}

fn world() -> World {
    with_rules(&[ssh(), rule("sgr-other", 443, "0.0.0.0/0")])
}

fn design(world: &World) -> Design {
    world.design(&SecurityGroupRule, &target()).unwrap()
}

fn proof(world: &World) -> Proof {
    world.proof(&SecurityGroupRule, &target()).unwrap()
}

/// The object has revoked the rule once.
fn revoked(of: &IdentifiedRule) -> Vec<Step> {
    let step = json!({"id": "revoke", "site": Site::default(), "cell": cell(of), "before": [of], "after": [],
        "undo": Undo::Reversible, "summary": "", "permissions": [], "idempotence": "Conditional"});
    vec![serde_json::from_value(step).unwrap()]
}

fn cell(of: &IdentifiedRule) -> Cell {
    super::cell(
        target().security_group_rule.as_ref().unwrap(),
        Traffic::of(&of.rule, of.egress),
    )
}

/// Somebody has the rule in custody.
fn held(of: &IdentifiedRule) -> (String, HoldSpec) {
    let site = Site::new("123456789012", "us-east-1");
    let key = custody::key("aws", &site, &cell(of));
    let golden: HoldSpec = serde_json::from_str(include_str!("../../../../../tests/golden/hold-v1.json")).unwrap();
    let hold = HoldSpec {
        cell: custody::store_cell(&cell(of)),
        before: json!([of]),
        ..golden
    };
    (custody::name(&key), hold)
}

#[track_caller]
fn refused(world: &World, reason: Reason, says: &str) {
    let blocked = world.design(&SecurityGroupRule, &target()).unwrap_err();
    assert_eq!(blocked.reason, reason);
    assert!(blocked.message.contains(says), "{says} is not in: {}", blocked.message);
}

#[track_caller]
fn noted(world: &World, says: &str) {
    let notes = design(world).notes;
    assert!(notes.iter().any(|note| note.contains(says)), "{says}: {notes:?}");
}

#[test]
fn a_group_that_does_not_exist_is_named_by_its_field() {
    let world = world().answering(asked(group_query), Answer::NotFound);
    refused(&world, Reason::TargetNotFound, "spec.target.securityGroupRule.groupId");
}

#[test]
fn a_rule_that_is_gone_is_refused_with_the_way_to_its_new_id() {
    let world = with_rules(&[rule("sgr-again", 22, "203.0.113.0/24")]);
    refused(&world, Reason::TargetNotFound, "spec.target.securityGroupRule.ruleId");
    refused(&world, Reason::TargetNotFound, "describe-security-group-rules");
}

#[test]
fn a_group_that_another_account_shares_is_not_changed_from_here() {
    let shared = SecurityGroup {
        owner: "999988887777".into(),
        ..group()
    };
    let world = world().with(asked(group_query), &shared);
    refused(&world, Reason::Unmodifiable, "999988887777");
}

#[test]
fn what_aws_does_not_tell_about_the_group_blocks() {
    let world = world().answering(asked(users_query), Answer::Throttled);
    refused(&world, Reason::Throttled, GROUP);
}

#[test]
fn one_rule_is_revoked_by_what_it_lets_through() {
    let [draft] = <[Draft; 1]>::try_from(design(&world()).drafts).unwrap();
    assert_eq!(
        (draft.id.as_str(), draft.cell, draft.after),
        ("revoke", cell(&ssh()), json!([]))
    );
    assert_eq!((draft.undo, draft.reopens), (Undo::Reversible, None));
}

#[test]
fn only_a_rule_that_lets_the_internet_in_reopens_the_compromise() {
    let reopens = |rule: IdentifiedRule| design(&with_rules(&[rule])).drafts[0].reopens;
    assert_eq!(reopens(rule(RULE, 22, "0.0.0.0/0")), Some(Reopens::PublicAccess));
    let out = IdentifiedRule {
        egress: true,
        ..rule(RULE, 443, "0.0.0.0/0")
    };
    assert_eq!(reopens(out), None);
}

#[test]
fn the_group_and_the_rule_are_touched_with_their_tags() {
    let design = design(&world());
    assert_eq!((design.arn.as_str(), design.touches[0].arn.as_str()), (ARN, ARN));
    assert_eq!(design.touches[0].tags["team"], "web");
    assert!(
        design.touches[1]
            .arn
            .ends_with(":security-group-rule/sgr-0123456789abcdef0")
    );
    assert_eq!(design.touches[1].tags["made-by"], "somebody");
}

#[test]
fn what_shares_the_group_is_said_by_what_it_belongs_to() {
    let of = |kind: &str| SecurityGroupUser {
        interface_type: kind.into(),
        ..user("eni-4", "AWS Lambda VPC ENI-refund-0123")
    };
    let instance = SecurityGroupUser {
        instance: Some("i-0123".into()),
        ..user("eni-5", "")
    };
    let task = "arn:aws:ecs:us-east-1:123456789012:attachment/0123";
    for (user, kind, name) in [
        (
            user("eni-1", "ELB app/public/0123"),
            "load balancer",
            "app/public/0123 (eni-1)",
        ),
        (user("eni-2", task), "ECS task", "0123 (eni-2)"),
        (
            user("eni-3", "RDSNetworkInterface"),
            "network interface",
            "RDSNetworkInterface (eni-3)",
        ),
        (of("lambda"), "Lambda function", "refund-0123 (eni-4)"),
        (
            of("vpc_endpoint"),
            "vpc endpoint",
            "AWS Lambda VPC ENI-refund-0123 (eni-4)",
        ),
        (instance, "EC2 instance", "i-0123 (eni-5)"),
        (user("eni-6", ""), "network interface", "eni-6"),
    ] {
        let world = world().with(asked(users_query), &[user]);
        let found = design(&world).dependents;
        assert_eq!((found[0].kind.as_str(), found[0].name.as_str()), (kind, name));
    }
}

#[test]
fn the_id_that_it_has_and_what_becomes_of_it_are_said() {
    noted(
        &world(),
        "Rule sgr-0123456789abcdef0 is the ingress rule tcp 22 from 203.0.113.0/24",
    );
    noted(&world(), "a release adds it under a new id");
}

#[test]
fn a_rule_that_this_object_has_revoked_is_known_without_its_id() {
    let gone = with_rules(&[]).after(revoked(&ssh()));
    assert_eq!(design(&gone).drafts[0].cell, cell(&ssh()));
    noted(
        &gone,
        "was the ingress rule tcp 22 from 203.0.113.0/24, and is not there now",
    );
    let again = with_rules(&[rule("sgr-new", 22, "203.0.113.0/24")]).after(revoked(&ssh()));
    assert_eq!(design(&again).drafts[0].cell, cell(&ssh()));
    noted(&again, "which was sgr-0123456789abcdef0, has the id sgr-new now");
}

#[test]
fn a_rule_that_somebody_holds_is_known_without_its_id() {
    let (name, hold) = held(&ssh());
    let gone = with_rules(&[]).holding(name, hold);
    assert_eq!(design(&gone).drafts[0].cell, cell(&ssh()));
}

#[test]
fn what_is_in_custody_counts_and_not_what_its_id_has_become() {
    let (name, hold) = held(&ssh());
    let changed = with_rules(&[rule(RULE, 2222, "203.0.113.0/24")]).holding(name, hold);
    assert_eq!(design(&changed).drafts[0].cell, cell(&ssh()));
}

#[test]
fn a_wider_rule_of_the_same_group_is_named() {
    let world = with_rules(&[
        ssh(),
        rule("sgr-wide", 22, "203.0.0.0/16"),
        rule("sgr-web", 443, "0.0.0.0/0"),
    ]);
    noted(&world, "NOT cut off by this alone: sgr-wide (tcp 22 from 203.0.0.0/16)");
}

#[test]
fn the_default_group_of_a_vpc_is_pointed_out() {
    let default = SecurityGroup {
        name: "default".into(),
        ..group()
    };
    noted(&world().with(asked(group_query), &default), "default group of its VPC");
}

#[test]
fn it_is_proven_where_nothing_else_lets_all_of_it_through() {
    let rules = [
        rule("sgr-web", 443, "0.0.0.0/0"),
        rule("sgr-part", 22, "203.0.113.7/32"),
    ];
    assert_eq!(proof(&with_rules(&rules).after(revoked(&ssh()))), Proof::default());
    let wide = with_rules(&[rule("sgr-wide", 22, "0.0.0.0/0")]).after(revoked(&ssh()));
    assert!(
        proof(&wide)
            .bypassed
            .unwrap()
            .starts_with("sgr-wide (tcp 22 from 0.0.0.0/0)")
    );
}

#[test]
fn a_rule_that_somebody_changed_under_its_id_is_not_cut_off() {
    let changed = with_rules(&[rule(RULE, 2222, "203.0.113.0/24")]).after(revoked(&ssh()));
    let why = proof(&changed).bypassed.unwrap();
    assert!(why.contains("tcp 2222 from 203.0.113.0/24"), "{why}");
}
