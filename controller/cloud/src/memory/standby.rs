//! EC2 Auto Scaling groups: standby takes as long as targets drain, the minimum is kept, and so is the maximum on the way back.

use super::{
    refusal::Refusal,
    targets,
    world::{AutoScalingGroup, InstanceState, Lifecycle, Region},
};
use firebreak_core::aws::{autoscaling::AutoScalingWrite, elbv2::TargetId, failure::FailureClass};

/// Seconds from Pending to InService on the way out of standby.
pub const SERVES_IN: i64 = 5;

/// Makes a write to an Auto Scaling group.
pub(super) fn write(region: &mut Region, write: &AutoScalingWrite, now: i64) -> Result<(), Refusal> {
    match write {
        AutoScalingWrite::EnterStandby {
            instance_id,
            group,
            decrement,
        } => enter(region, instance_id, group, *decrement, now)?,
        AutoScalingWrite::ExitStandby { instance_id, group } => exit(region, instance_id, group, now)?,
    }
    Ok(())
}

fn enter(region: &mut Region, id: &str, name: &str, decrement: bool, now: i64) -> Result<(), Refusal> {
    let delays = region.target_groups.clone();
    let group = found(region, name)?;
    if group.instances.get(id) != Some(&Lifecycle::InService) {
        return Err(invalid(format!("The instance {id} is not in InService.")));
    }
    if decrement && group.desired - 1 < group.min {
        return Err(invalid("AutoScalingGroup cannot go below its minimum size".into()));
    }
    group.desired -= i32::from(decrement);
    let attached = group.target_groups.clone();
    let delay = attached
        .iter()
        .filter_map(|arn| delays.get(arn))
        .map(|tg| tg.deregistration_delay)
        .max();
    let until = now + delay.unwrap_or(1);
    group
        .instances
        .insert(id.to_owned(), Lifecycle::EnteringStandby { until });
    for arn in attached {
        if let Some(targets) = region.target_groups.get_mut(&arn) {
            targets::drain(targets, |target| target.id == id, now);
        }
    }
    Ok(())
}

/// The adapter's own check stands here too: what does not run is not put into service.
fn exit(region: &mut Region, id: &str, name: &str, now: i64) -> Result<(), Refusal> {
    if !region
        .instances
        .get(id)
        .is_some_and(|it| it.state == InstanceState::Running)
    {
        let message = format!("{id} does not run: Auto Scaling would terminate it in service");
        return Err(Refusal::new(FailureClass::NotYet, "IncorrectInstanceState", message));
    }
    if region.instances.get(id).is_some_and(|it| it.unchecked_until > now) {
        let message = format!("a status check of {id} is initializing: Auto Scaling would terminate it in service");
        return Err(Refusal::new(FailureClass::NotYet, "IncorrectInstanceState", message));
    }
    let group = found(region, name)?;
    if let Some(Lifecycle::EnteringStandby { .. }) = group.instances.get(id) {
        let message = format!("{id} is still entering standby");
        return Err(Refusal::new(FailureClass::NotYet, "IncorrectInstanceState", message));
    }
    if group.instances.get(id) != Some(&Lifecycle::Standby) {
        return Err(invalid(format!("The instance {id} is not in Standby.")));
    }
    if group.desired + 1 > group.max {
        return Err(invalid("AutoScalingGroup cannot go above its maximum size".into()));
    }
    group.desired += 1;
    group
        .instances
        .insert(id.to_owned(), Lifecycle::Pending { until: now + SERVES_IN });
    Ok(())
}

/// Moves the groups on to `now`: what enters standby arrives, what comes back is registered, what is missing is launched.
pub(super) fn tick(region: &mut Region, now: i64) {
    let names: Vec<String> = region.auto_scaling_groups.keys().cloned().collect();
    for name in names {
        let Some(group) = region.auto_scaling_groups.get_mut(&name) else {
            continue;
        };
        let mut back = Vec::new();
        for (id, lifecycle) in &mut group.instances {
            match *lifecycle {
                Lifecycle::EnteringStandby { until } if until <= now => *lifecycle = Lifecycle::Standby,
                Lifecycle::Pending { until } if until <= now => {
                    *lifecycle = Lifecycle::InService;
                    back.push(id.clone());
                }
                _ => {}
            }
        }
        launch(region, &name, &mut back);
        register(region, &name, back, now);
    }
}

fn launch(region: &mut Region, name: &str, back: &mut Vec<String>) {
    let Some(group) = region.auto_scaling_groups.get(name) else {
        return;
    };
    let counted = |it: &&Lifecycle| matches!(it, Lifecycle::InService | Lifecycle::Pending { .. });
    let wanted = usize::try_from(group.desired).unwrap_or(0);
    let missing = wanted.saturating_sub(group.instances.values().filter(counted).count());
    for _ in 0..missing {
        region.made += 1;
        let id = format!("i-{:08x}", region.made);
        region.instances.insert(id.clone(), super::world::Instance::default());
        if let Some(group) = region.auto_scaling_groups.get_mut(name) {
            group.instances.insert(id.clone(), Lifecycle::InService);
        }
        back.push(id);
    }
}

fn register(region: &mut Region, name: &str, back: Vec<String>, now: i64) {
    let group = region.auto_scaling_groups.get(name);
    let attached = group.map(|group| group.target_groups.clone()).unwrap_or_default();
    for arn in attached {
        let Some(targets) = region.target_groups.get_mut(&arn) else {
            continue;
        };
        for id in &back {
            let target = TargetId {
                id: id.clone(),
                port: 80,
            };
            targets::register(targets, &target, now);
        }
    }
}

fn found<'a>(region: &'a mut Region, name: &str) -> Result<&'a mut AutoScalingGroup, Refusal> {
    let missing = || {
        invalid(format!(
            "AutoScalingGroup name not found - AutoScalingGroup {name} not found"
        ))
    };
    region.auto_scaling_groups.get_mut(name).ok_or_else(missing)
}

fn invalid(message: String) -> Refusal {
    Refusal::invalid("ValidationError", message)
}
