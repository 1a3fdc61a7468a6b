//! The state of an instance: what equal means, the calls that lead from one value to another, and sentences.

use super::{Ec2Write, InstanceAttribute, Metadata};
use crate::aws::value::{names, normal};
use serde_json::{Value, json};

/// An attribute that is not what it should be is never written: read as false it would take a protection away.
pub(super) fn attribute(instance_id: &str, attribute: InstanceAttribute, to: &Value) -> Vec<Ec2Write> {
    let known = match attribute {
        InstanceAttribute::InstanceInitiatedShutdownBehavior => to.is_string(),
        InstanceAttribute::DisableApiStop | InstanceAttribute::DisableApiTermination => to.is_boolean(),
    };
    let write = || Ec2Write::ModifyInstanceAttribute {
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
    let full = normal::<Metadata>(value);
    match full["httpEndpoint"] == "disabled" {
        true => json!({"httpEndpoint": "disabled"}),
        false => full,
    }
}

/// An option that AWS does not report is one that it does not have there (`InstanceMetadataTags`, say, in some regions): it
/// is left out, since AWS would refuse the whole call for it.
pub(super) fn metadata(instance_id: &str, to: &Value) -> Vec<Ec2Write> {
    let options: Option<Metadata> = serde_json::from_value(canonical_metadata(to)).ok();
    let known = options.filter(|options| !options.http_endpoint.is_empty());
    known
        .map(|options| Ec2Write::ModifyInstanceMetadataOptions {
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
pub(super) fn profile(instance_id: &str, from: &Value, to: &Value) -> Vec<Ec2Write> {
    let (from, to) = (names(from), names(to));
    let (instance, gone) = (instance_id.to_owned(), from.iter().filter(|arn| !to.contains(arn)));
    let ends = gone.map(|arn| Ec2Write::DisassociateIamInstanceProfile {
        instance_id: instance.clone(),
        profile_arn: arn.clone(),
    });
    let come = to.iter().filter(|arn| !from.contains(arn));
    let begins = come.map(|arn| Ec2Write::AssociateIamInstanceProfile {
        instance_id: instance.clone(),
        profile_arn: arn.clone(),
    });
    ends.chain(begins).collect()
}

pub(super) fn profile_sentence(instance_id: &str, to: &Value) -> String {
    match names(to).first() {
        Some(arn) => format!("Associate instance profile {arn} with instance {instance_id}"),
        None => format!("Disassociate the instance profile of instance {instance_id}"),
    }
}

/// All volumes of the instance at once, so that they are of one moment.
pub(super) fn snapshots(instance_id: &str, run: &str, from: &Value, to: &Value) -> Vec<Ec2Write> {
    let (from, to) = (names(from), names(to));
    let missing = from.iter().any(|volume| !to.contains(volume));
    missing
        .then(|| Ec2Write::CreateSnapshots {
            instance_id: instance_id.to_owned(),
            run: run.to_owned(),
        })
        .into_iter()
        .collect()
}

/// AWS is on its way to what was asked of it. What waits for the end of the way looks at the instance itself.
pub(super) fn canonical_state(value: &Value) -> Value {
    match value.as_str() {
        Some("pending") => json!("running"),
        Some("stopping") => json!("stopped"),
        _ => value.clone(),
    }
}

pub(super) fn state(instance_id: &str, to: &Value) -> Vec<Ec2Write> {
    let instance_id = instance_id.to_owned();
    match canonical_state(to).as_str() {
        Some("stopped") => vec![Ec2Write::StopInstances { instance_id }],
        Some("running") => vec![Ec2Write::StartInstances { instance_id }],
        _ => Vec::new(),
    }
}

pub(super) fn state_sentence(instance_id: &str, to: &Value) -> String {
    match canonical_state(to) == "stopped" {
        true => format!("Stop instance {instance_id}"),
        false => format!("Start instance {instance_id}"),
    }
}
