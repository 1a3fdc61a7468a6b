//! The registrations of a service's tasks in a target group: what equal means, what is bound late, calls and sentences.

use super::{Elbv2Write, TargetId};
use crate::aws::{ecs::same_address, value::sorted};
use serde_json::{Value, json};

/// Only the registrations are owned; `running` changes by itself.
pub(super) fn canonical(value: &Value) -> Value {
    json!({"registered": sorted(&value["registered"])})
}

/// Whether binding the planned value, with the tasks that ran when the value was read, gives the value.
pub(super) fn fits(planned: &Value, value: &Value) -> bool {
    canonical(&bind(planned, value)) == canonical(value)
}

/// Members of the plan that still run; a task that is gone cannot be registered again.
pub(super) fn bind(planned: &Value, current: &Value) -> Value {
    let running = items(&current["running"]);
    let runs = |target: &Value| {
        let id = target["id"].as_str().unwrap_or_default();
        running
            .iter()
            .any(|ip| same_address(ip.as_str().unwrap_or_default(), id))
    };
    let kept: Vec<Value> = items(&planned["registered"]).into_iter().filter(runs).collect();
    json!({"registered": kept, "running": running})
}

pub(super) fn union(before: &Value, current: &Value) -> Value {
    let mut all = items(&before["registered"]);
    for target in items(&current["registered"]) {
        if !all.contains(&target) {
            all.push(target);
        }
    }
    json!({"registered": all, "running": current["running"]})
}

pub(super) fn writes(target_group_arn: &str, from: &Value, to: &Value) -> Vec<Elbv2Write> {
    let (from, to) = (targets(from), targets(to));
    let gone: Vec<TargetId> = from.iter().filter(|t| !to.contains(t)).cloned().collect();
    let come: Vec<TargetId> = to.iter().filter(|t| !from.contains(t)).cloned().collect();
    let arn = target_group_arn.to_owned();
    [
        (!gone.is_empty()).then(|| Elbv2Write::DeregisterTargets {
            target_group_arn: arn.clone(),
            targets: gone,
        }),
        (!come.is_empty()).then_some(Elbv2Write::RegisterTargets {
            target_group_arn: arn,
            targets: come,
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn between(before: &Value, after: &Value, value: &Value) -> bool {
    let (before, after) = (items(&before["registered"]), items(&after["registered"]));
    items(&value["registered"])
        .iter()
        .all(|target| before.contains(target) || after.contains(target))
}

/// Tasks that are gone do not count.
pub(super) fn keeps(before: &Value, value: &Value) -> bool {
    let now = items(&value["registered"]);
    let kept = items(&bind(before, value)["registered"]);
    kept.iter().all(|target| now.contains(target))
}

pub(super) fn sentence(target_group_arn: &str, service: &str, to: &Value) -> String {
    let name = target_group_arn.rsplit(':').next().unwrap_or(target_group_arn);
    match items(&to["registered"]).len() {
        0 => format!("Deregister the tasks of service {service} from {name}"),
        n => format!(
            "Register {} of service {service} with {name}, as far as they still run",
            firebreak_crds::text::counted(n, "task")
        ),
    }
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn targets(value: &Value) -> Vec<TargetId> {
    serde_json::from_value(value["registered"].clone()).unwrap_or_default()
}
