//! Application Auto Scaling of ECS services.

use crate::{
    caller::{Caller, receipt},
    services::ecs,
};
use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace, SuspendedState};
use firebreak_core::aws::{
    Answer,
    access::Service,
    application_autoscaling::{ApplicationAutoScalingCell, ApplicationAutoScalingWrite, ScalableTarget, Suspension},
    failure::{Failure, Receipt},
};

/// Answers what a cell of a service's scaling holds.
pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &ApplicationAutoScalingCell) -> Result<Answer, Failure> {
    Ok(match cell {
        ApplicationAutoScalingCell::ScalingMinimum { cluster, service } => {
            let target = scalable_target(caller, cluster, service).await?;
            Answer::found(&target.map(|target| target.min))
        }
        ApplicationAutoScalingCell::ScalingSuspension { cluster, service } => {
            let target = scalable_target(caller, cluster, service).await?;
            Answer::found(&target.map(|target| target.suspended))
        }
    })
}

/// Makes a write to a service's scaling.
pub(crate) async fn make(writer: &Caller<'_>, write: &ApplicationAutoScalingWrite) -> Result<Receipt, Failure> {
    match write {
        ApplicationAutoScalingWrite::RegisterScalableTarget {
            cluster,
            service,
            min,
            suspended,
        } => register(writer, (cluster, service), *min, *suspended).await,
    }
}

/// The service's scalable target; none when nothing scales it.
pub(crate) async fn scalable_target(
    caller: &Caller<'_>,
    cluster: &str,
    service: &str,
) -> Result<Option<ScalableTarget>, Failure> {
    ecs::service(caller, cluster, service).await?;
    let request = caller
        .session
        .applicationautoscaling()
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_ids(resource(cluster, service))
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .send();
    let call = "application-autoscaling:DescribeScalableTargets";
    let found = caller.read(Service::ApplicationAutoScaling, call, request).await?;
    Ok(found.scalable_targets.unwrap_or_default().into_iter().next().map(fact))
}

/// Sets the minimum, or what is suspended: AWS leaves alone what is left out (API reference of RegisterScalableTarget).
pub(crate) async fn register(
    caller: &Caller<'_>,
    (cluster, service): (&str, &str),
    min: Option<i32>,
    suspended: Option<Suspension>,
) -> Result<Receipt, Failure> {
    let state = |suspended: Suspension| {
        SuspendedState::builder()
            .dynamic_scaling_in_suspended(suspended.scale_in)
            .dynamic_scaling_out_suspended(suspended.scale_out)
            .scheduled_scaling_suspended(suspended.scheduled)
            .build()
    };
    let request = caller
        .session
        .applicationautoscaling()
        .register_scalable_target()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(resource(cluster, service))
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .set_min_capacity(min)
        .set_suspended_state(suspended.map(state))
        .send();
    let call = "application-autoscaling:RegisterScalableTarget";
    Ok(receipt(
        &caller.write(Service::ApplicationAutoScaling, call, request).await?,
    ))
}

fn resource(cluster: &str, service: &str) -> String {
    format!("service/{cluster}/{service}")
}

fn fact(target: aws_sdk_applicationautoscaling::types::ScalableTarget) -> ScalableTarget {
    let suspended = target.suspended_state;
    let is = |field: fn(&SuspendedState) -> Option<bool>| suspended.as_ref().and_then(field).unwrap_or(false);
    ScalableTarget {
        min: target.min_capacity,
        max: target.max_capacity,
        suspended: Suspension {
            scale_in: is(|state| state.dynamic_scaling_in_suspended),
            scale_out: is(|state| state.dynamic_scaling_out_suspended),
            scheduled: is(|state| state.scheduled_scaling_suspended),
        },
    }
}
