//! What is read of Auto Scaling groups.

use crate::aws::{Grant, Question, Scope, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to Auto Scaling.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AutoScalingRead {
    /// autoscaling:DescribeAutoScalingInstances and DescribeAutoScalingGroups → [`crate::aws::autoscaling::GroupMembership`];
    /// `NotFound` when the instance is in no Auto Scaling group.
    InstanceGroup {
        /// Instance id.
        instance_id: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: AutoScalingRead => &'static [Grant] {
        Self::InstanceGroup { .. } => &[Scope::ANYTHING.allows(&[
            "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeAutoScalingGroups",
        ])],
    }
}

impl Question for AutoScalingRead {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::InstanceGroup { instance_id } => format!("the Auto Scaling group of instance {instance_id}"),
        }
    }
}
