//! A cell is one piece of AWS state that Firebreak can read, set and put back: the unit of custody.
//! Everything that the engine needs to know about it is here and pure: what equal means, what late binding does, and
//! which AWS calls lead from one value to another.

mod ec2;
mod ecs;
mod iam;
mod iam_user;
mod identity;
pub mod lambda;
#[cfg(test)]
mod laws;
mod network;
mod references;
mod s3;
mod sentence;
#[cfg(test)]
mod tests;
mod value;

pub use references::Remaining;

use crate::{facts::InstanceAttribute, write::Write};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The text that stands for the moment of the write wherever it occurs in a value.
pub const APPLY_TIME: &str = "$applyTime";

/// One piece of AWS state. Its value is JSON whose shape each variant's documentation gives.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Cell {
    /// One statement of a bucket's policy, found by its Sid: the statement, or null when there is none. The others are not part
    /// of it: they are read again for every write, and stay as they are.
    BucketPolicyStatement {
        /// Bucket name.
        bucket: String,
        /// The statement's Sid.
        sid: String,
    },
    /// A bucket's public access block: [`crate::facts::PublicAccessBlock`], or null when it has none.
    BucketPublicAccessBlock {
        /// Bucket name.
        bucket: String,
    },
    /// Whether a managed policy is attached to a role: a boolean.
    RolePolicyAttachment {
        /// Role name.
        role: String,
        /// ARN of the managed policy.
        policy_arn: String,
    },
    /// One inline policy of a role: the document, or null when there is none.
    RoleInlinePolicy {
        /// Role name.
        role: String,
        /// Name of the inline policy.
        policy_name: String,
    },
    /// A role's trust policy: the document.
    RoleTrustPolicy {
        /// Role name.
        role: String,
    },
    /// A service's tasks in one target group: `{"registered": [{"id": ip, "port": n}], "running": [ip]}`, of which only
    /// `registered` is owned; `running` tells which of them still exist.
    TargetRegistrations {
        /// ARN of the target group.
        target_group_arn: String,
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// All rules of a security group: `{"ingress": [rule], "egress": [rule]}` as [`crate::facts::SecurityGroupRule`].
    SecurityGroupRules {
        /// The group's id.
        group_id: String,
    },
    /// A service's network and deployment configuration, which must be written together:
    /// `{"network": `[`crate::facts::Network`]`, "deployment": `[`crate::facts::Deployment`]`}`.
    ServiceDeployment {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// A service's desired count: an integer.
    ServiceDesiredCount {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// The smallest count to which Application Auto Scaling scales a service: an integer, or null where nothing scales it.
    ScalingMinimum {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which kinds of a service's scaling are suspended: [`crate::facts::Suspension`], or null where nothing scales it.
    ScalingSuspension {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// One attribute of an EC2 instance: a boolean, or for the shutdown behaviour `stop` or `terminate`.
    InstanceAttribute {
        /// Instance id.
        instance_id: String,
        /// Which one.
        attribute: InstanceAttribute,
    },
    /// The metadata options of an EC2 instance: [`crate::facts::Metadata`].
    InstanceMetadata {
        /// Instance id.
        instance_id: String,
    },
    /// The instance profile that an EC2 instance is associated with: a list with its ARN, or an empty one.
    InstanceProfile {
        /// Instance id.
        instance_id: String,
    },
    /// The EBS volumes of an EC2 instance of which the run has no snapshot yet: a list of volume ids.
    InstanceSnapshots {
        /// Instance id.
        instance_id: String,
        /// What the run's snapshots are tagged with, [`crate::quarantine::Context::run`].
        run: String,
    },
    /// Whether an instance stands by in its Auto Scaling group: `{"standby": boolean, "entering": boolean, "desired": n, "min": n}`,
    /// of which only `standby` is owned. One that is entering standby stands by, but has not arrived. `NotFound` when it is not
    /// in the group.
    InstanceStandby {
        /// Instance id.
        instance_id: String,
        /// Name of the Auto Scaling group.
        group: String,
    },
    /// State of an EC2 instance: `pending`, `running`, `stopping` or `stopped`. `NotFound` once it is being terminated.
    InstanceState {
        /// Instance id.
        instance_id: String,
    },
    /// Security groups of a network interface: a list of ids.
    NetworkInterfaceGroups {
        /// Id of the network interface.
        network_interface: String,
        /// The group that it passes through on its way into quarantine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Through>,
    },
    /// Which of a service's tasks are protected from scale-in: a list of task ARNs.
    TaskProtection {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// Which tasks of a service are running: a list of task ARNs.
    ServiceTasks {
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
    /// A Lambda function's reserved concurrency: an integer, or null when there is none.
    FunctionConcurrency {
        /// Function name.
        function: String,
    },
    /// The event source mappings of a Lambda function, its aliases and versions: `{"enabled": [uuid], "disabled": [uuid]}`, of
    /// which only `enabled` is owned. One that AWS is enabling or disabling counts as what it becomes.
    FunctionEventSources {
        /// Function name.
        function: String,
    },
    /// A Lambda function's provisioned concurrency as it was asked for: an object of counts by alias or version.
    FunctionProvisionedConcurrency {
        /// Function name.
        function: String,
    },
    /// The authentication of a Lambda function's URLs: an object of `NONE` or `AWS_IAM` by alias, `$LATEST` for the function
    /// itself; in a plan, `*` stands for every URL that there is.
    FunctionUrls {
        /// Function name.
        function: String,
    },
    /// A user's access keys by status: `{"active": [id], "inactive": [id], "expired": [id]}`, of which only `active` is owned.
    /// In what was before, `appeared` lists keys that have been made since and stay inactive.
    UserAccessKeys {
        /// User name.
        user: String,
    },
    /// One inline policy of a user: the document, or null when there is none.
    UserInlinePolicy {
        /// User name.
        user: String,
        /// Name of the inline policy.
        policy_name: String,
    },
    /// Whether a managed policy is attached to a user: a boolean.
    UserPolicyAttachment {
        /// User name.
        user: String,
        /// ARN of the managed policy.
        policy_arn: String,
    },
}

/// The way of a network interface into quarantine in two phases. A group that lets everything through both ways makes AWS
/// forget the connections that it tracks (EC2 user guide, "Untracked connections"), so that the next group ends them.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Through {
    /// The group that lets everything through.
    pub untrack: String,
    /// The group that ends the way.
    pub quarantine: String,
}

impl Cell {
    /// The AWS calls that lead from one value to the other, in order. Empty when they mean the same.
    pub fn writes(&self, from: &Value, to: &Value) -> Vec<Write> {
        if self.same(from, to) {
            return Vec::new();
        }
        match self {
            Self::BucketPolicyStatement { bucket, sid } => s3::policy_statement(bucket, sid, to),
            Self::BucketPublicAccessBlock { bucket } => s3::public_access_block(bucket, to),
            Self::RolePolicyAttachment { role, policy_arn } => iam::attachment(role, policy_arn, to),
            Self::RoleInlinePolicy { role, policy_name } => iam::inline_policy(role, policy_name, to),
            Self::RoleTrustPolicy { role } => iam::trust_policy(role, to),
            Self::TargetRegistrations { target_group_arn, .. } => network::registrations(target_group_arn, from, to),
            Self::InstanceAttribute { instance_id, attribute } => ec2::attribute(instance_id, *attribute, to),
            Self::InstanceMetadata { instance_id } => ec2::metadata(instance_id, to),
            Self::InstanceProfile { instance_id } => ec2::profile(instance_id, from, to),
            Self::InstanceSnapshots { instance_id, run } => ec2::snapshots(instance_id, run, from, to),
            Self::InstanceStandby { instance_id, group } => ec2::standby(instance_id, group, from, to),
            Self::InstanceState { instance_id } => ec2::state(instance_id, to),
            Self::NetworkInterfaceGroups {
                network_interface,
                through,
            } => ec2::groups(network_interface, through.as_ref(), from, to),
            Self::SecurityGroupRules { group_id } => network::rules(group_id, from, to),
            Self::ServiceDeployment { cluster, service } => ecs::deployment(cluster, service, from, to),
            Self::ServiceDesiredCount { cluster, service } => ecs::desired_count(cluster, service, to),
            Self::ScalingMinimum { cluster, service } => ecs::scaling_minimum(cluster, service, to),
            Self::ScalingSuspension { cluster, service } => ecs::scaling_suspension(cluster, service, to),
            Self::TaskProtection { cluster, .. } => ecs::unprotect(cluster, from, to),
            Self::ServiceTasks { cluster, .. } => ecs::stop(cluster, from, to),
            Self::FunctionConcurrency { function } => lambda::concurrency(function, to),
            Self::FunctionEventSources { .. } => lambda::sources(from, to),
            Self::FunctionProvisionedConcurrency { function } => lambda::provisioned(function, from, to),
            Self::FunctionUrls { function } => lambda::urls(function, from, to),
            Self::UserAccessKeys { user } => iam_user::access_keys(user, from, to),
            Self::UserInlinePolicy { user, policy_name } => iam_user::inline_policy(user, policy_name, to),
            Self::UserPolicyAttachment { user, policy_arn } => iam_user::attachment(user, policy_arn, to),
        }
    }
}
