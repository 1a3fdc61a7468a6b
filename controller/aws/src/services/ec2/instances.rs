//! Instances: what they are, their attributes, their metadata options, and whether they run.

use super::tags;
use crate::{
    caller::{Caller, receipt},
    error::failure,
};
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, DeviceType, HttpTokensState, InstanceAttributeName, InstanceLifecycleType,
    InstanceMetadataEndpointState, InstanceMetadataOptionsState, InstanceMetadataProtocolState,
    InstanceMetadataTagsState, InstanceStatusSummary, InstanceType, OperatorResponse, SummaryStatus,
};
use firebreak_core::aws::{
    access::Service,
    ec2::{Instance, InstanceAttribute, Metadata},
    failure::{Failure, FailureClass, Receipt},
};
use serde_json::{Value, json};

pub(super) const INSTANCES: &str = "ec2:DescribeInstances";
const ATTRIBUTE: &str = "ec2:DescribeInstanceAttribute";
const STATUS: &str = "ec2:DescribeInstanceStatus";
const TYPES: &str = "ec2:DescribeInstanceTypes";

/// An instance, also one that has been terminated: AWS shows it for about an hour.
pub(crate) async fn instance(caller: &Caller<'_>, instance_id: &str) -> Result<Instance, Failure> {
    Ok(fact(described(caller, instance_id).await?))
}

pub(super) fn fact(sdk: aws_sdk_ec2::types::Instance) -> Instance {
    let volumes = sdk.block_device_mappings.iter().flatten();
    let mut volumes: Vec<String> = volumes.filter_map(|device| device.ebs()?.volume_id.clone()).collect();
    volumes.sort();
    let applied = sdk.metadata_options.as_ref().and_then(|options| options.state.as_ref());
    Instance {
        state: state_of(&sdk),
        instance_type: sdk
            .instance_type
            .as_ref()
            .map(|it| it.as_str().to_owned())
            .unwrap_or_default(),
        spot: sdk.instance_lifecycle == Some(InstanceLifecycleType::Spot),
        instance_store_root: sdk.root_device_type == Some(DeviceType::InstanceStore),
        volumes,
        metadata_applied: applied != Some(&InstanceMetadataOptionsState::Pending),
        instance_profile: sdk.iam_instance_profile.and_then(|profile| profile.arn),
        operator: sdk.operator.as_ref().and_then(operator_of),
        tags: tags(sdk.tags),
    }
}

/// The service that manages a resource, if one does.
pub(super) fn operator_of(operator: &OperatorResponse) -> Option<String> {
    let named = || operator.principal().unwrap_or("an AWS service").to_owned();
    (operator.managed() == Some(true)).then(named)
}

/// Why an instance that runs cannot be trusted with traffic yet; none when its status checks are passed.
pub(crate) async fn unfit(caller: &Caller<'_>, instance_id: &str) -> Result<Option<String>, Failure> {
    let client = caller.session.ec2();
    let request = client.describe_instance_status().instance_ids(instance_id).send();
    let found = caller.read(Service::Ec2, STATUS, request).await?;
    let status = found.instance_statuses.unwrap_or_default().into_iter().next();
    let Some(status) = status else {
        return Ok(Some("not known".into()));
    };
    let of = |summary: Option<&InstanceStatusSummary>| {
        let status = summary.and_then(InstanceStatusSummary::status);
        status.map_or("not known", SummaryStatus::as_str).to_owned()
    };
    let checks = [of(status.system_status()), of(status.instance_status())];
    Ok(checks.into_iter().find(|check| check != "ok"))
}

/// Whether instances of the type have instance store volumes.
pub(crate) async fn has_instance_store(caller: &Caller<'_>, instance_type: &str) -> Result<bool, Failure> {
    let client = caller.session.ec2();
    let request = client
        .describe_instance_types()
        .instance_types(InstanceType::from(instance_type))
        .send();
    let found = caller.read(Service::Ec2, TYPES, request).await?;
    let first = found.instance_types.unwrap_or_default().into_iter().next();
    let gone = || failure(FailureClass::Gone, TYPES, "InvalidInstanceType", instance_type);
    Ok(first.ok_or_else(gone)?.instance_storage_supported == Some(true))
}

/// One attribute.
///
/// # Errors
/// `Gone` once the instance is being terminated.
pub(crate) async fn attribute(
    caller: &Caller<'_>,
    instance_id: &str,
    attribute: InstanceAttribute,
) -> Result<Value, Failure> {
    living(caller, instance_id).await?;
    let client = caller.session.ec2();
    let request = client
        .describe_instance_attribute()
        .instance_id(instance_id)
        .attribute(name_of(attribute))
        .send();
    let found = caller.read(Service::Ec2, ATTRIBUTE, request).await?;
    let on = |it: Option<AttributeBooleanValue>| json!(it.and_then(|it| it.value).unwrap_or(false));
    Ok(match attribute {
        InstanceAttribute::DisableApiStop => on(found.disable_api_stop),
        InstanceAttribute::DisableApiTermination => on(found.disable_api_termination),
        InstanceAttribute::InstanceInitiatedShutdownBehavior => {
            let behavior = found.instance_initiated_shutdown_behavior;
            json!(behavior.and_then(|it| it.value).unwrap_or_else(|| "stop".into()))
        }
    })
}

/// Sets one attribute, and no other.
pub(crate) async fn set_attribute(
    caller: &Caller<'_>,
    instance_id: &str,
    attribute: InstanceAttribute,
    value: &Value,
) -> Result<Receipt, Failure> {
    let request = caller
        .session
        .ec2()
        .modify_instance_attribute()
        .instance_id(instance_id);
    let on = || AttributeBooleanValue::builder().set_value(value.as_bool()).build();
    let text = || {
        AttributeValue::builder()
            .set_value(value.as_str().map(str::to_owned))
            .build()
    };
    let request = match attribute {
        InstanceAttribute::DisableApiStop => request.disable_api_stop(on()),
        InstanceAttribute::DisableApiTermination => request.disable_api_termination(on()),
        InstanceAttribute::InstanceInitiatedShutdownBehavior => request.instance_initiated_shutdown_behavior(text()),
    };
    let call = "ec2:ModifyInstanceAttribute";
    Ok(receipt(&caller.write(Service::Ec2, call, request.send()).await?))
}

/// The metadata options.
///
/// # Errors
/// `Gone` once the instance is being terminated.
pub(crate) async fn metadata(caller: &Caller<'_>, instance_id: &str) -> Result<Metadata, Failure> {
    let options = metadata_of(&living(caller, instance_id).await?);
    options.ok_or_else(|| {
        let message = format!("AWS told no metadata options of {instance_id}");
        failure(FailureClass::Transient, INSTANCES, "Incomplete", message)
    })
}

pub(super) fn metadata_of(instance: &aws_sdk_ec2::types::Instance) -> Option<Metadata> {
    let options = instance.metadata_options()?;
    let endpoint = options
        .http_endpoint()
        .unwrap_or(&InstanceMetadataEndpointState::Enabled);
    Some(Metadata {
        http_endpoint: endpoint.as_str().to_owned(),
        http_tokens: options.http_tokens().map(|it| it.as_str().to_owned()),
        http_put_response_hop_limit: options.http_put_response_hop_limit(),
        http_protocol_ipv6: options.http_protocol_ipv6().map(|it| it.as_str().to_owned()),
        instance_metadata_tags: options.instance_metadata_tags().map(|it| it.as_str().to_owned()),
    })
}

/// Sets the options that are given; the others stay as they are.
pub(crate) async fn set_metadata(
    caller: &Caller<'_>,
    instance_id: &str,
    options: &Metadata,
) -> Result<Receipt, Failure> {
    let tokens = options.http_tokens.as_deref().map(HttpTokensState::from);
    let ipv6 = options.http_protocol_ipv6.as_deref();
    let in_metadata = options.instance_metadata_tags.as_deref();
    let request = caller
        .session
        .ec2()
        .modify_instance_metadata_options()
        .instance_id(instance_id)
        .http_endpoint(InstanceMetadataEndpointState::from(options.http_endpoint.as_str()))
        .set_http_tokens(tokens)
        .set_http_put_response_hop_limit(options.http_put_response_hop_limit)
        .set_http_protocol_ipv6(ipv6.map(InstanceMetadataProtocolState::from))
        .set_instance_metadata_tags(in_metadata.map(InstanceMetadataTagsState::from))
        .send();
    let call = "ec2:ModifyInstanceMetadataOptions";
    Ok(receipt(&caller.write(Service::Ec2, call, request).await?))
}

/// Its state.
///
/// # Errors
/// `Gone` once the instance is being terminated.
pub(crate) async fn state(caller: &Caller<'_>, instance_id: &str) -> Result<String, Failure> {
    Ok(state_of(&living(caller, instance_id).await?))
}

/// Asks for it to stop, in the way of a shutdown.
pub(crate) async fn stop(caller: &Caller<'_>, instance_id: &str) -> Result<Receipt, Failure> {
    let request = caller.session.ec2().stop_instances().instance_ids(instance_id).send();
    Ok(receipt(
        &caller.write(Service::Ec2, "ec2:StopInstances", request).await?,
    ))
}

/// Asks for it to start.
pub(crate) async fn start(caller: &Caller<'_>, instance_id: &str) -> Result<Receipt, Failure> {
    let request = caller.session.ec2().start_instances().instance_ids(instance_id).send();
    Ok(receipt(
        &caller.write(Service::Ec2, "ec2:StartInstances", request).await?,
    ))
}

/// The instance, unless it is being terminated.
pub(super) async fn living(caller: &Caller<'_>, instance_id: &str) -> Result<aws_sdk_ec2::types::Instance, Failure> {
    let found = described(caller, instance_id).await?;
    if lives(&found) {
        Ok(found)
    } else {
        Err(gone(instance_id))
    }
}

pub(super) fn lives(instance: &aws_sdk_ec2::types::Instance) -> bool {
    !matches!(state_of(instance).as_str(), "shutting-down" | "terminated")
}

async fn described(caller: &Caller<'_>, instance_id: &str) -> Result<aws_sdk_ec2::types::Instance, Failure> {
    let request = caller
        .session
        .ec2()
        .describe_instances()
        .instance_ids(instance_id)
        .send();
    let found = caller.read(Service::Ec2, INSTANCES, request).await?;
    let reservations = found.reservations.into_iter().flatten();
    let first = reservations.flat_map(|it| it.instances.unwrap_or_default()).next();
    first.ok_or_else(|| gone(instance_id))
}

fn gone(instance_id: &str) -> Failure {
    failure(FailureClass::Gone, INSTANCES, "InvalidInstanceID.NotFound", instance_id)
}

pub(super) fn state_of(instance: &aws_sdk_ec2::types::Instance) -> String {
    let name = instance.state.as_ref().and_then(|state| state.name.as_ref());
    name.map(|name| name.as_str().to_owned()).unwrap_or_default()
}

fn name_of(attribute: InstanceAttribute) -> InstanceAttributeName {
    match attribute {
        InstanceAttribute::DisableApiStop => InstanceAttributeName::DisableApiStop,
        InstanceAttribute::DisableApiTermination => InstanceAttributeName::DisableApiTermination,
        InstanceAttribute::InstanceInitiatedShutdownBehavior => {
            InstanceAttributeName::InstanceInitiatedShutdownBehavior
        }
    }
}
