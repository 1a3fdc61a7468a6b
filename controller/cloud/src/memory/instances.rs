//! EC2 instances and what belongs to them. One attribute in a call; stopping and starting take time; security groups of
//! another VPC, empty lists of them, and interfaces that AWS manages are refused.

use super::{
    groups,
    refusal::Refusal,
    targets,
    world::{Instance, InstanceState, NetworkInterface, Region, SnapshotOf},
};
use firebreak_core::aws::{
    ec2::{Ec2Write, InstanceAttribute, Metadata},
    failure::FailureClass,
};
use serde_json::Value;

/// Seconds until an instance has stopped.
pub const STOPS_IN: i64 = 20;
/// Seconds until an instance runs.
pub const STARTS_IN: i64 = 15;
/// Seconds between two snapshots of one volume.
const SNAPSHOT_EVERY: i64 = 15;
/// Snapshots of one volume that are made at the same time.
const MOST_PENDING: usize = 5;
/// Seconds from running until the status checks are passed.
pub const CHECKED_IN: i64 = 30;
/// Security groups that an interface may have.
pub const MAX_GROUPS: usize = 5;

/// Makes a write to EC2.
pub(super) fn write(region: &mut Region, write: &Ec2Write, now: i64) -> Result<(), Refusal> {
    match write {
        Ec2Write::AuthorizeSecurityGroupRules {
            group_id,
            egress,
            rules,
        } => groups::authorize(region, group_id, *egress, rules)?,
        Ec2Write::RevokeSecurityGroupRules {
            group_id,
            egress,
            rules,
        } => groups::revoke(region, group_id, *egress, rules)?,
        Ec2Write::AssociateIamInstanceProfile {
            instance_id,
            profile_arn,
        } => associate(changeable(region, instance_id)?, profile_arn)?,
        Ec2Write::CreateSnapshots { instance_id, run } => snapshot(region, instance_id, run, now)?,
        Ec2Write::DisassociateIamInstanceProfile {
            instance_id,
            profile_arn,
        } => {
            let instance = changeable(region, instance_id)?;
            instance.profile = instance.profile.take().filter(|arn| arn != profile_arn);
        }
        Ec2Write::ModifyInstanceAttribute {
            instance_id,
            attribute,
            value,
        } => set_attribute(changeable(region, instance_id)?, *attribute, value)?,
        Ec2Write::ModifyInstanceMetadataOptions { instance_id, options } => {
            let instance = changeable(region, instance_id)?;
            set_metadata(&mut instance.metadata, options)?;
            instance.metadata_pending = true;
        }
        Ec2Write::ModifyNetworkInterfaceGroups {
            network_interface,
            groups,
            rehearse,
        } => {
            if let Some(next) = rehearse {
                check_groups(region, network_interface, next)?;
            }
            check_groups(region, network_interface, groups)?;
            if let Some(interface) = region.network_interfaces.get_mut(network_interface) {
                interface.groups = groups.iter().cloned().collect();
            }
        }
        Ec2Write::StartInstances { instance_id } => start(changeable(region, instance_id)?, now)?,
        Ec2Write::StopInstances { instance_id } => stop(changeable(region, instance_id)?, now)?,
    }
    Ok(())
}

fn associate(instance: &mut Instance, profile_arn: &str) -> Result<(), Refusal> {
    if instance.profile.is_some() {
        let message = "There is an existing association for the instance";
        return Err(Refusal::new(FailureClass::NotYet, "IncorrectState", message));
    }
    instance.profile = Some(profile_arn.to_owned());
    Ok(())
}

fn snapshot(region: &mut Region, id: &str, run: &str, now: i64) -> Result<(), Refusal> {
    let volumes = living(region, id)?.volumes.clone();
    volumes
        .iter()
        .try_for_each(|volume| room_for_another(region, volume, now))?;
    for volume in volumes {
        region.made += 1;
        let of = SnapshotOf {
            instance: id.to_owned(),
            run: run.to_owned(),
            volume,
            state: "pending".into(),
            taken_at: now,
        };
        region.snapshots.insert(format!("snap-{:08x}", region.made), of);
    }
    Ok(())
}

/// Of one volume, EC2 makes one snapshot every 15 s, and at most five at the same time (EC2 API reference, "Error codes").
fn room_for_another(region: &Region, volume: &str, now: i64) -> Result<(), Refusal> {
    let of = || region.snapshots.values().filter(|of| of.volume == volume);
    let not_yet = |code, message: &str| Err(Refusal::new(FailureClass::NotYet, code, message));
    if of().any(|of| now - of.taken_at < SNAPSHOT_EVERY) {
        let message = "The maximum per volume CreateSnapshot request rate has been exceeded.";
        return not_yet("SnapshotCreationPerVolumeRateExceeded", message);
    }
    if of().filter(|of| of.state == "pending").count() >= MOST_PENDING {
        let message = "Maximum allowed in-progress snapshots for a single volume exceeded.";
        return not_yet("ConcurrentSnapshotLimitExceeded", message);
    }
    Ok(())
}

fn set_attribute(instance: &mut Instance, attribute: InstanceAttribute, value: &Value) -> Result<(), Refusal> {
    let unsupported = |message: &str| Refusal::invalid("UnsupportedOperation", message);
    match attribute {
        InstanceAttribute::DisableApiTermination if instance.spot => {
            return Err(unsupported("Spot Instances cannot be protected from termination"));
        }
        InstanceAttribute::DisableApiStop if instance.spot || instance.instance_store_root => {
            return Err(unsupported("this instance cannot be protected from being stopped"));
        }
        InstanceAttribute::DisableApiTermination => instance.disable_api_termination = flag(value)?,
        InstanceAttribute::DisableApiStop => instance.disable_api_stop = flag(value)?,
        InstanceAttribute::InstanceInitiatedShutdownBehavior => match value.as_str() {
            Some(behavior @ ("stop" | "terminate")) => behavior.clone_into(&mut instance.shutdown_behavior),
            _ => return Err(Refusal::invalid("InvalidParameterValue", "shutdown behaviour")),
        },
    }
    Ok(())
}

fn flag(value: &Value) -> Result<bool, Refusal> {
    value
        .as_bool()
        .ok_or_else(|| Refusal::invalid("InvalidParameterValue", "a boolean is expected"))
}

/// Options that are not given stay as they are. Tags in the metadata are not supported everywhere, and not reported there.
fn set_metadata(now: &mut Metadata, given: &Metadata) -> Result<(), Refusal> {
    if given.instance_metadata_tags.is_some() && now.instance_metadata_tags.is_none() {
        let message = "InstanceMetadataTags is not supported here";
        return Err(Refusal::invalid("UnsupportedOperation", message));
    }
    given.http_endpoint.clone_into(&mut now.http_endpoint);
    now.http_tokens = given.http_tokens.clone().or_else(|| now.http_tokens.clone());
    now.http_put_response_hop_limit = given.http_put_response_hop_limit.or(now.http_put_response_hop_limit);
    now.http_protocol_ipv6 = given
        .http_protocol_ipv6
        .clone()
        .or_else(|| now.http_protocol_ipv6.clone());
    let tags = given.instance_metadata_tags.clone();
    now.instance_metadata_tags = tags.or_else(|| now.instance_metadata_tags.clone());
    Ok(())
}

fn check_groups(region: &Region, interface: &str, groups: &[String]) -> Result<(), Refusal> {
    let Some(found) = region.network_interfaces.get(interface) else {
        let message = format!("The networkInterface ID '{interface}' does not exist");
        return Err(Refusal::gone("InvalidNetworkInterfaceID.NotFound", message));
    };
    if found.requester_managed {
        let message = format!("You do not have permission to access the resource {interface}");
        return Err(Refusal::new(FailureClass::Denied, "AuthFailure", message));
    }
    if groups.is_empty() || groups.len() > MAX_GROUPS {
        return Err(Refusal::invalid(
            "InvalidParameterValue",
            "1 to 5 security groups are expected",
        ));
    }
    for id in groups {
        match region.security_groups.get(id) {
            None => {
                return Err(Refusal::invalid(
                    "InvalidGroup.NotFound",
                    format!("The security group '{id}' does not exist"),
                ));
            }
            Some(group) if group.vpc != found.vpc => {
                let message = format!("{id} and {interface} belong to different networks");
                return Err(Refusal::invalid("InvalidParameterValue", message));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn stop(instance: &mut Instance, now: i64) -> Result<(), Refusal> {
    if instance.disable_api_stop {
        let message = "The instance may not be stopped. Modify its 'disableApiStop' instance attribute";
        return Err(Refusal::invalid("OperationNotPermitted", message));
    }
    if instance.spot || instance.instance_store_root {
        return Err(Refusal::invalid(
            "UnsupportedOperation",
            "this instance cannot be stopped",
        ));
    }
    match instance.state {
        InstanceState::Running => instance.state = InstanceState::Stopping { until: now + STOPS_IN },
        InstanceState::Stopping { .. } | InstanceState::Stopped => {}
        InstanceState::Pending { .. } => return Err(not_in_a_state("stopped")),
    }
    Ok(())
}

fn start(instance: &mut Instance, now: i64) -> Result<(), Refusal> {
    match instance.state {
        InstanceState::Stopped => {
            instance.state = InstanceState::Pending { until: now + STARTS_IN };
            instance.unchecked_until = now + STARTS_IN + CHECKED_IN;
        }
        InstanceState::Running | InstanceState::Pending { .. } => {}
        InstanceState::Stopping { .. } => return Err(not_in_a_state("started")),
    }
    Ok(())
}

fn not_in_a_state(what: &str) -> Refusal {
    let message = format!("The instance is not in a state from which it can be {what}");
    Refusal::new(FailureClass::NotYet, "IncorrectInstanceState", message)
}

pub(super) fn living<'a>(region: &'a mut Region, id: &str) -> Result<&'a mut Instance, Refusal> {
    let missing = || {
        Refusal::gone(
            "InvalidInstanceID.NotFound",
            format!("The instance ID '{id}' does not exist"),
        )
    };
    region.instances.get_mut(id).ok_or_else(missing)
}

/// Only the service that manages an instance may change it.
fn changeable<'a>(region: &'a mut Region, id: &str) -> Result<&'a mut Instance, Refusal> {
    let instance = living(region, id)?;
    match &instance.operator {
        None => Ok(instance),
        Some(operator) => Err(Refusal::invalid(
            "OperationNotPermitted",
            format!("{id} is managed by {operator}"),
        )),
    }
}

/// Moves instances on to `now`. Auto Scaling terminates what it has in service, or has not put on standby yet, and does not run.
pub(super) fn tick(region: &mut Region, now: i64) {
    for instance in region.instances.values_mut() {
        instance.metadata_pending &= instance.state != InstanceState::Running;
        instance.unchecked_until = Some(instance.unchecked_until).filter(|until| *until > now).unwrap_or(0);
        instance.state = match instance.state {
            InstanceState::Pending { until } if until <= now => InstanceState::Running,
            InstanceState::Stopping { until } if until <= now => InstanceState::Stopped,
            state => state,
        };
    }
    let lost: Vec<String> = region
        .auto_scaling_groups
        .values()
        .flat_map(|group| group.watched())
        .filter(|id| {
            !region
                .instances
                .get(*id)
                .is_some_and(|it| it.state == InstanceState::Running)
        })
        .cloned()
        .collect();
    for id in lost {
        region.instances.remove(&id);
        let (gone, left): (Vec<_>, Vec<_>) = std::mem::take(&mut region.network_interfaces)
            .into_iter()
            .partition(|(_, interface)| interface.instance.as_ref() == Some(&id));
        let orphan = |interface: &NetworkInterface| {
            gone.iter()
                .any(|(trunk, _)| interface.branch_of.as_ref() == Some(trunk))
        };
        region.network_interfaces = left.into_iter().filter(|(_, interface)| !orphan(interface)).collect();
        region.auto_scaling_groups.values_mut().for_each(|group| {
            group.instances.remove(&id);
        });
        for group in region.target_groups.values_mut() {
            targets::drain(group, |target| target.id == id, now);
        }
    }
}
