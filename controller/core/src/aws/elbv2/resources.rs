//! On what Elastic Load Balancing's actions are allowed.

use crate::aws::Scope;

pub(super) const TARGET_GROUPS: Scope = Scope::on(
    "TargetGroups",
    &["arn:${Partition}:elasticloadbalancing:*:${Account}:targetgroup/*"],
);
