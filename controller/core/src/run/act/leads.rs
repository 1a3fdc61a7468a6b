//! Where a run leads, and what people said that it may cost: all of it is in the digest, and in what approvers read.

use firebreak_crds::failover_plan::{DataLossExtent, FailoverMode};
use serde::{Deserialize, Serialize};

/// Where a run leads, and what it may cost.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Leads {
    /// The region that becomes active.
    pub to: String,
    /// Its serial: no other run has it.
    pub serial: u64,
    /// How it treats the region that is left.
    pub mode: FailoverMode,
    /// How much data may be lost, where that was said for this serial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_loss: Option<DataLossExtent>,
    /// Whether it was said for this serial that two databases may take writes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub split_brain: bool,
}
