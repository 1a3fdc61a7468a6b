//! ECS services with their tasks, their targets and what scales them.

use super::*;
use firebreak_core::aws::{
    Cell,
    application_autoscaling::ApplicationAutoScalingCell,
    ecs::{EcsCell, EcsRead},
    elbv2::{Elbv2Cell, Elbv2Read},
};

fn api_service() -> Value {
    json!({
        "serviceArn": "arn:aws:ecs:us-east-1:123456789012:service/prod/api",
        "serviceName": "api",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 1,
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7",
        "loadBalancers": [{"targetGroupArn": TARGET_GROUP, "containerPort": 80}],
        "networkConfiguration": {"awsvpcConfiguration":
            {"subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}},
        "deployments": [{"id": "d-1", "status": "PRIMARY", "rolloutState": "COMPLETED", "runningCount": 1,
            "networkConfiguration": {"awsvpcConfiguration":
                {"subnets": ["subnet-a"], "securityGroups": ["sg-2", "sg-1"], "assignPublicIp": "DISABLED"}}}],
        "tags": [{"key": "team", "value": "a"}],
    })
}

fn services(services: &[Value]) -> String {
    json!({"services": services, "failures": []}).to_string()
}

fn service_query() -> Query {
    Query::Ecs(EcsRead::Service {
        cluster: "prod".into(),
        service: "api".into(),
    })
}

#[tokio::test]
async fn a_service_without_a_controller_and_strategy_has_the_default_ones() {
    let wire = Wire::default().then(200, services(&[api_service()]));
    let expected = json!({
        "arn": "arn:aws:ecs:us-east-1:123456789012:service/prod/api",
        "status": "ACTIVE",
        "deploymentController": "ECS",
        "strategy": "ROLLING",
        "daemon": false,
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7",
        "desiredCount": 2,
        "runningCount": 1,
        "network": {"subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": true},
        "targetGroups": [TARGET_GROUP],
        "deployments": [{"id": "d-1", "status": "PRIMARY", "rolloutState": "COMPLETED", "runningCount": 1,
            "securityGroups": ["sg-1", "sg-2"]}],
        "tags": {"team": "a"},
    });
    assert_eq!(found(&wire, service_query()).await, expected);
    let sent: Value = serde_json::from_str(&wire.only().body).unwrap();
    assert_eq!(
        sent,
        json!({"cluster": "prod", "services": ["api"], "include": ["TAGS"]})
    );
}

#[tokio::test]
async fn a_missing_or_inactive_service_is_not_found_and_a_draining_one_is() {
    let missing = json!({"services": [], "failures": [{"arn": "api", "reason": "MISSING"}]}).to_string();
    assert_eq!(
        ask(&Wire::default().then(200, missing), service_query()).await,
        Answer::NotFound
    );
    let with_status = |status: &str| {
        let mut service = api_service();
        service["status"] = status.into();
        Wire::default().then(200, services(&[service]))
    };
    assert_eq!(ask(&with_status("INACTIVE"), service_query()).await, Answer::NotFound);
    assert_eq!(
        found(&with_status("DRAINING"), service_query()).await["status"],
        "DRAINING"
    );
    let no_cluster = Wire::default().then(400, json_error("ClusterNotFoundException", "Cluster not found."));
    assert_eq!(ask(&no_cluster, service_query()).await, Answer::NotFound);
}

#[tokio::test]
async fn a_service_without_deployment_configuration_has_the_default_one() {
    let query = of_service(|cluster, service| Cell::Ecs(EcsCell::ServiceDeployment { cluster, service }));
    let value = found(&Wire::default().then(200, services(&[api_service()])), query).await;
    let network = json!({"subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": true});
    assert_eq!(value["network"], network);
    assert_eq!(
        value["deployment"],
        json!(firebreak_core::aws::ecs::Deployment::default())
    );
}

fn task(name: &str, ip: &str, last: &str, desired: &str) -> Value {
    json!({
        "taskArn": name, "lastStatus": last, "desiredStatus": desired, "group": "service:api",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7",
        "attachments": [{"type": "ElasticNetworkInterface", "details": [
            {"name": "networkInterfaceId", "value": format!("eni-{name}")},
            {"name": "privateIPv4Address", "value": ip}]}],
        "overrides": {"containerOverrides": [{"name": "web", "environment": [{"name": "KEY", "value": "s3cr3t"}]}]},
    })
}

fn task_arns(arns: &[&str]) -> String {
    json!({"taskArns": arns}).to_string()
}

fn tasks(wire: Wire) -> Wire {
    let tasks = [
        task("t1", "10.0.0.1", "RUNNING", "RUNNING"),
        task("t2", "10.0.0.2", "RUNNING", "STOPPED"),
        task("t3", "10.0.0.3", "STOPPED", "STOPPED"),
    ];
    wire.then(200, task_arns(&["t1"]))
        .then(200, task_arns(&["t2", "t3"]))
        .then(200, json!({"tasks": tasks, "failures": []}).to_string())
}

#[tokio::test]
async fn a_task_that_is_to_stop_still_counts_until_it_has_stopped() {
    let query = of_service(|cluster, service| Cell::Ecs(EcsCell::ServiceTasks { cluster, service }));
    let wire = tasks(Wire::default().then(200, services(&[api_service()])));
    assert_eq!(found(&wire, query).await, json!(["t1", "t2"]));
}

#[tokio::test]
async fn tasks_come_with_their_addresses_and_without_their_environment() {
    let wire = tasks(Wire::default());
    let query = Query::Ecs(EcsRead::ServiceTasks {
        cluster: "prod".into(),
        service: "api".into(),
    });
    let value = found(&wire, query).await;
    let first = json!({
        "arn": "t1", "lastStatus": "RUNNING", "group": "service:api", "ip": "10.0.0.1", "networkInterface": "eni-t1",
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7",
    });
    assert_eq!(value[0], first);
    assert!(!value.to_string().contains("s3cr3t"));
}

#[tokio::test]
async fn many_tasks_are_described_a_hundred_at_a_time() {
    let names: Vec<String> = (0..150).map(|n| format!("t{n:03}")).collect();
    let first = json!({"taskArns": names[..100], "nextToken": "more"}).to_string();
    let rest = json!({"taskArns": names[100..]}).to_string();
    let wire = Wire::default()
        .then(200, first)
        .then(200, rest)
        .then(200, task_arns(&[]));
    let wire = wire
        .then(200, json!({"tasks": []}).to_string())
        .then(200, json!({"tasks": []}).to_string());
    found(
        &wire,
        Query::Ecs(EcsRead::ServiceTasks {
            cluster: "prod".into(),
            service: "api".into(),
        }),
    )
    .await;
    let sent = wire.sent();
    let sizes = sent[3..].iter().map(|sent| {
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        body["tasks"].as_array().unwrap().len()
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [100, 50]);
}

#[tokio::test]
async fn protection_is_not_asked_for_when_there_are_no_tasks() {
    let query = of_service(|cluster, service| Cell::Ecs(EcsCell::TaskProtection { cluster, service }));
    let wire = Wire::default().then(200, services(&[api_service()]));
    let wire = wire.then(200, task_arns(&[])).then(200, task_arns(&[]));
    assert_eq!(found(&wire, query).await, json!([]));
}

#[tokio::test]
async fn protected_tasks_are_those_that_aws_names() {
    let query = of_service(|cluster, service| Cell::Ecs(EcsCell::TaskProtection { cluster, service }));
    let protection = json!({
        "protectedTasks": [{"taskArn": "t1", "protectionEnabled": true}, {"taskArn": "t2", "protectionEnabled": false}],
        "failures": [{"arn": "t9", "reason": "MISSING"}],
    });
    let wire = tasks(Wire::default().then(200, services(&[api_service()]))).then(200, protection.to_string());
    assert_eq!(found(&wire, query).await, json!(["t1"]));
}

fn target_xml(ip: &str, state: &str) -> String {
    format!(
        "<member><Target><Id>{ip}</Id><Port>80</Port></Target><TargetHealth><State>{state}</State></TargetHealth></member>"
    )
}

fn health_xml(targets: &[String]) -> String {
    format!(
        "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{}\
         </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>",
        targets.concat()
    )
}

#[tokio::test]
async fn registrations_are_the_services_own_and_not_those_that_drain() {
    let (target_group_arn, cluster, service) = (TARGET_GROUP.into(), "prod".into(), "api".into());
    let query = Query::Cell(Cell::Elbv2(Elbv2Cell::TargetRegistrations {
        target_group_arn,
        cluster,
        service,
    }));
    let targets = [
        target_xml("10.0.0.2", "unhealthy"),
        target_xml("10.0.0.1", "healthy"),
        target_xml("10.9.9.9", "healthy"),
        target_xml("10.0.0.1", "draining"),
    ];
    let wire = tasks(Wire::default().then(200, health_xml(&targets)));
    let expected = json!({
        "registered": [{"id": "10.0.0.1", "port": 80}, {"id": "10.0.0.2", "port": 80}],
        "running": ["10.0.0.1"],
    });
    assert_eq!(found(&wire, query).await, expected);
}

/// The details of the attachment name an IPv4 address where there is one; the containers name the IPv6 address.
#[tokio::test]
async fn tasks_with_ipv6_only_are_found_in_their_target_group() {
    let (target_group_arn, cluster, service) = (TARGET_GROUP.into(), "prod".into(), "api".into());
    let query = Query::Cell(Cell::Elbv2(Elbv2Cell::TargetRegistrations {
        target_group_arn,
        cluster,
        service,
    }));
    let mut alone = task("t1", "", "RUNNING", "RUNNING");
    alone["attachments"][0]["details"] = json!([{"name": "networkInterfaceId", "value": "eni-1"}]);
    alone["containers"] = json!([{"networkInterfaces": [{"ipv6Address": "2001:db8:0:0:0:0:0:1"}]}]);
    let wire = Wire::default()
        .then(200, health_xml(&[target_xml("2001:db8::1", "healthy")]))
        .then(200, task_arns(&["t1"]))
        .then(200, task_arns(&[]))
        .then(200, json!({"tasks": [alone]}).to_string());
    let value = found(&wire, query).await;
    assert_eq!(value["registered"], json!([{"id": "2001:db8::1", "port": 80}]));
    assert_eq!(value["running"], json!(["2001:db8:0:0:0:0:0:1"]));
}

#[tokio::test]
async fn a_missing_target_group_is_not_found() {
    let wire = Wire::default().then(400, query_error("TargetGroupNotFound"));
    let query = Query::Elbv2(Elbv2Read::TargetHealth {
        target_group_arn: TARGET_GROUP.into(),
    });
    assert_eq!(ask(&wire, query).await, Answer::NotFound);
}

#[tokio::test]
async fn a_service_that_nothing_scales_has_neither_minimum_nor_suspension() {
    let query = || {
        of_service(|cluster, service| {
            Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension { cluster, service })
        })
    };
    let wire = Wire::default()
        .then(200, services(&[api_service()]))
        .then(200, r#"{"ScalableTargets": []}"#);
    assert_eq!(found(&wire, query()).await, Value::Null);
    let target = json!({"ScalableTargets": [{"ServiceNamespace": "ecs", "ResourceId": "service/prod/api",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 4, "RoleARN": "r",
        "CreationTime": 0, "SuspendedState": {"DynamicScalingInSuspended": true}}]});
    let wire = || {
        Wire::default()
            .then(200, services(&[api_service()]))
            .then(200, target.to_string())
    };
    let expected = json!({"scaleIn": true, "scaleOut": false, "scheduled": false});
    assert_eq!(found(&wire(), query()).await, expected);
    let minimum = of_service(|cluster, service| {
        Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum { cluster, service })
    });
    assert_eq!(found(&wire(), minimum).await, json!(1));
}

fn definition(role: &str) -> String {
    json!({"taskDefinition": {
        "taskRoleArn": role,
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "containerDefinitions": [{
            "name": "web",
            "environment": [{"name": "PASSWORD", "value": "s3cr3t"}],
            "secrets": [{"name": "TOKEN", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/s3cr3t"}],
        }],
    }})
    .to_string()
}

#[tokio::test]
async fn no_environment_or_secret_of_a_task_definition_is_read() {
    let query = Query::Ecs(EcsRead::TaskDefinition {
        arn: "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7".into(),
    });
    let value = found(&Wire::default().then(200, definition(API_ROLE)), query).await;
    let expected = json!({"taskRole": API_ROLE, "executionRole": "arn:aws:iam::123456789012:role/execution"});
    assert_eq!(value, expected);
    assert!(!value.to_string().contains("s3cr3t"));
}

#[tokio::test]
async fn a_task_definition_that_ecs_cannot_describe_is_not_found() {
    let wire = Wire::default().then(
        400,
        json_error("ClientException", "Unable to describe task definition."),
    );
    assert_eq!(
        ask(&wire, Query::Ecs(EcsRead::TaskDefinition { arn: "api:9".into() })).await,
        Answer::NotFound
    );
}

#[tokio::test]
async fn the_services_of_a_role_are_found_in_every_cluster_ten_at_a_time() {
    let arns: Vec<String> = (0..12).map(|n| format!("arn:service/{n}")).collect();
    let of_others = json!({"serviceName": "other", "clusterArn": "arn:cluster/prod", "status": "ACTIVE",
        "taskDefinition": "arn:task-definition/other:1"});
    let wire = Wire::default()
        .then(200, json!({"clusterArns": ["arn:cluster/prod"]}).to_string())
        .then(200, json!({"serviceArns": arns}).to_string())
        .then(200, services(&[of_others]))
        .then(200, services(&[api_service()]))
        .then(200, definition(API_ROLE))
        .then(200, definition("arn:aws:iam::123456789012:role/other"));
    let query = Query::Ecs(EcsRead::ServicesOfRole {
        region: "us-east-1".into(),
        role_arn: API_ROLE.into(),
    });
    assert_eq!(
        found(&wire, query).await,
        json!({"names": ["prod/api"], "unread": null})
    );
}

#[tokio::test]
async fn standalone_tasks_of_a_role_are_those_that_no_service_started() {
    let mut alone = task("t4", "10.0.0.4", "RUNNING", "RUNNING");
    alone["group"] = "family:job".into();
    let mut overridden = task("t5", "10.0.0.5", "RUNNING", "RUNNING");
    overridden["group"] = "family:job".into();
    overridden["overrides"]["taskRoleArn"] = "arn:aws:iam::123456789012:role/other".into();
    let of_service = task("t1", "10.0.0.1", "RUNNING", "RUNNING");
    let wire = Wire::default()
        .then(200, task_arns(&["t1", "t4", "t5"]))
        .then(200, task_arns(&[]))
        .then(200, json!({"tasks": [of_service, alone, overridden]}).to_string())
        .then(200, definition(API_ROLE));
    let query = Query::Ecs(EcsRead::StandaloneTasksOfRole {
        cluster: "prod".into(),
        role_arn: API_ROLE.into(),
    });
    let value = found(&wire, query).await;
    assert_eq!(value.as_array().unwrap().len(), 1);
    assert_eq!(value[0]["arn"], "t4");
}
