//! What a finding is about.

use super::{list, object, tags, text};
use aws_sdk_guardduty::types::{
    AccessKeyDetails, EcsClusterDetails, EcsTaskDetails, EksClusterDetails, IamInstanceProfile, InstanceDetails,
    LambdaDetails, NetworkInterface, RdsDbInstanceDetails, Resource, S3BucketDetail,
};
use serde_json::Value;

pub(super) fn of(resource: &Resource) -> Value {
    object([
        ("resourceType", text(resource.resource_type())),
        ("accessKeyDetails", resource.access_key_details().map(access_key)),
        ("instanceDetails", resource.instance_details().map(instance)),
        ("s3BucketDetails", list(resource.s3_bucket_details(), bucket)),
        ("ecsClusterDetails", resource.ecs_cluster_details().map(ecs_cluster)),
        ("lambdaDetails", resource.lambda_details().map(function)),
        ("eksClusterDetails", resource.eks_cluster_details().map(eks_cluster)),
        ("rdsDbInstanceDetails", resource.rds_db_instance_details().map(database)),
    ])
}

fn access_key(key: &AccessKeyDetails) -> Value {
    object([
        ("accessKeyId", text(key.access_key_id())),
        ("principalId", text(key.principal_id())),
        ("userName", text(key.user_name())),
        ("userType", text(key.user_type())),
    ])
}

fn instance(instance: &InstanceDetails) -> Value {
    object([
        ("instanceId", text(instance.instance_id())),
        ("iamInstanceProfile", instance.iam_instance_profile().map(profile)),
        ("networkInterfaces", list(instance.network_interfaces(), interface)),
        ("tags", tags(instance.tags())),
    ])
}

/// The profile that an instance runs with.
pub(super) fn profile(profile: &IamInstanceProfile) -> Value {
    object([("arn", text(profile.arn())), ("id", text(profile.id()))])
}

fn interface(interface: &NetworkInterface) -> Value {
    object([("vpcId", text(interface.vpc_id()))])
}

fn bucket(bucket: &S3BucketDetail) -> Value {
    object([
        ("arn", text(bucket.arn())),
        ("name", text(bucket.name())),
        ("type", text(bucket.r#type())),
        ("tags", tags(bucket.tags())),
    ])
}

fn ecs_cluster(cluster: &EcsClusterDetails) -> Value {
    object([
        ("arn", text(cluster.arn())),
        ("name", text(cluster.name())),
        ("tags", tags(cluster.tags())),
        ("taskDetails", cluster.task_details().map(task)),
    ])
}

fn task(task: &EcsTaskDetails) -> Value {
    object([
        ("arn", text(task.arn())),
        ("group", text(task.group())),
        ("definitionArn", text(task.definition_arn())),
        ("startedBy", text(task.started_by())),
    ])
}

fn function(function: &LambdaDetails) -> Value {
    object([
        ("functionArn", text(function.function_arn())),
        ("functionName", text(function.function_name())),
        ("role", text(function.role())),
        ("tags", tags(function.tags())),
    ])
}

fn eks_cluster(cluster: &EksClusterDetails) -> Value {
    object([
        ("name", text(cluster.name())),
        ("arn", text(cluster.arn())),
        ("tags", tags(cluster.tags())),
    ])
}

fn database(database: &RdsDbInstanceDetails) -> Value {
    object([
        ("dbInstanceIdentifier", text(database.db_instance_identifier())),
        ("dbInstanceArn", text(database.db_instance_arn())),
        ("tags", tags(database.tags())),
    ])
}
