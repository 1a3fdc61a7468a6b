//! An attack sequence: signals about several resources.

use super::{list, object, resource::profile, text, texts};
use aws_sdk_guardduty::{
    primitives::{DateTime, DateTimeFormat},
    types::{
        AccessKey, Ec2Instance, Ec2NetworkInterface, EcsTask, EksCluster, ResourceData, ResourceV2, S3Bucket, S3Object,
        Sequence, Signal,
    },
};
use serde_json::Value;

pub(super) fn of(sequence: &Sequence) -> Value {
    object([
        ("uid", text(sequence.uid())),
        ("description", text(sequence.description())),
        ("resources", list(sequence.resources(), resource)),
        ("signals", list(sequence.signals(), signal)),
    ])
}

fn resource(resource: &ResourceV2) -> Value {
    object([
        ("uid", text(resource.uid())),
        ("name", text(resource.name())),
        ("accountId", text(resource.account_id())),
        ("resourceType", text(resource.resource_type().map(|it| it.as_str()))),
        ("region", text(resource.region())),
        ("data", resource.data().map(data)),
    ])
}

/// What names principals, and what belongs to what.
fn data(data: &ResourceData) -> Value {
    object([
        ("accessKey", data.access_key().map(access_key)),
        ("ec2Instance", data.ec2_instance().map(instance)),
        ("ec2NetworkInterface", data.ec2_network_interface().map(interface)),
        ("s3Bucket", data.s3_bucket().map(bucket)),
        ("s3Object", data.s3_object().map(stored)),
        ("ecsTask", data.ecs_task().map(task)),
        ("eksCluster", data.eks_cluster().map(eks_cluster)),
    ])
}

fn access_key(key: &AccessKey) -> Value {
    object([
        ("principalId", text(key.principal_id())),
        ("userName", text(key.user_name())),
        ("userType", text(key.user_type())),
    ])
}

fn instance(instance: &Ec2Instance) -> Value {
    object([
        ("iamInstanceProfile", instance.iam_instance_profile().map(profile)),
        ("ec2NetworkInterfaceUids", texts(instance.ec2_network_interface_uids())),
    ])
}

fn interface(interface: &Ec2NetworkInterface) -> Value {
    object([("vpcId", text(interface.vpc_id()))])
}

fn bucket(bucket: &S3Bucket) -> Value {
    object([("s3ObjectUids", texts(bucket.s3_object_uids()))])
}

fn stored(it: &S3Object) -> Value {
    object([("key", text(it.key()))])
}

fn task(task: &EcsTask) -> Value {
    object([("taskDefinitionArn", text(task.task_definition_arn()))])
}

fn eks_cluster(cluster: &EksCluster) -> Value {
    object([
        ("arn", text(cluster.arn())),
        ("vpcId", text(cluster.vpc_id())),
        ("ec2InstanceUids", texts(cluster.ec2_instance_uids())),
    ])
}

fn signal(signal: &Signal) -> Value {
    object([
        ("uid", text(signal.uid())),
        ("type", text(signal.r#type().map(|it| it.as_str()))),
        ("name", text(signal.name())),
        ("createdAt", time(signal.created_at())),
        ("updatedAt", time(signal.updated_at())),
        ("firstSeenAt", time(signal.first_seen_at())),
        ("lastSeenAt", time(signal.last_seen_at())),
        ("severity", signal.severity().map(Value::from)),
        ("resourceUids", texts(signal.resource_uids())),
    ])
}

fn time(time: Option<&DateTime>) -> Option<Value> {
    let written = time?.fmt(DateTimeFormat::DateTime).ok()?;
    Some(written.into())
}
