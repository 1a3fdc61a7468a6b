//! The step `elbv2Weights`.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Moves requests from the target group of the region that is left to that of the region that becomes active, by the weights of a
/// forward action that has both.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.primary != self.standby").message("primary and standby are the same target group: name two"))]
pub struct Elbv2Weights {
    /// ARN of the listener, whose default action it is, or of a rule, in one of the two regions.
    #[schemars(length(min = 20, max = 512))]
    #[x_kube(validation = Rule::new("self.matches('^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener(-rule)?/')")
        .message("listener is the ARN of a listener or of a rule of Elastic Load Balancing"))]
    pub listener: String,
    /// ARN of the target group that leads to regions.primary.
    #[schemars(length(min = 20, max = 512))]
    pub primary: String,
    /// ARN of the target group that leads to regions.standby.
    #[schemars(length(min = 20, max = 512))]
    pub standby: String,
    /// The weight of the group of the region that becomes active. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 999), extend("format" = "int64"))]
    pub active: Option<u32>,
    /// The weight of the other group. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 999), extend("format" = "int64"))]
    pub other: Option<u32>,
}
