//! The serialized request of each write, and which refusals mean that it was done already.

use super::*;
use crate::testing::{access, ec2_error, json_error, query_error};
use firebreak_core::{
    facts::{Deployment, Network, SecurityGroupRule, Suspension},
    write::{DeploymentParts, TargetId},
};
use serde_json::{Value, json};

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123";
const DENY: &str = "arn:aws:iam::123456789012:policy/DenyAll";

async fn make(wire: &Wire, write: Write) -> Result<Receipt, Failure> {
    let result = aws(wire).await.write(&access("leak"), &write).await;
    assert_eq!(wire.left(), 0, "an answer was not asked for: {result:?}");
    result
}

fn iam_ok(action: &str) -> String {
    format!(
        "<{action}Response><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></{action}Response>"
    )
}

async fn sent_form(wire: Wire, write: Write) -> String {
    let receipt = make(&wire, write).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    wire.only().body
}

async fn sent_json(wire: Wire, write: Write) -> (String, Value) {
    let receipt = make(&wire, write).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    let sent = wire.only();
    (sent.operation, serde_json::from_str(&sent.body).unwrap())
}

fn document() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}]})
}

#[tokio::test]
async fn attach_role_policy_names_the_role_and_the_policy() {
    let write = Write::AttachRolePolicy {
        role: "api".into(),
        policy_arn: DENY.into(),
    };
    let body = sent_form(Wire::default().then(200, iam_ok("AttachRolePolicy")), write).await;
    assert_eq!(
        body,
        format!("Action=AttachRolePolicy&Version=2010-05-08&RoleName=api&PolicyArn={DENY}")
    );
}

#[tokio::test]
async fn detach_role_policy_names_the_role_and_the_policy() {
    let write = Write::DetachRolePolicy {
        role: "api".into(),
        policy_arn: DENY.into(),
    };
    let body = sent_form(Wire::default().then(200, iam_ok("DetachRolePolicy")), write).await;
    assert_eq!(
        body,
        format!("Action=DetachRolePolicy&Version=2010-05-08&RoleName=api&PolicyArn={DENY}")
    );
}

#[tokio::test]
async fn put_role_policy_sends_the_document_as_compact_json() {
    let write = Write::PutRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
        document: document(),
    };
    let body = sent_form(Wire::default().then(200, iam_ok("PutRolePolicy")), write).await;
    let start = "Action=PutRolePolicy&Version=2010-05-08&RoleName=api&PolicyName=Deny&PolicyDocument=";
    assert_eq!(body, format!("{start}{}", document()));
}

#[tokio::test]
async fn delete_role_policy_names_the_role_and_the_policy() {
    let write = Write::DeleteRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
    };
    let body = sent_form(Wire::default().then(200, iam_ok("DeleteRolePolicy")), write).await;
    assert_eq!(
        body,
        "Action=DeleteRolePolicy&Version=2010-05-08&RoleName=api&PolicyName=Deny"
    );
}

#[tokio::test]
async fn update_assume_role_policy_sends_the_document_as_compact_json() {
    let write = Write::UpdateAssumeRolePolicy {
        role: "api".into(),
        document: document(),
    };
    let body = sent_form(Wire::default().then(200, iam_ok("UpdateAssumeRolePolicy")), write).await;
    let start = "Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName=api&PolicyDocument=";
    assert_eq!(body, format!("{start}{}", document()));
}

#[tokio::test]
async fn register_targets_sends_ids_with_ports() {
    let targets = vec![
        TargetId {
            id: "10.0.0.1".into(),
            port: 80,
        },
        TargetId {
            id: "10.0.0.2".into(),
            port: 81,
        },
    ];
    let write = Write::RegisterTargets {
        target_group_arn: TARGET_GROUP.into(),
        targets,
    };
    let body = sent_form(Wire::default().then(200, iam_ok("RegisterTargets")), write).await;
    let start = format!("Action=RegisterTargets&Version=2015-12-01&TargetGroupArn={TARGET_GROUP}");
    let targets = "&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80\
                   &Targets.member.2.Id=10.0.0.2&Targets.member.2.Port=81";
    assert_eq!(body, format!("{start}{targets}"));
}

#[tokio::test]
async fn deregister_targets_sends_ids_with_ports() {
    let targets = vec![TargetId {
        id: "10.0.0.1".into(),
        port: 80,
    }];
    let write = Write::DeregisterTargets {
        target_group_arn: TARGET_GROUP.into(),
        targets,
    };
    let body = sent_form(Wire::default().then(200, iam_ok("DeregisterTargets")), write).await;
    let start = format!("Action=DeregisterTargets&Version=2015-12-01&TargetGroupArn={TARGET_GROUP}");
    assert_eq!(
        body,
        format!("{start}&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80")
    );
}

#[tokio::test]
async fn stop_task_says_why() {
    let write = Write::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    };
    let (operation, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    assert_eq!(operation, "StopTask");
    assert_eq!(
        body,
        json!({"cluster": "prod", "task": "task-1", "reason": "Firebreak quarantine"})
    );
}

#[tokio::test]
async fn clear_task_protection_switches_it_off_in_batches_of_ten() {
    let tasks: Vec<String> = (0..12).map(|n| format!("task-{n}")).collect();
    let write = Write::ClearTaskProtection {
        cluster: "prod".into(),
        tasks: tasks.clone(),
    };
    let gone = json!({"failures": [{"arn": "task-11", "reason": "MISSING"}]}).to_string();
    let wire = Wire::default().then(200, "{}").then(200, gone);
    make(&wire, write).await.unwrap();
    let bodies: Vec<Value> = wire
        .sent()
        .iter()
        .map(|sent| serde_json::from_str(&sent.body).unwrap())
        .collect();
    let expected = |tasks: &[String]| json!({"cluster": "prod", "tasks": tasks, "protectionEnabled": false});
    assert_eq!(bodies, [expected(&tasks[..10]), expected(&tasks[10..])]);
    assert_eq!(wire.sent()[0].operation, "UpdateTaskProtection");
}

#[tokio::test]
async fn a_protection_that_aws_did_not_clear_is_not_cleared() {
    let write = Write::ClearTaskProtection {
        cluster: "prod".into(),
        tasks: vec!["task-1".into()],
    };
    let blocked = json!({"failures": [{"arn": "task-1", "reason": "DEPLOYMENT_BLOCKED"}]}).to_string();
    let failure = make(&Wire::default().then(200, blocked), write).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.code.as_str()),
        (FailureClass::NotYet, "DEPLOYMENT_BLOCKED")
    );
}

#[tokio::test]
async fn update_service_sends_the_network_and_deployment_configuration_whole() {
    let network = Network {
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        security_groups: vec!["sg-quarantine".into()],
        assign_public_ip: true,
    };
    let deployment = Deployment {
        minimum_healthy_percent: 0,
        maximum_percent: 100,
        ..Deployment::default()
    };
    let (cluster, service) = ("prod".into(), "api".into());
    let write = Write::UpdateServiceDeployment {
        cluster,
        service,
        network,
        deployment,
        parts: DeploymentParts {
            circuit_breaker: true,
            alarms: true,
        },
    };
    let (operation, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    assert_eq!(operation, "UpdateService");
    let expected = json!({
        "cluster": "prod",
        "service": "api",
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["subnet-a", "subnet-b"],
            "securityGroups": ["sg-quarantine"],
            "assignPublicIp": "ENABLED",
        }},
        "deploymentConfiguration": {
            "minimumHealthyPercent": 0,
            "maximumPercent": 100,
            "deploymentCircuitBreaker": {"enable": false, "rollback": false},
            "alarms": {"enable": false, "rollback": false, "alarmNames": []},
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn parts_of_a_deployment_configuration_that_were_never_on_are_not_sent() {
    let write = Write::UpdateServiceDeployment {
        cluster: "prod".into(),
        service: "api".into(),
        network: Network::default(),
        deployment: Deployment::default(),
        parts: DeploymentParts::default(),
    };
    let (_, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    let expected = json!({"minimumHealthyPercent": 100, "maximumPercent": 200});
    assert_eq!(body["deploymentConfiguration"], expected);
}

#[tokio::test]
async fn update_service_desired_count_sends_nothing_else() {
    let write = Write::UpdateServiceDesiredCount {
        cluster: "prod".into(),
        service: "api".into(),
        desired_count: 0,
    };
    let (operation, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    assert_eq!(operation, "UpdateService");
    assert_eq!(body, json!({"cluster": "prod", "service": "api", "desiredCount": 0}));
}

#[tokio::test]
async fn register_scalable_target_sends_only_what_is_to_change() {
    let write = |min, suspended| Write::RegisterScalableTarget {
        cluster: "prod".into(),
        service: "api".into(),
        min,
        suspended,
    };
    let of_service = json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/prod/api", "ScalableDimension": "ecs:service:DesiredCount",
    });
    let (operation, body) = sent_json(Wire::default().then(200, "{}"), write(Some(0), None)).await;
    assert_eq!(operation, "RegisterScalableTarget");
    let mut expected = of_service.clone();
    expected["MinCapacity"] = json!(0);
    assert_eq!(body, expected);
    let suspended = Suspension {
        scheduled: false,
        ..Suspension::ALL
    };
    let (_, body) = sent_json(Wire::default().then(200, "{}"), write(None, Some(suspended))).await;
    let mut expected = of_service;
    expected["SuspendedState"] = json!({
        "DynamicScalingInSuspended": true,
        "DynamicScalingOutSuspended": true,
        "ScheduledScalingSuspended": false,
    });
    assert_eq!(body, expected);
}

fn https() -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: "tcp".into(),
        from_port: Some(443),
        to_port: Some(443),
        cidr_ipv4: Some("0.0.0.0/0".into()),
        description: Some("customers".into()),
        tags: [("team".to_owned(), "web".to_owned())].into(),
        ..SecurityGroupRule::default()
    }
}

fn from_peer() -> SecurityGroupRule {
    SecurityGroupRule {
        protocol: "-1".into(),
        from_port: Some(-1),
        to_port: Some(-1),
        group: Some("sg-peer".into()),
        group_owner: Some("999999999999".into()),
        ..SecurityGroupRule::default()
    }
}

fn rules_xml(items: &str) -> String {
    format!(
        "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>{items}</securityGroupRuleSet>\
         </DescribeSecurityGroupRulesResponse>"
    )
}

fn https_xml(id: &str, is_egress: bool) -> String {
    format!(
        "<item><securityGroupRuleId>{id}</securityGroupRuleId><groupId>sg-1</groupId>\
         <groupOwnerId>123456789012</groupOwnerId><isEgress>{is_egress}</isEgress><ipProtocol>tcp</ipProtocol>\
         <fromPort>443</fromPort><toPort>443</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>\
         <description>customers</description><tagSet><item><key>team</key><value>web</value></item></tagSet></item>"
    )
}

fn authorize(egress: bool, rules: Vec<SecurityGroupRule>) -> Write {
    Write::AuthorizeSecurityGroupRules {
        group_id: "sg-1".into(),
        egress,
        rules,
    }
}

fn revoke(egress: bool) -> Write {
    Write::RevokeSecurityGroupRules {
        group_id: "sg-1".into(),
        egress,
        rules: vec![https()],
    }
}

fn ec2_ok(action: &str) -> String {
    format!("<{action}Response><requestId>request-1</requestId><return>true</return></{action}Response>")
}

fn bodies(wire: &Wire) -> Vec<String> {
    wire.sent().into_iter().map(|sent| sent.body).collect()
}

#[tokio::test]
async fn authorize_keeps_descriptions_peers_and_tags() {
    let ok = ec2_ok("AuthorizeSecurityGroupIngress");
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(200, ok.clone())
        .then(200, ok);
    make(&wire, authorize(false, vec![https(), from_peer()])).await.unwrap();
    let start = "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1";
    let peer = "&IpPermissions.1.IpProtocol=-1&IpPermissions.1.FromPort=-1&IpPermissions.1.ToPort=-1\
                &IpPermissions.1.Groups.1.UserId=999999999999&IpPermissions.1.Groups.1.GroupId=sg-peer";
    let https = "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443\
                 &IpPermissions.1.IpRanges.1.Description=customers&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0\
                 &TagSpecification.1.ResourceType=security-group-rule\
                 &TagSpecification.1.Tag.1.Key=team&TagSpecification.1.Tag.1.Value=web";
    assert_eq!(
        bodies(&wire)[1..],
        [format!("{start}{peer}"), format!("{start}{https}")]
    );
}

#[tokio::test]
async fn authorize_of_egress_is_another_call() {
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(200, ec2_ok("AuthorizeSecurityGroupEgress"));
    let rule = SecurityGroupRule {
        protocol: "-1".into(),
        cidr_ipv6: Some("::/0".into()),
        ..SecurityGroupRule::default()
    };
    make(&wire, authorize(true, vec![rule])).await.unwrap();
    let expected = "Action=AuthorizeSecurityGroupEgress&Version=2016-11-15&GroupId=sg-1\
                    &IpPermissions.1.IpProtocol=-1&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0";
    assert_eq!(bodies(&wire)[1], expected);
}

#[tokio::test]
async fn a_rule_that_is_there_is_not_authorized_again() {
    let wire = Wire::default().then(200, rules_xml(&https_xml("sgr-1", false)));
    assert_eq!(
        make(&wire, authorize(false, vec![https()])).await,
        Ok(Receipt::default())
    );
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn a_rule_that_somebody_else_made_meanwhile_is_authorized() {
    let duplicate = ec2_error("InvalidPermission.Duplicate");
    let wire = Wire::default().then(200, rules_xml("")).then(400, duplicate);
    assert_eq!(
        make(&wire, authorize(false, vec![https()])).await,
        Ok(Receipt::default())
    );
}

#[tokio::test]
async fn one_duplicate_does_not_keep_the_other_rules_from_being_authorized() {
    let duplicate = || ec2_error("InvalidPermission.Duplicate");
    let other = SecurityGroupRule {
        from_port: Some(80),
        to_port: Some(80),
        ..https()
    };
    let wire = Wire::default()
        .then(200, rules_xml(""))
        .then(400, duplicate())
        .then(400, duplicate())
        .then(200, ec2_ok("AuthorizeSecurityGroupIngress"));
    let receipt = make(&wire, authorize(false, vec![https(), other])).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("request-1"));
    assert!(bodies(&wire)[3].contains("FromPort=80"), "{:#?}", bodies(&wire));
}

#[tokio::test]
async fn revoke_takes_away_exactly_the_rules_that_were_meant() {
    let others = https_xml("sgr-out", true) + &https_xml("sgr-in", false).replace("customers", "others");
    let wire = Wire::default()
        .then(200, rules_xml(&(https_xml("sgr-1", false) + &others)))
        .then(200, ec2_ok("RevokeSecurityGroupIngress"));
    make(&wire, revoke(false)).await.unwrap();
    let expected = "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&SecurityGroupRuleId.1=sgr-1";
    assert_eq!(bodies(&wire)[1], expected);
}

#[tokio::test]
async fn revoke_of_egress_is_another_call() {
    let wire = Wire::default()
        .then(200, rules_xml(&https_xml("sgr-2", true)))
        .then(200, ec2_ok("RevokeSecurityGroupEgress"));
    make(&wire, revoke(true)).await.unwrap();
    let expected = "Action=RevokeSecurityGroupEgress&Version=2016-11-15&SecurityGroupRuleId.1=sgr-2&GroupId=sg-1";
    assert_eq!(bodies(&wire)[1], expected);
}

#[tokio::test]
async fn a_rule_that_is_gone_is_revoked() {
    assert!(
        make(&Wire::default().then(200, rules_xml("")), revoke(false))
            .await
            .is_ok()
    );
    let wire = Wire::default()
        .then(200, rules_xml(&https_xml("sgr-1", false)))
        .then(400, ec2_error("InvalidPermission.NotFound"));
    assert!(make(&wire, revoke(false)).await.is_ok());
}

#[tokio::test]
async fn a_policy_that_is_gone_is_deleted_as_long_as_the_role_exists() {
    let delete = || Write::DeleteRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
    };
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(200, super::reads::role_xml());
    assert_eq!(make(&wire, delete()).await, Ok(Receipt::default()));
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(make(&wire, delete()).await.unwrap_err().class, FailureClass::Gone);
}

#[tokio::test]
async fn a_policy_that_is_not_attached_is_detached_as_long_as_the_role_exists() {
    let detach = || Write::DetachRolePolicy {
        role: "api".into(),
        policy_arn: DENY.into(),
    };
    let gone = || query_error("NoSuchEntity");
    let wire = Wire::default().then(404, gone()).then(200, super::reads::role_xml());
    assert_eq!(make(&wire, detach()).await, Ok(Receipt::default()));
    let wire = Wire::default().then(404, gone()).then(404, gone());
    assert_eq!(make(&wire, detach()).await.unwrap_err().class, FailureClass::Gone);
}

#[tokio::test]
async fn a_task_that_is_gone_is_stopped() {
    let stop = Write::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    };
    let gone = json_error("InvalidParameterException", "The referenced task was not found.");
    assert_eq!(
        make(&Wire::default().then(400, gone), stop).await,
        Ok(Receipt::default())
    );
}

#[tokio::test]
async fn a_service_linked_role_is_unmodifiable() {
    let write = Write::PutRolePolicy {
        role: "api".into(),
        policy_name: "Deny".into(),
        document: document(),
    };
    let failure = make(&Wire::default().then(400, query_error("UnmodifiableEntity")), write)
        .await
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Unmodifiable);
    assert_eq!(failure.to_string(), "iam:PutRolePolicy: UnmodifiableEntity: why");
}
