//! What is written to Application Auto Scaling.

use super::{
    Suspension,
    resources::{SCALABLE_TARGETS, SCALING_ALARMS},
};
use crate::aws::{Call, Idempotence::Idempotent, Power::Contain, ecs::resources::SERVICES, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One call that changes how a service is scaled.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "call", rename_all_fields = "camelCase")]
#[allow(
    missing_docs,
    reason = "the fields are the parameters of the AWS call that the variant is named after"
)]
pub enum ApplicationAutoScalingWrite {
    /// application-autoscaling:RegisterScalableTarget; what is left out stays as it is (API reference)
    RegisterScalableTarget {
        cluster: String,
        service: String,
        min: Option<i32>,
        suspended: Option<Suspension>,
    },
}

table! {
    /// What it is to IAM, to the engine and to auditors.
    call, CALLS: ApplicationAutoScalingWrite => Call {
        Self::RegisterScalableTarget { .. } => Call {
            action: "application-autoscaling:RegisterScalableTarget", on: SCALABLE_TARGETS,
            also: &[
                SERVICES.allows(&["ecs:DescribeServices", "ecs:UpdateService"]),
                SCALING_ALARMS.allows(&["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]),
            ],
            power: Contain, idempotence: Idempotent, places_data: false,
        },
    }
}
