//! Which findings a playbook speaks of, and which it keeps quiet about.

use crate::{Severity, TagMatch};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All that is said here must hold of a finding. A list holds where one of its entries does.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PlaybookMatch {
    /// Patterns of finding types, such as `UnauthorizedAccess:IAMUser/*`; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(min = 1, max = 256), regex(pattern = r"^[A-Za-z0-9*:/._!-]+$"))
    )]
    pub types: Vec<String>,
    /// How bad their product calls them.
    #[serde(default)]
    pub severity: SeverityRange,
    /// What they are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub resources: Vec<FindingResource>,
    /// Names of the AwsAccounts in which they were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 253)))]
    pub accounts: Vec<String>,
    /// The regions in which they were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(regex(pattern = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")))]
    pub regions: Vec<String>,
    /// Tags of what they are about. Anyone who controls the AWS account can set them: they choose between playbooks, and give
    /// no authority.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub tags: Vec<TagMatch>,
}

/// From which severity to which.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SeverityRange {
    /// The least. Absent: Low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Severity>,
    /// The most. Absent: Critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Severity>,
}

/// What a finding is about.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingResource {
    /// Credentials of an IAM role or user.
    AccessKey,
    /// An EC2 instance.
    Instance,
    /// An S3 bucket, or an object in it.
    Bucket,
    /// An ECS cluster or task.
    EcsTask,
    /// An EKS cluster or what runs there.
    EksCluster,
    /// A Lambda function.
    Function,
    /// An RDS database.
    Database,
    /// A sequence of signals about several resources.
    AttackSequence,
    /// Anything else.
    Other,
}

/// Findings that open nothing for a while.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("timestamp(self.from) < timestamp(self.until) && timestamp(self.until) - timestamp(self.from) <= duration('720h')")
    .message("a suppression lasts from `from` until `until` (RFC 3339), at most 30 days: shorten it, and renew it when it ends"))]
pub struct Suppression {
    /// A short name, such as pentest-2026-12.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Why, for the record.
    #[schemars(length(min = 1, max = 512))]
    pub reason: String,
    /// Since when (RFC 3339).
    #[schemars(length(max = 40))]
    pub from: String,
    /// Until when (RFC 3339), at most 30 days later.
    #[schemars(length(max = 40))]
    pub until: String,
    /// Patterns of finding types; `*` stands for any characters. Absent: every type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 256)))]
    pub types: Vec<String>,
    /// Patterns of ARNs of what findings are about; `*` stands for any characters. Absent: every resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 2048)))]
    pub arn_patterns: Vec<String>,
}
