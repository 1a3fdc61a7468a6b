//! The life of ECS tasks: they start in a network, register in target groups, drain, and stop.

use super::{
    targets,
    world::{NetworkInterface, Phase, Region, Task},
};
use firebreak_core::aws::{ecs::Network, elbv2::TargetId};

/// Seconds from PENDING to RUNNING.
pub const START_SECONDS: i64 = 10;
/// Seconds after which a task that cannot pull its image is given up.
pub const START_TIMEOUT: i64 = 60;
/// Seconds from the end of draining to STOPPED.
pub const STOP_SECONDS: i64 = 5;

pub(super) fn rollout_id(region: &mut Region) -> String {
    format!("ecs-svc/{:019}", region.next())
}

/// A new task with its own interface and address; it is not part of the cluster yet.
pub(super) fn made(
    region: &mut Region,
    cluster: &str,
    group: &str,
    definition: &str,
    network: Option<&Network>,
) -> Task {
    let n = region.next();
    let prefix = format!("arn:aws:ecs:{}:{}", region.name, region.account);
    let interface = format!("eni-{n:017x}");
    let groups = network
        .map(|network| network.security_groups.iter().cloned().collect())
        .unwrap_or_default();
    let description = format!("{prefix}:attachment/{n:032x}");
    region.network_interfaces.insert(
        interface.clone(),
        NetworkInterface {
            description,
            groups,
            ..NetworkInterface::default()
        },
    );
    Task {
        arn: format!("{prefix}:task/{cluster}/{n:032x}"),
        group: group.to_owned(),
        rollout: None,
        ip: format!("10.0.{}.{}", n / 250, n % 250 + 4),
        network_interface: interface,
        task_definition: definition.to_owned(),
        phase: Phase::Pending { since: 0 },
        protected: false,
    }
}

/// Starts a task of the service's PRIMARY deployment.
pub(super) fn start(region: &mut Region, cluster: &str, service: &str, now: i64) -> Option<String> {
    let rollout = region.service(cluster, service)?.rollouts.first()?.clone();
    let group = format!("service:{service}");
    let mut task = made(
        region,
        cluster,
        &group,
        &rollout.task_definition,
        rollout.network.as_ref(),
    );
    task.rollout = Some(rollout.id);
    task.phase = Phase::Pending { since: now };
    let arn = task.arn.clone();
    region.clusters.get_mut(cluster)?.tasks.insert(arn.clone(), task);
    Some(arn)
}

/// Lets a task stop: its targets drain first, and it runs as long as they do.
pub(super) fn stop(region: &mut Region, cluster: &str, arn: &str, now: i64) {
    let Some(task) = region
        .clusters
        .get_mut(cluster)
        .and_then(|cluster| cluster.tasks.get_mut(arn))
    else {
        return;
    };
    if matches!(task.phase, Phase::Stopping { .. }) {
        return;
    }
    let mut drained = now;
    for group in region
        .target_groups
        .values_mut()
        .filter(|group| group.targets.iter().any(|t| t.id == task.ip))
    {
        targets::drain(group, |target| target.id == task.ip, now);
        drained = drained.max(now + group.deregistration_delay);
    }
    task.phase = Phase::Stopping {
        until: drained + STOP_SECONDS,
    };
}

/// Moves every task on to `now`.
pub(super) fn tick(region: &mut Region, now: i64) {
    for (cluster, arn) in moving_tasks(region) {
        match region.task_mut(&cluster, &arn).map(|task| task.phase) {
            Some(Phase::Stopping { until }) if until <= now => remove(region, &cluster, &arn),
            Some(Phase::Pending { since }) => try_to_run(region, &cluster, &arn, now - since, now),
            _ => {}
        }
    }
}

fn moving_tasks(region: &Region) -> Vec<(String, String)> {
    let mut moving = Vec::new();
    for (name, cluster) in &region.clusters {
        let tasks = cluster.tasks.iter().filter(|(_, task)| task.phase != Phase::Running);
        moving.extend(tasks.map(|(arn, _)| (name.clone(), arn.clone())));
    }
    moving
}

/// A task whose security groups let nothing out cannot pull its image, so it never runs.
fn try_to_run(region: &mut Region, cluster: &str, arn: &str, waited: i64, now: i64) {
    if waited >= START_SECONDS && reaches_out(region, cluster, arn) {
        run(region, cluster, arn, now);
    } else if waited >= START_TIMEOUT {
        fail(region, cluster, arn);
    }
}

fn reaches_out(region: &Region, cluster: &str, arn: &str) -> bool {
    let task = region.clusters.get(cluster).and_then(|cluster| cluster.tasks.get(arn));
    let interface = task.and_then(|task| region.network_interfaces.get(&task.network_interface));
    interface.is_some_and(|interface| {
        let groups = &interface.groups;
        groups.is_empty()
            || groups
                .iter()
                .any(|id| region.group(id).is_some_and(|group| !group.egress.is_empty()))
    })
}

fn run(region: &mut Region, cluster: &str, arn: &str, now: i64) {
    let Some(task) = region.task_mut(cluster, arn) else {
        return;
    };
    task.phase = Phase::Running;
    let (ip, service) = (task.ip.clone(), task.group.trim_start_matches("service:").to_owned());
    let balancers = region
        .service(cluster, &service)
        .map(|s| s.load_balancers.clone())
        .unwrap_or_default();
    for (group, port) in balancers {
        if let Some(group) = region.target_groups.get_mut(&group) {
            targets::register(group, &TargetId { id: ip.clone(), port }, now);
        }
    }
}

fn fail(region: &mut Region, cluster: &str, arn: &str) {
    let Some(task) = region.task_mut(cluster, arn) else {
        return;
    };
    let (rollout, service) = (
        task.rollout.clone(),
        task.group.trim_start_matches("service:").to_owned(),
    );
    let rollouts = region
        .service_mut(cluster, &service)
        .map(|service| service.rollouts.iter_mut());
    for rollout in rollouts
        .into_iter()
        .flatten()
        .filter(|r| Some(&r.id) == rollout.as_ref())
    {
        rollout.failed_tasks += 1;
    }
    remove(region, cluster, arn);
}

fn remove(region: &mut Region, cluster: &str, arn: &str) {
    let task = region
        .clusters
        .get_mut(cluster)
        .and_then(|cluster| cluster.tasks.remove(arn));
    if let Some(task) = task {
        region.network_interfaces.remove(&task.network_interface);
    }
}
