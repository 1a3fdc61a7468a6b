//! Registrations in target groups, and the weights with which requests are forwarded to them, as cells.

use super::{Elbv2Write, forwards, registrations};
use crate::aws::{Grant, Meaning, Scope, ecs::resources::TASKS, table::table};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One piece of the state of a target group, or of what forwards to it.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Elbv2Cell {
    /// The weights of two target groups in the forward action of a listener or of a rule: an object of integers by ARN; null where
    /// no forward action has both, and of a default rule, which is changed through its listener.
    ForwardWeights {
        /// ARN of the listener or of the rule.
        forwards: String,
        /// ARNs of the two target groups.
        groups: [String; 2],
    },
    /// A service's tasks in one target group: `{"registered": [{"id": ip, "port": n}], "running": [ip]}`, of which only
    /// `registered` is owned; `running` tells which of them still exist.
    TargetRegistrations {
        /// ARN of the target group.
        target_group_arn: String,
        /// Cluster name.
        cluster: String,
        /// Service name.
        service: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: Elbv2Cell => &'static [Grant] {
        Self::ForwardWeights { .. } => &[Scope::ANYTHING.allows(&[
            "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules",
        ])],
        Self::TargetRegistrations { .. } => &[
            Scope::ANYTHING.allows(&["elasticloadbalancing:DescribeTargetHealth", "ecs:ListTasks"]),
            TASKS.allows(&["ecs:DescribeTasks"]),
        ],
    }
}

impl Meaning for Elbv2Cell {
    fn resource(&self, _partition: &str, _account_id: &str, _region: &str) -> String {
        match self {
            Self::ForwardWeights { forwards, .. } => forwards.clone(),
            Self::TargetRegistrations { target_group_arn, .. } => target_group_arn.clone(),
        }
    }

    fn field(&self) -> String {
        match self {
            Self::ForwardWeights { .. } => "Weights".into(),
            Self::TargetRegistrations { cluster, service, .. } => format!("Targets/{cluster}/{service}"),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::ForwardWeights { forwards, .. } => forwards::sentence(forwards, to),
            Self::TargetRegistrations {
                target_group_arn,
                service,
                ..
            } => registrations::sentence(target_group_arn, service, to),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::ForwardWeights { .. } => value.clone(),
            Self::TargetRegistrations { .. } => registrations::canonical(value),
        }
    }

    fn bind(&self, planned: &Value, current: &Value, _now: Timestamp) -> Value {
        match self {
            Self::ForwardWeights { .. } => planned.clone(),
            Self::TargetRegistrations { .. } => registrations::bind(planned, current),
        }
    }

    fn fits(&self, planned: &Value, value: &Value) -> bool {
        match self {
            Self::ForwardWeights { .. } => planned == value,
            Self::TargetRegistrations { .. } => registrations::fits(planned, value),
        }
    }

    fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        match self {
            Self::ForwardWeights { .. } => false,
            Self::TargetRegistrations { .. } => registrations::between(before, after, value),
        }
    }

    fn keeps(&self, before: &Value, value: &Value) -> bool {
        match self {
            Self::ForwardWeights { .. } => true,
            Self::TargetRegistrations { .. } => registrations::keeps(before, value),
        }
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::ForwardWeights { .. } => before.clone(),
            Self::TargetRegistrations { .. } => Value::Null,
        }
    }

    fn merge_before(&self, before: &Value, current: &Value) -> Value {
        match self {
            Self::ForwardWeights { .. } => before.clone(),
            Self::TargetRegistrations { .. } => registrations::union(before, current),
        }
    }

    fn is_additive(&self) -> bool {
        matches!(self, Self::TargetRegistrations { .. })
    }
}

impl Elbv2Cell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<Elbv2Write> {
        match self {
            Self::ForwardWeights { forwards, .. } => forwards::writes(forwards, to),
            Self::TargetRegistrations { target_group_arn, .. } => registrations::writes(target_group_arn, from, to),
        }
    }
}
