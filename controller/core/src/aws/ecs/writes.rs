//! What is written to ECS.

use super::{
    Deployment, Network,
    resources::{SERVICES, TASKS},
};
use crate::aws::{Call, Idempotence::Idempotent, Power::Contain, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes something in ECS.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum EcsWrite {
    /// ecs:UpdateTaskProtection, protection off
    ClearTaskProtection { cluster: String, tasks: Vec<String> },
    /// ecs:StopTask
    StopTask { cluster: String, task: String },
    /// ecs:UpdateService with networkConfiguration and deploymentConfiguration
    UpdateServiceDeployment {
        cluster: String,
        service: String,
        network: Network,
        deployment: Deployment,
        #[serde(default)]
        parts: DeploymentParts,
    },
    /// ecs:UpdateService with desiredCount
    UpdateServiceDesiredCount {
        cluster: String,
        service: String,
        desired_count: i32,
    },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: EcsWrite => Call {
        Self::ClearTaskProtection { .. } => Call {
            action: "ecs:UpdateTaskProtection", on: TASKS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::StopTask { .. } => Call {
            action: "ecs:StopTask", on: TASKS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::UpdateServiceDeployment { .. } => Call {
            action: "ecs:UpdateService", on: SERVICES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: true,
        },
        Self::UpdateServiceDesiredCount { .. } => Call {
            action: "ecs:UpdateService", on: SERVICES, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}

/// Which optional parts of a deployment configuration are sent: one that is off before and after stays out of the request,
/// so that AWS does not record a part that was never there.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentParts {
    /// The deployment circuit breaker.
    pub circuit_breaker: bool,
    /// The deployment alarms.
    pub alarms: bool,
    /// Availability Zone rebalancing.
    #[serde(default)]
    pub rebalancing: bool,
}
