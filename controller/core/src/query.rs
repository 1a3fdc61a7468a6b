//! The closed list of AWS reads, each with what the permissions must know about it.

use crate::{access::Service, cell::Cell};
use serde::{Deserialize, Serialize};

/// One question to AWS. Its documentation names the calls that answer it and the shape of the answer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    /// iam:ListAccessKeys and iam:GetAccessKeyLastUsed → `Vec<`[`crate::facts::AccessKey`]`>`.
    AccessKeysOfUser {
        /// User name.
        user: String,
    },
    /// ec2:DescribeTrunkInterfaceAssociations and DescribeNetworkInterfaces, by the associations and by the tag that EKS gives
    /// them → [`crate::facts::Branches`].
    BranchInterfaces {
        /// Ids of the trunk interfaces.
        trunks: Vec<String>,
    },
    /// s3:GetBucketLocation and, where the bucket is in the region that is asked, GetBucketPolicy, GetBucketPolicyStatus,
    /// GetBucketAcl and GetBucketTagging → [`crate::facts::Bucket`].
    Bucket {
        /// Bucket name.
        bucket: String,
    },
    /// sts:GetCallerIdentity with the read role → [`crate::facts::CallerIdentity`].
    CallerIdentity,
    /// The cell's current value, in the shape that the cell's documentation gives. `NotFound` when the resource that
    /// the cell belongs to does not exist (a role without the inline policy is `Found(null)`).
    Cell(Cell),
    /// lambda:ListEventSourceMappings in the region → `Vec<`[`crate::facts::EventSource`]`>` of those that invoke the function,
    /// one of its aliases or versions.
    EventSourcesOfFunction {
        /// Function name.
        function: String,
    },
    /// lambda:GetFunctionConfiguration, ListVersionsByFunction and ListTags → [`crate::facts::Function`].
    Function {
        /// Function name.
        function: String,
    },
    /// lambda:ListFunctions in the region → [`crate::facts::UsersOfRole`]: the functions that run with the role, `NAME:VERSION` where only a
    /// published version does.
    FunctionsOfRole {
        /// Region to look in.
        region: String,
        /// ARN of the role.
        role_arn: String,
    },
    /// ec2:DescribeInstances → [`crate::facts::Instance`].
    Instance {
        /// Instance id.
        instance_id: String,
    },
    /// autoscaling:DescribeAutoScalingInstances and DescribeAutoScalingGroups → [`crate::facts::GroupMembership`];
    /// `NotFound` when the instance is in no Auto Scaling group.
    InstanceGroup {
        /// Instance id.
        instance_id: String,
    },
    /// ec2:DescribeNetworkInterfaces by attachment → `Vec<`[`crate::facts::Interface`]`>`.
    InstanceInterfaces {
        /// Instance id.
        instance_id: String,
    },
    /// iam:GetInstanceProfile → ARNs of its roles (`Vec<String>`).
    InstanceProfileRoles {
        /// Name of the instance profile.
        profile: String,
    },
    /// iam:ListInstanceProfilesForRole → names of the instance profiles (`Vec<String>`).
    InstanceProfilesOfRole {
        /// Role name.
        role: String,
    },
    /// ec2:DescribeSnapshots by tag → `Vec<`[`crate::facts::Snapshot`]`>` that the run took.
    InstanceSnapshots {
        /// Instance id.
        instance_id: String,
        /// What they are tagged with.
        run: String,
    },
    /// ec2:DescribeInstanceTypes → whether the type has instance store volumes (`bool`).
    InstanceStore {
        /// Such as m5d.large.
        instance_type: String,
    },
    /// iam:GetPolicy and iam:GetPolicyVersion → [`crate::facts::ManagedPolicy`].
    ManagedPolicy {
        /// ARN of the policy.
        arn: String,
    },
    /// ec2:DescribeSecurityGroups and DescribeManagedPrefixLists → ids of those that do not exist (`Vec<String>`).
    MissingReferences {
        /// Ids of security groups.
        groups: Vec<String>,
        /// Ids of prefix lists.
        prefix_lists: Vec<String>,
    },
    /// iam:ListSigningCertificates, ListServiceSpecificCredentials and ListSSHPublicKeys →
    /// `Vec<`[`crate::facts::OtherCredential`]`>`.
    OtherCredentialsOfUser {
        /// User name.
        user: String,
    },
    /// iam:GetRole → [`crate::facts::Role`].
    Role {
        /// Role name.
        role: String,
    },
    /// ec2:DescribeSecurityGroups and DescribeSecurityGroupRules → [`crate::facts::SecurityGroup`].
    SecurityGroup {
        /// The group's id.
        group_id: String,
    },
    /// ec2:DescribeNetworkInterfaces by group → `Vec<`[`crate::facts::SecurityGroupUser`]`>`.
    SecurityGroupUsers {
        /// The group's id.
        group_id: String,
    },
    /// ecs:DescribeServices → [`crate::facts::EcsService`]; `NotFound` when it is MISSING or INACTIVE.
    Service {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// ecs:ListTasks by service and DescribeTasks → `Vec<`[`crate::facts::Task`]`>`.
    ServiceTasks {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// ecs:ListClusters, ListServices, DescribeServices, DescribeTaskDefinition in the region → [`crate::facts::UsersOfRole`]:
    /// `cluster/service` of the services whose task role it is.
    ServicesOfRole {
        /// Region to look in.
        region: String,
        /// ARN of the role.
        role_arn: String,
    },
    /// ecs:ListTasks and DescribeTasks in the cluster → `Vec<`[`crate::facts::Task`]`>` of tasks that no service
    /// started and whose task role it is.
    StandaloneTasksOfRole {
        /// Cluster name.
        cluster: String,
        /// ARN of the role.
        role_arn: String,
    },
    /// elasticloadbalancing:DescribeTargetHealth → `Vec<`[`crate::facts::TargetHealth`]`>`.
    TargetHealth {
        /// ARN of the target group.
        target_group_arn: String,
    },
    /// ecs:DescribeTaskDefinition → [`crate::facts::TaskDefinition`].
    TaskDefinition {
        /// ARN of the task definition.
        arn: String,
    },
    /// iam:GetUser → [`crate::facts::User`].
    User {
        /// User name.
        user: String,
    },
    /// iam:GetLoginProfile, ListMFADevices and ListGroupsForUser → [`crate::facts::UserAccess`].
    UserAccess {
        /// User name.
        user: String,
    },
}

impl Query {
    /// The IAM actions that it needs.
    pub fn permissions(&self) -> &'static [&'static str] {
        match self {
            Self::Bucket { .. } => &[
                "s3:GetBucketLocation",
                "s3:GetBucketPolicy",
                "s3:GetBucketPolicyStatus",
                "s3:GetBucketAcl",
                "s3:GetBucketTagging",
            ],
            Self::BranchInterfaces { .. } => &[
                "ec2:DescribeTrunkInterfaceAssociations",
                "ec2:DescribeNetworkInterfaces",
            ],
            Self::AccessKeysOfUser { .. } => &["iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"],
            Self::CallerIdentity => &["sts:GetCallerIdentity"],
            Self::Cell(cell) => cell_permissions(cell),
            Self::EventSourcesOfFunction { .. } => &["lambda:ListEventSourceMappings"],
            Self::Function { .. } => &[
                "lambda:GetFunctionConfiguration",
                "lambda:ListVersionsByFunction",
                "lambda:ListTags",
            ],
            Self::FunctionsOfRole { .. } => &["lambda:ListFunctions"],
            Self::Instance { .. } => &["ec2:DescribeInstances"],
            Self::InstanceGroup { .. } => &[
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeAutoScalingGroups",
            ],
            Self::InstanceInterfaces { .. } => &["ec2:DescribeNetworkInterfaces"],
            Self::InstanceProfileRoles { .. } => &["iam:GetInstanceProfile"],
            Self::InstanceProfilesOfRole { .. } => &["iam:ListInstanceProfilesForRole"],
            Self::InstanceSnapshots { .. } => &["ec2:DescribeSnapshots"],
            Self::InstanceStore { .. } => &["ec2:DescribeInstanceTypes"],
            Self::ManagedPolicy { .. } => &["iam:GetPolicy", "iam:GetPolicyVersion"],
            Self::MissingReferences { .. } => &["ec2:DescribeSecurityGroups", "ec2:DescribeManagedPrefixLists"],
            Self::OtherCredentialsOfUser { .. } => &[
                "iam:ListSigningCertificates",
                "iam:ListServiceSpecificCredentials",
                "iam:ListSSHPublicKeys",
            ],
            Self::Role { .. } => &["iam:GetRole"],
            Self::SecurityGroup { .. } => &["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"],
            Self::SecurityGroupUsers { .. } => &["ec2:DescribeNetworkInterfaces"],
            Self::Service { .. } => &["ecs:DescribeServices"],
            Self::ServiceTasks { .. } => &["ecs:ListTasks", "ecs:DescribeTasks"],
            Self::ServicesOfRole { .. } => &[
                "ecs:ListClusters",
                "ecs:ListServices",
                "ecs:DescribeServices",
                "ecs:DescribeTaskDefinition",
            ],
            Self::StandaloneTasksOfRole { .. } => &["ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition"],
            Self::TargetHealth { .. } => &["elasticloadbalancing:DescribeTargetHealth"],
            Self::TaskDefinition { .. } => &["ecs:DescribeTaskDefinition"],
            Self::User { .. } => &["iam:GetUser"],
            Self::UserAccess { .. } => &["iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListGroupsForUser"],
        }
    }

    /// The region that it looks in, where that need not be the target's.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::FunctionsOfRole { region, .. } | Self::ServicesOfRole { region, .. } => Some(region),
            _ => None,
        }
    }

    /// Whether it is asked for information only: what it would tell decides nothing, and not being told holds nothing back. Most of them
    /// look at whole regions, each of which may be disabled, down, or very large.
    pub fn is_informational(&self) -> bool {
        matches!(
            self,
            Self::AccessKeysOfUser { .. }
                | Self::FunctionsOfRole { .. }
                | Self::InstanceProfilesOfRole { .. }
                | Self::OtherCredentialsOfUser { .. }
                | Self::ServicesOfRole { .. }
                | Self::StandaloneTasksOfRole { .. }
                | Self::UserAccess { .. }
        )
    }

    /// The AWS service whose budget it draws on.
    pub fn service(&self) -> Service {
        match self {
            Self::Cell(cell) => cell_service(cell),
            Self::InstanceGroup { .. } => Service::AutoScaling,
            Self::BranchInterfaces { .. }
            | Self::Instance { .. }
            | Self::InstanceInterfaces { .. }
            | Self::InstanceSnapshots { .. }
            | Self::InstanceStore { .. }
            | Self::MissingReferences { .. }
            | Self::SecurityGroup { .. }
            | Self::SecurityGroupUsers { .. } => Service::Ec2,
            Self::Service { .. }
            | Self::ServiceTasks { .. }
            | Self::ServicesOfRole { .. }
            | Self::StandaloneTasksOfRole { .. }
            | Self::TaskDefinition { .. } => Service::Ecs,
            Self::TargetHealth { .. } => Service::Elbv2,
            Self::AccessKeysOfUser { .. }
            | Self::InstanceProfileRoles { .. }
            | Self::InstanceProfilesOfRole { .. }
            | Self::ManagedPolicy { .. }
            | Self::OtherCredentialsOfUser { .. }
            | Self::Role { .. }
            | Self::User { .. }
            | Self::UserAccess { .. } => Service::Iam,
            Self::EventSourcesOfFunction { .. } | Self::Function { .. } | Self::FunctionsOfRole { .. } => {
                Service::Lambda
            }
            Self::Bucket { .. } => Service::S3,
            Self::CallerIdentity => Service::Sts,
        }
    }

    /// What it asks about, in words.
    pub fn subject(&self) -> String {
        match self {
            Self::Bucket { bucket } => format!("bucket {bucket}"),
            Self::AccessKeysOfUser { user } => format!("the access keys of user {user}"),
            Self::BranchInterfaces { trunks } => format!("the branch interfaces of {}", trunks.join(", ")),
            Self::CallerIdentity => "the caller's identity".into(),
            Self::Cell(cell) => cell.field(),
            Self::EventSourcesOfFunction { function } => format!("the event sources of function {function}"),
            Self::Function { function } => format!("function {function}"),
            Self::FunctionsOfRole { region, .. } => format!("the Lambda functions of the role in {region}"),
            Self::Instance { instance_id } => format!("instance {instance_id}"),
            Self::InstanceGroup { instance_id } => format!("the Auto Scaling group of instance {instance_id}"),
            Self::InstanceInterfaces { instance_id } => format!("the network interfaces of instance {instance_id}"),
            Self::InstanceProfileRoles { profile } => format!("instance profile {profile}"),
            Self::InstanceProfilesOfRole { role } => format!("the instance profiles of role {role}"),
            Self::InstanceSnapshots { instance_id, .. } => format!("the snapshots of instance {instance_id}"),
            Self::InstanceStore { instance_type } => format!("instance type {instance_type}"),
            Self::ManagedPolicy { arn } => format!("policy {arn}"),
            Self::MissingReferences { groups, prefix_lists } => {
                let all: Vec<&str> = groups.iter().chain(prefix_lists).map(String::as_str).collect();
                format!("whether {} exist", all.join(", "))
            }
            Self::OtherCredentialsOfUser { user } => format!("the other credentials of user {user}"),
            Self::Role { role } => format!("role {role}"),
            Self::SecurityGroup { group_id } | Self::SecurityGroupUsers { group_id } => {
                format!("security group {group_id}")
            }
            Self::Service { cluster, service } | Self::ServiceTasks { cluster, service } => {
                format!("service {cluster}/{service}")
            }
            Self::ServicesOfRole { region, .. } => format!("the ECS services of the role in {region}"),
            Self::StandaloneTasksOfRole { cluster, .. } => format!("the standalone tasks in cluster {cluster}"),
            Self::TargetHealth { target_group_arn } => format!("target group {target_group_arn}"),
            Self::TaskDefinition { arn } => format!("task definition {arn}"),
            Self::User { user } => format!("user {user}"),
            Self::UserAccess { user } => format!("the password, MFA devices and groups of user {user}"),
        }
    }
}

fn cell_permissions(cell: &Cell) -> &'static [&'static str] {
    match cell {
        Cell::BucketPolicyStatement { .. } => &["s3:GetBucketPolicy"],
        Cell::BucketPublicAccessBlock { .. } => &["s3:GetBucketPublicAccessBlock"],
        Cell::RolePolicyAttachment { .. } => &["iam:ListAttachedRolePolicies"],
        Cell::RoleInlinePolicy { .. } => &["iam:GetRolePolicy", "iam:GetRole"],
        Cell::RoleTrustPolicy { .. } => &["iam:GetRole"],
        Cell::InstanceAttribute { .. } => &["ec2:DescribeInstanceAttribute", "ec2:DescribeInstances"],
        Cell::InstanceMetadata { .. } | Cell::InstanceState { .. } => &["ec2:DescribeInstances"],
        Cell::InstanceProfile { .. } => &["ec2:DescribeIamInstanceProfileAssociations", "ec2:DescribeInstances"],
        Cell::InstanceSnapshots { .. } => &["ec2:DescribeSnapshots", "ec2:DescribeInstances"],
        // The status checks are read before it is put back into service.
        Cell::InstanceStandby { .. } => &[
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeAutoScalingGroups",
            "ec2:DescribeInstanceStatus",
        ],
        Cell::NetworkInterfaceGroups { .. } => &["ec2:DescribeNetworkInterfaces"],
        Cell::TargetRegistrations { .. } => &[
            "elasticloadbalancing:DescribeTargetHealth",
            "ecs:ListTasks",
            "ecs:DescribeTasks",
        ],
        Cell::SecurityGroupRules { .. } => &["ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"],
        Cell::ServiceDeployment { .. } | Cell::ServiceDesiredCount { .. } => &["ecs:DescribeServices"],
        Cell::ScalingMinimum { .. } | Cell::ScalingSuspension { .. } => &[
            "application-autoscaling:DescribeScalableTargets",
            "ecs:DescribeServices",
        ],
        Cell::TaskProtection { .. } => &[
            "ecs:GetTaskProtection",
            "ecs:ListTasks",
            "ecs:DescribeTasks",
            "ecs:DescribeServices",
        ],
        Cell::ServiceTasks { .. } => &["ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeServices"],
        Cell::FunctionConcurrency { .. } => &["lambda:GetFunctionConcurrency"],
        Cell::FunctionEventSources { .. } => &["lambda:ListEventSourceMappings", "lambda:GetFunctionConfiguration"],
        Cell::FunctionProvisionedConcurrency { .. } => &["lambda:ListProvisionedConcurrencyConfigs"],
        Cell::FunctionUrls { .. } => &["lambda:ListFunctionUrlConfigs"],
        Cell::UserAccessKeys { .. } => &["iam:ListAccessKeys"],
        Cell::UserInlinePolicy { .. } => &["iam:GetUserPolicy", "iam:GetUser"],
        Cell::UserPolicyAttachment { .. } => &["iam:ListAttachedUserPolicies"],
    }
}

/// The service of the calls that read a cell: of the first one, where there are several.
fn cell_service(cell: &Cell) -> Service {
    match cell {
        Cell::ScalingMinimum { .. } | Cell::ScalingSuspension { .. } => Service::ApplicationAutoScaling,
        Cell::InstanceStandby { .. } => Service::AutoScaling,
        Cell::InstanceAttribute { .. }
        | Cell::InstanceMetadata { .. }
        | Cell::InstanceProfile { .. }
        | Cell::InstanceSnapshots { .. }
        | Cell::InstanceState { .. }
        | Cell::NetworkInterfaceGroups { .. }
        | Cell::SecurityGroupRules { .. } => Service::Ec2,
        Cell::ServiceDeployment { .. }
        | Cell::ServiceDesiredCount { .. }
        | Cell::ServiceTasks { .. }
        | Cell::TaskProtection { .. } => Service::Ecs,
        Cell::TargetRegistrations { .. } => Service::Elbv2,
        Cell::RoleInlinePolicy { .. }
        | Cell::RolePolicyAttachment { .. }
        | Cell::RoleTrustPolicy { .. }
        | Cell::UserAccessKeys { .. }
        | Cell::UserInlinePolicy { .. }
        | Cell::UserPolicyAttachment { .. } => Service::Iam,
        Cell::FunctionConcurrency { .. }
        | Cell::FunctionEventSources { .. }
        | Cell::FunctionProvisionedConcurrency { .. }
        | Cell::FunctionUrls { .. } => Service::Lambda,
        Cell::BucketPolicyStatement { .. } | Cell::BucketPublicAccessBlock { .. } => Service::S3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions;
    use std::collections::BTreeMap;

    fn of_prefix(prefix: &str) -> Option<Service> {
        let known = BTreeMap::from([
            ("application-autoscaling", Service::ApplicationAutoScaling),
            ("autoscaling", Service::AutoScaling),
            ("ec2", Service::Ec2),
            ("ecs", Service::Ecs),
            ("elasticloadbalancing", Service::Elbv2),
            ("iam", Service::Iam),
            ("lambda", Service::Lambda),
            ("s3", Service::S3),
            ("sts", Service::Sts),
        ]);
        known.get(prefix).copied()
    }

    #[test]
    fn every_read_draws_on_the_budget_of_the_service_that_it_calls() {
        for query in permissions::queries() {
            let first = query.permissions().first().and_then(|p| p.split(':').next());
            assert_eq!(first.and_then(of_prefix), Some(query.service()), "{query:?}");
        }
    }

    #[test]
    fn every_write_draws_on_the_budget_of_the_service_that_it_calls() {
        for write in permissions::writes() {
            let service = write.permission().split(':').next().and_then(of_prefix);
            assert_eq!(service, Some(write.service()), "{write:?}");
        }
    }
}
