//! The answers to queries, in the shapes that the queries' documentation gives.

use super::{
    cells, ec2, functions, iam, s3,
    state::State,
    waf,
    world::{Cluster, Health, Lifecycle, Phase, Region, Rollout, Service, TargetGroup, Task},
};
use firebreak_core::aws::{
    Answer, Query,
    access::{Access, RoleKind},
    autoscaling::{AutoScalingRead, GroupMembership},
    ecs::{EcsDeployment, EcsRead, EcsService, Task as TaskFact},
    elbv2::{Elbv2Read, TargetHealth},
    iam::{IamRead, ManagedPolicy, UsersOfRole},
    lambda::{EventSource, LambdaRead},
    sts::{CallerIdentity, StsRead},
};
use serde::Serialize;
use serde_json::{Value, json};

/// Answers a query that nothing stands in the way of.
pub(super) fn answer(state: &mut State, access: &Access, query: &Query) -> Answer {
    let region = state.region(access, query.region().unwrap_or(&access.region));
    match query {
        Query::AutoScaling(read) => groups(&region, read),
        Query::Cell(cell) => cells::answer(state, access, cell),
        Query::Ec2(read) => ec2::answer(&region, read),
        Query::Ecs(read) => ecs(&region, read),
        Query::Elbv2(read) => elbv2(&region, read),
        Query::Iam(read) => of_iam(state, access, read),
        Query::Lambda(read) => lambda(&region, read),
        Query::S3(read) => s3::answer(state, access, read),
        Query::Wafv2(read) => waf::answer(&region, read),
        Query::Sts(StsRead::CallerIdentity) => Answer::found(&identity(access)),
    }
}

fn of_iam(state: &mut State, access: &Access, read: &IamRead) -> Answer {
    match read {
        IamRead::Role { role } => found(state.role(access, role).map(|role| role.facts)),
        IamRead::InstanceProfilesOfRole { role } => found(state.role(access, role).map(|role| role.instance_profiles)),
        IamRead::InstanceProfileRoles { profile } => found(profile_roles(state, access, profile)),
        IamRead::AccessKeysOfUser { user } => found(
            state
                .user(access, user)
                .map(|user| user.access_keys.into_values().collect::<Vec<_>>()),
        ),
        IamRead::OtherCredentialsOfUser { user } => found(state.user(access, user).map(|user| user.other_credentials)),
        IamRead::User { user } => found(state.user(access, user).map(|user| user.facts)),
        IamRead::UserAccess { user } => found(state.user(access, user).map(|user| user.access)),
        IamRead::ManagedPolicy { arn } => managed_policy(state, access, arn),
    }
}

/// What was found, or `NotFound`.
pub(super) fn found(fact: Option<impl Serialize>) -> Answer {
    fact.map_or(Answer::NotFound, |fact| Answer::found(&fact))
}

fn identity(access: &Access) -> CallerIdentity {
    let role = access.role_arn(RoleKind::Read).rsplit('/').next().unwrap_or_default();
    let account = access.account.account_id.clone();
    CallerIdentity {
        arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{}", access.name),
        account,
    }
}

/// AWS's own policies exist, but only those that a world declares have a document here.
fn managed_policy(state: &State, access: &Access, arn: &str) -> Answer {
    let Some(account) = state.world.accounts.get(&access.account.account_id) else {
        return Answer::NotFound;
    };
    let written = account
        .managed_policies
        .iter()
        .find(|(written, _)| written.eq_ignore_ascii_case(arn));
    match written {
        Some((arn, document)) => Answer::found(&ManagedPolicy {
            arn: arn.clone(),
            document: document.clone(),
        }),
        None if iam::has_policy(account, arn) => Answer::found(&ManagedPolicy {
            arn: arn.to_owned(),
            document: allow_nothing(),
        }),
        None => Answer::NotFound,
    }
}

fn allow_nothing() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "none:None", "Resource": "*"}]})
}

fn groups(region: &Region, read: &AutoScalingRead) -> Answer {
    match read {
        AutoScalingRead::InstanceGroup { instance_id } => found(membership(region, instance_id)),
    }
}

fn ecs(region: &Region, read: &EcsRead) -> Answer {
    match read {
        EcsRead::ServicesOfRole { role_arn, .. } => Answer::found(&services_of(region, role_arn)),
        EcsRead::Service { cluster, service } => found(service_fact(region, cluster, service)),
        EcsRead::ServiceTasks { cluster, service } => {
            found(existing(region, cluster, service).map(|_| tasks(region.tasks(cluster, service))))
        }
        EcsRead::StandaloneTasksOfRole { cluster, role_arn } => found(
            region
                .clusters
                .get(cluster)
                .map(|cluster| standalone(region, cluster, role_arn)),
        ),
        EcsRead::TaskDefinition { arn } => found(region.task_definitions.get(arn)),
    }
}

fn elbv2(region: &Region, read: &Elbv2Read) -> Answer {
    match read {
        Elbv2Read::TargetHealth { target_group_arn } => found(region.target_groups.get(target_group_arn).map(targets)),
    }
}

fn lambda(region: &Region, read: &LambdaRead) -> Answer {
    match read {
        LambdaRead::EventSourcesOfFunction { function } => Answer::found(&event_sources(region, function)),
        LambdaRead::Function { function } => found(region.functions.get(function).map(functions::facts)),
        LambdaRead::FunctionsOfRole { role_arn, .. } => Answer::found(&functions_of(region, role_arn)),
    }
}

/// A service that is neither MISSING nor INACTIVE.
pub(super) fn existing<'a>(region: &'a Region, cluster: &str, service: &str) -> Option<&'a Service> {
    region
        .service(cluster, service)
        .filter(|service| service.status != "INACTIVE")
}

fn functions_of(region: &Region, role_arn: &str) -> UsersOfRole {
    let names = region.functions.iter().flat_map(|(name, function)| {
        let versions = function.versions.iter().filter(|(_, version)| version.role == role_arn);
        match function.facts.role == role_arn {
            true => vec![name.clone()],
            false => versions.map(|(number, _)| format!("{name}:{number}")).collect(),
        }
    });
    UsersOfRole {
        names: names.collect(),
        unread: None,
    }
}

fn event_sources(region: &Region, function: &str) -> Vec<EventSource> {
    let all = functions::mappings(region, function);
    all.map(|(uuid, mapping)| EventSource {
        uuid: uuid.clone(),
        source: mapping.source.clone(),
        qualifier: mapping.qualifier.clone(),
        state: mapping.state_name().into(),
    })
    .collect()
}

fn services_of(region: &Region, role_arn: &str) -> UsersOfRole {
    let mut names = Vec::new();
    for (cluster, content) in &region.clusters {
        let of_role =
            |service: &Service| service.status != "INACTIVE" && runs_as(region, &service.task_definition, role_arn);
        let services = content.services.iter().filter(|(_, service)| of_role(service));
        names.extend(services.map(|(name, _)| format!("{cluster}/{name}")));
    }
    UsersOfRole { names, unread: None }
}

fn runs_as(region: &Region, definition: &str, role_arn: &str) -> bool {
    region
        .task_definitions
        .get(definition)
        .is_some_and(|it| it.task_role.as_deref() == Some(role_arn))
}

fn standalone(region: &Region, cluster: &Cluster, role_arn: &str) -> Vec<TaskFact> {
    let of_role = |task: &&Task| !task.of_any_service() && runs_as(region, &task.task_definition, role_arn);
    tasks(cluster.tasks.values().filter(of_role).collect())
}

fn service_fact(region: &Region, cluster: &str, name: &str) -> Option<EcsService> {
    let service = existing(region, cluster, name)?;
    let tasks = region.tasks(cluster, name);
    Some(EcsService {
        arn: service.arn.clone(),
        status: service.status.clone(),
        deployment_controller: service.deployment_controller.clone(),
        strategy: service.strategy.clone(),
        daemon: service.daemon,
        task_definition: service.task_definition.clone(),
        desired_count: service.desired_count,
        running_count: running(&tasks, |_| true),
        network: service.network.clone(),
        target_groups: service.load_balancers.keys().cloned().collect(),
        deployments: service
            .rollouts
            .iter()
            .enumerate()
            .map(|(at, r)| deployment(at, r, &tasks))
            .collect(),
        tags: service.tags.clone(),
    })
}

fn deployment(at: usize, rollout: &Rollout, tasks: &[&Task]) -> EcsDeployment {
    let mut groups = rollout
        .network
        .as_ref()
        .map(|network| network.security_groups.clone())
        .unwrap_or_default();
    groups.sort();
    EcsDeployment {
        id: rollout.id.clone(),
        status: if at == 0 { "PRIMARY" } else { "ACTIVE" }.into(),
        rollout_state: rollout.state.clone(),
        running_count: running(tasks, |task| task.rollout.as_ref() == Some(&rollout.id)),
        security_groups: groups,
    }
}

/// ECS counts a task that drains no more, although it still runs.
fn running(tasks: &[&Task], which: impl Fn(&Task) -> bool) -> i32 {
    let count = tasks
        .iter()
        .filter(|task| task.phase == Phase::Running && which(task))
        .count();
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn tasks(tasks: Vec<&Task>) -> Vec<TaskFact> {
    tasks.into_iter().map(task).collect()
}

fn task(task: &Task) -> TaskFact {
    let last_status = match task.phase {
        Phase::Pending { .. } => "PENDING",
        Phase::Running => "RUNNING",
        Phase::Stopping { .. } => "DEACTIVATING",
    };
    TaskFact {
        arn: task.arn.clone(),
        last_status: last_status.into(),
        group: task.group.clone(),
        ip: Some(task.ip.clone()).filter(|ip| !ip.contains(':')),
        ipv6: Some(task.ip.clone()).filter(|ip| ip.contains(':')),
        network_interface: Some(task.network_interface.clone()),
        task_definition: task.task_definition.clone(),
    }
}

fn targets(group: &TargetGroup) -> Vec<TargetHealth> {
    let state = |health: Health| match health {
        Health::Initial { .. } => "initial",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
        Health::Draining { .. } => "draining",
    };
    group
        .targets
        .iter()
        .map(|t| TargetHealth {
            id: t.id.clone(),
            port: t.port,
            state: state(t.health).into(),
        })
        .collect()
}

/// The roles that carry the profile; a profile is known by its roles only.
fn profile_roles(state: &mut State, access: &Access, profile: &str) -> Option<Vec<String>> {
    let account = state.world.accounts.get(&access.account.account_id)?;
    let carries = account
        .roles
        .values()
        .filter(|role| role.instance_profiles.contains(profile));
    let arns: Vec<String> = carries.map(|role| role.facts.arn.clone()).collect();
    (!arns.is_empty()).then_some(arns)
}

fn membership(region: &Region, instance_id: &str) -> Option<GroupMembership> {
    let (name, group) = region
        .auto_scaling_groups
        .iter()
        .find(|(_, group)| group.instances.contains_key(instance_id))?;
    let lifecycle = match group.instances.get(instance_id)? {
        Lifecycle::Pending { .. } => "Pending",
        Lifecycle::InService => "InService",
        Lifecycle::EnteringStandby { .. } => "EnteringStandby",
        Lifecycle::Standby => "Standby",
        Lifecycle::Terminating => "Terminating",
    };
    Some(GroupMembership {
        group: name.clone(),
        arn: format!(
            "arn:aws:autoscaling:{}:{}:autoScalingGroup:uuid:autoScalingGroupName/{name}",
            region.name, region.account
        ),
        lifecycle: lifecycle.into(),
        min: group.min,
        max: group.max,
        desired: group.desired,
        target_groups: group.target_groups.iter().cloned().collect(),
    })
}
