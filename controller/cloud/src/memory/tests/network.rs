//! Target groups and security groups.

use super::*;
use crate::memory::{MAX_RULES, cidr_rule, group_rule};
use firebreak_core::aws::{
    ec2::{Ec2Cell, Ec2Read, Ec2Write, IdentifiedRule, SecurityGroupRule, SecurityGroupUser, Traffic},
    elbv2::{Elbv2Cell, Elbv2Read, Elbv2Write, TargetHealth, TargetId},
};
use serde_json::json;

fn authorize(rules: Vec<SecurityGroupRule>) -> Write {
    Write::Ec2(Ec2Write::AuthorizeSecurityGroupRules {
        group_id: "sg-api".into(),
        egress: false,
        rules,
    })
}

fn target_group(aws: &MemoryAws) -> String {
    aws.look(|world| world.region(ACCOUNT, REGION).unwrap().target_group_arn("api"))
}

async fn health(aws: &MemoryAws) -> Vec<TargetHealth> {
    fact(
        aws,
        Query::Elbv2(Elbv2Read::TargetHealth {
            target_group_arn: target_group(aws),
        }),
    )
    .await
}

#[tokio::test]
async fn a_deregistered_target_drains_and_disappears_and_ecs_does_not_bring_it_back() {
    let aws = MemoryAws::sample();
    let target_group_arn = target_group(&aws);
    let targets: Vec<TargetId> = health(&aws)
        .await
        .into_iter()
        .map(|target| TargetId {
            id: target.id,
            port: target.port,
        })
        .collect();
    write(
        &aws,
        Write::Elbv2(Elbv2Write::DeregisterTargets {
            target_group_arn: target_group_arn.clone(),
            targets: targets.clone(),
        }),
    )
    .await
    .unwrap();
    assert!(health(&aws).await.iter().all(|target| target.state == "draining"));
    let (cluster, service) = api();
    let registrations = Cell::Elbv2(Elbv2Cell::TargetRegistrations {
        target_group_arn: target_group_arn.clone(),
        cluster,
        service,
    });
    let value = cell(&aws, registrations).await;
    assert_eq!(value["registered"], serde_json::json!([]));
    assert_eq!(value["running"].as_array().unwrap().len(), 2);
    aws.advance(300);
    assert!(health(&aws).await.is_empty());
    write(
        &aws,
        Write::Elbv2(Elbv2Write::RegisterTargets {
            target_group_arn,
            targets,
        }),
    )
    .await
    .unwrap();
    assert!(health(&aws).await.iter().all(|target| target.state == "initial"));
    aws.advance(30);
    assert!(health(&aws).await.iter().all(|target| target.state == "healthy"));
}

#[tokio::test]
async fn an_address_without_a_task_is_never_healthy() {
    let aws = MemoryAws::sample();
    let targets = vec![TargetId {
        id: "10.9.9.9".into(),
        port: 8080,
    }];
    write(
        &aws,
        Write::Elbv2(Elbv2Write::RegisterTargets {
            target_group_arn: target_group(&aws),
            targets,
        }),
    )
    .await
    .unwrap();
    aws.advance(60);
    assert!(
        health(&aws)
            .await
            .iter()
            .any(|target| target.id == "10.9.9.9" && target.state == "unhealthy")
    );
}

#[tokio::test]
async fn deregistering_an_unknown_target_is_done_and_an_unknown_group_is_gone() {
    let aws = MemoryAws::sample();
    let targets = vec![TargetId {
        id: "10.9.9.9".into(),
        port: 1,
    }];
    let of = |arn: String| {
        Write::Elbv2(Elbv2Write::DeregisterTargets {
            target_group_arn: arn,
            targets: targets.clone(),
        })
    };
    write(&aws, of(target_group(&aws))).await.unwrap();
    assert_eq!(
        refused(&aws, of("arn:none".into())).await,
        (FailureClass::Gone, "TargetGroupNotFound".into())
    );
}

#[tokio::test]
async fn a_rule_that_is_there_and_one_that_is_not_are_done_already() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    let described = SecurityGroupRule {
        description: Some("other words".into()),
        ..group_rule("6", 8080, "sg-lb")
    };
    write(&aws, authorize(vec![described])).await.unwrap();
    let rules = vec![cidr_rule("tcp", 22, "10.0.0.0/8")];
    write(
        &aws,
        Write::Ec2(Ec2Write::RevokeSecurityGroupRules {
            group_id: "sg-api".into(),
            egress: false,
            rules,
        }),
    )
    .await
    .unwrap();
    assert_eq!(aws.world(), before);
}

#[tokio::test]
async fn a_group_takes_sixty_rules_per_direction_all_or_nothing() {
    let aws = MemoryAws::sample();
    let rules = |n: usize| {
        (1..=n)
            .map(|port| cidr_rule("tcp", port as i32, "10.0.0.0/8"))
            .collect::<Vec<_>>()
    };
    let limit = (FailureClass::Limit, "RulesPerSecurityGroupLimitExceeded".to_owned());
    assert_eq!(refused(&aws, authorize(rules(MAX_RULES))).await, limit);
    write(&aws, authorize(rules(MAX_RULES - 1))).await.unwrap();
}

async fn rules(aws: &MemoryAws) -> Vec<IdentifiedRule> {
    let group_id = "sg-api".into();
    fact(aws, Query::Ec2(Ec2Read::SecurityGroupRules { group_id })).await
}

#[tokio::test]
async fn a_rule_that_is_made_again_has_another_id_and_is_the_same_cell() {
    let aws = MemoryAws::sample();
    let before = rules(&aws).await;
    let ingress = before.iter().find(|rule| !rule.egress).unwrap().clone();
    let one = Cell::Ec2(Ec2Cell::SecurityGroupRule {
        group_id: "sg-api".into(),
        rule_id: ingress.id.clone(),
        traffic: Traffic::of(&ingress.rule, false),
    });
    assert_eq!(cell(&aws, one.clone()).await, json!([ingress]));
    let revoke = Ec2Write::RevokeSecurityGroupRules {
        group_id: "sg-api".into(),
        egress: false,
        rules: vec![ingress.rule.clone()],
    };
    write(&aws, Write::Ec2(revoke)).await.unwrap();
    assert_eq!(cell(&aws, one.clone()).await, json!([]));
    write(&aws, authorize(vec![ingress.rule.clone()])).await.unwrap();
    let after = cell(&aws, one.clone()).await;
    assert_ne!(after[0]["id"], json!(ingress.id));
    assert!(one.same(&after, &json!([ingress])));
    let other = |rules: &[IdentifiedRule]| rules.iter().find(|rule| rule.egress).cloned();
    assert_eq!(other(&rules(&aws).await), other(&before), "the other keeps its id");
}

#[tokio::test]
async fn a_group_that_another_account_shares_is_not_changed() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let groups = &mut world.region_mut(ACCOUNT, REGION).unwrap().security_groups;
        groups.get_mut("sg-api").unwrap().owner = Some("999988887777".into());
    });
    let (class, code) = refused(&aws, authorize(vec![cidr_rule("tcp", 1, "10.0.0.0/8")])).await;
    assert_eq!((class, code.as_str()), (FailureClass::Denied, "UnauthorizedOperation"));
}

#[tokio::test]
async fn a_rule_may_only_name_a_group_that_exists() {
    let aws = MemoryAws::sample();
    let (class, code) = refused(&aws, authorize(vec![group_rule("tcp", 1, "sg-none")])).await;
    assert_eq!((class, code.as_str()), (FailureClass::Invalid, "InvalidGroup.NotFound"));
}

#[tokio::test]
async fn the_users_of_a_group_are_the_interfaces_in_it() {
    let aws = MemoryAws::sample();
    let users = |id: &str| Query::Ec2(Ec2Read::SecurityGroupUsers { group_id: id.into() });
    assert_eq!(fact::<Vec<SecurityGroupUser>>(&aws, users("sg-api")).await.len(), 2);
    assert_eq!(fact::<Vec<SecurityGroupUser>>(&aws, users("sg-none")).await, []);
}
