//! The meaning, calls and sentences of ECS service cells.

use crate::{
    facts::{Deployment, Network, ScalableTarget},
    write::Write,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// AWS keeps subnets and security groups as sets, and a service without a deployment configuration has the default one.
pub(super) fn canonical_deployment(value: &Value) -> Value {
    let mut network: Network = parse(&value["network"]);
    network.subnets.sort();
    network.security_groups.sort();
    let mut deployment: Deployment = parse(&value["deployment"]);
    deployment.alarm_names.sort();
    json!({"network": network, "deployment": deployment})
}

pub(super) fn deployment(cluster: &str, service: &str, to: &Value) -> Vec<Write> {
    vec![Write::UpdateServiceDeployment {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        network: parse(&to["network"]),
        deployment: parse(&to["deployment"]),
    }]
}

pub(super) fn deployment_sentence(service: &str, to: &Value) -> String {
    let network: Network = parse(&to["network"]);
    format!(
        "Redeploy service {service} into security group(s) {}",
        network.security_groups.join(", ")
    )
}

pub(super) fn desired_count(cluster: &str, service: &str, to: &Value) -> Vec<Write> {
    vec![Write::UpdateServiceDesiredCount {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        desired_count: parse(to),
    }]
}

pub(super) fn scalable_target(cluster: &str, service: &str, to: &Value) -> Vec<Write> {
    let target: Option<ScalableTarget> = parse(to);
    target
        .map(|target| Write::RegisterScalableTarget {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            target,
        })
        .into_iter()
        .collect()
}

pub(super) fn scalable_target_sentence(service: &str, to: &Value) -> String {
    let target: ScalableTarget = parse(to);
    match target.suspended_in && target.suspended_out && target.suspended_scheduled {
        true => format!("Suspend the autoscaling of service {service} (minimum {})", target.min),
        false => format!(
            "Set the autoscaling of service {service} to {} to {}",
            target.min, target.max
        ),
    }
}

pub(super) fn unprotect(cluster: &str, from: &Value) -> Vec<Write> {
    vec![Write::ClearTaskProtection {
        cluster: cluster.to_owned(),
        tasks: parse(from),
    }]
}

pub(super) fn stop(cluster: &str, from: &Value) -> Vec<Write> {
    let tasks: Vec<String> = parse(from);
    tasks
        .into_iter()
        .map(|task| Write::StopTask {
            cluster: cluster.to_owned(),
            task,
        })
        .collect()
}

fn parse<T: DeserializeOwned + Default>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_default()
}
