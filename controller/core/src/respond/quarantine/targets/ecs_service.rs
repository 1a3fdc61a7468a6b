//! `ecsService`: taken out of its target groups and networks alive (Isolate), redeployed into a quarantine group
//! (SwapSecurityGroups), or stopped (ScaleToZero). Reads no container definition: it may hold secrets.

mod impact;
mod notes;
mod seen;
mod steps;
#[cfg(test)]
mod tests;

use crate::{
    aws::ecs::EcsService as Service,
    blocked::{Blocked, Stop},
    facts::SiteFacts,
    respond::{
        Design, Named, Proof,
        quarantine::{Context, Target},
    },
};
use firebreak_crds::{EcsMethod, EcsServiceTarget, Reason, Target as TargetSpec};
use seen::Seen;

/// An Amazon ECS service.
pub struct EcsService;

impl Target for EcsService {
    fn kind(&self) -> &'static str {
        "ecsService"
    }

    fn named_by(&self, target: &TargetSpec) -> bool {
        target.ecs_service.is_some()
    }

    fn title(&self, target: &TargetSpec) -> String {
        let Some(spec) = &target.ecs_service else {
            return String::new();
        };
        format!("ECS service {}/{} ({:?})", spec.cluster, spec.service, spec.method)
    }

    fn named(&self, context: &Context<'_>) -> Option<Named> {
        let spec = context.target.ecs_service.as_ref()?;
        let name = format!("service/{}/{}", spec.cluster, spec.service);
        Some(context.regional("ecs", &name))
    }

    fn design(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Design, Stop> {
        let seen = Seen::read(context, facts)?;
        refuse(seen.spec, &seen.service)?;
        seen.ask_surroundings()?;
        let (drafts, groups) = match seen.spec.method {
            EcsMethod::Isolate => (seen.isolate()?, seen.own_groups()?),
            EcsMethod::SwapSecurityGroups => (seen.swap()?, Vec::new()),
            EcsMethod::ScaleToZero => (seen.scale_to_zero(), Vec::new()),
        };
        Ok(Design {
            arn: seen.service.arn.clone(),
            drafts,
            touches: seen.touches(groups),
            dependents: seen.dependents(),
            empties: seen.empties()?,
            notes: seen.notes()?,
        })
    }

    fn proof(&self, context: &Context<'_>, facts: &SiteFacts<'_>) -> Result<Proof, Stop> {
        let seen = Seen::read(context, facts)?;
        let waiting_for = match seen.spec.method {
            EcsMethod::Isolate => seen.draining()?,
            EcsMethod::SwapSecurityGroups => seen.unswapped(),
            EcsMethod::ScaleToZero => seen.still_running(),
        };
        let bypassed = match seen.spec.method {
            EcsMethod::Isolate | EcsMethod::SwapSecurityGroups => seen.open_groups()?,
            EcsMethod::ScaleToZero => None,
        };
        Ok(Proof {
            waiting_for,
            bypassed,
            unsealed: None,
            notes: seen.notes()?,
        })
    }
}

fn blocked<T>(reason: Reason, message: String) -> Result<T, Stop> {
    Err(Blocked::new(reason, message).into())
}

/// A daemon service runs one task on each container instance: AWS refuses a desired count (ECS API reference, CreateService).
fn refuse_daemon(name: &str, service: &Service) -> Result<(), Stop> {
    if !service.daemon {
        return Ok(());
    }
    let instead = match service.network {
        Some(_) => "use Isolate or SwapSecurityGroups",
        None => "quarantine its container instances with ec2Instance",
    };
    let message = format!(
        "spec.target.ecsService.method: the scheduling strategy of {name} is DAEMON, which has no desired count to set to 0: {instead}, and quarantine its task role with iamRole; to stop its tasks, drain the container instances or delete the service"
    );
    blocked(Reason::Unmodifiable, message)
}

/// What AWS or the method does not allow for this service, from the service alone.
fn refuse(spec: &EcsServiceTarget, service: &Service) -> Result<(), Stop> {
    let (name, method) = (&spec.service, spec.method);
    if service.status != "ACTIVE" {
        let message = format!(
            "spec.target.ecsService.service: {name} is {}: it is being deleted and AWS refuses changes; stop its tasks in ECS",
            service.status
        );
        return blocked(Reason::Unmodifiable, message);
    }
    if method == EcsMethod::ScaleToZero {
        return refuse_daemon(name, service);
    }
    if service.deployment_controller != "ECS" {
        let message = format!(
            "spec.target.ecsService.method: the deployment controller of {name} is {}, which keeps networks and target groups in its own task sets: use ScaleToZero, and quarantine the task role with iamRole",
            service.deployment_controller
        );
        return blocked(Reason::Unmodifiable, message);
    }
    let Some(network) = &service.network else {
        let message = format!(
            "spec.target.ecsService.method: {method:?} needs network mode awsvpc, and the tasks of {name} share the network of their hosts: {}",
            match service.daemon {
                true => "quarantine its container instances with ec2Instance",
                false => "use ScaleToZero",
            }
        );
        return blocked(Reason::InvalidTarget, message);
    };
    match method {
        EcsMethod::Isolate if network.security_groups.is_empty() => blocked(
            Reason::InvalidTarget,
            format!(
                "spec.target.ecsService.method: {name} names no security group, so its tasks are in the VPC's default group: use SwapSecurityGroups or ScaleToZero"
            ),
        ),
        EcsMethod::SwapSecurityGroups if service.strategy != "ROLLING" => blocked(
            Reason::InvalidTarget,
            format!(
                "spec.target.ecsService.method: SwapSecurityGroups needs deployment strategy ROLLING; {name} has {}, which keeps the old tasks while it bakes: use Isolate or ScaleToZero",
                service.strategy
            ),
        ),
        _ => Ok(()),
    }
}
