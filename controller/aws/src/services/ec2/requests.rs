//! Which function answers each question about EC2, and which makes each write.

use super::{instances, interfaces, profiles, references, snapshots};
use crate::caller::Caller;
use firebreak_core::aws::{
    Answer,
    ec2::{Ec2Cell, Ec2Read, Ec2Write, rule_value},
    failure::{Failure, Receipt},
};

pub(crate) async fn read(caller: &Caller<'_>, read: &Ec2Read) -> Result<Answer, Failure> {
    Ok(match read {
        Ec2Read::BranchInterfaces { trunks } => Answer::found(&interfaces::branches(caller, trunks).await?),
        Ec2Read::Instance { instance_id } => Answer::found(&instances::instance(caller, instance_id).await?),
        Ec2Read::InstanceInterfaces { instance_id } => {
            Answer::found(&interfaces::of_instance(caller, instance_id).await?)
        }
        Ec2Read::InstanceSnapshots { instance_id, run } => {
            Answer::found(&snapshots::taken(caller, instance_id, run).await?)
        }
        Ec2Read::InstanceStore { instance_type } => {
            Answer::found(&instances::has_instance_store(caller, instance_type).await?)
        }
        Ec2Read::MissingReferences { groups, prefix_lists } => {
            Answer::found(&references::missing(caller, groups, prefix_lists).await?)
        }
        Ec2Read::SecurityGroup { group_id } => Answer::found(&super::security_group(caller, group_id).await?),
        Ec2Read::SecurityGroupRules { group_id } => Answer::found(&super::identified_rules(caller, group_id).await?),
        Ec2Read::SecurityGroupUsers { group_id } => {
            Answer::found(&super::security_group_users(caller, group_id).await?)
        }
    })
}

pub(crate) async fn read_cell(caller: &Caller<'_>, cell: &Ec2Cell) -> Result<Answer, Failure> {
    Ok(Answer::Found(match cell {
        Ec2Cell::InstanceAttribute { instance_id, attribute } => {
            instances::attribute(caller, instance_id, *attribute).await?
        }
        Ec2Cell::InstanceMetadata { instance_id } => {
            return Ok(Answer::found(&instances::metadata(caller, instance_id).await?));
        }
        Ec2Cell::InstanceProfile { instance_id } => profiles::profile(caller, instance_id).await?.into(),
        Ec2Cell::InstanceSnapshots { instance_id, run } => snapshots::missing(caller, instance_id, run).await?.into(),
        Ec2Cell::InstanceState { instance_id } => instances::state(caller, instance_id).await?.into(),
        Ec2Cell::NetworkInterfaceGroups { network_interface, .. } => {
            interfaces::groups(caller, network_interface).await?.into()
        }
        Ec2Cell::SecurityGroupRule { group_id, traffic, .. } => {
            rule_value(traffic, &super::identified_rules(caller, group_id).await?)
        }
        Ec2Cell::SecurityGroupRules { group_id } => super::rules(caller, group_id).await?,
    }))
}

pub(crate) async fn make(writer: &Caller<'_>, reader: &Caller<'_>, write: &Ec2Write) -> Result<Receipt, Failure> {
    match write {
        Ec2Write::AssociateIamInstanceProfile {
            instance_id,
            profile_arn,
        } => profiles::associate(writer, reader, instance_id, profile_arn).await,
        Ec2Write::AuthorizeSecurityGroupRules {
            group_id,
            egress,
            rules,
        } => super::authorize(writer, reader, group_id, *egress, rules).await,
        Ec2Write::CreateSnapshots { instance_id, run } => snapshots::take(writer, reader, instance_id, run).await,
        Ec2Write::DisassociateIamInstanceProfile {
            instance_id,
            profile_arn,
        } => profiles::disassociate(writer, reader, instance_id, profile_arn).await,
        Ec2Write::ModifyInstanceAttribute {
            instance_id,
            attribute,
            value,
        } => instances::set_attribute(writer, instance_id, *attribute, value).await,
        Ec2Write::ModifyInstanceMetadataOptions { instance_id, options } => {
            instances::set_metadata(writer, instance_id, options).await
        }
        Ec2Write::ModifyNetworkInterfaceGroups {
            network_interface,
            groups,
            rehearse,
        } => interfaces::set_groups(writer, network_interface, groups, rehearse.as_deref()).await,
        Ec2Write::RevokeSecurityGroupRules {
            group_id,
            egress,
            rules,
        } => super::revoke(writer, reader, group_id, *egress, rules).await,
        Ec2Write::StartInstances { instance_id } => instances::start(writer, instance_id).await,
        Ec2Write::StopInstances { instance_id } => instances::stop(writer, instance_id).await,
    }
}
