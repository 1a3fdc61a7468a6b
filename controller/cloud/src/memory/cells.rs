//! The current values of cells, in the shapes that the cells' documentation gives.

use super::{
    ec2, functions,
    reads::{existing, found},
    s3,
    state::State,
    waf,
    world::{Health, IamUser, Lifecycle, Phase, Region, Task},
};
use firebreak_core::aws::{
    Answer, Cell,
    access::Access,
    application_autoscaling::ApplicationAutoScalingCell,
    autoscaling::AutoScalingCell,
    ecs::EcsCell,
    elbv2::{Elbv2Cell, TargetId},
    iam::IamCell,
    lambda::{EventSource, LambdaCell},
    rds::RdsCell,
};
use serde_json::{Value, json};

/// Answers what a cell's value is.
pub(super) fn answer(state: &mut State, access: &Access, cell: &Cell) -> Answer {
    let region = state.region(access, &access.region);
    match cell {
        Cell::ApplicationAutoScaling(cell) => found(scaling(&region, cell)),
        Cell::AutoScaling(cell) => found(groups(&region, cell)),
        Cell::Ec2(cell) => found(ec2::cell(&region, cell)),
        Cell::Ecs(cell) => found(ecs(&region, cell)),
        Cell::Elbv2(cell) => found(elbv2(&region, cell)),
        Cell::Iam(cell) => iam(state, access, cell),
        Cell::Lambda(cell) => lambda(&region, cell),
        Cell::Rds(RdsCell::InstanceSecurityGroups { instance }) => {
            found(region.databases.get(instance).map(|instance| &instance.groups))
        }
        Cell::S3(cell) => s3::cell(state, access, cell),
        Cell::Wafv2(cell) => found(waf::cell(&region, cell)),
    }
}

fn iam(state: &mut State, access: &Access, cell: &IamCell) -> Answer {
    match cell {
        IamCell::RolePolicyAttachment { role, policy_arn } => found(
            state
                .role(access, role)
                .map(|role| role.attached_policies.contains(policy_arn)),
        ),
        IamCell::RoleInlinePolicy { role, policy_name } => found(
            state
                .role(access, role)
                .map(|role| role.inline_policies.get(policy_name).cloned()),
        ),
        IamCell::RoleTrustPolicy { role } => found(state.role(access, role).map(|role| role.facts.trust)),
        IamCell::UserAccessKeys { user } => found(state.user(access, user).map(|user| key_states(&user))),
        IamCell::UserInlinePolicy { user, policy_name } => found(
            state
                .user(access, user)
                .map(|user| user.inline_policies.get(policy_name).cloned()),
        ),
        IamCell::UserPolicyAttachment { user, policy_arn } => found(
            state
                .user(access, user)
                .map(|user| user.attached_policies.contains(policy_arn)),
        ),
    }
}

fn scaling(region: &Region, cell: &ApplicationAutoScalingCell) -> Option<Value> {
    match cell {
        ApplicationAutoScalingCell::ScalingMinimum { cluster, service } => existing(region, cluster, service)
            .map(|_| json!(region.scalable_target(cluster, service).map(|target| target.min))),
        ApplicationAutoScalingCell::ScalingSuspension { cluster, service } => existing(region, cluster, service)
            .map(|_| json!(region.scalable_target(cluster, service).map(|target| target.suspended))),
    }
}

fn groups(region: &Region, cell: &AutoScalingCell) -> Option<Value> {
    match cell {
        AutoScalingCell::InstanceStandby { instance_id, group } => {
            let group = region.auto_scaling_groups.get(group)?;
            let lifecycle = group.instances.get(instance_id)?;
            let entering = matches!(lifecycle, Lifecycle::EnteringStandby { .. });
            let standby = entering || *lifecycle == Lifecycle::Standby;
            Some(json!({"standby": standby, "entering": entering, "desired": group.desired, "min": group.min}))
        }
    }
}

fn ecs(region: &Region, cell: &EcsCell) -> Option<Value> {
    match cell {
        EcsCell::ServiceDeployment { cluster, service } => existing(region, cluster, service)
            .map(|service| json!({"network": service.network, "deployment": service.deployment})),
        EcsCell::ServiceDesiredCount { cluster, service } => {
            existing(region, cluster, service).map(|service| json!(service.desired_count))
        }
        EcsCell::TaskProtection { cluster, service } => {
            existing(region, cluster, service).map(|_| arns(region.tasks(cluster, service), |task| task.protected))
        }
        EcsCell::ServiceTasks { cluster, service } => {
            existing(region, cluster, service).map(|_| arns(region.tasks(cluster, service), |_| true))
        }
    }
}

fn elbv2(region: &Region, cell: &Elbv2Cell) -> Option<Value> {
    match cell {
        Elbv2Cell::ForwardWeights { forwards, groups } => {
            let weights = region.forwards.get(forwards)?;
            let both = groups
                .iter()
                .map(|group| Some((group.clone(), json!(weights.get(group)?))));
            Some(
                both.collect::<Option<serde_json::Map<_, _>>>()
                    .map_or(Value::Null, Value::Object),
            )
        }
        Elbv2Cell::TargetRegistrations {
            target_group_arn,
            cluster,
            service,
        } => {
            existing(region, cluster, service)?;
            registrations(region, target_group_arn, &region.tasks(cluster, service))
        }
    }
}

fn lambda(region: &Region, cell: &LambdaCell) -> Answer {
    match cell {
        LambdaCell::AliasVersion { function, alias } => {
            let known = region
                .functions
                .get(function)
                .and_then(|function| function.aliases.get(alias));
            found(
                known
                    .map(|it| json!({"version": it.version, "revision": it.revision.to_string(), "shares": it.shares})),
            )
        }
        LambdaCell::EventSourceMapping { function, uuid } => {
            let known = region.event_source_mappings.get(uuid);
            let its = known.filter(|mapping| mapping.function == *function);
            found(its.map(|mapping| EventSource::value(mapping.state_name())))
        }
        LambdaCell::FunctionConcurrency { function } => {
            found(region.functions.get(function).map(|function| json!(function.reserved)))
        }
        LambdaCell::FunctionEventSources { function } => event_sources(region, function),
        LambdaCell::FunctionProvisionedConcurrency { function } => found(
            region
                .functions
                .get(function)
                .map(|function| json!(function.provisioned)),
        ),
        LambdaCell::FunctionUrls { function } => {
            found(region.functions.get(function).map(|function| json!(function.urls)))
        }
    }
}

/// What AWS will make of a mapping that it is updating is not known yet.
fn event_sources(region: &Region, function: &str) -> Answer {
    if !region.functions.contains_key(function) {
        return Answer::NotFound;
    }
    match functions::source_states(region, function) {
        Some(states) => Answer::Found(states),
        None => Answer::Unreachable("an event source mapping is updated".into()),
    }
}

fn key_states(user: &IamUser) -> Value {
    let of = |status: &str| -> Vec<&String> {
        let those = user.access_keys.values().filter(|key| key.status == status);
        those.map(|key| &key.id).collect()
    };
    json!({"active": of("Active"), "inactive": of("Inactive"), "expired": of("Expired")})
}

/// A target that drains is not registered any more. A task that is to stop does not count as running.
fn registrations(region: &Region, group: &str, tasks: &[&Task]) -> Option<Value> {
    let group = region.target_groups.get(group)?;
    let registered: Vec<TargetId> = group
        .targets
        .iter()
        .filter(|target| !matches!(target.health, Health::Draining { .. }))
        .filter(|target| tasks.iter().any(|task| task.ip == target.id))
        .map(|target| TargetId {
            id: target.id.clone(),
            port: target.port,
        })
        .collect();
    let running: Vec<&String> = tasks
        .iter()
        .filter(|task| task.phase == Phase::Running)
        .map(|task| &task.ip)
        .collect();
    Some(json!({"registered": registered, "running": running}))
}

/// A task that is to stop still runs until it has stopped.
fn arns(tasks: Vec<&Task>, which: impl Fn(&Task) -> bool) -> Value {
    tasks
        .into_iter()
        .filter(|task| which(task))
        .map(|task| json!(task.arn))
        .collect()
}
