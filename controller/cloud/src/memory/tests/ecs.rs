//! ECS: everything happens later, and not always what was asked.

use super::*;
use crate::memory::{HEALTHY_AFTER, START_SECONDS, START_TIMEOUT, STOP_SECONDS};
use firebreak_core::aws::ecs::DeploymentParts;
use firebreak_core::aws::{
    application_autoscaling::{ApplicationAutoScalingCell, ApplicationAutoScalingWrite, Suspension},
    ecs::{Deployment, EcsCell, EcsRead, EcsService, EcsWrite, Network, Task},
};
use serde_json::json;

const DRAIN: u32 = 30 + STOP_SECONDS as u32;

fn redeploy(groups: &[&str], deployment: Deployment) -> Write {
    let (cluster, service) = api();
    let network = Network {
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        security_groups: groups.iter().map(|&group| group.into()).collect(),
        assign_public_ip: false,
    };
    Write::Ecs(EcsWrite::UpdateServiceDeployment {
        cluster,
        service,
        network,
        deployment,
        parts: DeploymentParts {
            rebalancing: true,
            ..DeploymentParts::default()
        },
    })
}

fn containing() -> Deployment {
    Deployment {
        minimum_healthy_percent: 0,
        maximum_percent: 100,
        ..Deployment::default()
    }
}

fn desired(count: i32) -> Write {
    let (cluster, service) = api();
    Write::Ecs(EcsWrite::UpdateServiceDesiredCount {
        cluster,
        service,
        desired_count: count,
    })
}

async fn service(aws: &MemoryAws) -> EcsService {
    let (cluster, service) = api();
    fact(aws, Query::Ecs(EcsRead::Service { cluster, service })).await
}

async fn tasks(aws: &MemoryAws) -> Vec<Task> {
    let (cluster, service) = api();
    fact(aws, Query::Ecs(EcsRead::ServiceTasks { cluster, service })).await
}

fn arns(tasks: &[Task]) -> Vec<String> {
    tasks.iter().map(|task| task.arn.clone()).collect()
}

#[tokio::test]
async fn another_network_replaces_the_tasks_and_the_old_ones_outlive_the_deployment() {
    let aws = MemoryAws::sample();
    let old = arns(&tasks(&aws).await);
    write(&aws, redeploy(&["sg-quarantine"], containing())).await.unwrap();
    let begun = service(&aws).await;
    assert_eq!(begun.deployments[0].rollout_state, "IN_PROGRESS");
    assert_eq!((begun.deployments.len(), begun.running_count), (2, 2));
    aws.advance(START_SECONDS as u32 + 1);
    let done = service(&aws).await;
    assert_eq!((done.deployments.len(), done.running_count), (1, 2));
    assert_eq!(done.deployments[0].rollout_state, "COMPLETED");
    assert_eq!(done.deployments[0].security_groups, ["sg-quarantine"]);
    assert_eq!(tasks(&aws).await.len(), 4, "the old tasks still drain");
    aws.advance(DRAIN);
    let new = tasks(&aws).await;
    assert!(new.len() == 2 && arns(&new).iter().all(|arn| !old.contains(arn)));
}

#[tokio::test]
async fn the_same_network_again_makes_no_deployment() {
    let aws = MemoryAws::sample();
    write(&aws, redeploy(&["sg-api"], containing())).await.unwrap();
    assert_eq!(service(&aws).await.deployments.len(), 1);
    let (cluster, service) = api();
    let kept = cell(&aws, Cell::Ecs(EcsCell::ServiceDeployment { cluster, service })).await;
    assert_eq!(kept["deployment"]["minimumHealthyPercent"], 0);
}

#[tokio::test]
async fn a_group_without_egress_keeps_the_old_tasks_running_at_full_minimum_health() {
    let aws = MemoryAws::sample();
    let old = arns(&tasks(&aws).await);
    write(&aws, redeploy(&["sg-dark"], Deployment::default()))
        .await
        .unwrap();
    aws.advance(600);
    let now = tasks(&aws).await;
    assert!(
        old.iter()
            .all(|arn| now.iter().any(|task| task.arn == *arn && task.last_status == "RUNNING"))
    );
    assert_eq!(service(&aws).await.deployments[0].rollout_state, "IN_PROGRESS");
}

#[tokio::test]
async fn a_circuit_breaker_rolls_a_containment_back() {
    let aws = MemoryAws::sample();
    let breaker = Deployment {
        circuit_breaker: true,
        circuit_breaker_rollback: true,
        ..Deployment::default()
    };
    write(&aws, redeploy(&["sg-dark"], breaker)).await.unwrap();
    aws.advance(4 * START_TIMEOUT as u32);
    assert_eq!(service(&aws).await.network.unwrap().security_groups, ["sg-api"]);
}

#[tokio::test]
async fn an_alarm_rolls_a_containment_back() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        world
            .region_mut(ACCOUNT, REGION)
            .unwrap()
            .firing_alarms
            .insert("latency".into())
    });
    let alarms = Deployment {
        alarms: true,
        alarms_rollback: true,
        alarm_names: vec!["latency".into()],
        ..Deployment::default()
    };
    write(&aws, redeploy(&["sg-quarantine"], alarms)).await.unwrap();
    aws.advance(1);
    assert_eq!(service(&aws).await.network.unwrap().security_groups, ["sg-api"]);
}

#[tokio::test]
async fn networks_that_do_not_fit_are_refused() {
    let aws = MemoryAws::sample();
    for groups in [
        &["sg-none"][..],
        &["sg-other"],
        &["sg-api", "sg-other"],
        &["a", "b", "c", "d", "e", "f"],
    ] {
        let (class, code) = refused(&aws, redeploy(groups, containing())).await;
        assert_eq!(
            (class, code.as_str()),
            (FailureClass::Invalid, "InvalidParameterException")
        );
    }
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.service_mut("prod", "api").unwrap().deployment_controller = "CODE_DEPLOY".into();
    });
    assert_eq!(
        refused(&aws, redeploy(&["sg-quarantine"], containing())).await.0,
        FailureClass::Invalid
    );
}

#[tokio::test]
async fn rebalancing_takes_no_maximum_percent_up_to_100() {
    let aws = MemoryAws::sample();
    let mut kept = redeploy(&["sg-quarantine"], containing());
    if let Write::Ecs(EcsWrite::UpdateServiceDeployment { parts, .. }) = &mut kept {
        parts.rebalancing = false;
    }
    let refusal = (FailureClass::Invalid, "InvalidParameterException".to_owned());
    assert_eq!(refused(&aws, kept).await, refusal);
    write(&aws, redeploy(&["sg-quarantine"], containing())).await.unwrap();
}

#[tokio::test]
async fn a_daemon_service_takes_no_desired_count() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.service_mut("prod", "api").unwrap().daemon = true;
    });
    let refusal = (FailureClass::Invalid, "InvalidParameterException".to_owned());
    assert_eq!(refused(&aws, desired(0)).await, refusal);
}

#[tokio::test]
async fn a_stopped_task_is_replaced_while_tasks_are_wanted() {
    let aws = MemoryAws::sample();
    let old = tasks(&aws).await;
    write(
        &aws,
        Write::Ecs(EcsWrite::StopTask {
            cluster: "prod".into(),
            task: old[0].arn.clone(),
        }),
    )
    .await
    .unwrap();
    assert_eq!(
        tasks(&aws)
            .await
            .iter()
            .filter(|task| task.last_status == "RUNNING")
            .count(),
        1
    );
    aws.advance(DRAIN + START_SECONDS as u32 + HEALTHY_AFTER as u32);
    let new = tasks(&aws).await;
    assert_eq!(new.len(), 2);
    assert!(!arns(&new).contains(&old[0].arn) && new.iter().all(|task| task.ip != old[0].ip));
    let healthy = aws.look(|world| {
        let group = world
            .region(ACCOUNT, REGION)
            .unwrap()
            .target_group_named("api")
            .unwrap();
        group
            .targets
            .iter()
            .map(|target| Some(target.id.clone()))
            .collect::<Vec<_>>()
    });
    assert!(
        new.iter().all(|task| healthy.contains(&task.ip)),
        "the replacement is registered"
    );
}

#[tokio::test]
async fn scaling_in_takes_time_and_spares_protected_tasks() {
    let aws = MemoryAws::sample();
    aws.change(|world| world.region_mut(ACCOUNT, REGION).unwrap().scalable_targets.clear());
    let protected = tasks(&aws).await[0].arn.clone();
    aws.change(|world| {
        world
            .region_mut(ACCOUNT, REGION)
            .unwrap()
            .task_mut("prod", &protected)
            .unwrap()
            .protected = true
    });
    write(&aws, desired(0)).await.unwrap();
    assert_eq!(service(&aws).await.running_count, 2);
    aws.advance(DRAIN + 2);
    assert_eq!(arns(&tasks(&aws).await), vec![protected.clone()]);
    write(
        &aws,
        Write::Ecs(EcsWrite::ClearTaskProtection {
            cluster: "prod".into(),
            tasks: vec![protected],
        }),
    )
    .await
    .unwrap();
    aws.advance(DRAIN + 2);
    assert!(tasks(&aws).await.is_empty());
}

#[tokio::test]
async fn autoscaling_raises_the_count_again_unless_it_is_suspended() {
    let aws = MemoryAws::sample();
    write(&aws, desired(0)).await.unwrap();
    assert_eq!(service(&aws).await.desired_count, 0);
    aws.advance(1);
    assert_eq!(service(&aws).await.desired_count, 1);
    let (cluster, name) = api();
    write(
        &aws,
        Write::ApplicationAutoScaling(ApplicationAutoScalingWrite::RegisterScalableTarget {
            cluster,
            service: name,
            min: None,
            suspended: Some(Suspension::ALL),
        }),
    )
    .await
    .unwrap();
    write(&aws, desired(0)).await.unwrap();
    aws.advance(DRAIN + 2);
    assert_eq!(service(&aws).await.desired_count, 0);
    assert!(tasks(&aws).await.is_empty());
}

#[tokio::test]
async fn a_scalable_target_fits_its_service_and_itself() {
    let aws = MemoryAws::sample();
    let register = |service: &str, min| {
        Write::ApplicationAutoScaling(ApplicationAutoScalingWrite::RegisterScalableTarget {
            cluster: "prod".into(),
            service: service.into(),
            min: Some(min),
            suspended: None,
        })
    };
    assert_eq!(refused(&aws, register("api", 7)).await.0, FailureClass::Invalid);
    assert_eq!(refused(&aws, register("none", 1)).await.0, FailureClass::Invalid);
    let neighbour = Cell::ApplicationAutoScaling(ApplicationAutoScalingCell::ScalingMinimum {
        cluster: "prod".into(),
        service: "orders".into(),
    });
    assert_eq!(cell(&aws, neighbour).await, json!(null));
}

#[tokio::test]
async fn a_service_that_is_missing_or_inactive_is_not_found_and_gone() {
    let aws = MemoryAws::sample();
    aws.change(|world| {
        let region = world.region_mut(ACCOUNT, REGION).unwrap();
        region.service_mut("prod", "api").unwrap().status = "INACTIVE".into();
    });
    let (cluster, service) = api();
    assert_eq!(
        ask(&aws, Query::Ecs(EcsRead::Service { cluster, service })).await,
        Answer::NotFound
    );
    assert_eq!(
        refused(&aws, desired(0)).await,
        (FailureClass::Gone, "ServiceNotActiveException".into())
    );
}

#[tokio::test]
async fn a_containment_and_its_undo_leave_everything_but_motion_the_same() {
    let aws = MemoryAws::sample();
    let before = aws.world();
    write(&aws, redeploy(&["sg-quarantine"], containing())).await.unwrap();
    aws.advance(120);
    assert_ne!(aws.world().without_motion(), before.without_motion());
    let as_it_was = Deployment {
        availability_zone_rebalancing: true,
        ..Deployment::default()
    };
    write(&aws, redeploy(&["sg-api"], as_it_was)).await.unwrap();
    aws.advance(120);
    assert_ne!(aws.world(), before);
    assert_eq!(aws.world().without_motion(), before.without_motion());
}
