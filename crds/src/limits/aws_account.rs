//! `AwsAccount`: an account that Firebreak may act in, how, and on whose behalf.

use crate::{
    Condition,
    condition::{self, ConditionType},
};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An AWS account: who it is, which roles reach it, and which namespaces may use it for what.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "AwsAccount",
    plural = "awsaccounts",
    status = "AwsAccountStatus",
    shortname = "awsacct",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountId"),
    printcolumn(name = "Environment", type_ = "string", json_path = ".spec.environment"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason"
    ),
    printcolumn(name = "Holds", type_ = "integer", json_path = ".status.holds"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.accountId == oldSelf.accountId").message("spec.accountId is immutable: create another AwsAccount"))]
#[x_kube(validation = Rule::new("self.roles.contain.contains(':' + self.accountId + ':') && self.roles.read.contains(':' + self.accountId + ':') && (!has(self.roles.containIdentity) || self.roles.containIdentity.contains(':' + self.accountId + ':')) && (!has(self.roles.failover) || self.roles.failover.contains(':' + self.accountId + ':')) && (!has(self.roles.queue) || self.roles.queue.contains(':' + self.accountId + ':'))").message("spec.roles belong to the account spec.accountId: correct the account id in the role ARNs"))]
#[x_kube(validation = Rule::new("!has(self.denyPolicyArn) || self.denyPolicyArn.contains(':' + self.accountId + ':')").message("spec.denyPolicyArn is a customer managed policy of the same account"))]
#[x_kube(validation = Rule::new("!has(self.breakGlass) || self.breakGlass.all(p, p.contains(':' + self.accountId + ':'))").message("spec.breakGlass names principals of the account spec.accountId: correct the account id in the ARNs"))]
pub struct AwsAccountSpec {
    /// The 12-digit account id. It is compared with what STS says before anything is written.
    #[schemars(length(min = 12, max = 12))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9]{12}$')").message("accountId has exactly 12 digits (quote it in YAML)"))]
    pub account_id: String,
    /// The roles that Firebreak assumes there.
    pub roles: Roles,
    /// The external id that the roles' trust policies require.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1224))]
    pub external_id: Option<String>,
    /// The regions in which Firebreak may act.
    #[schemars(length(min = 1, max = 32), inner(regex(pattern = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")))]
    pub regions: Vec<String>,
    /// The regions in which the account's data may rest: Firebreak starts no workload and stores nothing elsewhere. Empty
    /// means that the account has no rule of its own. Cutting off in place is never refused for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(regex(pattern = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")))]
    pub data_residency: Vec<String>,
    /// Guardrails choose by environment.
    pub environment: Environment,
    /// ARN of a managed policy that denies every action on every resource, made beforehand; DenyAll of iamRole and iamUser
    /// attaches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$')").message("denyPolicyArn looks like arn:aws:iam::123456789012:policy/FirebreakDenyAll"))]
    pub deny_policy_arn: Option<String>,
    /// ARNs of the roles and users (`*` stands for any characters) that keep their access to a bucket that s3Bucket's DenyAll
    /// cuts off, beside the roles above: the people who must get in when nothing else works. Each of them gets in, so keep
    /// them few; root means the account's root user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), inner(length(max = 256)))]
    #[x_kube(validation = Rule::new("self.all(p, p.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/([A-Za-z0-9+=,.@_/-]+|[A-Za-z0-9+=,.@_/*-]*[A-Za-z0-9+=,.@_-]{4}[A-Za-z0-9+=,.@_/*-]*))$'))").message("breakGlass names roles, users or root of the account, such as arn:aws:iam::123456789012:role/break-glass-*; where there is a wildcard, with at least four characters in a row beside it"))]
    pub break_glass: Vec<String>,
    /// Where evidence and the mirror of every containment are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceStore>,
    /// The quarantine security groups by VPC, for the instances that playbooks isolate: each in its VPC and without any rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["vpcId".to_owned()]))]
    pub isolation_groups: Vec<IsolationGroup>,
    /// Address ranges that no TrafficPolicy may block, nor any part of them: offices, VPNs, NAT gateways, partners, health checks. What
    /// is wider than such a range, and so holds it, is not blocked either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["cidr".to_owned()]))]
    pub never_block: Vec<NeverBlock>,
    /// Which namespaces may quarantine or block what. No grant, no access.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub grants: Vec<Grant>,
}

/// The roles that Firebreak assumes in the account, by what they are for.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Roles {
    /// Reads only: planning, verification, drift.
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$')").message("roles.read looks like arn:aws:iam::123456789012:role/firebreak-read"))]
    pub read: String,
    /// Writes of containment and release.
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$')").message("roles.contain looks like arn:aws:iam::123456789012:role/firebreak-contain"))]
    pub contain: String,
    /// Inline policies, trust policies, bucket policies and access keys, which are powerful: a role of its own, assumed with a
    /// session policy pinned to the target. Default: the contain role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$')").message("roles.containIdentity looks like arn:aws:iam::123456789012:role/firebreak-contain-identity"))]
    pub contain_identity: Option<String>,
    /// The role for FailoverPlans: it promotes, scales up and switches, and never has identity power. Without it the runs of
    /// FailoverPlans are blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$')").message("roles.failover looks like arn:aws:iam::123456789012:role/firebreak-failover"))]
    pub failover: Option<String>,
    /// The role for the queues of FindingSources: it receives and deletes their messages, and puts what tells of no finding on their
    /// dead-letter queues. Without it no queue of the account is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$')").message("roles.queue looks like arn:aws:iam::123456789012:role/firebreak-queue"))]
    pub queue: Option<String>,
}

/// An S3 bucket in which what was seen before the first write, what is going to be written and what was there before are kept:
/// out of reach of anyone who has the account or the cluster. Best in an account of its own, with Object Lock.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceStore {
    /// The bucket's name, without the ARN.
    #[schemars(length(min = 3, max = 63))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9][a-z0-9.-]*[a-z0-9]$')").message("evidence.bucket is the bucket's name, such as acme-evidence, not its ARN"))]
    pub bucket: String,
    /// The bucket's region.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("evidence.region looks like us-east-1"))]
    pub region: String,
    /// The account that must own the bucket: S3 refuses when somebody else does. Default: spec.accountId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 12, max = 12), regex(pattern = r"^[0-9]{12}$"))]
    pub owner_account_id: Option<String>,
    /// The role that writes it; it needs s3:PutObject, s3:GetObject and s3:GetBucketObjectLockConfiguration on the bucket, and
    /// nothing else. Default: roles.contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    #[x_kube(validation = Rule::new("self.matches('^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$')").message("evidence.roleArn looks like arn:aws:iam::123456789012:role/firebreak-evidence"))]
    pub role_arn: Option<String>,
    /// What every key begins with, without a slash at its end.
    #[serde(default = "EvidenceStore::default_prefix")]
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9!_.*()-]+(/[A-Za-z0-9!_.*()-]+)*$')").message("evidence.prefix has letters, digits and !_.*()-, with slashes between"))]
    pub prefix: String,
}

impl EvidenceStore {
    fn default_prefix() -> String {
        "firebreak".into()
    }
}

/// The quarantine security group of a VPC.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IsolationGroup {
    /// The VPC.
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^vpc-[0-9a-f]{8,17}$')").message("vpcId looks like vpc-0123456789abcdef0"))]
    pub vpc_id: String,
    /// The security group: in the VPC and without any rule.
    #[schemars(length(max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[0-9a-f]{8,17}$')").message("securityGroupId looks like sg-0123456789abcdef0"))]
    pub security_group_id: String,
}

/// A range of addresses that is never blocked.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct NeverBlock {
    /// The range, such as 203.0.113.0/24 or 2001:db8::/32.
    #[schemars(length(min = 4, max = 43))]
    #[x_kube(validation = Rule::new("isCIDR(self) && string(cidr(self).masked()) == self").message("neverBlock[].cidr is a range in its canonical form, such as 203.0.113.0/24 or 2001:db8::/32"))]
    pub cidr: String,
    /// What it is, for the people whose policy it refuses: the VPN of the offices.
    #[schemars(length(min = 1, max = 128))]
    pub what: String,
}

/// What the account is used for.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    /// Nobody is hurt.
    Development,
    /// Like production, without customers.
    Staging,
    /// Customers.
    #[default]
    Production,
}

/// A permission for some namespaces to quarantine some resources.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Namespaces by name; `*` means every namespace.
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 63)))]
    pub namespaces: Vec<String>,
    /// Target kinds, such as iamRole; webAcl, for TrafficPolicies; findings and findingQueue, for FindingSources; findingsCloseOut, to archive findings of Incidents
    /// that are over; ledger, for the ledgers of Incidents; `*` means every kind.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 63)))]
    pub kinds: Vec<String>,
    /// Patterns that the target's ARN must match; `*` stands for any characters.
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 2048)))]
    pub arn_patterns: Vec<String>,
}

impl AwsAccount {
    /// What is said where the evidence bucket names another cluster for the account.
    pub fn another_cluster(&self) -> Option<String> {
        let status = self.status.as_ref()?;
        condition::denied(&status.conditions, ConditionType::Exclusive).map(str::to_owned)
    }
}

/// What Firebreak reports about the account.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AwsAccountStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready: the read role was assumed and is in the expected account. Exclusive, where there is an evidence bucket: no other
    /// cluster responds in the account.
    #[serde(default)]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// How many Holds exist in this account; while there are any, the object cannot be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub holds: Option<u32>,
}
