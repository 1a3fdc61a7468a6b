//! Whether the region that is not active could take over now.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most findings that are listed.
pub const MAX_FINDINGS: usize = 40;

/// How often it is looked whether a run could begin.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ReadinessChecks {
    /// How often, such as 5m. Reads only. Default: 5m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('24h')")
        .message("readiness.interval is a duration between 1m and 24h, such as 5m"))]
    pub interval: Option<String>,
}

/// What stands in the way of a run to the region that is not active. Nothing of it is a promise: it is what the last look showed.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// The region that would become active.
    #[schemars(length(max = 32))]
    pub region: String,
    /// When it was looked at last (RFC 3339).
    #[schemars(length(max = 40))]
    pub checked_at: String,
    /// What stands in the way, with its remedy; empty where nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 40))]
    pub findings: Vec<ReadinessFinding>,
    /// How many more there are than are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(extend("format" = "int64"))]
    pub more: u32,
}

/// One thing that stands in the way.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ReadinessFinding {
    /// The step that it is about; absent where it is about the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub step: Option<String>,
    /// What is known of it.
    #[serde(default)]
    pub certainty: Certainty,
    /// What it is, and what to do.
    #[schemars(length(max = 1024))]
    pub message: String,
}

/// What is known of a finding.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// AWS, or the cluster, says so.
    #[default]
    Known,
    /// AWS does not tell: it may be in order.
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(more: &u32) -> bool {
    *more == 0
}
