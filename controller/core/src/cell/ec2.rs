//! The meaning, calls and sentences of EC2 instance and network interface cells.

use super::Through;
use crate::{
    facts::{InstanceAttribute, Metadata},
    write::Write,
};
use serde_json::{Value, json};

/// An attribute that is not what it should be is never written: read as false it would take a protection away.
pub(super) fn attribute(instance_id: &str, attribute: InstanceAttribute, to: &Value) -> Vec<Write> {
    let known = match attribute {
        InstanceAttribute::InstanceInitiatedShutdownBehavior => to.is_string(),
        InstanceAttribute::DisableApiStop | InstanceAttribute::DisableApiTermination => to.is_boolean(),
    };
    let write = || Write::ModifyInstanceAttribute {
        instance_id: instance_id.to_owned(),
        attribute,
        value: to.clone(),
    };
    known.then(write).into_iter().collect()
}

pub(super) fn attribute_sentence(instance_id: &str, attribute: InstanceAttribute, to: &Value) -> String {
    let set = |what: &str| match to {
        Value::Bool(true) => format!("Switch the {what} protection of instance {instance_id} on"),
        _ => format!("Switch the {what} protection of instance {instance_id} off"),
    };
    match attribute {
        InstanceAttribute::DisableApiStop => set("stop"),
        InstanceAttribute::DisableApiTermination => set("termination"),
        InstanceAttribute::InstanceInitiatedShutdownBehavior => format!(
            "Let a shutdown from inside instance {instance_id} {} it",
            to.as_str().unwrap_or("stop")
        ),
    }
}

/// While the endpoint is off, the other options have no effect and nobody owns them.
pub(super) fn canonical_metadata(value: &Value) -> Value {
    let full = super::value::normal::<Metadata>(value);
    match full["httpEndpoint"] == "disabled" {
        true => json!({"httpEndpoint": "disabled"}),
        false => full,
    }
}

/// An option that AWS does not report is one that it does not have there (`InstanceMetadataTags`, say, in some regions): it
/// is left out, since AWS would refuse the whole call for it.
pub(super) fn metadata(instance_id: &str, to: &Value) -> Vec<Write> {
    let options: Option<Metadata> = serde_json::from_value(canonical_metadata(to)).ok();
    let known = options.filter(|options| !options.http_endpoint.is_empty());
    known
        .map(|options| Write::ModifyInstanceMetadataOptions {
            instance_id: instance_id.to_owned(),
            options,
        })
        .into_iter()
        .collect()
}

pub(super) fn metadata_sentence(instance_id: &str, to: &Value) -> String {
    match to["httpEndpoint"] == "disabled" {
        true => format!("Switch the metadata service of instance {instance_id} off"),
        false => format!("Set the metadata options of instance {instance_id} as they were recorded"),
    }
}

/// An association with one profile is ended before one with another begins: AWS keeps one for each instance.
pub(super) fn profile(instance_id: &str, from: &Value, to: &Value) -> Vec<Write> {
    let (from, to) = (ids(from), ids(to));
    let (instance, gone) = (instance_id.to_owned(), from.iter().filter(|arn| !to.contains(arn)));
    let ends = gone.map(|arn| Write::DisassociateIamInstanceProfile {
        instance_id: instance.clone(),
        profile_arn: arn.clone(),
    });
    let come = to.iter().filter(|arn| !from.contains(arn));
    let begins = come.map(|arn| Write::AssociateIamInstanceProfile {
        instance_id: instance.clone(),
        profile_arn: arn.clone(),
    });
    ends.chain(begins).collect()
}

pub(super) fn profile_sentence(instance_id: &str, to: &Value) -> String {
    match ids(to).first() {
        Some(arn) => format!("Associate instance profile {arn} with instance {instance_id}"),
        None => format!("Disassociate the instance profile of instance {instance_id}"),
    }
}

/// All volumes of the instance at once, so that they are of one moment.
pub(super) fn snapshots(instance_id: &str, run: &str, from: &Value, to: &Value) -> Vec<Write> {
    let (from, to) = (ids(from), ids(to));
    let missing = from.iter().any(|volume| !to.contains(volume));
    missing
        .then(|| Write::CreateSnapshots {
            instance_id: instance_id.to_owned(),
            run: run.to_owned(),
        })
        .into_iter()
        .collect()
}

/// Only whether it stands by is owned; what the group wants changes by itself.
pub(super) fn canonical_standby(value: &Value) -> Value {
    json!({"standby": value["standby"]})
}

pub(super) fn standby(instance_id: &str, group: &str, from: &Value, to: &Value) -> Vec<Write> {
    let (instance_id, group) = (instance_id.to_owned(), group.to_owned());
    match to["standby"] {
        Value::Bool(true) => vec![Write::EnterStandby {
            instance_id,
            group,
            decrement: can_spare(from),
        }],
        Value::Bool(false) => vec![Write::ExitStandby { instance_id, group }],
        _ => Vec::new(),
    }
}

/// An instance on its way into standby: until it has arrived, Auto Scaling may replace it when it stops (its user guide,
/// "Instance lifecycle", says only of the Standby state that health checks are off).
pub(super) fn entering(instance_id: &str, group: &str, value: &Value) -> Option<String> {
    (value["entering"] == true)
        .then(|| format!("instance {instance_id} is entering standby in Auto Scaling group {group}"))
}

/// Whether the group may want one instance less without going below its minimum. It is judged on what was read last: its
/// desired capacity moves by itself, and AWS refuses a decrement that would break the minimum (API reference, EnterStandby).
pub(super) fn can_spare(value: &Value) -> bool {
    match (value["desired"].as_i64(), value["min"].as_i64()) {
        (Some(desired), Some(min)) => desired > min,
        _ => false,
    }
}

pub(super) fn standby_sentence(instance_id: &str, group: &str, to: &Value) -> String {
    match to["standby"] == true {
        true => format!("Put instance {instance_id} of Auto Scaling group {group} on standby"),
        false => format!("Put instance {instance_id} of Auto Scaling group {group} back into service"),
    }
}

/// AWS is on its way to what was asked of it. What waits for the end of the way looks at the instance itself.
pub(super) fn canonical_state(value: &Value) -> Value {
    match value.as_str() {
        Some("pending") => json!("running"),
        Some("stopping") => json!("stopped"),
        _ => value.clone(),
    }
}

pub(super) fn state(instance_id: &str, to: &Value) -> Vec<Write> {
    let instance_id = instance_id.to_owned();
    match canonical_state(to).as_str() {
        Some("stopped") => vec![Write::StopInstances { instance_id }],
        Some("running") => vec![Write::StartInstances { instance_id }],
        _ => Vec::new(),
    }
}

pub(super) fn state_sentence(instance_id: &str, to: &Value) -> String {
    match canonical_state(to) == "stopped" {
        true => format!("Stop instance {instance_id}"),
        false => format!("Start instance {instance_id}"),
    }
}

/// On the way into quarantine the interface passes through the group that ends tracking; on the way back it does not.
/// An interface without a group does not exist: an empty list is never written.
pub(super) fn groups(interface: &str, through: Option<&Through>, from: &Value, to: &Value) -> Vec<Write> {
    let (from, to) = (ids(from), ids(to));
    if to.is_empty() {
        return Vec::new();
    }
    let passes = through.filter(|t| to == [t.quarantine.clone()] && from != [t.untrack.clone()]);
    let first = passes.map(|through| Write::ModifyNetworkInterfaceGroups {
        network_interface: interface.to_owned(),
        groups: vec![through.untrack.clone()],
        rehearse: Some(to.clone()),
    });
    let last = Write::ModifyNetworkInterfaceGroups {
        network_interface: interface.to_owned(),
        groups: to.clone(),
        rehearse: None,
    };
    first.into_iter().chain([last]).collect()
}

/// The open group is on the way into quarantine, and so on the way out of it when it was cut.
pub(super) fn groups_between(through: Option<&Through>, before: &Value, after: &Value, value: &Value) -> bool {
    let Some(through) = through else { return false };
    let quarantine = json!([through.quarantine]);
    let same = |one: &Value, other: &Value| super::value::sorted(one) == super::value::sorted(other);
    let into = [before, after].iter().any(|end| same(end, &quarantine));
    into && [before, after, &json!([through.untrack])]
        .iter()
        .any(|on_the_way| same(on_the_way, value))
}

pub(super) fn groups_sentence(interface: &str, through: Option<&Through>, to: &Value) -> String {
    let groups = ids(to);
    match through.filter(|t| groups == [t.quarantine.clone()]) {
        Some(t) => format!(
            "Put network interface {interface} into security group {} for a moment, then into {}",
            t.untrack, t.quarantine
        ),
        None => format!(
            "Put network interface {interface} into {}",
            super::sentence::groups(&groups)
        ),
    }
}

fn ids(value: &Value) -> Vec<String> {
    serde_json::from_value(super::value::sorted(value)).unwrap_or_default()
}
