//! Every refusal, every method's steps, what hangs on the service, and what people are told.

mod refusals;
mod steps;
mod told;

use super::*;
use crate::{
    aws::{
        Answer, Cell, Query,
        application_autoscaling::{ApplicationAutoScalingCell, Suspension},
        ec2::{Ec2Cell, Ec2Read, SecurityGroup, SecurityGroupUser},
        ecs::{EcsDeployment, EcsRead, Network, Task, TaskDefinition},
        elbv2::{Elbv2Cell, Elbv2Read, TargetHealth},
        iam::IamCell,
    },
    respond::quarantine::targets::{
        iam_role::{DENY_ALL, REVOKE_SESSIONS},
        testing::{DENY_POLICY, World},
    },
    run::step::{Dependent, Undo},
};
use serde_json::{Value, json};

const TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123";
const DEFINITION: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/api:7";
const ROLE: &str = "arn:aws:iam::123456789012:role/app/api-task";

fn spec(method: EcsMethod) -> TargetSpec {
    TargetSpec {
        ec2_instance: None,
        ecs_service: Some(EcsServiceTarget {
            cluster: "prod".into(),
            service: "api".into(),
            method,
            security_group_id: (method == EcsMethod::SwapSecurityGroups).then(|| "sg-0000000f".into()),
        }),
        ..TargetSpec::default()
    }
}

fn cell(make: fn(String, String) -> Cell) -> Cell {
    make("prod".into(), "api".into())
}

fn scaling() -> Cell {
    cell(|cluster, service| {
        Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingSuspension { cluster, service })
    })
}

fn registrations() -> Cell {
    Cell::Elbv2(Elbv2Cell::TargetRegistrations {
        target_group_arn: TARGET_GROUP.into(),
        cluster: "prod".into(),
        service: "api".into(),
    })
}

fn rules() -> Cell {
    Cell::Ec2(Ec2Cell::SecurityGroupRules {
        group_id: "sg-0000000a".into(),
    })
}

fn service_query() -> Query {
    Query::Ecs(EcsRead::Service {
        cluster: "prod".into(),
        service: "api".into(),
    })
}

fn tasks_query() -> Query {
    Query::Ecs(EcsRead::ServiceTasks {
        cluster: "prod".into(),
        service: "api".into(),
    })
}

fn standalone_query() -> Query {
    Query::Ecs(EcsRead::StandaloneTasksOfRole {
        cluster: "prod".into(),
        role_arn: ROLE.into(),
    })
}

fn inline(policy_name: &str) -> Query {
    Query::Cell(Cell::Iam(IamCell::RoleInlinePolicy {
        role: "api-task".into(),
        policy_name: policy_name.into(),
    }))
}

fn attachment() -> Query {
    Query::Cell(Cell::Iam(IamCell::RolePolicyAttachment {
        role: "api-task".into(),
        policy_arn: DENY_POLICY.into(),
    }))
}

fn group(id: &str) -> Query {
    Query::Ec2(Ec2Read::SecurityGroup { group_id: id.into() })
}

fn users(id: &str) -> Query {
    Query::Ec2(Ec2Read::SecurityGroupUsers { group_id: id.into() })
}

fn health() -> Query {
    Query::Elbv2(Elbv2Read::TargetHealth {
        target_group_arn: TARGET_GROUP.into(),
    })
}

fn service() -> Service {
    Service {
        arn: "arn:aws:ecs:us-east-1:123456789012:service/prod/api".into(),
        status: "ACTIVE".into(),
        deployment_controller: "ECS".into(),
        strategy: "ROLLING".into(),
        daemon: false,
        task_definition: DEFINITION.into(),
        desired_count: 2,
        running_count: 2,
        network: Some(Network {
            subnets: vec!["subnet-a".into(), "subnet-b".into()],
            security_groups: vec!["sg-0000000a".into()],
            assign_public_ip: true,
        }),
        target_groups: vec![TARGET_GROUP.into()],
        deployments: vec![deployment("PRIMARY", "sg-0000000a", 2)],
        tags: [("team".to_owned(), "web".to_owned())].into(),
    }
}

fn deployment(status: &str, group: &str, running_count: i32) -> EcsDeployment {
    EcsDeployment {
        id: format!("ecs-svc/{status}"),
        status: status.into(),
        rollout_state: "IN_PROGRESS".into(),
        running_count,
        security_groups: vec![group.into()],
    }
}

fn task(n: u32) -> Task {
    Task {
        arn: format!("arn:aws:ecs:us-east-1:123456789012:task/prod/{n}"),
        last_status: "RUNNING".into(),
        group: "service:api".into(),
        ip: Some(format!("10.0.0.{n}")),
        ipv6: None,
        network_interface: Some(format!("eni-{n}")),
        task_definition: DEFINITION.into(),
    }
}

fn user(id: &str, description: &str) -> SecurityGroupUser {
    SecurityGroupUser {
        network_interface: id.into(),
        description: description.into(),
        ..SecurityGroupUser::default()
    }
}

fn target(id: &str, state: &str) -> TargetHealth {
    TargetHealth {
        id: id.into(),
        port: 8080,
        state: state.into(),
    }
}

fn security_group(rules: u32, vpc: &str) -> SecurityGroup {
    SecurityGroup {
        vpc_id: vpc.into(),
        rules,
        tags: [("tier".to_owned(), "app".to_owned())].into(),
        ..SecurityGroup::default()
    }
}

/// Two tasks, both in one target group and one security group that nobody else uses; sessions not revoked.
fn world() -> World {
    World::default()
        .with(service_query(), &service())
        .with(tasks_query(), &[task(1), task(2)])
        .with(Query::Cell(scaling()), &Suspension::default())
        .with(
            health(),
            &[target("10.0.0.1", "healthy"), target("10.0.0.2", "healthy")],
        )
        .with(group("sg-0000000a"), &security_group(3, "vpc-1"))
        .with(group("sg-0000000f"), &security_group(0, "vpc-1"))
        .with(users("sg-0000000a"), &[user("eni-1", "task"), user("eni-2", "task")])
        .with(
            Query::Ecs(EcsRead::TaskDefinition { arn: DEFINITION.into() }),
            &TaskDefinition {
                task_role: Some(ROLE.into()),
                execution_role: None,
            },
        )
        .with(standalone_query(), &Vec::<Task>::new())
        .with(inline(REVOKE_SESSIONS), &Value::Null)
        .with(inline(DENY_ALL), &Value::Null)
        .with(attachment(), &false)
}

fn changed(change: impl FnOnce(&mut Service)) -> World {
    let mut made = service();
    change(&mut made);
    world().with(service_query(), &made)
}

fn design(world: &World, method: EcsMethod) -> Design {
    world.design(&EcsService, &spec(method)).unwrap()
}

fn waiting_for(world: &World, method: EcsMethod) -> Option<String> {
    world.proof(&EcsService, &spec(method)).unwrap().waiting_for
}

#[track_caller]
fn refused(world: &World, method: EcsMethod, reason: Reason, says: &[&str]) {
    let blocked = world.design(&EcsService, &spec(method)).unwrap_err();
    assert_eq!(blocked.reason, reason, "{}", blocked.message);
    for word in says {
        assert!(blocked.message.contains(word), "{word} is not in: {}", blocked.message);
    }
}

const METHODS: [EcsMethod; 3] = [
    EcsMethod::Isolate,
    EcsMethod::SwapSecurityGroups,
    EcsMethod::ScaleToZero,
];
