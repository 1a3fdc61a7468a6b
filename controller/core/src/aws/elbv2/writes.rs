//! What is written to target groups, and to what forwards to them.

use super::resources::{LISTENER_RULES, LISTENERS, TARGET_GROUPS};
use crate::aws::{
    Call,
    Idempotence::Idempotent,
    Power::{Contain, Failover},
    table::table,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strum::EnumIter;

/// One call that changes a target group, or what forwards to it.
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
    /// elasticloadbalancing:ModifyListener: these weights in the forward action of its default rule, and all else as it was read just
    /// before
    ModifyListener {
        listener_arn: String,
        weights: BTreeMap<String, i32>,
    },
    /// elasticloadbalancing:ModifyRule: these weights in its forward action, and all else as it was read just before
    ModifyRule {
        rule_arn: String,
        weights: BTreeMap<String, i32>,
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
        Self::ModifyListener { .. } => Call {
            action: "elasticloadbalancing:ModifyListener", on: LISTENERS, also: &[],
            power: Failover, idempotence: Idempotent, places_data: false,
        },
        Self::ModifyRule { .. } => Call {
            action: "elasticloadbalancing:ModifyRule", on: LISTENER_RULES, also: &[],
            power: Failover, idempotence: Idempotent, places_data: false,
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
