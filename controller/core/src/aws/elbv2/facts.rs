//! Target groups.

use serde::{Deserialize, Serialize};

/// One target of a target group, with its health.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub struct TargetHealth {
    /// IP, instance id or ARN.
    pub id: String,
    /// Port.
    pub port: i32,
    /// Such as healthy, draining or unused.
    pub state: String,
}
