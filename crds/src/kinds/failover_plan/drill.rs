//! Rehearsals of a run, up to its first write.

use crate::FreezeWindow;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The most drills that are remembered.
pub const MAX_DRILLS: usize = 10;
/// The most findings of one drill that are remembered.
pub const MAX_DRILL_FINDINGS: usize = 5;

/// When a run is rehearsed. A drill reads, judges and records; it never writes AWS.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct FailoverDrill {
    /// When, as a cron expression of five fields in UTC, such as `0 9 * * MON`. Without it only on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 64))]
    #[x_kube(validation = Rule::new(r"self.matches('^[^ ]+( [^ ]+){4}$')").message("drill.schedule has five fields: minute, hour, day of the month, month and day of the week, such as 0 9 * * MON"))]
    pub schedule: Option<String>,
    /// How old the last good drill may be before `DrillFresh` is False, such as 168h. Default: 720h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1h') && duration(self) <= duration('8784h')")
        .message("drill.maxAge is a duration between 1h and 8784h, such as 720h"))]
    pub max_age: Option<String>,
    /// Windows in which no drill begins by itself; one that falls into a window comes after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub blackout: Vec<FreezeWindow>,
    /// Raised by one, it asks for a drill at once, in a window too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000), extend("format" = "int64"))]
    pub now: Option<u64>,
}

/// A drill that is over.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct DrillRecord {
    /// When it ended (RFC 3339).
    #[schemars(length(max = 40))]
    pub at: String,
    /// The region that a run would have led to.
    #[schemars(length(max = 32))]
    pub region: String,
    /// Steps that a run would have had.
    #[schemars(extend("format" = "int64"))]
    pub steps: u32,
    /// Steps in whose way nothing stood.
    #[schemars(extend("format" = "int64"))]
    pub ready: u32,
    /// Seconds from its first question to its end: the time until a run could have asked people for their approvals. It is no
    /// recovery time.
    #[schemars(extend("format" = "int64"))]
    pub seconds: u32,
    /// What stood in the way, the first of it; empty where the drill was good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5), inner(length(max = 1024)))]
    pub findings: Vec<String>,
}

impl DrillRecord {
    /// Whether nothing stood in the way.
    pub fn is_good(&self) -> bool {
        self.findings.is_empty()
    }
}
