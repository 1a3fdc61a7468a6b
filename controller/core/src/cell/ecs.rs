//! The meaning, calls and sentences of ECS service cells.

use crate::{
    facts::{Deployment, Network, Suspension},
    write::{DeploymentParts, Write},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How many tasks ecs:UpdateTaskProtection takes at once.
const PROTECTION_BATCH: usize = 10;

/// AWS keeps subnets and security groups as sets, and a service without a deployment configuration has the default one.
pub(super) fn canonical_deployment(value: &Value) -> Value {
    let mut network: Network = parse(&value["network"]);
    network.subnets.sort();
    network.security_groups.sort();
    let mut deployment: Deployment = parse(&value["deployment"]);
    deployment.alarm_names.sort();
    json!({"network": network, "deployment": deployment})
}

/// A value without a network is never written: AWS would be sent an empty one.
pub(super) fn deployment(cluster: &str, service: &str, from: &Value, to: &Value) -> Vec<Write> {
    let (before, after): (Deployment, Deployment) = (parse(&from["deployment"]), parse(&to["deployment"]));
    let parts = DeploymentParts {
        circuit_breaker: [&before, &after]
            .iter()
            .any(|d| d.circuit_breaker || d.circuit_breaker_rollback),
        alarms: [&before, &after]
            .iter()
            .any(|d| d.alarms || d.alarms_rollback || !d.alarm_names.is_empty()),
        rebalancing: [&before, &after].iter().any(|d| d.availability_zone_rebalancing),
    };
    let network: Option<Network> = parse(&to["network"]);
    network
        .map(|network| Write::UpdateServiceDeployment {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            network,
            deployment: after,
            parts,
        })
        .into_iter()
        .collect()
}

pub(super) fn deployment_sentence(service: &str, to: &Value) -> String {
    let network: Network = parse(&to["network"]);
    format!(
        "Redeploy service {service} into {}",
        super::sentence::groups(&network.security_groups)
    )
}

/// A value that is no count is never written: read as 0 it would stop the service.
pub(super) fn desired_count(cluster: &str, service: &str, to: &Value) -> Vec<Write> {
    let count: Option<i32> = parse(to);
    count
        .map(|desired_count| Write::UpdateServiceDesiredCount {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            desired_count,
        })
        .into_iter()
        .collect()
}

pub(super) fn scaling_minimum(cluster: &str, service: &str, to: &Value) -> Vec<Write> {
    let min: Option<i32> = parse(to);
    min.map(|min| scaling(cluster, service, Some(min), None))
        .into_iter()
        .collect()
}

pub(super) fn scaling_suspension(cluster: &str, service: &str, to: &Value) -> Vec<Write> {
    let suspended: Option<Suspension> = parse(to);
    let write = suspended.map(|suspended| scaling(cluster, service, None, Some(suspended)));
    write.into_iter().collect()
}

fn scaling(cluster: &str, service: &str, min: Option<i32>, suspended: Option<Suspension>) -> Write {
    Write::RegisterScalableTarget {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        min,
        suspended,
    }
}

pub(super) fn scaling_minimum_sentence(service: &str, to: &Value) -> String {
    match parse::<Option<i32>>(to) {
        Some(min) => format!("Set the autoscaling minimum of service {service} to {min}"),
        None => untouched(service),
    }
}

pub(super) fn scaling_suspension_sentence(service: &str, to: &Value) -> String {
    match parse::<Option<Suspension>>(to) {
        Some(Suspension::ALL) => format!("Suspend the autoscaling of service {service}"),
        Some(_) => format!("Resume the autoscaling of service {service} as far as it was on"),
        None => untouched(service),
    }
}

fn untouched(service: &str) -> String {
    format!("Leave the autoscaling of service {service} as it is: it had none")
}

pub(super) fn unprotect(cluster: &str, from: &Value, to: &Value) -> Vec<Write> {
    gone(from, to)
        .chunks(PROTECTION_BATCH)
        .map(|tasks| Write::ClearTaskProtection {
            cluster: cluster.to_owned(),
            tasks: tasks.to_vec(),
        })
        .collect()
}

pub(super) fn stop(cluster: &str, from: &Value, to: &Value) -> Vec<Write> {
    gone(from, to)
        .into_iter()
        .map(|task| Write::StopTask {
            cluster: cluster.to_owned(),
            task,
        })
        .collect()
}

fn gone(from: &Value, to: &Value) -> Vec<String> {
    let (from, to): (Vec<String>, Vec<String>) = (parse(from), parse(to));
    from.into_iter().filter(|task| !to.contains(task)).collect()
}

fn parse<T: DeserializeOwned + Default>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
