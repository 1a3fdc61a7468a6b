//! Standby in an Auto Scaling group, as a cell.

use super::AutoScalingWrite;
use crate::aws::{Grant, Meaning, Scope, ec2::instance_arn, table::table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::EnumIter;

/// One piece of the state of an Auto Scaling group.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AutoScalingCell {
    /// Whether an instance stands by in its Auto Scaling group: `{"standby": boolean, "entering": boolean, "desired": n, "min": n}`,
    /// of which only `standby` is owned. One that is entering standby stands by, but has not arrived. `NotFound` when it is not
    /// in the group.
    InstanceStandby {
        /// Instance id.
        instance_id: String,
        /// Name of the Auto Scaling group.
        group: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: AutoScalingCell => &'static [Grant] {
        // The status checks are read before it is put back into service.
        Self::InstanceStandby { .. } => &[Scope::ANYTHING.allows(&[
            "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeAutoScalingGroups",
            "ec2:DescribeInstanceStatus",
        ])],
    }
}

impl Meaning for AutoScalingCell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        let Self::InstanceStandby { instance_id, .. } = self;
        instance_arn((partition, account_id, region), instance_id)
    }

    fn field(&self) -> String {
        let Self::InstanceStandby { group, .. } = self;
        format!("Standby/{group}")
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        let Self::InstanceStandby { instance_id, group } = self;
        match to["standby"] == true {
            true => format!("Put instance {instance_id} of Auto Scaling group {group} on standby"),
            false => format!("Put instance {instance_id} of Auto Scaling group {group} back into service"),
        }
    }

    /// Only whether it stands by is owned; what the group wants changes by itself.
    fn canonical(&self, value: &Value) -> Value {
        json!({"standby": value["standby"]})
    }

    /// An instance on its way into standby: until it has arrived, Auto Scaling may replace it when it stops (its user guide,
    /// "Instance lifecycle", says only of the Standby state that health checks are off).
    fn on_its_way(&self, value: &Value) -> Option<String> {
        let Self::InstanceStandby { instance_id, group } = self;
        (value["entering"] == true)
            .then(|| format!("instance {instance_id} is entering standby in Auto Scaling group {group}"))
    }
}

impl AutoScalingCell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<AutoScalingWrite> {
        let Self::InstanceStandby { instance_id, group } = self;
        let (instance_id, group) = (instance_id.clone(), group.clone());
        match to["standby"] {
            Value::Bool(true) => vec![AutoScalingWrite::EnterStandby {
                instance_id,
                group,
                decrement: can_spare(from),
            }],
            Value::Bool(false) => vec![AutoScalingWrite::ExitStandby { instance_id, group }],
            _ => Vec::new(),
        }
    }
}

/// Whether the group may want one instance less without going below its minimum. It is judged on what was read last: its
/// desired capacity moves by itself, and AWS refuses a decrement that would break the minimum (API reference, EnterStandby).
fn can_spare(value: &Value) -> bool {
    match (value["desired"].as_i64(), value["min"].as_i64()) {
        (Some(desired), Some(min)) => desired > min,
        _ => false,
    }
}
