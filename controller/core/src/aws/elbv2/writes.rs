//! What is written to target groups.

use super::resources::TARGET_GROUPS;
use crate::aws::{Call, Idempotence::Idempotent, Power::Contain, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes a target group.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum Elbv2Write {
    /// elasticloadbalancing:DeregisterTargets
    DeregisterTargets {
        target_group_arn: String,
        targets: Vec<TargetId>,
    },
    /// elasticloadbalancing:RegisterTargets
    RegisterTargets {
        target_group_arn: String,
        targets: Vec<TargetId>,
    },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: Elbv2Write => Call {
        Self::DeregisterTargets { .. } => Call {
            action: "elasticloadbalancing:DeregisterTargets", on: TARGET_GROUPS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
        Self::RegisterTargets { .. } => Call {
            action: "elasticloadbalancing:RegisterTargets", on: TARGET_GROUPS, also: &[],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}

/// A target in a target group.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetId {
    /// The task's private IP.
    pub id: String,
    /// Port, 1 to 65535.
    pub port: i32,
}
