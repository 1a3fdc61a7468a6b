//! What setting a cell does, in the words of a plan.

use super::{Cell, ec2, ecs, iam, iam_user, lambda, network, s3};
use serde_json::Value;

/// One security group or several, by their ids.
pub(super) fn groups(ids: &[String]) -> String {
    let noun = if ids.len() == 1 { "group" } else { "groups" };
    format!("security {noun} {}", ids.join(", "))
}

impl Cell {
    /// What setting the value does, in a sentence for people.
    pub fn sentence(&self, to: &Value) -> String {
        match self {
            Self::BucketPolicyStatement { bucket, sid } => s3::policy_statement_sentence(bucket, sid, to),
            Self::BucketPublicAccessBlock { bucket } => s3::public_access_block_sentence(bucket, to),
            Self::RolePolicyAttachment { role, policy_arn } => iam::attachment_sentence(role, policy_arn, to),
            Self::RoleInlinePolicy { role, policy_name } => iam::inline_policy_sentence(role, policy_name, to),
            Self::RoleTrustPolicy { role } => format!("Set the trust policy of role {role}"),
            Self::TargetRegistrations {
                target_group_arn,
                service,
                ..
            } => network::registrations_sentence(target_group_arn, service, to),
            Self::InstanceAttribute { instance_id, attribute } => ec2::attribute_sentence(instance_id, *attribute, to),
            Self::InstanceMetadata { instance_id } => ec2::metadata_sentence(instance_id, to),
            Self::InstanceProfile { instance_id } => ec2::profile_sentence(instance_id, to),
            Self::InstanceSnapshots { instance_id, .. } => {
                format!("Snapshot every EBS volume of instance {instance_id}")
            }
            Self::InstanceStandby { instance_id, group } => ec2::standby_sentence(instance_id, group, to),
            Self::InstanceState { instance_id } => ec2::state_sentence(instance_id, to),
            Self::NetworkInterfaceGroups {
                network_interface,
                through,
            } => ec2::groups_sentence(network_interface, through.as_ref(), to),
            Self::SecurityGroupRules { group_id } => network::rules_sentence(group_id, to),
            Self::ServiceDeployment { service, .. } => ecs::deployment_sentence(service, to),
            Self::ServiceDesiredCount { service, .. } => format!("Set the desired count of service {service} to {to}"),
            Self::ScalingMinimum { service, .. } => ecs::scaling_minimum_sentence(service, to),
            Self::ScalingSuspension { service, .. } => ecs::scaling_suspension_sentence(service, to),
            Self::TaskProtection { service, .. } => {
                format!("Clear the scale-in protection of the tasks of service {service}")
            }
            Self::ServiceTasks { service, .. } => format!("Stop the tasks of service {service} that still run"),
            Self::FunctionConcurrency { function } => lambda::concurrency_sentence(function, to),
            Self::FunctionEventSources { function } => lambda::sources_sentence(function, to),
            Self::FunctionProvisionedConcurrency { function } => lambda::provisioned_sentence(function, to),
            Self::FunctionUrls { function } => lambda::urls_sentence(function, to),
            Self::UserAccessKeys { user } => iam_user::keys_sentence(user, to),
            Self::UserInlinePolicy { user, policy_name } => iam_user::inline_policy_sentence(user, policy_name, to),
            Self::UserPolicyAttachment { user, policy_arn } => iam_user::attachment_sentence(user, policy_arn, to),
        }
    }
}
