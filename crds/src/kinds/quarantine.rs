//! `Quarantine`: one AWS resource, cut off, held so, and put back exactly.

pub mod target;

use crate::{AccountRef, Condition, PlanReference, Severity};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use target::{Reopens, Target};

/// One AWS resource to cut off. Firebreak plans, waits for the approvals that the Guardrails require, writes, verifies,
/// keeps it so, and undoes it exactly when `state` becomes Released, when a Decision says so, or when it is deleted.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "Quarantine",
    namespaced,
    status = "QuarantineStatus",
    shortname = "quar",
    category = "firebreak",
    derive = "PartialEq",
    selectable = ".spec.accountRef.name",
    selectable = ".spec.state",
    printcolumn(name = "Target", type_ = "string", json_path = ".status.target"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "WaitingFor", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt"),
    printcolumn(name = "Wanted", type_ = "string", json_path = ".spec.state", priority = 1),
    printcolumn(name = "Contained", type_ = "string", json_path = ".status.conditions[?(@.type=='Contained')].status", priority = 1),
    printcolumn(name = "Approvals", type_ = "string", json_path = ".status.approvals", priority = 1),
    printcolumn(name = "Halted", type_ = "string", json_path = ".status.conditions[?(@.type=='Halted')].status", priority = 1),
    printcolumn(name = "InSync", type_ = "string", json_path = ".status.conditions[?(@.type=='InSync')].status", priority = 1),
    printcolumn(name = "Plan", type_ = "string", json_path = ".status.plan.name", priority = 1),
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.size() <= 200").message("metadata.name has at most 200 characters: plans are named after it")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.accountRef == oldSelf.accountRef").message("spec.accountRef is immutable: create a new Quarantine instead"))]
#[x_kube(validation = Rule::new("self.region == oldSelf.region").message("spec.region is immutable: create a new Quarantine instead"))]
#[x_kube(validation = Rule::new("self.target == oldSelf.target").message("spec.target is immutable: create a second Quarantine, wait until it is Contained, then release this one"))]
#[x_kube(validation = Rule::new("!(has(self.target.iamRole) || has(self.target.iamUser)) || !has(self.expiry) || self.expiry.then != 'Release'").message("spec.expiry.then Release is refused for identities: an unattended expiry would reopen the role or user; use Hold"))]
pub struct QuarantineSpec {
    /// The AWS account in which the target lives.
    pub account_ref: AccountRef,
    /// The target's region, one of the account's regions. For IAM it is where AWS is asked; IAM itself is global.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("region looks like us-east-1"))]
    pub region: String,
    /// The resource and the method: exactly one.
    pub target: Target,
    /// Enforce writes and re-asserts; Observe plans and reports drift, and writes nothing.
    #[serde(default)]
    pub mode: Mode,
    /// Contained cuts the target off; Released undoes exactly what was done.
    #[serde(default)]
    pub state: DesiredState,
    /// How bad it is. Guardrails may let reversible steps run before approval at some severities.
    #[serde(default)]
    pub severity: Severity,
    /// Why, in a sentence: shown to approvers and kept in the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// How long the containment is meant to last, and what happens then. Default: until it is released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// What is kept of the target before it is cut off, where the AwsAccount names an evidence bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// What release may put back although it would reopen the compromise: AccessKeys activates the access keys that were
    /// active before, FunctionUrl lets everybody call a function URL again, InstanceProfile associates the recorded instance
    /// profile with the instance again, PublicAccess makes a bucket public again as it was recorded, Sessions lifts the
    /// revocation before the revoked sessions have expired by themselves, TrustPolicy puts the recorded trust policy back.
    /// Everything that is not named here stays contained, and its recorded value stays in custody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub restore_on_release: Vec<Reopens>,
}

/// How evidence and containment wait for each other.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Whether the target stays as it is until its description is in the evidence bucket, however long that takes. By default
    /// evidence that cannot be kept is told, and holds nothing back.
    #[serde(default)]
    pub required: bool,
    /// EvidenceFirst waits up to 60 seconds for the evidence bucket; ContainFirst tries once and goes on: for active damage.
    #[serde(default)]
    pub order: EvidenceOrder,
}

/// What comes first.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvidenceOrder {
    /// Wait for the evidence, up to 60 seconds.
    #[default]
    EvidenceFirst,
    /// Try once.
    ContainFirst,
}

/// Whether Firebreak writes.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Write, verify, re-assert.
    #[default]
    Enforce,
    /// Plan and report only. Nothing is written and nothing that was written is dropped.
    Observe,
}

/// What the object asks for.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DesiredState {
    /// Cut off.
    #[default]
    Contained,
    /// As it was before.
    Released,
}

/// How long a containment lasts.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Expiry {
    /// A duration counted from the moment that it was Contained, such as 30m, 24h or 168h (units s, m, h).
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')")
        .message("spec.expiry.after is a duration between 1m and 8760h, such as 24h or 1h30m"))]
    pub after: String,
    /// Hold pages and stays contained; Release undoes it where the approval of the plan covered that.
    #[serde(default)]
    pub then: OnExpiry,
}

/// What happens when an expiry ends.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExpiry {
    /// Say so, and stay contained.
    #[default]
    Hold,
    /// Release, if the approved plan said so.
    Release,
}

/// What Firebreak reports. It never writes the spec.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, Approved, Applied, Verified, InSync, Contained, Released, Halted.
    #[serde(default)]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// What is, in one word, as the conditions have it; `spec.state` says what is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<QuarantineState>,
    /// What it waits for, in a few words; absent when it waits for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub waiting_for: Option<String>,
    /// The target in one line, with its method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Number of the current run; contain, release, contain again are three runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "int64"))]
    pub run: Option<u32>,
    /// The current run's plan: what approvers name in their Decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanReference>,
    /// Who the API server says last changed the spec; absent means unattributed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Approvals that count for the current plan, and how many are needed, such as `1/2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<String>,
    /// Names of the Holds (custody of what was there before) of this object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub holds: Vec<String>,
    /// When it expires (RFC 3339), once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// What people should know: dependents, what is not cut, what could not be restored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub notes: Vec<String>,
}

/// How a target stands, as far as the last completed read shows.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuarantineState {
    /// Nothing certain is known: AWS was not read, or did not answer.
    #[default]
    Unknown,
    /// Not cut off.
    NotContained,
    /// Being cut off: something is written, and not everything is proven yet.
    Containing,
    /// Cut off, and proven.
    Contained,
    /// Being put back, wholly or in part.
    Releasing,
    /// Put back.
    Released,
    /// Given up: AWS stays as it is, and Firebreak looks no more.
    Abandoned,
}
