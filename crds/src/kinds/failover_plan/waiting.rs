//! Steps that only wait, for people or for a time.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Waits until as many people as the start takes have approved the step: at its turn, or before.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ManualApproval {
    /// What they say by that, such as: nothing writes to the old database any more. It is part of the plan that is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub message: Option<String>,
}

/// Waits for a time.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// How long, from its turn, such as 5m. The time in which the run is paused counts too, and so does that of a restart.
    #[schemars(length(min = 2, max = 16))]
    #[x_kube(validation = Rule::new("self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')")
        .message("duration is a duration between 1s and 24h, such as 5m"))]
    pub duration: String,
}
