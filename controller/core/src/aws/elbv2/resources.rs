//! On what Elastic Load Balancing's actions are allowed.

use crate::aws::Scope;

/// Their names come from their load balancers, and their ids from AWS.
pub(super) const LISTENERS: Scope = Scope::on(
    "Listeners",
    &[
        "arn:${Partition}:elasticloadbalancing:*:${Account}:listener/app/*",
        "arn:${Partition}:elasticloadbalancing:*:${Account}:listener/gwy/*",
        "arn:${Partition}:elasticloadbalancing:*:${Account}:listener/net/*",
    ],
);
pub(super) const LISTENER_RULES: Scope = Scope::on(
    "ListenerRules",
    &[
        "arn:${Partition}:elasticloadbalancing:*:${Account}:listener-rule/app/*",
        "arn:${Partition}:elasticloadbalancing:*:${Account}:listener-rule/net/*",
    ],
);
pub(super) const TARGET_GROUPS: Scope = Scope::on(
    "TargetGroups",
    &["arn:${Partition}:elasticloadbalancing:*:${Account}:targetgroup/*"],
);
