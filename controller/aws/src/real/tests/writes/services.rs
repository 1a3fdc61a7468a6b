//! ECS services, their tasks and their targets.

use super::*;
use firebreak_core::aws::{application_autoscaling::ApplicationAutoScalingWrite, ecs::EcsWrite, elbv2::Elbv2Write};

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
    let write = Write::Elbv2(Elbv2Write::RegisterTargets {
        target_group_arn: TARGET_GROUP.into(),
        targets,
    });
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
    let write = Write::Elbv2(Elbv2Write::DeregisterTargets {
        target_group_arn: TARGET_GROUP.into(),
        targets,
    });
    let body = sent_form(Wire::default().then(200, iam_ok("DeregisterTargets")), write).await;
    let start = format!("Action=DeregisterTargets&Version=2015-12-01&TargetGroupArn={TARGET_GROUP}");
    assert_eq!(
        body,
        format!("{start}&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80")
    );
}

#[tokio::test]
async fn stop_task_says_why() {
    let write = Write::Ecs(EcsWrite::StopTask {
        cluster: "prod".into(),
        task: "task-1".into(),
    });
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
    let write = Write::Ecs(EcsWrite::ClearTaskProtection {
        cluster: "prod".into(),
        tasks: tasks.clone(),
    });
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
    let write = Write::Ecs(EcsWrite::ClearTaskProtection {
        cluster: "prod".into(),
        tasks: vec!["task-1".into()],
    });
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
    let write = Write::Ecs(EcsWrite::UpdateServiceDeployment {
        cluster,
        service,
        network,
        deployment,
        parts: DeploymentParts {
            circuit_breaker: true,
            alarms: true,
            rebalancing: true,
        },
    });
    let (operation, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    assert_eq!(operation, "UpdateService");
    let expected = json!({
        "cluster": "prod",
        "service": "api",
        "availabilityZoneRebalancing": "DISABLED",
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
    let write = Write::Ecs(EcsWrite::UpdateServiceDeployment {
        cluster: "prod".into(),
        service: "api".into(),
        network: Network::default(),
        deployment: Deployment::default(),
        parts: DeploymentParts::default(),
    });
    let (_, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    let expected = json!({"minimumHealthyPercent": 100, "maximumPercent": 200});
    assert_eq!(body["deploymentConfiguration"], expected);
}

#[tokio::test]
async fn update_service_desired_count_sends_nothing_else() {
    let write = Write::Ecs(EcsWrite::UpdateServiceDesiredCount {
        cluster: "prod".into(),
        service: "api".into(),
        desired_count: 0,
    });
    let (operation, body) = sent_json(Wire::default().then(200, "{}"), write).await;
    assert_eq!(operation, "UpdateService");
    assert_eq!(body, json!({"cluster": "prod", "service": "api", "desiredCount": 0}));
}

#[tokio::test]
async fn register_scalable_target_sends_only_what_is_to_change() {
    let write = |min, suspended| {
        Write::ApplicationAutoScaling(ApplicationAutoScalingWrite::RegisterScalableTarget {
            cluster: "prod".into(),
            service: "api".into(),
            min,
            suspended,
        })
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
