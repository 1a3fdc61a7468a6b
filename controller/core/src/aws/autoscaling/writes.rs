//! What is written to Auto Scaling groups.

use super::resources::GROUPS;
use crate::aws::{Call, Idempotence::Conditional, Power::Contain, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes the standby of an instance.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum AutoScalingWrite {
    /// autoscaling:EnterStandby
    EnterStandby {
        instance_id: String,
        group: String,
        decrement: bool,
    },
    /// autoscaling:ExitStandby
    ExitStandby { instance_id: String, group: String },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: AutoScalingWrite => Call {
        // A group whose desired capacity stays launches another instance.
        Self::EnterStandby { decrement: false, .. } => Call {
            action: "autoscaling:EnterStandby", on: GROUPS, also: &[],
            power: Contain, idempotence: Conditional, places_data: true,
        },
        Self::EnterStandby { decrement: true, .. } => Call {
            action: "autoscaling:EnterStandby", on: GROUPS, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
        Self::ExitStandby { .. } => Call {
            action: "autoscaling:ExitStandby", on: GROUPS, also: &[],
            power: Contain, idempotence: Conditional, places_data: false,
        },
    }
}
