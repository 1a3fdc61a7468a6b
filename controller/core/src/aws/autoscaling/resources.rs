//! On what Auto Scaling's actions are allowed.

use crate::aws::Scope;

pub(super) const GROUPS: Scope = Scope::on(
    "AutoScalingGroups",
    &["arn:${Partition}:autoscaling:*:${Account}:autoScalingGroup:*"],
);
