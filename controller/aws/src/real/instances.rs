//! What the adapter reads and writes of EC2 instances. In a file and in futures of their own: without optimisation the calls
//! of all services together would not fit on one stack.

use crate::{autoscaling, caller::Caller, ec2, iam};
use firebreak_core::{
    cell::Cell,
    facts::Answer,
    failure::{Failure, FailureClass, Receipt},
    query::Query,
    write::Write,
};

pub(super) async fn read(caller: &Caller<'_>, query: &Query) -> Result<Answer, Failure> {
    Ok(match query {
        Query::Instance { instance_id } => Answer::found(&ec2::instances::instance(caller, instance_id).await?),
        Query::BranchInterfaces { trunks } => Answer::found(&ec2::interfaces::branches(caller, trunks).await?),
        Query::MissingReferences { groups, prefix_lists } => {
            Answer::found(&ec2::references::missing(caller, groups, prefix_lists).await?)
        }
        Query::InstanceGroup { instance_id } => Answer::found(&autoscaling::membership(caller, instance_id).await?),
        Query::InstanceInterfaces { instance_id } => {
            Answer::found(&ec2::interfaces::of_instance(caller, instance_id).await?)
        }
        Query::InstanceProfileRoles { profile } => Answer::found(&iam::profile_roles(caller, profile).await?),
        Query::InstanceSnapshots { instance_id, run } => {
            Answer::found(&ec2::snapshots::taken(caller, instance_id, run).await?)
        }
        Query::InstanceStore { instance_type } => {
            Answer::found(&ec2::instances::has_instance_store(caller, instance_type).await?)
        }
        other => return Err(elsewhere(other.permissions().first().copied().unwrap_or_default())),
    })
}

pub(super) async fn read_cell(caller: &Caller<'_>, cell: &Cell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        Cell::InstanceAttribute { instance_id, attribute } => {
            ec2::instances::attribute(caller, instance_id, *attribute).await?
        }
        Cell::InstanceMetadata { instance_id } => {
            return Ok(Answer::found(&ec2::instances::metadata(caller, instance_id).await?));
        }
        Cell::InstanceProfile { instance_id } => ec2::profiles::profile(caller, instance_id).await?.into(),
        Cell::InstanceSnapshots { instance_id, run } => ec2::snapshots::missing(caller, instance_id, run).await?.into(),
        Cell::InstanceStandby { instance_id, group } => autoscaling::standby(caller, instance_id, group).await?,
        Cell::InstanceState { instance_id } => ec2::instances::state(caller, instance_id).await?.into(),
        Cell::NetworkInterfaceGroups { network_interface, .. } => {
            ec2::interfaces::groups(caller, network_interface).await?.into()
        }
        other => return Err(elsewhere(&other.field())),
    }))
}

pub(super) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &Write) -> Result<Receipt, Failure> {
    match write {
        Write::AssociateIamInstanceProfile {
            instance_id,
            profile_arn,
        } => ec2::profiles::associate(writer, reader, instance_id, profile_arn).await,
        Write::CreateSnapshots { instance_id, run } => ec2::snapshots::take(writer, reader, instance_id, run).await,
        Write::DisassociateIamInstanceProfile {
            instance_id,
            profile_arn,
        } => ec2::profiles::disassociate(writer, reader, instance_id, profile_arn).await,
        Write::EnterStandby {
            instance_id,
            group,
            decrement,
        } => autoscaling::enter_standby(writer, instance_id, group, *decrement).await,
        Write::ExitStandby { instance_id, group } => {
            autoscaling::exit_standby(writer, reader, instance_id, group).await
        }
        Write::ModifyInstanceAttribute {
            instance_id,
            attribute,
            value,
        } => ec2::instances::set_attribute(writer, instance_id, *attribute, value).await,
        Write::ModifyInstanceMetadataOptions { instance_id, options } => {
            ec2::instances::set_metadata(writer, instance_id, options).await
        }
        Write::ModifyNetworkInterfaceGroups {
            network_interface,
            groups,
            rehearse,
        } => ec2::interfaces::set_groups(writer, network_interface, groups, rehearse.as_deref()).await,
        Write::StartInstances { instance_id } => ec2::instances::start(writer, instance_id).await,
        Write::StopInstances { instance_id } => ec2::instances::stop(writer, instance_id).await,
        other => Err(elsewhere(other.permission())),
    }
}

/// Nothing that `real` hands over here.
fn elsewhere(call: &str) -> Failure {
    crate::error::failure(FailureClass::Invalid, call, "NotOfInstances", "a fault of Firebreak")
}
