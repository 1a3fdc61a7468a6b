//! What a cell is of: the resource and the field group, which name its Hold.

use super::Cell;

impl Cell {
    /// Whether the state is the same from every region (IAM).
    pub fn is_global(&self) -> bool {
        matches!(
            self,
            Self::RolePolicyAttachment { .. }
                | Self::RoleInlinePolicy { .. }
                | Self::RoleTrustPolicy { .. }
                | Self::UserAccessKeys { .. }
                | Self::UserInlinePolicy { .. }
                | Self::UserPolicyAttachment { .. }
        )
    }

    /// ARN of the resource that it belongs to. Names of IAM roles and users are unique in an account whatever their path, so
    /// their path is left out: the same thing has one key, even if somebody moves it.
    pub fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        match self {
            Self::BucketPolicyStatement { bucket, .. } | Self::BucketPublicAccessBlock { bucket } => {
                format!("arn:{partition}:s3:::{bucket}")
            }
            Self::RolePolicyAttachment { role, .. }
            | Self::RoleInlinePolicy { role, .. }
            | Self::RoleTrustPolicy { role } => format!("arn:{partition}:iam::{account_id}:role/{role}"),
            Self::TargetRegistrations { target_group_arn, .. } => target_group_arn.clone(),
            Self::SecurityGroupRules { group_id } => {
                format!("arn:{partition}:ec2:{region}:{account_id}:security-group/{group_id}")
            }
            Self::InstanceAttribute { instance_id, .. }
            | Self::InstanceMetadata { instance_id }
            | Self::InstanceProfile { instance_id }
            | Self::InstanceSnapshots { instance_id, .. }
            | Self::InstanceStandby { instance_id, .. }
            | Self::InstanceState { instance_id } => {
                format!("arn:{partition}:ec2:{region}:{account_id}:instance/{instance_id}")
            }
            Self::NetworkInterfaceGroups { network_interface, .. } => {
                format!("arn:{partition}:ec2:{region}:{account_id}:network-interface/{network_interface}")
            }
            Self::ServiceDeployment { cluster, service }
            | Self::ServiceDesiredCount { cluster, service }
            | Self::ScalingMinimum { cluster, service }
            | Self::ScalingSuspension { cluster, service }
            | Self::TaskProtection { cluster, service }
            | Self::ServiceTasks { cluster, service } => {
                format!("arn:{partition}:ecs:{region}:{account_id}:service/{cluster}/{service}")
            }
            Self::FunctionConcurrency { function }
            | Self::FunctionEventSources { function }
            | Self::FunctionProvisionedConcurrency { function }
            | Self::FunctionUrls { function } => {
                format!("arn:{partition}:lambda:{region}:{account_id}:function:{function}")
            }
            Self::UserAccessKeys { user }
            | Self::UserInlinePolicy { user, .. }
            | Self::UserPolicyAttachment { user, .. } => format!("arn:{partition}:iam::{account_id}:user/{user}"),
        }
    }

    /// The field group within the resource.
    pub fn field(&self) -> String {
        match self {
            Self::BucketPolicyStatement { sid, .. } => format!("PolicyStatement/{sid}"),
            Self::BucketPublicAccessBlock { .. } => "PublicAccessBlock".into(),
            Self::RolePolicyAttachment { policy_arn, .. } => format!("PolicyAttachment/{policy_arn}"),
            Self::RoleInlinePolicy { policy_name, .. } => format!("InlinePolicy/{policy_name}"),
            Self::RoleTrustPolicy { .. } => "TrustPolicy".into(),
            Self::TargetRegistrations { cluster, service, .. } => format!("Targets/{cluster}/{service}"),
            Self::InstanceAttribute { attribute, .. } => attribute.name().into(),
            Self::InstanceMetadata { .. } => "MetadataOptions".into(),
            Self::InstanceProfile { .. } => "InstanceProfile".into(),
            Self::InstanceSnapshots { .. } => "Snapshots".into(),
            Self::InstanceStandby { group, .. } => format!("Standby/{group}"),
            Self::InstanceState { .. } => "State".into(),
            Self::NetworkInterfaceGroups { .. } => "Groups".into(),
            Self::SecurityGroupRules { .. } => "Rules".into(),
            Self::ServiceDeployment { .. } => "Deployment".into(),
            Self::ServiceDesiredCount { .. } => "DesiredCount".into(),
            Self::ScalingMinimum { .. } => "ScalingMinimum".into(),
            Self::ScalingSuspension { .. } => "ScalingSuspension".into(),
            Self::TaskProtection { .. } => "TaskProtection".into(),
            Self::ServiceTasks { .. } => "Tasks".into(),
            Self::FunctionConcurrency { .. } => "Concurrency".into(),
            Self::FunctionEventSources { .. } => "EventSources".into(),
            Self::FunctionProvisionedConcurrency { .. } => "ProvisionedConcurrency".into(),
            Self::FunctionUrls { .. } => "Urls".into(),
            Self::UserAccessKeys { .. } => "AccessKeys".into(),
            Self::UserInlinePolicy { policy_name, .. } => format!("InlinePolicy/{policy_name}"),
            Self::UserPolicyAttachment { policy_arn, .. } => format!("PolicyAttachment/{policy_arn}"),
        }
    }
}
