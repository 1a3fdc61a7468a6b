//! ECS's scheduler and Application Auto Scaling, one second at a time: deployments roll, counts are kept, failed
//! deployments are rolled back.

use super::{
    instances, standby, targets, tasks,
    world::{Phase, Region, Rollout, Service, Task},
};

/// Failed tasks after which the circuit breaker opens.
pub const BREAKER_THRESHOLD: i32 = 3;

/// Moves a region on to `now`.
pub(super) fn tick(region: &mut Region, now: i64) {
    tasks::tick(region, now);
    instances::tick(region, now);
    standby::tick(region, now);
    targets::tick(region, now);
    for (cluster, service) in active_services(region) {
        autoscale(region, &cluster, &service);
        if is_settled(region, &cluster, &service) {
            continue;
        }
        judge(region, &cluster, &service);
        stop_old(region, &cluster, &service, now);
        scale_in(region, &cluster, &service, now);
        start_new(region, &cluster, &service, now);
        conclude(region, &cluster, &service);
    }
}

fn active_services(region: &Region) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (cluster, content) in &region.clusters {
        let active = content
            .services
            .iter()
            .filter(|(_, service)| service.status == "ACTIVE");
        found.extend(active.map(|(name, _)| (cluster.clone(), name.clone())));
    }
    found
}

/// Nothing happens until somebody changes something: most services in most seconds.
fn is_settled(region: &Region, cluster: &str, name: &str) -> bool {
    let Some(service) = region.service(cluster, name) else {
        return true;
    };
    let completed = matches!(service.rollouts.as_slice(), [only] if only.state == "COMPLETED");
    let tasks = region.tasks(cluster, name);
    let mut live = tasks.iter().filter(is_live);
    let running = live.clone().count();
    completed
        && usize::try_from(service.desired_count) == Ok(running)
        && live.all(|task| task.phase == Phase::Running && is_primary(service, task))
}

/// A scaling activity brings the desired count within the bounds, unless that direction is suspended.
fn autoscale(region: &mut Region, cluster: &str, name: &str) {
    let Some(target) = region.scalable_target(cluster, name).cloned() else {
        return;
    };
    let Some(service) = region.service_mut(cluster, name) else {
        return;
    };
    if service.desired_count < target.min && !target.suspended.scale_out {
        service.desired_count = target.min;
    }
    if service.desired_count > target.max && !target.suspended.scale_in {
        service.desired_count = target.max;
    }
}

/// Fails a deployment that the circuit breaker or an alarm stops, and rolls it back where that is asked for.
fn judge(region: &mut Region, cluster: &str, name: &str) {
    let firing = region.firing_alarms.clone();
    let Some(service) = region.service_mut(cluster, name) else {
        return;
    };
    let settings = service.deployment.clone();
    let Some(primary) = service
        .rollouts
        .first_mut()
        .filter(|rollout| rollout.state == "IN_PROGRESS")
    else {
        return;
    };
    let broken = settings.circuit_breaker && primary.failed_tasks >= BREAKER_THRESHOLD;
    let alarmed = settings.alarms && settings.alarm_names.iter().any(|alarm| firing.contains(alarm));
    if !broken && !alarmed {
        return;
    }
    primary.state = "FAILED".into();
    if (broken && settings.circuit_breaker_rollback) || (alarmed && settings.alarms_rollback) {
        roll_back(region, cluster, name);
    }
}

fn roll_back(region: &mut Region, cluster: &str, name: &str) {
    let Some((network, definition)) = region.service(cluster, name).and_then(|s| s.last_good.clone()) else {
        return;
    };
    if let Some(service) = region.service_mut(cluster, name) {
        service.network = network;
        service.task_definition = definition;
    }
    begin(region, cluster, name);
}

/// Begins a new PRIMARY deployment of what the service is configured to be.
pub(super) fn begin(region: &mut Region, cluster: &str, name: &str) {
    let id = tasks::rollout_id(region);
    let Some(service) = region.service_mut(cluster, name) else {
        return;
    };
    let rollout = Rollout {
        id,
        state: "IN_PROGRESS".into(),
        network: service.network.clone(),
        task_definition: service.task_definition.clone(),
        failed_tasks: 0,
    };
    service.rollouts.insert(0, rollout);
}

/// Stops tasks of older deployments as far as the minimum healthy percent lets it. Protected tasks stay.
fn stop_old(region: &mut Region, cluster: &str, name: &str, now: i64) {
    let Some(service) = region.service(cluster, name).cloned() else {
        return;
    };
    let mut running = count(region, cluster, name, |task| task.phase == Phase::Running);
    let least = percent(&service, service.deployment.minimum_healthy_percent, true);
    for task in live(region, cluster, name)
        .into_iter()
        .filter(|task| !is_primary(&service, task) && !task.protected)
    {
        if task.phase == Phase::Running {
            if running <= least {
                continue;
            }
            running -= 1;
        }
        tasks::stop(region, cluster, &task.arn, now);
    }
}

/// Stops what is too many, the youngest first. Protected tasks stay.
fn scale_in(region: &mut Region, cluster: &str, name: &str, now: i64) {
    let Some(service) = region.service(cluster, name).cloned() else {
        return;
    };
    let mut of_primary = live(region, cluster, name);
    of_primary.retain(|task| is_primary(&service, task));
    let surplus = usize::try_from(of_primary.len() as i64 - i64::from(service.desired_count)).unwrap_or(0);
    for task in of_primary.iter().rev().filter(|task| !task.protected).take(surplus) {
        tasks::stop(region, cluster, &task.arn, now);
    }
}

/// Starts tasks of the PRIMARY deployment as far as the maximum percent lets it.
fn start_new(region: &mut Region, cluster: &str, name: &str, now: i64) {
    let Some(service) = region.service(cluster, name).cloned() else {
        return;
    };
    if service.rollouts.first().is_none_or(|rollout| rollout.state == "FAILED") {
        return;
    }
    let all = count(region, cluster, name, |_| true);
    let of_primary = count(region, cluster, name, |task| is_primary(&service, task));
    let room = percent(&service, service.deployment.maximum_percent, false) - all;
    for _ in 0..room.min(service.desired_count - of_primary) {
        tasks::start(region, cluster, name, now);
    }
}

/// Completes the PRIMARY deployment when it alone has what is wanted.
fn conclude(region: &mut Region, cluster: &str, name: &str) {
    let Some(service) = region.service(cluster, name).cloned() else {
        return;
    };
    let all = count(region, cluster, name, |_| true);
    let done = count(region, cluster, name, |task| {
        is_primary(&service, task) && task.phase == Phase::Running
    });
    let Some(service) = region.service_mut(cluster, name) else {
        return;
    };
    let Some(primary) = service.rollouts.first_mut() else {
        return;
    };
    if primary.state == "IN_PROGRESS" && done == service.desired_count && all == done {
        primary.state = "COMPLETED".into();
        service.last_good = Some((primary.network.clone(), primary.task_definition.clone()));
        service.rollouts.truncate(1);
    }
}

/// Tasks that are not on their way out, the oldest first.
fn live(region: &Region, cluster: &str, name: &str) -> Vec<Task> {
    let tasks = region.tasks(cluster, name);
    tasks.iter().filter(is_live).map(|&task| task.clone()).collect()
}

fn is_live(task: &&&Task) -> bool {
    !matches!(task.phase, Phase::Stopping { .. })
}

fn count(region: &Region, cluster: &str, name: &str, which: impl Fn(&Task) -> bool) -> i32 {
    let tasks = region.tasks(cluster, name);
    let counted = tasks.iter().filter(is_live).filter(|task| which(task)).count();
    i32::try_from(counted).unwrap_or(i32::MAX)
}

fn is_primary(service: &Service, task: &Task) -> bool {
    service
        .rollouts
        .first()
        .is_some_and(|rollout| task.rollout.as_ref() == Some(&rollout.id))
}

fn percent(service: &Service, percent: i32, up: bool) -> i32 {
    let product = service.desired_count * percent;
    if up { (product + 99) / 100 } else { product / 100 }
}
