//! What EC2 shows: instances with what belongs to them, network interfaces and security groups.

use super::{
    groups::identified,
    reads::found,
    world::{Instance, InstanceState, NetworkInterface, Region},
};
use firebreak_core::aws::{
    Answer,
    ec2::{
        Branches, Ec2Cell, Ec2Read, Instance as InstanceFact, InstanceAttribute, Interface, SecurityGroup,
        SecurityGroupUser, Snapshot, rule_value,
    },
};
use serde_json::{Value, json};

/// What is read of EC2.
pub(super) fn answer(region: &Region, read: &Ec2Read) -> Answer {
    match read {
        Ec2Read::Instance { instance_id } => found(region.instances.get(instance_id).map(instance)),
        Ec2Read::InstanceInterfaces { instance_id } => Answer::found(&interfaces(region, instance_id)),
        Ec2Read::BranchInterfaces { trunks } => Answer::found(&branches(region, trunks)),
        Ec2Read::MissingReferences { groups, .. } => Answer::found(&missing(region, groups)),
        Ec2Read::InstanceSnapshots { instance_id, run } => Answer::found(&snapshots(region, instance_id, run)),
        Ec2Read::InstanceStore { instance_type } => Answer::found(
            &instance_type
                .split('.')
                .next()
                .is_some_and(|family| family.ends_with('d')),
        ),
        Ec2Read::SecurityGroup { group_id } => found(security_group(region, group_id)),
        Ec2Read::SecurityGroupRules { group_id } => {
            found(region.group(group_id).map(|group| identified(group_id, group)))
        }
        Ec2Read::SecurityGroupUsers { group_id } => Answer::found(&users_of(region, group_id)),
    }
}

/// A cell of EC2.
pub(super) fn cell(region: &Region, cell: &Ec2Cell) -> Option<Value> {
    match cell {
        Ec2Cell::SecurityGroupRule { group_id, traffic, .. } => region
            .group(group_id)
            .map(|group| rule_value(traffic, &identified(group_id, group))),
        Ec2Cell::SecurityGroupRules { group_id } => region
            .group(group_id)
            .map(|group| json!({"ingress": group.ingress, "egress": group.egress})),
        Ec2Cell::InstanceAttribute { instance_id, attribute } => {
            region.instances.get(instance_id).map(|it| match attribute {
                InstanceAttribute::DisableApiStop => json!(it.disable_api_stop),
                InstanceAttribute::DisableApiTermination => json!(it.disable_api_termination),
                InstanceAttribute::InstanceInitiatedShutdownBehavior => json!(it.shutdown_behavior),
            })
        }
        Ec2Cell::InstanceMetadata { instance_id } => region.instances.get(instance_id).map(|it| json!(it.metadata)),
        Ec2Cell::InstanceProfile { instance_id } => region
            .instances
            .get(instance_id)
            .map(|it| json!(Vec::from_iter(it.profile.as_ref()))),
        Ec2Cell::InstanceSnapshots { instance_id, run } => region.instances.get(instance_id).map(|it| {
            let taken = snapshots(region, instance_id, run);
            let missing = it
                .volumes
                .iter()
                .filter(|volume| !taken.iter().any(|t| t.volume == **volume));
            json!(missing.collect::<Vec<_>>())
        }),
        Ec2Cell::InstanceState { instance_id } => {
            region.instances.get(instance_id).map(|it| json!(state_name(it.state)))
        }
        Ec2Cell::NetworkInterfaceGroups { network_interface, .. } => region
            .network_interfaces
            .get(network_interface)
            .map(|interface| json!(interface.groups)),
    }
}

fn security_group(region: &Region, id: &str) -> Option<SecurityGroup> {
    let group = region.group(id)?;
    let owner = group.owner.as_ref().unwrap_or(&region.account);
    let rules = u32::try_from(group.ingress.len() + group.egress.len()).unwrap_or(u32::MAX);
    Some(SecurityGroup {
        vpc_id: group.vpc.clone(),
        name: group.name.clone(),
        owner: owner.clone(),
        rules,
        tags: group.tags.clone(),
    })
}

/// A filter by a group that does not exist finds nothing; it does not fail.
fn users_of(region: &Region, id: &str) -> Vec<SecurityGroupUser> {
    let users = region
        .network_interfaces
        .iter()
        .filter(|(_, interface)| interface.groups.contains(id));
    users
        .map(|(eni, interface)| SecurityGroupUser {
            network_interface: eni.clone(),
            description: interface.description.clone(),
            instance: interface.instance.clone(),
            interface_type: "interface".into(),
        })
        .collect()
}

fn instance(instance: &Instance) -> InstanceFact {
    InstanceFact {
        state: state_name(instance.state).into(),
        instance_type: instance.instance_type.clone(),
        spot: instance.spot,
        instance_store_root: instance.instance_store_root,
        volumes: instance.volumes.iter().cloned().collect(),
        instance_profile: instance.profile.clone(),
        metadata_applied: !instance.metadata_pending,
        operator: instance.operator.clone(),
        tags: instance.tags.clone(),
    }
}

fn state_name(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Pending { .. } => "pending",
        InstanceState::Running => "running",
        InstanceState::Stopping { .. } => "stopping",
        InstanceState::Stopped => "stopped",
    }
}

/// A branch is attached to nothing, and so is not among them.
fn interfaces(region: &Region, instance_id: &str) -> Vec<Interface> {
    let attached = region
        .network_interfaces
        .iter()
        .filter(|(_, interface)| interface.instance.as_deref() == Some(instance_id));
    attached.map(|(id, it)| interface(region, id, it)).collect()
}

fn branches(region: &Region, trunks: &[String]) -> Branches {
    let on_one = |it: &NetworkInterface| it.branch_of.as_ref().is_some_and(|trunk| trunks.contains(trunk));
    let found = region.network_interfaces.iter().filter(|(_, it)| on_one(it));
    Branches {
        interfaces: found.map(|(id, it)| interface(region, id, it)).collect(),
        unread: None,
    }
}

fn interface(region: &Region, id: &str, interface: &NetworkInterface) -> Interface {
    Interface {
        id: id.to_owned(),
        description: interface.description.clone(),
        vpc_id: interface.vpc.clone(),
        groups: interface.groups.iter().cloned().collect(),
        requester_managed: interface.requester_managed,
        owner: region.account.clone(),
        operator: None,
        ipv6: interface.ipv6,
        trunk: interface.trunk,
        tags: Default::default(),
    }
}

fn missing<'a>(region: &Region, groups: &'a [String]) -> Vec<&'a String> {
    groups.iter().filter(|id| region.group(id).is_none()).collect()
}

fn snapshots(region: &Region, instance_id: &str, run: &str) -> Vec<Snapshot> {
    let of = region
        .snapshots
        .iter()
        .filter(|(_, of)| of.instance == instance_id && of.run == run);
    of.map(|(id, of)| Snapshot {
        id: id.clone(),
        volume: of.volume.clone(),
        state: of.state.clone(),
    })
    .collect()
}
