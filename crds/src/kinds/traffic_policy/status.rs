//! What Firebreak reports about a TrafficPolicy.

use crate::{Condition, PlanReference};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What Firebreak reports. It never writes the spec.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TrafficPolicyStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready, Reconciling, Stalled, Approved, Applied, Verified, InSync, Enforced, Released, Halted.
    #[serde(default)]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// What is, in one word, as the conditions have it; `spec.state` says what is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TrafficState>,
    /// What it waits for, in a few words; absent when it waits for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub waiting_for: Option<String>,
    /// The web ACL and how many ranges are blocked, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Number of the current run; block, release, block again are three runs.
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
    /// Names of the Holds (custody of what was there before) of this object: one for each range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub holds: Vec<String>,
    /// When it expires (RFC 3339), once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// What people should know: what the rules do not block, what could not be taken out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub notes: Vec<String>,
}

/// How the addresses stand, as far as the last completed read shows.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrafficState {
    /// Nothing certain is known: AWS was not read, or did not answer.
    #[default]
    Unknown,
    /// Not blocked.
    NotEnforced,
    /// Being blocked: something is written, and not everything is proven yet.
    Enforcing,
    /// Blocked, and proven.
    Enforced,
    /// Being let in again, wholly or in part.
    Releasing,
    /// Let in again.
    Released,
    /// Given up: AWS stays as it is, and Firebreak looks no more.
    Abandoned,
}
