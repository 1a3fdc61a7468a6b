//! `Guardrail`: what nobody may do, how many people must agree, and when. Several add up to the strictest of each.

use crate::{Action, Environment, Severity};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits for every response in the environments that it names. Where no Guardrail speaks, the strictest built-in
/// rule holds: two approvals, one of them in the approver role `security`, and nothing runs before approval.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[kube(
    group = "firebreak.dev",
    version = "v1alpha1",
    kind = "Guardrail",
    shortname = "gr",
    category = "firebreak",
    derive = "PartialEq",
    printcolumn(name = "Environments", type_ = "string", json_path = ".spec.environments"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct GuardrailSpec {
    /// The environments that it speaks for; empty means all.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub environments: Vec<Environment>,
    /// How many people must approve. The strictest matching rule of all Guardrails counts. A rule speaks of every action, class
    /// and severity that it does not narrow down: without `action` of containing, of releasing and of failing over.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub approvals: Vec<ApprovalRule>,
    /// Severities at which reversible steps run at once and are reviewed within 30 minutes. Every Guardrail that
    /// speaks for the environment must name the severity. Destructive steps never run before approval.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub contain_now: Vec<Severity>,
    /// Whether a containment waits while its plan and its before-values cannot be mirrored to the AwsAccount's evidence bucket.
    /// Proceed goes on, says so, and mirrors later; Block waits. One Guardrail that says Block is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror_unavailable: Option<MirrorUnavailable>,
    /// What must never be touched, and what is touched only with one more approval.
    #[serde(default)]
    pub protected: Protected,
    /// How much may be contained.
    #[serde(default)]
    pub caps: Caps,
    /// The regions in which data may rest; empty means no rule. The strictest of each: a region must be listed by every
    /// Guardrail that has a rule, and by the AwsAccount's spec.dataResidency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(regex(pattern = r"^[a-z]{2,4}(-[a-z]+)+-[0-9]+$")))]
    pub residency: Vec<String>,
    /// Times in which nothing new is started; an approved containment is not stopped by it.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub freeze_windows: Vec<FreezeWindow>,
    /// How soon a person must acknowledge an Incident of a severity. The shortest of all Guardrails counts; where none speaks of a
    /// severity: Critical 15m, High 1h, Medium 4h, Low 24h.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["severity".to_owned()]))]
    pub response_times: Vec<ResponseTime>,
    /// How far what findings begin may go by itself.
    #[serde(default)]
    pub automation: Automation,
}

/// How far what findings begin may go by itself. A playbook can only narrow it.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Automation {
    /// Incidents that findings may open in a namespace within an hour. More of them become one incident, whose responses wait for
    /// people. The least of all Guardrails counts. Default: 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000), extend("format" = "int64"))]
    pub max_open_per_hour: Option<u32>,
    /// Responses in an account that playbooks in mode Act may begin within an hour. More of them wait for people. The least of
    /// all Guardrails counts. Default: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000), extend("format" = "int64"))]
    pub max_responses_per_hour: Option<u32>,
    /// What waits for people whenever a playbook asks for it. A match never leaves a response out.
    #[serde(default)]
    pub never_auto: NeverAuto,
}

/// What waits for people whenever a playbook asks for it. One match is enough.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct NeverAuto {
    /// ARN patterns; `*` stands for any characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 2048)))]
    pub arn_patterns: Vec<String>,
    /// Target kinds, such as iamRole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 63)))]
    pub kinds: Vec<String>,
    /// Tags of what the finding is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub tags: Vec<TagMatch>,
}

/// How soon a person must respond.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ResponseTime {
    /// The severity that it speaks of.
    pub severity: Severity,
    /// A duration from the declaration, such as 15m or 4h (units s, m, h).
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')")
        .message("within is a duration between 1m and 8760h, such as 15m or 4h"))]
    pub within: String,
}

/// What happens while the mirror is out of reach.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorUnavailable {
    /// The containment goes on.
    Proceed,
    /// The containment waits.
    Block,
}

/// How many approvals a kind of step needs.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.approverRoles.size() <= self.required").message("approverRoles asks for more people than required: raise required"))]
pub struct ApprovalRule {
    /// Contain, Release or FailOver; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Whether it speaks of destructive steps (true), of reversible ones (false), or of both (absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    /// The severities it speaks of; empty means all.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub severities: Vec<Severity>,
    /// How many different people must approve; a service account as requester costs one more.
    #[schemars(range(min = 0, max = 10), extend("format" = "int64"))]
    pub required: u8,
    /// Approver roles that must be among them, each by another person, such as `security`.
    #[serde(default)]
    #[schemars(length(max = 5), inner(regex(pattern = r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")))]
    pub approver_roles: Vec<String>,
}

/// What must never be touched, and what is touched only with one more approval.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Protected {
    /// ARN patterns of what is never touched, approved or not; `*` stands for any characters.
    #[serde(default)]
    #[schemars(length(max = 128), inner(length(min = 1, max = 2048)))]
    pub arns: Vec<String>,
    /// Tags whose resources take one more approval. They refuse nothing: anyone who controls the AWS account can set them.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub tags: Vec<TagMatch>,
}

/// A tag, with any value or one value.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TagMatch {
    /// The tag's key.
    #[schemars(length(min = 1, max = 128))]
    pub key: String,
    /// The tag's value; absent matches every value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub value: Option<String>,
}

/// How much may be contained. Absent means unlimited by this Guardrail.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Caps {
    /// Targets contained at the same time in one account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000), extend("format" = "int64"))]
    pub max_contained: Option<u32>,
    /// Dependents (services, functions, instance profiles) of one plan above which it takes one more approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000), extend("format" = "int64"))]
    pub max_dependents: Option<u32>,
    /// Containments started in one account within an hour. An approved containment is not stopped by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000), extend("format" = "int64"))]
    pub max_starts_per_hour: Option<u32>,
}

/// A time in which nothing new is started without approval.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("timestamp(self.from) < timestamp(self.until)").message("from is before until (RFC 3339, such as 2026-12-24T00:00:00Z)"))]
pub struct FreezeWindow {
    /// Shown to people.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Begin, RFC 3339.
    #[schemars(length(max = 40))]
    pub from: String,
    /// End, RFC 3339.
    #[schemars(length(max = 40))]
    pub until: String,
}
