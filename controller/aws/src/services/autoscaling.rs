//! EC2 Auto Scaling: an instance's place in its group, and the way into standby and back.

use crate::{
    caller::{Caller, receipt},
    error::failure,
    services::ec2::instances,
};
use aws_sdk_autoscaling::types::AutoScalingGroup;
use firebreak_core::aws::{
    Answer,
    access::Service,
    autoscaling::{AutoScalingCell, AutoScalingRead, AutoScalingWrite, GroupMembership},
    failure::{Failure, FailureClass, Receipt},
};
use serde_json::{Value, json};

const INSTANCES: &str = "autoscaling:DescribeAutoScalingInstances";
const GROUPS: &str = "autoscaling:DescribeAutoScalingGroups";
const EXIT: &str = "autoscaling:ExitStandby";

/// Answers a question about Auto Scaling groups.
pub(crate) async fn read(caller: &Caller<'_>, read: &AutoScalingRead) -> Result<Answer, Failure> {
    match read {
        AutoScalingRead::InstanceGroup { instance_id } => Ok(Answer::found(&membership(caller, instance_id).await?)),
    }
}

/// Answers what a cell of a group holds.
pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &AutoScalingCell) -> Result<Answer, Failure> {
    match cell {
        AutoScalingCell::InstanceStandby { instance_id, group } => {
            Ok(Answer::Found(standby(caller, instance_id, group).await?))
        }
    }
}

/// Makes a write to a group.
pub(crate) async fn make(
    writer: &Caller<'_>,
    reader: &Caller<'_>,
    write: &AutoScalingWrite,
) -> Result<Receipt, Failure> {
    match write {
        AutoScalingWrite::EnterStandby {
            instance_id,
            group,
            decrement,
        } => enter_standby(writer, instance_id, group, *decrement).await,
        AutoScalingWrite::ExitStandby { instance_id, group } => exit_standby(writer, reader, instance_id, group).await,
    }
}

/// The instance's group, with what the group wants.
///
/// # Errors
/// `Gone` when the instance is in no group.
pub(crate) async fn membership(caller: &Caller<'_>, instance_id: &str) -> Result<GroupMembership, Failure> {
    let (name, lifecycle) = Box::pin(place(caller, instance_id)).await?;
    let group = Box::pin(described(caller, &name)).await?;
    Ok(GroupMembership {
        arn: group.auto_scaling_group_arn.unwrap_or_default(),
        lifecycle,
        min: group.min_size.unwrap_or_default(),
        max: group.max_size.unwrap_or_default(),
        desired: group.desired_capacity.unwrap_or_default(),
        target_groups: group.target_group_arns.unwrap_or_default(),
        group: name,
    })
}

/// The name of the instance's group, and where in its life there it is.
async fn place(caller: &Caller<'_>, instance_id: &str) -> Result<(String, String), Failure> {
    let client = caller.session.autoscaling();
    let request = client
        .describe_auto_scaling_instances()
        .instance_ids(instance_id)
        .send();
    let found = caller.read(Service::AutoScaling, INSTANCES, request).await?;
    let details = found.auto_scaling_instances.unwrap_or_default().into_iter().next();
    let details = details.ok_or_else(|| gone(INSTANCES, instance_id))?;
    let lifecycle = details.lifecycle_state.unwrap_or_default();
    Ok((details.auto_scaling_group_name.unwrap_or_default(), lifecycle))
}

async fn described(caller: &Caller<'_>, group: &str) -> Result<AutoScalingGroup, Failure> {
    let client = caller.session.autoscaling();
    let request = client
        .describe_auto_scaling_groups()
        .auto_scaling_group_names(group)
        .send();
    let found = caller.read(Service::AutoScaling, GROUPS, request).await?;
    let first = found.auto_scaling_groups.unwrap_or_default().into_iter().next();
    first.ok_or_else(|| gone(GROUPS, group))
}

/// The value of the standby cell.
///
/// # Errors
/// `Gone` when the instance is not in that group (any more).
pub(crate) async fn standby(caller: &Caller<'_>, instance_id: &str, group: &str) -> Result<Value, Failure> {
    let found = membership(caller, instance_id).await?;
    if found.group != group {
        return Err(gone(INSTANCES, instance_id));
    }
    let entering = found.lifecycle == "EnteringStandby";
    let standby = entering || found.lifecycle == "Standby";
    Ok(json!({"standby": standby, "entering": entering, "desired": found.desired, "min": found.min}))
}

/// Asks for standby. AWS deregisters the instance from the group's load balancers meanwhile.
pub(crate) async fn enter_standby(
    caller: &Caller<'_>,
    instance_id: &str,
    group: &str,
    decrement: bool,
) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .autoscaling()
        .enter_standby()
        .auto_scaling_group_name(group)
        .instance_ids(instance_id)
        .should_decrement_desired_capacity(decrement)
        .send();
    Ok(receipt(
        &caller
            .write(Service::AutoScaling, "autoscaling:EnterStandby", request)
            .await?,
    ))
}

/// Puts it back into service, if it runs and has passed its status checks: Auto Scaling would find one that has not unhealthy,
/// and terminate it. What is still on its way into standby is waited for.
pub(crate) async fn exit_standby(
    caller: &Caller<'_>,
    reader: &Caller<'_>,
    instance_id: &str,
    group: &str,
) -> Result<Receipt, Failure> {
    let instance = instances::instance(reader, instance_id).await?;
    if instance.state != "running" {
        let message = format!(
            "nothing was written: {instance_id} is {}, and Auto Scaling would terminate it in service; start it",
            instance.state
        );
        return Err(failure(FailureClass::NotYet, EXIT, "IncorrectInstanceState", message));
    }
    if let Some(check) = Box::pin(instances::unfit(reader, instance_id)).await? {
        let message = format!(
            "nothing was written: a status check of {instance_id} is {check}, and Auto Scaling would terminate it in service; it goes on once the checks are ok"
        );
        return Err(failure(FailureClass::NotYet, EXIT, "IncorrectInstanceState", message));
    }
    let (_, lifecycle) = Box::pin(place(reader, instance_id)).await?;
    if lifecycle == "EnteringStandby" {
        let message = format!("nothing was written: {instance_id} is still entering standby");
        return Err(failure(FailureClass::NotYet, EXIT, "IncorrectInstanceState", message));
    }
    let request = caller
        .session
        .autoscaling()
        .exit_standby()
        .auto_scaling_group_name(group)
        .instance_ids(instance_id)
        .send();
    Ok(receipt(&caller.write(Service::AutoScaling, EXIT, request).await?))
}

fn gone(call: &str, what: &str) -> Failure {
    failure(FailureClass::Gone, call, "NotFound", what)
}
