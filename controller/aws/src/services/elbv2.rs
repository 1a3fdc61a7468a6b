//! Targets of load balancers, and what forwards to them.

mod forwards;

use crate::{
    caller::{Caller, receipt},
    services::ecs,
};
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use firebreak_core::aws::{
    Answer,
    access::Service,
    elbv2::{Elbv2Cell, Elbv2Read, Elbv2Write, TargetHealth, TargetId},
    failure::{Failure, Receipt},
};
use serde_json::{Value, json};

/// Answers a question about target groups.
pub(crate) async fn read(caller: &Caller<'_>, read: &Elbv2Read) -> Result<Answer, Failure> {
    match read {
        Elbv2Read::TargetHealth { target_group_arn } => {
            Ok(Answer::found(&target_health(caller, target_group_arn).await?))
        }
    }
}

/// Answers what a cell of a target group holds.
pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &Elbv2Cell) -> Result<Answer, Failure> {
    match cell {
        Elbv2Cell::ForwardWeights { forwards, groups } => {
            Ok(Answer::Found(forwards::weights(caller, forwards, groups).await?))
        }
        Elbv2Cell::TargetRegistrations {
            target_group_arn,
            cluster,
            service,
        } => Ok(Answer::Found(
            registrations(caller, target_group_arn, cluster, service).await?,
        )),
    }
}

/// Makes a write to a target group, or to what forwards to it.
pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &Elbv2Write) -> Result<Receipt, Failure> {
    match write {
        Elbv2Write::ModifyListener { listener_arn, weights } => {
            forwards::modify_listener(writer, reader, listener_arn, weights).await
        }
        Elbv2Write::ModifyRule { rule_arn, weights } => forwards::modify_rule(writer, reader, rule_arn, weights).await,
        Elbv2Write::DeregisterTargets {
            target_group_arn,
            targets,
        } => deregister(writer, target_group_arn, targets).await,
        Elbv2Write::RegisterTargets {
            target_group_arn,
            targets,
        } => register(writer, target_group_arn, targets).await,
    }
}

/// The targets of a group with their health.
pub(crate) async fn target_health(caller: &Caller<'_>, target_group_arn: &str) -> Result<Vec<TargetHealth>, Failure> {
    let request = caller
        .session
        .elbv2()
        .describe_target_health()
        .target_group_arn(target_group_arn)
        .send();
    let found = caller
        .read(Service::Elbv2, "elasticloadbalancing:DescribeTargetHealth", request)
        .await?;
    let descriptions = found.target_health_descriptions.unwrap_or_default();
    Ok(descriptions
        .into_iter()
        .filter_map(|description| {
            let target = description.target?;
            let state = description.target_health.and_then(|health| health.state);
            Some(TargetHealth {
                id: target.id?,
                port: target.port.unwrap_or_default(),
                state: state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
            })
        })
        .collect())
}

/// Which of a service's tasks are registered in the group, and which of them go on running.
pub(crate) async fn registrations(
    caller: &Caller<'_>,
    target_group_arn: &str,
    cluster: &str,
    service: &str,
) -> Result<Value, Failure> {
    let targets = target_health(caller, target_group_arn).await?;
    let tasks = ecs::live(caller, cluster, service).await?;
    let is_own = |target: &TargetHealth| tasks.iter().any(|(task, _)| task.has_address(&target.id));
    let mut registered: Vec<TargetId> = targets
        .into_iter()
        .filter(|target| is_registered(target) && is_own(target))
        .map(|target| TargetId {
            id: target.id,
            port: target.port,
        })
        .collect();
    registered.sort();
    let going_on = tasks.into_iter().filter(|(_, is_to_stop)| !is_to_stop);
    let running: Vec<String> = going_on
        .flat_map(|(task, _)| task.addresses().cloned().collect::<Vec<_>>())
        .collect();
    Ok(json!({"registered": registered, "running": running}))
}

/// A target that drains gets no new connections and will be gone; AWS shows it as unused afterwards, for a while.
fn is_registered(target: &TargetHealth) -> bool {
    !matches!(target.state.as_str(), "draining" | "unused")
}

/// Registers targets; one that is registered already stays.
pub(crate) async fn register(
    caller: &Caller<'_>,
    target_group_arn: &str,
    targets: &[TargetId],
) -> Result<Receipt, Failure> {
    let client = caller.session.elbv2();
    let request = client
        .register_targets()
        .target_group_arn(target_group_arn)
        .set_targets(Some(described(targets)));
    let call = "elasticloadbalancing:RegisterTargets";
    Ok(receipt(&caller.write(Service::Elbv2, call, request.send()).await?))
}

/// Deregisters targets; AWS does not mind one that is not registered.
pub(crate) async fn deregister(
    caller: &Caller<'_>,
    target_group_arn: &str,
    targets: &[TargetId],
) -> Result<Receipt, Failure> {
    let client = caller.session.elbv2();
    let request = client
        .deregister_targets()
        .target_group_arn(target_group_arn)
        .set_targets(Some(described(targets)));
    let call = "elasticloadbalancing:DeregisterTargets";
    Ok(receipt(&caller.write(Service::Elbv2, call, request.send()).await?))
}

fn described(targets: &[TargetId]) -> Vec<TargetDescription> {
    targets
        .iter()
        .map(|target| TargetDescription::builder().id(&target.id).port(target.port).build())
        .collect()
}
