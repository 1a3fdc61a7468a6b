//! The responses that a playbook asks for. What they act on comes out of the finding as a typed value, and never as part of a text.

use crate::{DenyPolicy, Ec2InstanceMethod, EcsMethod, Evidence, Expiry, IamRoleMethod, IamUserMethod, S3BucketMethod};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One response: a Quarantine of each resource of that kind that the finding names.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.iamRole) || self.from in ['Role', 'AccessKeyOwner']")
    .message("iamRole belongs to from: Role or AccessKeyOwner: remove it, or change from"))]
#[x_kube(validation = Rule::new("!has(self.iamUser) || self.from in ['User', 'AccessKeyOwner']")
    .message("iamUser belongs to from: User or AccessKeyOwner: remove it, or change from"))]
#[x_kube(validation = Rule::new("!has(self.ec2Instance) || self.from == 'Instance'")
    .message("ec2Instance belongs to from: Instance: remove it, or change from"))]
#[x_kube(validation = Rule::new("!has(self.ecsService) || self.from == 'EcsService'")
    .message("ecsService belongs to from: EcsService: remove it, or change from"))]
#[x_kube(validation = Rule::new("!has(self.s3Bucket) || self.from == 'Bucket'")
    .message("s3Bucket belongs to from: Bucket: remove it, or change from"))]
#[x_kube(validation = Rule::new("!has(self.dependsOn) || !(self.name in self.dependsOn)")
    .message("dependsOn names the response itself: remove it"))]
#[x_kube(validation = Rule::new("!has(self.expiry) || self.expiry.then != 'Release' || !(self.from in ['Role', 'User', 'AccessKeyOwner'])")
    .message("expiry.then Release is refused for identities: an unattended expiry would reopen the role or user; use Hold"))]
pub struct PlaybookResponse {
    /// Its name within the playbook, such as deny-role.
    #[schemars(length(min = 1, max = 23))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')").message("name has lower-case letters, digits and hyphens, such as deny-role"))]
    pub name: String,
    /// What of the finding is cut off. A finding that names none of that kind leaves the response out.
    pub from: FindingInput,
    /// How an IAM role is cut off. Default: as in a Quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam_role: Option<IamRoleChoice>,
    /// How an IAM user is cut off. Default: as in a Quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iam_user: Option<IamUserChoice>,
    /// How an EC2 instance is cut off. Default: Isolate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec2_instance: Option<Ec2InstanceChoice>,
    /// How an ECS service is cut off. Default: Isolate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs_service: Option<EcsServiceChoice>,
    /// How an S3 bucket is cut off. Default: as in a Quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_bucket: Option<S3BucketChoice>,
    /// How long the containment is meant to last, and what happens then. Default: until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// What is kept of the target before it is cut off, where the AwsAccount names an evidence bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Responses of this playbook that must be Contained before this one is created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 7), inner(length(min = 1, max = 23)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,
}

/// What a finding names.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingInput {
    /// The IAM role whose credentials were used, or with which the instance or function runs.
    Role,
    /// The IAM user whose credentials were used.
    User,
    /// The role or the user whose access key was used.
    AccessKeyOwner,
    /// The EC2 instance.
    Instance,
    /// The Lambda function.
    Function,
    /// The S3 bucket.
    Bucket,
    /// The ECS service of the task.
    EcsService,
}

/// How an IAM role is cut off.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IamRoleChoice {
    /// What to do. Default: DenyAll and RevokeSessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y == x))").message("methods names each method once"))]
    pub methods: Vec<IamRoleMethod>,
    /// How DenyAll denies.
    #[serde(default)]
    pub deny_policy: DenyPolicy,
}

/// How an IAM user is cut off.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IamUserChoice {
    /// What to do. Default: DeactivateKeys and DenyAll.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y == x))").message("methods names each method once"))]
    pub methods: Vec<IamUserMethod>,
    /// How DenyAll denies.
    #[serde(default)]
    pub deny_policy: DenyPolicy,
}

/// How an EC2 instance is cut off. Its isolation group is the one that the AwsAccount's isolationGroups name for its VPC.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Ec2InstanceChoice {
    /// Isolate, or Stop, which is destructive.
    pub method: Ec2InstanceMethod,
}

/// How an ECS service is cut off.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EcsServiceChoice {
    /// Isolate, or ScaleToZero, which is destructive. SwapSecurityGroups is not offered: a finding does not name the VPC.
    #[x_kube(validation = Rule::new("self != 'SwapSecurityGroups'").message("method SwapSecurityGroups needs a group that a finding does not name: use Isolate or ScaleToZero"))]
    pub method: EcsMethod,
}

/// How an S3 bucket is cut off.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct S3BucketChoice {
    /// What to do. Default: BlockPublicAccess and DenyAll.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2))]
    #[x_kube(validation = Rule::new("self.all(x, self.exists_one(y, y == x))").message("methods names each method once"))]
    pub methods: Vec<S3BucketMethod>,
}
