//! Auto Scaling groups.

use serde::{Deserialize, Serialize};

/// An instance's place in its Auto Scaling group.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupMembership {
    /// Name of the group.
    pub group: String,
    /// ARN of the group.
    pub arn: String,
    /// Such as InService, EnteringStandby or Standby.
    pub lifecycle: String,
    /// Smallest size.
    pub min: i32,
    /// Largest size.
    pub max: i32,
    /// Size that the group wants.
    pub desired: i32,
    /// ARNs of the target groups that are attached to the group.
    pub target_groups: Vec<String>,
}
