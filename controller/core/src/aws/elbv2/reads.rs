//! What is read of target groups.

use crate::aws::{Grant, Question, Scope, table::table};
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// One question to Elastic Load Balancing.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Elbv2Read {
    /// elasticloadbalancing:DescribeTargetHealth → `Vec<`[`crate::aws::elbv2::TargetHealth`]`>`.
    TargetHealth {
        /// ARN of the target group.
        target_group_arn: String,
    },
}

table! {
    /// The IAM actions that it needs, the one that is called first in front.
    grants, READS: Elbv2Read => &'static [Grant] {
        Self::TargetHealth { .. } => &[Scope::ANYTHING.allows(&["elasticloadbalancing:DescribeTargetHealth"])],
    }
}

impl Question for Elbv2Read {
    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn subject(&self) -> String {
        match self {
            Self::TargetHealth { target_group_arn } => format!("target group {target_group_arn}"),
        }
    }
}
