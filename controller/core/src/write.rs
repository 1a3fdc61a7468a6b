//! The closed list of AWS writes, each with what the engine, the permissions and the auditors must know about it.

use crate::{
    access::{RoleKind, Service},
    facts::{Deployment, InstanceAttribute, Metadata, Network, PublicAccessBlock, SecurityGroupRule, Suspension},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One AWS call that changes something. Document fields are JSON, written as their compact text.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum Write {
    /// ec2:AssociateIamInstanceProfile, which needs iam:PassRole for the profile's role
    AssociateIamInstanceProfile { instance_id: String, profile_arn: String },
    /// iam:AttachRolePolicy
    AttachRolePolicy { role: String, policy_arn: String },
    /// iam:AttachUserPolicy
    AttachUserPolicy { user: String, policy_arn: String },
    /// elasticloadbalancing:RegisterTargets
    RegisterTargets {
        target_group_arn: String,
        targets: Vec<TargetId>,
    },
    /// ec2:AuthorizeSecurityGroupIngress or Egress
    AuthorizeSecurityGroupRules {
        group_id: String,
        egress: bool,
        rules: Vec<SecurityGroupRule>,
    },
    /// ecs:UpdateTaskProtection, protection off
    ClearTaskProtection { cluster: String, tasks: Vec<String> },
    /// ec2:CreateSnapshots of every EBS volume that is attached to the instance, tagged with the run (ec2:CreateTags)
    CreateSnapshots { instance_id: String, run: String },
    /// s3:PutBucketPolicy without the statement with the Sid, or s3:DeleteBucketPolicy where none is left; the policy is read
    /// again for it
    DeleteBucketPolicyStatement { bucket: String, sid: String },
    /// s3:DeletePublicAccessBlock
    DeletePublicAccessBlock { bucket: String },
    /// lambda:DeleteFunctionConcurrency
    DeleteFunctionConcurrency { function: String },
    /// lambda:DeleteProvisionedConcurrencyConfig
    DeleteProvisionedConcurrencyConfig { function: String, qualifier: String },
    /// iam:DeleteRolePolicy
    DeleteRolePolicy { role: String, policy_name: String },
    /// iam:DeleteUserPolicy
    DeleteUserPolicy { user: String, policy_name: String },
    /// elasticloadbalancing:DeregisterTargets
    DeregisterTargets {
        target_group_arn: String,
        targets: Vec<TargetId>,
    },
    /// iam:DetachRolePolicy
    DetachRolePolicy { role: String, policy_arn: String },
    /// ec2:DisassociateIamInstanceProfile
    DisassociateIamInstanceProfile { instance_id: String, profile_arn: String },
    /// autoscaling:EnterStandby
    EnterStandby {
        instance_id: String,
        group: String,
        decrement: bool,
    },
    /// autoscaling:ExitStandby
    ExitStandby { instance_id: String, group: String },
    /// ec2:ModifyInstanceAttribute with one attribute
    ModifyInstanceAttribute {
        instance_id: String,
        attribute: InstanceAttribute,
        value: Value,
    },
    /// ec2:ModifyInstanceMetadataOptions
    ModifyInstanceMetadataOptions { instance_id: String, options: Metadata },
    /// ec2:ModifyNetworkInterfaceAttribute with Groups; `rehearse` is asked for as a DryRun first, because it is what will
    /// be set next, and these groups must not stay
    ModifyNetworkInterfaceGroups {
        network_interface: String,
        groups: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rehearse: Option<Vec<String>>,
    },
    /// s3:PutBucketPolicy with the statement in the place of the one with its Sid, or behind the others; the policy is read
    /// again for it
    PutBucketPolicyStatement {
        bucket: String,
        sid: String,
        statement: Value,
    },
    /// s3:PutPublicAccessBlock
    PutPublicAccessBlock { bucket: String, block: PublicAccessBlock },
    /// iam:DetachUserPolicy
    DetachUserPolicy { user: String, policy_arn: String },
    /// lambda:PutFunctionConcurrency
    PutFunctionConcurrency { function: String, reserved: i32 },
    /// lambda:PutProvisionedConcurrencyConfig
    PutProvisionedConcurrencyConfig {
        function: String,
        qualifier: String,
        executions: i32,
    },
    /// iam:PutRolePolicy
    PutRolePolicy {
        role: String,
        policy_name: String,
        document: Value,
    },
    /// iam:PutUserPolicy
    PutUserPolicy {
        user: String,
        policy_name: String,
        document: Value,
    },
    /// application-autoscaling:RegisterScalableTarget; what is left out stays as it is (API reference)
    RegisterScalableTarget {
        cluster: String,
        service: String,
        min: Option<i32>,
        suspended: Option<Suspension>,
    },
    /// ec2:RevokeSecurityGroupIngress or Egress
    RevokeSecurityGroupRules {
        group_id: String,
        egress: bool,
        rules: Vec<SecurityGroupRule>,
    },
    /// ec2:StartInstances
    StartInstances { instance_id: String },
    /// ec2:StopInstances
    StopInstances { instance_id: String },
    /// ecs:StopTask
    StopTask { cluster: String, task: String },
    /// iam:UpdateAccessKey, to Active or Inactive; always with the user's name, since without it AWS takes the caller's own
    /// (IAM API reference, UpdateAccessKey).
    UpdateAccessKey {
        user: String,
        access_key_id: String,
        active: bool,
    },
    /// iam:UpdateAssumeRolePolicy
    UpdateAssumeRolePolicy { role: String, document: Value },
    /// lambda:UpdateEventSourceMapping, enabled or not and nothing else
    UpdateEventSourceMapping { uuid: String, enabled: bool },
    /// lambda:UpdateFunctionUrlConfig, the AuthType and nothing else; without a qualifier it is the function's own URL
    UpdateFunctionUrlConfig {
        function: String,
        qualifier: Option<String>,
        auth_type: String,
    },
    /// ecs:UpdateService with networkConfiguration and deploymentConfiguration
    UpdateServiceDeployment {
        cluster: String,
        service: String,
        network: Network,
        deployment: Deployment,
        #[serde(default)]
        parts: DeploymentParts,
    },
    /// ecs:UpdateService with desiredCount
    UpdateServiceDesiredCount {
        cluster: String,
        service: String,
        desired_count: i32,
    },
}

/// Which optional parts of a deployment configuration are sent: one that is off before and after stays out of the request,
/// so that AWS does not record a part that was never there.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentParts {
    /// The deployment circuit breaker.
    pub circuit_breaker: bool,
    /// The deployment alarms.
    pub alarms: bool,
    /// Availability Zone rebalancing.
    #[serde(default)]
    pub rebalancing: bool,
}

/// A target in a target group.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetId {
    /// The task's private IP.
    pub id: String,
    /// Port, 1 to 65535.
    pub port: i32,
}

/// What AWS promises when a call is made twice.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotence {
    /// Making it twice is making it once.
    Idempotent,
    /// The second call fails with an error that means "already done".
    Conditional,
    /// The second call has an effect of its own; after a crash it may happen twice.
    AtLeastOnce,
}

impl Write {
    /// The IAM action that allows it.
    pub fn permission(&self) -> &'static str {
        match self {
            Self::AssociateIamInstanceProfile { .. } => "ec2:AssociateIamInstanceProfile",
            Self::AttachRolePolicy { .. } => "iam:AttachRolePolicy",
            Self::AttachUserPolicy { .. } => "iam:AttachUserPolicy",
            Self::RegisterTargets { .. } => "elasticloadbalancing:RegisterTargets",
            Self::AuthorizeSecurityGroupRules { egress: false, .. } => "ec2:AuthorizeSecurityGroupIngress",
            Self::AuthorizeSecurityGroupRules { egress: true, .. } => "ec2:AuthorizeSecurityGroupEgress",
            Self::ClearTaskProtection { .. } => "ecs:UpdateTaskProtection",
            Self::CreateSnapshots { .. } => "ec2:CreateSnapshots",
            Self::DeleteBucketPolicyStatement { .. } | Self::PutBucketPolicyStatement { .. } => "s3:PutBucketPolicy",
            Self::DeletePublicAccessBlock { .. } | Self::PutPublicAccessBlock { .. } => "s3:PutBucketPublicAccessBlock",
            Self::DeleteFunctionConcurrency { .. } => "lambda:DeleteFunctionConcurrency",
            Self::DeleteProvisionedConcurrencyConfig { .. } => "lambda:DeleteProvisionedConcurrencyConfig",
            Self::DeleteRolePolicy { .. } => "iam:DeleteRolePolicy",
            Self::DeleteUserPolicy { .. } => "iam:DeleteUserPolicy",
            Self::DeregisterTargets { .. } => "elasticloadbalancing:DeregisterTargets",
            Self::DetachRolePolicy { .. } => "iam:DetachRolePolicy",
            Self::DisassociateIamInstanceProfile { .. } => "ec2:DisassociateIamInstanceProfile",
            Self::EnterStandby { .. } => "autoscaling:EnterStandby",
            Self::ExitStandby { .. } => "autoscaling:ExitStandby",
            Self::ModifyInstanceAttribute { .. } => "ec2:ModifyInstanceAttribute",
            Self::ModifyInstanceMetadataOptions { .. } => "ec2:ModifyInstanceMetadataOptions",
            Self::ModifyNetworkInterfaceGroups { .. } => "ec2:ModifyNetworkInterfaceAttribute",
            Self::DetachUserPolicy { .. } => "iam:DetachUserPolicy",
            Self::PutFunctionConcurrency { .. } => "lambda:PutFunctionConcurrency",
            Self::PutProvisionedConcurrencyConfig { .. } => "lambda:PutProvisionedConcurrencyConfig",
            Self::PutRolePolicy { .. } => "iam:PutRolePolicy",
            Self::PutUserPolicy { .. } => "iam:PutUserPolicy",
            Self::RegisterScalableTarget { .. } => "application-autoscaling:RegisterScalableTarget",
            Self::RevokeSecurityGroupRules { egress: false, .. } => "ec2:RevokeSecurityGroupIngress",
            Self::RevokeSecurityGroupRules { egress: true, .. } => "ec2:RevokeSecurityGroupEgress",
            Self::StartInstances { .. } => "ec2:StartInstances",
            Self::StopInstances { .. } => "ec2:StopInstances",
            Self::StopTask { .. } => "ecs:StopTask",
            Self::UpdateAccessKey { .. } => "iam:UpdateAccessKey",
            Self::UpdateAssumeRolePolicy { .. } => "iam:UpdateAssumeRolePolicy",
            Self::UpdateEventSourceMapping { .. } => "lambda:UpdateEventSourceMapping",
            Self::UpdateFunctionUrlConfig { .. } => "lambda:UpdateFunctionUrlConfig",
            Self::UpdateServiceDeployment { .. } | Self::UpdateServiceDesiredCount { .. } => "ecs:UpdateService",
        }
    }

    /// Further IAM actions that it may need:
    /// - S3 takes no policy without statements, so that the last one goes with the policy.
    /// - EC2 authorizes the tags of what is made apart (EC2 user guide, "Grant permission to tag resources during creation").
    /// - An instance gets no role that its caller may not pass on (EC2 API reference, AssociateIamInstanceProfile).
    /// - Application Auto Scaling tries, as its caller, the calls that scaling will make (its user guide, "Permissions
    ///   validation" and "Permissions required for actions on target services and CloudWatch").
    pub fn further_permissions(&self) -> &'static [&'static str] {
        match self {
            Self::AssociateIamInstanceProfile { .. } => &["iam:PassRole"],
            Self::AuthorizeSecurityGroupRules { rules, .. } if rules.iter().any(|rule| !rule.tags.is_empty()) => {
                &["ec2:CreateTags"]
            }
            Self::CreateSnapshots { .. } => &["ec2:CreateTags"],
            Self::DeleteBucketPolicyStatement { .. } => &["s3:DeleteBucketPolicy"],
            Self::RegisterScalableTarget { .. } => &[
                "ecs:DescribeServices",
                "ecs:UpdateService",
                "cloudwatch:DeleteAlarms",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:PutMetricAlarm",
            ],
            _ => &[],
        }
    }

    /// The AWS service whose budget it draws on.
    pub fn service(&self) -> Service {
        match self {
            Self::AttachRolePolicy { .. }
            | Self::AttachUserPolicy { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DeleteUserPolicy { .. }
            | Self::DetachRolePolicy { .. }
            | Self::DetachUserPolicy { .. }
            | Self::PutRolePolicy { .. }
            | Self::PutUserPolicy { .. }
            | Self::UpdateAccessKey { .. }
            | Self::UpdateAssumeRolePolicy { .. } => Service::Iam,
            Self::DeleteBucketPolicyStatement { .. }
            | Self::DeletePublicAccessBlock { .. }
            | Self::PutBucketPolicyStatement { .. }
            | Self::PutPublicAccessBlock { .. } => Service::S3,
            Self::DeleteFunctionConcurrency { .. }
            | Self::DeleteProvisionedConcurrencyConfig { .. }
            | Self::PutFunctionConcurrency { .. }
            | Self::PutProvisionedConcurrencyConfig { .. }
            | Self::UpdateEventSourceMapping { .. }
            | Self::UpdateFunctionUrlConfig { .. } => Service::Lambda,
            Self::RegisterTargets { .. } | Self::DeregisterTargets { .. } => Service::Elbv2,
            Self::AssociateIamInstanceProfile { .. }
            | Self::AuthorizeSecurityGroupRules { .. }
            | Self::CreateSnapshots { .. }
            | Self::DisassociateIamInstanceProfile { .. }
            | Self::ModifyInstanceAttribute { .. }
            | Self::ModifyInstanceMetadataOptions { .. }
            | Self::ModifyNetworkInterfaceGroups { .. }
            | Self::RevokeSecurityGroupRules { .. }
            | Self::StartInstances { .. }
            | Self::StopInstances { .. } => Service::Ec2,
            Self::EnterStandby { .. } | Self::ExitStandby { .. } => Service::AutoScaling,
            Self::RegisterScalableTarget { .. } => Service::ApplicationAutoScaling,
            Self::ClearTaskProtection { .. }
            | Self::StopTask { .. }
            | Self::UpdateServiceDeployment { .. }
            | Self::UpdateServiceDesiredCount { .. } => Service::Ecs,
        }
    }

    /// What AWS promises when it is made twice (docs/targets.md names the sources).
    pub fn idempotence(&self) -> Idempotence {
        match self {
            Self::CreateSnapshots { .. } => Idempotence::AtLeastOnce,
            Self::AssociateIamInstanceProfile { .. }
            | Self::AuthorizeSecurityGroupRules { .. }
            | Self::DisassociateIamInstanceProfile { .. }
            | Self::EnterStandby { .. }
            | Self::ExitStandby { .. }
            | Self::RevokeSecurityGroupRules { .. }
            | Self::DeleteProvisionedConcurrencyConfig { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DeleteUserPolicy { .. }
            | Self::DetachRolePolicy { .. }
            | Self::DetachUserPolicy { .. } => Idempotence::Conditional,
            Self::AttachRolePolicy { .. }
            | Self::AttachUserPolicy { .. }
            | Self::ClearTaskProtection { .. }
            | Self::DeleteBucketPolicyStatement { .. }
            | Self::DeleteFunctionConcurrency { .. }
            | Self::DeletePublicAccessBlock { .. }
            | Self::DeregisterTargets { .. }
            | Self::ModifyInstanceAttribute { .. }
            | Self::ModifyInstanceMetadataOptions { .. }
            | Self::ModifyNetworkInterfaceGroups { .. }
            | Self::PutBucketPolicyStatement { .. }
            | Self::PutFunctionConcurrency { .. }
            | Self::PutProvisionedConcurrencyConfig { .. }
            | Self::PutPublicAccessBlock { .. }
            | Self::PutRolePolicy { .. }
            | Self::PutUserPolicy { .. }
            | Self::RegisterScalableTarget { .. }
            | Self::RegisterTargets { .. }
            | Self::StartInstances { .. }
            | Self::StopInstances { .. }
            | Self::StopTask { .. }
            | Self::UpdateAccessKey { .. }
            | Self::UpdateAssumeRolePolicy { .. }
            | Self::UpdateEventSourceMapping { .. }
            | Self::UpdateFunctionUrlConfig { .. }
            | Self::UpdateServiceDeployment { .. }
            | Self::UpdateServiceDesiredCount { .. } => Idempotence::Idempotent,
        }
    }

    /// Whether it makes a workload start again, or stores something: what data residency is about.
    pub fn places_data(&self) -> bool {
        match self {
            Self::CreateSnapshots { .. } | Self::UpdateServiceDeployment { .. } => true,
            Self::EnterStandby { decrement, .. } => !decrement,
            Self::AssociateIamInstanceProfile { .. }
            | Self::AttachRolePolicy { .. }
            | Self::AttachUserPolicy { .. }
            | Self::AuthorizeSecurityGroupRules { .. }
            | Self::ClearTaskProtection { .. }
            | Self::DeleteBucketPolicyStatement { .. }
            | Self::DeleteFunctionConcurrency { .. }
            | Self::DeleteProvisionedConcurrencyConfig { .. }
            | Self::DeletePublicAccessBlock { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DeleteUserPolicy { .. }
            | Self::DeregisterTargets { .. }
            | Self::DetachRolePolicy { .. }
            | Self::DetachUserPolicy { .. }
            | Self::DisassociateIamInstanceProfile { .. }
            | Self::ExitStandby { .. }
            | Self::ModifyInstanceAttribute { .. }
            | Self::ModifyInstanceMetadataOptions { .. }
            | Self::ModifyNetworkInterfaceGroups { .. }
            | Self::PutBucketPolicyStatement { .. }
            | Self::PutFunctionConcurrency { .. }
            | Self::PutProvisionedConcurrencyConfig { .. }
            | Self::PutPublicAccessBlock { .. }
            | Self::PutRolePolicy { .. }
            | Self::PutUserPolicy { .. }
            | Self::RegisterScalableTarget { .. }
            | Self::RegisterTargets { .. }
            | Self::RevokeSecurityGroupRules { .. }
            | Self::StartInstances { .. }
            | Self::StopInstances { .. }
            | Self::StopTask { .. }
            | Self::UpdateAccessKey { .. }
            | Self::UpdateAssumeRolePolicy { .. }
            | Self::UpdateEventSourceMapping { .. }
            | Self::UpdateFunctionUrlConfig { .. }
            | Self::UpdateServiceDesiredCount { .. } => false,
        }
    }

    /// Which of the account's roles makes it: writing policies and activating keys are powers of their own.
    pub fn role(&self) -> RoleKind {
        match self {
            Self::DeleteBucketPolicyStatement { .. }
            | Self::PutBucketPolicyStatement { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DeleteUserPolicy { .. }
            | Self::PutRolePolicy { .. }
            | Self::PutUserPolicy { .. }
            | Self::UpdateAccessKey { .. }
            | Self::UpdateAssumeRolePolicy { .. } => RoleKind::ContainIdentity,
            Self::AssociateIamInstanceProfile { .. }
            | Self::AttachRolePolicy { .. }
            | Self::AttachUserPolicy { .. }
            | Self::AuthorizeSecurityGroupRules { .. }
            | Self::ClearTaskProtection { .. }
            | Self::CreateSnapshots { .. }
            | Self::DeleteFunctionConcurrency { .. }
            | Self::DeleteProvisionedConcurrencyConfig { .. }
            | Self::DeletePublicAccessBlock { .. }
            | Self::DeregisterTargets { .. }
            | Self::DetachRolePolicy { .. }
            | Self::DetachUserPolicy { .. }
            | Self::DisassociateIamInstanceProfile { .. }
            | Self::EnterStandby { .. }
            | Self::ExitStandby { .. }
            | Self::ModifyInstanceAttribute { .. }
            | Self::ModifyInstanceMetadataOptions { .. }
            | Self::ModifyNetworkInterfaceGroups { .. }
            | Self::PutFunctionConcurrency { .. }
            | Self::PutProvisionedConcurrencyConfig { .. }
            | Self::PutPublicAccessBlock { .. }
            | Self::RegisterScalableTarget { .. }
            | Self::RegisterTargets { .. }
            | Self::RevokeSecurityGroupRules { .. }
            | Self::StartInstances { .. }
            | Self::StopInstances { .. }
            | Self::StopTask { .. }
            | Self::UpdateEventSourceMapping { .. }
            | Self::UpdateFunctionUrlConfig { .. }
            | Self::UpdateServiceDeployment { .. }
            | Self::UpdateServiceDesiredCount { .. } => RoleKind::Contain,
        }
    }
}
