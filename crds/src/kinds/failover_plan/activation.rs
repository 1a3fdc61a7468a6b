//! What is to be active, how the region that is left is treated, and what that may cost.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The two regions of a FailoverPlan.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.primary != self.standby").message("regions.primary and regions.standby are the same region: name two"))]
pub struct FailoverRegions {
    /// The region that serves in normal times.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("primary looks like us-east-1"))]
    pub primary: String,
    /// The region that takes over.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("standby looks like us-west-2"))]
    pub standby: String,
}

impl FailoverRegions {
    /// The other one of the two.
    pub fn other(&self, region: &str) -> &str {
        match region == self.primary {
            true => &self.standby,
            false => &self.primary,
        }
    }

    /// Whether it is one of the two.
    pub fn contains(&self, region: &str) -> bool {
        region == self.primary || region == self.standby
    }
}

/// Which region is to be active. Each run has its own serial: only a higher one begins a run.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.acknowledgeDataLoss) || self.acknowledgeDataLoss.serial == self.serial")
    .message("acknowledgeDataLoss.serial is not activation.serial: an acknowledgement counts for one activation; name this serial, or remove it"))]
#[x_kube(validation = Rule::new("!has(self.acknowledgeSplitBrain) || self.acknowledgeSplitBrain.serial == self.serial")
    .message("acknowledgeSplitBrain.serial is not activation.serial: an acknowledgement counts for one activation; name this serial, or remove it"))]
pub struct Activation {
    /// The region that is to be active: one of the two.
    #[schemars(length(min = 5, max = 32))]
    pub region: String,
    /// Number of the activation. Raising it by 1 begins a run, once it has the approvals that it needs.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("format" = "int64"))]
    pub serial: u64,
    /// That data may be lost, for this serial only. Approvers see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_data_loss: Option<DataLossAcknowledgement>,
    /// That the database of the region that is left may still take writes, which are lost, for this serial only. A promotion
    /// needs it where no proven fence stands before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_split_brain: Option<SplitBrainAcknowledgement>,
}

/// That data may be lost.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct DataLossAcknowledgement {
    /// The activation that it counts for.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("format" = "int64"))]
    pub serial: u64,
    /// WithinObjective: as much as objectives.rpo says, judged on the last lag that was sampled while the source answered.
    /// Unbounded: whatever it costs, also where no such sample exists.
    pub extent: DataLossExtent,
}

/// How much data may be lost.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataLossExtent {
    /// As much as the objective says.
    WithinObjective,
    /// Whatever it costs.
    Unbounded,
}

/// That two databases may take writes.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SplitBrainAcknowledgement {
    /// The activation that it counts for.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("format" = "int64"))]
    pub serial: u64,
}

/// How a run treats the region that is left.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailoverMode {
    /// It answers: nothing is promoted before the replica has everything.
    #[default]
    Graceful,
    /// It is lost, or may be: what the replica does not have is lost too.
    Ungraceful,
}

/// How long a run may take, and how much data it may cost. A tier sets both; rto and rpo say it in their own words.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Objectives {
    /// A pair of objectives by name. Default: Region (1 h, 15 min).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<ObjectiveTier>,
    /// The longest time until the other region serves, such as 1h, in place of the tier's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('168h')")
        .message("objectives.rto is a duration between 1m and 168h, such as 1h"))]
    pub rto: Option<String>,
    /// The most data that may be lost, as a time, such as 15m; 0s for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) <= duration('168h')")
        .message("objectives.rpo is a duration of at most 168h, such as 15m"))]
    pub rpo: Option<String>,
}

/// A pair of objectives: recovery time, and data that may be lost.
#[derive(JsonSchema, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectiveTier {
    /// 5 minutes, none.
    AvailabilityZone,
    /// 1 hour, 15 minutes.
    #[default]
    Region,
    /// 2 hours, 1 hour.
    Corruption,
    /// 4 hours, 1 hour.
    Critical,
    /// 24 hours, 24 hours.
    Other,
}

impl ObjectiveTier {
    /// Recovery time and data that may be lost, in seconds.
    pub fn seconds(self) -> (u32, u32) {
        match self {
            Self::AvailabilityZone => (300, 0),
            Self::Region => (3600, 900),
            Self::Corruption => (7200, 3600),
            Self::Critical => (14_400, 3600),
            Self::Other => (86_400, 86_400),
        }
    }
}

/// A bucket in each region.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.primary.bucket != self.standby.bucket").message("runStore names one bucket twice: each region needs a bucket of its own"))]
pub struct RunStore {
    /// The bucket in regions.primary.
    pub primary: RunStoreBucket,
    /// The bucket in regions.standby.
    pub standby: RunStoreBucket,
}

/// One bucket of a run store.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct RunStoreBucket {
    /// Its name.
    #[schemars(length(min = 3, max = 63))]
    pub bucket: String,
    /// What its keys begin with, such as firebreak/; default: nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 256))]
    pub prefix: String,
}
