//! The state of a service and of its tasks: what equal means, the calls that lead from one value to another, and sentences.

use super::{Deployment, DeploymentParts, EcsWrite, Network};
use crate::aws::{
    Remaining,
    ec2::{security_groups, without_groups},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
pub(super) fn deployment(cluster: &str, service: &str, from: &Value, to: &Value) -> Vec<EcsWrite> {
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
        .map(|network| EcsWrite::UpdateServiceDeployment {
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
        security_groups(&network.security_groups)
    )
}

/// A value that is no count is never written: read as 0 it would stop the service.
pub(super) fn desired_count(cluster: &str, service: &str, to: &Value) -> Vec<EcsWrite> {
    let count: Option<i32> = parse(to);
    count
        .map(|desired_count| EcsWrite::UpdateServiceDesiredCount {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            desired_count,
        })
        .into_iter()
        .collect()
}

pub(super) fn unprotect(cluster: &str, from: &Value, to: &Value) -> Vec<EcsWrite> {
    gone(from, to)
        .chunks(PROTECTION_BATCH)
        .map(|tasks| EcsWrite::ClearTaskProtection {
            cluster: cluster.to_owned(),
            tasks: tasks.to_vec(),
        })
        .collect()
}

pub(super) fn stop(cluster: &str, from: &Value, to: &Value) -> Vec<EcsWrite> {
    gone(from, to)
        .into_iter()
        .map(|task| EcsWrite::StopTask {
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

/// A deployment without the security groups that are missing.
pub(super) fn without_groups_of(value: &Value, missing: &BTreeSet<String>) -> Remaining {
    let inner = without_groups(&value["network"]["securityGroups"], missing);
    let mut left = value.clone();
    left["network"]["securityGroups"] = inner.value;
    Remaining { value: left, ..inner }
}
