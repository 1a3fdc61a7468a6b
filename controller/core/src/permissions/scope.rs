//! On what each action is allowed, and under which condition. The resource types are those of AWS's Service Authorization
//! Reference, which e2e/tests/test_permissions.py compares; an action without a type there is allowed on everything.

use super::policy::Condition;

/// One statement of a policy: actions that are allowed on the same resources.
pub(super) struct Scope {
    pub(super) sid: &'static str,
    pub(super) actions: &'static [&'static str],
    pub(super) resources: &'static [&'static str],
    pub(super) condition: Option<Condition>,
}

const fn on(sid: &'static str, resources: &'static [&'static str], actions: &'static [&'static str]) -> Scope {
    Scope {
        sid,
        actions,
        resources,
        condition: None,
    }
}

impl Scope {
    const fn only(self, test: &'static str, key: &'static str, values: &'static [&'static str]) -> Self {
        let condition = Some(Condition { test, key, values });
        Self { condition, ..self }
    }
}

const ALL: &str = "*";
const AUTO_SCALING_GROUP: &str = "arn:${Partition}:autoscaling:*:${Account}:autoScalingGroup:*";
const BUCKET: &str = "arn:${Partition}:s3:::${TargetBuckets}";
pub(super) const DENY_POLICY: &str = "arn:${Partition}:iam::${Account}:policy/${DenyPolicyName}";
const EVIDENCE_BUCKET: &str = "arn:${Partition}:s3:::${EvidenceBucket}";
const EVIDENCE: &str = "arn:${Partition}:s3:::${EvidenceBucket}/*";
const EVENT_SOURCE_MAPPING: &str = "arn:${Partition}:lambda:*:${Account}:event-source-mapping:*";
const FUNCTION: &str = "arn:${Partition}:lambda:*:${Account}:function:${TargetFunctions}";
/// Its aliases and versions.
const FUNCTION_ALIAS: &str = "arn:${Partition}:lambda:*:${Account}:function:${TargetFunctions}:*";
const INSTANCE: &str = "arn:${Partition}:ec2:*:${Account}:instance/*";
const INSTANCE_PROFILE: &str = "arn:${Partition}:iam::${Account}:instance-profile/*";
const INSTANCE_ROLE: &str = "arn:${Partition}:iam::${Account}:role/${InstanceRoles}";
const LICENSE_CONFIGURATION: &str = "arn:${Partition}:license-manager:*:${Account}:license-configuration:*";
const NETWORK_INTERFACE: &str = "arn:${Partition}:ec2:*:${Account}:network-interface/*";
const POLICY: &str = "arn:${Partition}:iam::${Account}:policy/*";
const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${TargetRoles}";
const SCALABLE_TARGET: &str = "arn:${Partition}:application-autoscaling:*:${Account}:scalable-target/*";
const SECURITY_GROUP: &str = "arn:${Partition}:ec2:*:${Account}:security-group/*";
const SECURITY_GROUP_RULE: &str = "arn:${Partition}:ec2:*:${Account}:security-group-rule/*";
const SERVICE: &str = "arn:${Partition}:ecs:*:${Account}:service/*";
/// A snapshot's ARN has no account.
const SNAPSHOT: &str = "arn:${Partition}:ec2:*::snapshot/*";
const SUBNET: &str = "arn:${Partition}:ec2:*:${Account}:subnet/*";
const TARGET_GROUP: &str = "arn:${Partition}:elasticloadbalancing:*:${Account}:targetgroup/*";
const TASK: &str = "arn:${Partition}:ecs:*:${Account}:task/*";
const USER: &str = "arn:${Partition}:iam::${Account}:user/${TargetUsers}";
const VOLUME: &str = "arn:${Partition}:ec2:*:${Account}:volume/*";

/// What EC2 is called where a role is passed to it, in each partition: there by its domain.
const EC2: [&str; 7] = [
    "ec2.amazonaws.com",
    "ec2.amazonaws.com.cn",
    "ec2.amazonaws.eu",
    "ec2.c2s.ic.gov",
    "ec2.cloud.adc-e.uk",
    "ec2.csp.hci.ic.gov",
    "ec2.sc2s.sgov.gov",
];

/// Every action that Firebreak needs, in one of them each. The words of the table are AWS's.
#[rustfmt::skip]
pub(super) const SCOPES: [Scope; 27] = [
    // AWS asks for no resource here, also for ListTasks by service; Application Auto Scaling tries the alarms without a name.
    on("Lists", &[ALL], &[
        "application-autoscaling:DescribeScalableTargets", "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances", "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances",
        "ec2:DescribeManagedPrefixLists", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots", "ec2:DescribeTrunkInterfaceAssociations",
        "ecs:DescribeTaskDefinition",
        "ecs:ListClusters", "ecs:ListServices", "ecs:ListTasks", "elasticloadbalancing:DescribeTargetHealth",
        "lambda:ListEventSourceMappings", "lambda:ListFunctions",
    ]),
    // Apart, since who gives the read role only some roles to read may want to leave it out.
    on("Survey", &[ALL], &["iam:GetAccountAuthorizationDetails"]),
    on("ScalingAlarms", &[ALL], &["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]),
    on("Buckets", &[BUCKET], &[
        "s3:DeleteBucketPolicy", "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
    ]),
    on("AutoScalingGroups", &[AUTO_SCALING_GROUP], &["autoscaling:EnterStandby", "autoscaling:ExitStandby"]),
    on("Evidence", &[EVIDENCE], &["s3:GetObject", "s3:PutObject"]),
    on("EvidenceBucket", &[EVIDENCE_BUCKET], &["s3:GetBucketObjectLockConfiguration"]),
    on("EventSourceMappings", &[EVENT_SOURCE_MAPPING], &["lambda:UpdateEventSourceMapping"]),
    on("Functions", &[FUNCTION, FUNCTION_ALIAS], &[
        "lambda:DeleteFunctionConcurrency", "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "lambda:ListFunctionUrlConfigs",
        "lambda:ListProvisionedConcurrencyConfigs", "lambda:ListTags", "lambda:ListVersionsByFunction",
        "lambda:PutFunctionConcurrency", "lambda:PutProvisionedConcurrencyConfig", "lambda:UpdateFunctionUrlConfig",
    ]),
    on("InstanceProfiles", &[INSTANCE_PROFILE], &["iam:GetInstanceProfile"]),
    on("InstanceRoles", &[INSTANCE_ROLE], &["iam:PassRole"])
        .only("StringEquals", "iam:PassedToService", &EC2),
    on("Instances", &[INSTANCE], &[
        "ec2:AssociateIamInstanceProfile", "ec2:DescribeInstanceAttribute", "ec2:DisassociateIamInstanceProfile",
        "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:StopInstances",
    ]),
    // The licences that an instance was launched with are asked for when it starts again.
    on("InstanceStarts", &[INSTANCE, LICENSE_CONFIGURATION], &["ec2:StartInstances"]),
    // AWS asks for the interface, each security group, and the instance and subnet that the interface is at.
    on("NetworkInterfaces", &[NETWORK_INTERFACE, SECURITY_GROUP, INSTANCE, SUBNET], &[
        "ec2:ModifyNetworkInterfaceAttribute",
    ]),
    on("Policies", &[POLICY], &["iam:GetPolicy", "iam:GetPolicyVersion"]),
    on("Roles", &[ROLE], &[
        "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy",
    ]),
    // Anyone who may attach any policy is an administrator: only the one that denies everything.
    on("DenyRoles", &[ROLE], &["iam:AttachRolePolicy", "iam:DetachRolePolicy"])
        .only("ArnEquals", "iam:PolicyARN", &[DENY_POLICY]),
    on("DenyUsers", &[USER], &["iam:AttachUserPolicy", "iam:DetachUserPolicy"])
        .only("ArnEquals", "iam:PolicyARN", &[DENY_POLICY]),
    on("ScalableTargets", &[SCALABLE_TARGET], &["application-autoscaling:RegisterScalableTarget"])
        .only("StringEquals", "application-autoscaling:service-namespace", &["ecs"]),
    on("SecurityGroups", &[SECURITY_GROUP], &["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]),
    on("SecurityGroupRules", &[SECURITY_GROUP, SECURITY_GROUP_RULE], &[
        "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress",
    ]),
    on("Snapshots", &[INSTANCE, SNAPSHOT, VOLUME], &["ec2:CreateSnapshots"]),
    // Only the tags of what one of these calls makes: nothing that exists is tagged.
    on("Tags", &[SECURITY_GROUP_RULE, SNAPSHOT], &["ec2:CreateTags"]).only("StringEquals", "ec2:CreateAction", &[
        "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateSnapshots",
    ]),
    on("Services", &[SERVICE], &["ecs:DescribeServices", "ecs:UpdateService"]),
    on("TargetGroups", &[TARGET_GROUP], &[
        "elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets",
    ]),
    on("Tasks", &[TASK], &[
        "ecs:DescribeTasks", "ecs:GetTaskProtection", "ecs:StopTask", "ecs:UpdateTaskProtection",
    ]),
    on("Users", &[USER], &[
        "iam:DeleteUserPolicy", "iam:GetAccessKeyLastUsed", "iam:GetLoginProfile", "iam:GetUser", "iam:GetUserPolicy",
        "iam:ListAccessKeys", "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser", "iam:ListMFADevices",
        "iam:ListSSHPublicKeys", "iam:ListServiceSpecificCredentials", "iam:ListSigningCertificates",
        "iam:PutUserPolicy", "iam:UpdateAccessKey",
    ]),
];
