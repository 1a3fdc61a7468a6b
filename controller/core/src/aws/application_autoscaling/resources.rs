//! On what Application Auto Scaling's actions are allowed.

use crate::aws::Scope;

/// It tries, as its caller, the calls that scaling will make, the alarms' without a name (its user guide, "Permissions validation"
/// and "Permissions required for actions on target services and CloudWatch").
pub(in crate::aws) const SCALING_ALARMS: Scope = Scope::on("ScalingAlarms", &["*"]);
pub(in crate::aws) const SCALABLE_TARGETS: Scope = Scope::on(
    "ScalableTargets",
    &["arn:${Partition}:application-autoscaling:*:${Account}:scalable-target/*"],
)
.only("StringEquals", "application-autoscaling:service-namespace", &["ecs"]);
