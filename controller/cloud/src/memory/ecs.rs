//! ECS's and Application Auto Scaling's writes. They change what is wanted; [`super::scheduler`] makes it so, later.

use super::{
    refusal::Refusal,
    scheduler, tasks,
    world::{Region, Service},
};
use firebreak_core::aws::{
    application_autoscaling::{ApplicationAutoScalingWrite, Suspension},
    ecs::{Deployment, DeploymentParts, EcsWrite, Network},
};
use std::collections::BTreeSet;

/// Makes a write to ECS.
pub(super) fn write(region: &mut Region, write: &EcsWrite, now: i64) -> Result<(), Refusal> {
    match write {
        EcsWrite::UpdateServiceDeployment {
            cluster,
            service,
            network,
            deployment,
            parts,
        } => {
            let deployment = sent(active(region, cluster, service)?, deployment, *parts);
            redeploy(region, cluster, service, network, &deployment)?;
        }
        EcsWrite::UpdateServiceDesiredCount {
            cluster,
            service,
            desired_count,
        } => {
            if *desired_count < 0 {
                return Err(invalid("desired count cannot be negative"));
            }
            let service = active(region, cluster, service)?;
            if service.daemon {
                return Err(invalid(
                    "The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again",
                ));
            }
            service.desired_count = *desired_count;
        }
        EcsWrite::ClearTaskProtection { cluster, tasks } => unprotect(region, cluster, tasks)?,
        EcsWrite::StopTask { cluster, task } => {
            has_cluster(region, cluster)?;
            tasks::stop(region, cluster, task, now);
        }
    }
    Ok(())
}

/// Makes a write to what scales a service.
pub(super) fn write_scaling(region: &mut Region, write: &ApplicationAutoScalingWrite) -> Result<(), Refusal> {
    match write {
        ApplicationAutoScalingWrite::RegisterScalableTarget {
            cluster,
            service,
            min,
            suspended,
        } => scale(region, (cluster, service), *min, *suspended),
    }
}

/// What is not sent stays as it is.
fn sent(service: &Service, deployment: &Deployment, parts: DeploymentParts) -> Deployment {
    let rebalancing = match parts.rebalancing {
        true => deployment.availability_zone_rebalancing,
        false => service.deployment.availability_zone_rebalancing,
    };
    Deployment {
        availability_zone_rebalancing: rebalancing,
        ..deployment.clone()
    }
}

/// The network configuration is replaced as a whole. Only another network makes a new deployment.
fn redeploy(
    region: &mut Region,
    cluster: &str,
    name: &str,
    network: &Network,
    deployment: &Deployment,
) -> Result<(), Refusal> {
    let before = active(region, cluster, name)?.clone();
    check_service(&before)?;
    check_network(region, network)?;
    check_deployment(deployment)?;
    let service = active(region, cluster, name)?;
    service.network = Some(network.clone());
    service.deployment = deployment.clone();
    if before.network.as_ref().map(as_sets) != Some(as_sets(network)) {
        scheduler::begin(region, cluster, name);
    }
    Ok(())
}

fn as_sets(network: &Network) -> (BTreeSet<&String>, BTreeSet<&String>, bool) {
    (
        network.subnets.iter().collect(),
        network.security_groups.iter().collect(),
        network.assign_public_ip,
    )
}

fn check_service(service: &Service) -> Result<(), Refusal> {
    if service.deployment_controller != "ECS" {
        return Err(invalid(
            "Unable to update network parameters on services with a CODE_DEPLOY or EXTERNAL deployment controller.",
        ));
    }
    match service.network {
        Some(_) => Ok(()),
        None => Err(invalid(
            "Network Configuration is not valid for the given networkMode of this task definition.",
        )),
    }
}

fn check_network(region: &Region, network: &Network) -> Result<(), Refusal> {
    if network.subnets.is_empty() || network.subnets.len() > 16 || network.security_groups.len() > 5 {
        return Err(invalid("a service has 1 to 16 subnets and at most 5 security groups"));
    }
    let mut vpcs = BTreeSet::new();
    for subnet in &network.subnets {
        let missing = || invalid(format!("Error retrieving subnet information for [{subnet}]"));
        vpcs.insert(region.subnets.get(subnet).ok_or_else(missing)?);
    }
    for id in &network.security_groups {
        let missing = || invalid(format!("Error retrieving security group information for [{id}]"));
        vpcs.insert(&region.security_groups.get(id).ok_or_else(missing)?.vpc);
    }
    match vpcs.len() {
        1 => Ok(()),
        _ => Err(invalid("subnets and security groups belong to different VPCs")),
    }
}

fn check_deployment(deployment: &Deployment) -> Result<(), Refusal> {
    let (least, most) = (deployment.minimum_healthy_percent, deployment.maximum_percent);
    if least < 0 || most < 1 || least > most {
        return Err(invalid(format!(
            "minimumHealthyPercent {least} and maximumPercent {most} do not fit"
        )));
    }
    if deployment.availability_zone_rebalancing && most <= 100 {
        return Err(invalid(
            "maximumPercent must be greater than 100 for a service that uses Availability Zone rebalancing",
        ));
    }
    if deployment.alarms && deployment.alarm_names.is_empty() {
        return Err(invalid("deployment alarms are enabled without alarm names"));
    }
    Ok(())
}

/// A task that is gone is a failure in the answer of AWS, not an error.
fn unprotect(region: &mut Region, cluster: &str, arns: &[String]) -> Result<(), Refusal> {
    has_cluster(region, cluster)?;
    for arn in arns {
        if let Some(task) = region.task_mut(cluster, arn) {
            task.protected = false;
        }
    }
    Ok(())
}

/// What is left out stays as it is; a new target needs both bounds.
fn scale(
    region: &mut Region,
    (cluster, name): (&str, &str),
    min: Option<i32>,
    suspended: Option<Suspension>,
) -> Result<(), Refusal> {
    let Some(mut target) = region.scalable_target(cluster, name).cloned() else {
        let why = "No scalable target found: MinCapacity and MaxCapacity are required for a new one";
        return Err(Refusal::invalid("ValidationException", why));
    };
    target.min = min.unwrap_or(target.min);
    target.suspended = suspended.unwrap_or(target.suspended);
    if target.min < 0 || target.min > target.max {
        return Err(Refusal::invalid(
            "ValidationException",
            "Maximum capacity cannot be less than minimum capacity",
        ));
    }
    if region
        .service(cluster, name)
        .is_none_or(|service| service.status != "ACTIVE")
    {
        return Err(Refusal::invalid(
            "ValidationException",
            format!("ECS service doesn't exist: service/{cluster}/{name}"),
        ));
    }
    region.scalable_targets.insert(format!("{cluster}/{name}"), target);
    Ok(())
}

fn has_cluster(region: &Region, cluster: &str) -> Result<(), Refusal> {
    match region.clusters.contains_key(cluster) {
        true => Ok(()),
        false => Err(Refusal::gone("ClusterNotFoundException", "Cluster not found.")),
    }
}

fn active<'a>(region: &'a mut Region, cluster: &str, name: &str) -> Result<&'a mut Service, Refusal> {
    has_cluster(region, cluster)?;
    let service = region
        .service_mut(cluster, name)
        .ok_or_else(|| Refusal::gone("ServiceNotFoundException", "Service not found."))?;
    match service.status.as_str() {
        "ACTIVE" => Ok(service),
        _ => Err(Refusal::gone("ServiceNotActiveException", "Service was not ACTIVE.")),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::invalid("InvalidParameterException", message)
}
