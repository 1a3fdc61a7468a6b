//! Registrations in target groups, as a cell.

use super::{Elbv2Write, registrations};
use crate::aws::{Grant, Meaning, Scope, ecs::resources::TASKS, table::table};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One piece of the state of a target group.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Elbv2Cell {
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
        Self::TargetRegistrations { .. } => &[
            Scope::ANYTHING.allows(&["elasticloadbalancing:DescribeTargetHealth", "ecs:ListTasks"]),
            TASKS.allows(&["ecs:DescribeTasks"]),
        ],
    }
}

impl Meaning for Elbv2Cell {
    fn resource(&self, _partition: &str, _account_id: &str, _region: &str) -> String {
        let Self::TargetRegistrations { target_group_arn, .. } = self;
        target_group_arn.clone()
    }

    fn field(&self) -> String {
        let Self::TargetRegistrations { cluster, service, .. } = self;
        format!("Targets/{cluster}/{service}")
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        let Self::TargetRegistrations {
            target_group_arn,
            service,
            ..
        } = self;
        registrations::sentence(target_group_arn, service, to)
    }

    fn canonical(&self, value: &Value) -> Value {
        registrations::canonical(value)
    }

    fn bind(&self, planned: &Value, current: &Value, _now: Timestamp) -> Value {
        registrations::bind(planned, current)
    }

    fn fits(&self, planned: &Value, value: &Value) -> bool {
        registrations::fits(planned, value)
    }

    fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        registrations::between(before, after, value)
    }

    fn keeps(&self, before: &Value, value: &Value) -> bool {
        registrations::keeps(before, value)
    }

    fn material(&self, _before: &Value) -> Value {
        Value::Null
    }

    fn merge_before(&self, before: &Value, current: &Value) -> Value {
        registrations::union(before, current)
    }

    fn is_additive(&self) -> bool {
        true
    }
}

impl Elbv2Cell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<Elbv2Write> {
        let Self::TargetRegistrations { target_group_arn, .. } = self;
        registrations::writes(target_group_arn, from, to)
    }
}
