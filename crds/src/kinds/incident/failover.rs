//! The run of a FailoverPlan that an Incident asks for.

use crate::{Start, failover_plan::DataLossExtent};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Asks for one run of a FailoverPlan of this namespace. Everybody who asked for what is in the Incident has asked for it, and
/// approves nothing of it.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct IncidentFailover {
    /// Name of the FailoverPlan.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// The region that is to be active: one of the plan's two.
    #[schemars(length(min = 5, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z]{2,4}(-[a-z]+)+-[0-9]+$')").message("region looks like us-west-2"))]
    pub region: String,
    /// The highest serial that was consumed, plus 1 (`status.serial` of the plan): so that what was meant for another state starts nothing.
    #[schemars(range(min = 1, max = 1_000_000_000), extend("format" = "int64"))]
    pub serial: u64,
    /// That data may be lost in this run, as spec.activation.acknowledgeDataLoss of the plan says it for a run from its spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_data_loss: Option<DataLossExtent>,
    /// That the database of the region that is left may still take writes, which are lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acknowledge_split_brain: bool,
}

impl IncidentFailover {
    /// The same as a Decision Start would say it.
    pub fn start(&self) -> Start {
        Start {
            region: self.region.clone(),
            serial: self.serial,
            acknowledge_data_loss: self.acknowledge_data_loss,
            acknowledge_split_brain: self.acknowledge_split_brain,
        }
    }
}
