//! The kinds of steps, listed once: what a step may name, what the API server says of two of them, and what others match on.

use super::{
    EcsScale, Elbv2Weights, FailoverGate, FailoverStep, Fence, HealthCheckSwitch, LambdaAlias, LambdaEventSources,
    ManualApproval, RdsPromoteReplica, Wait,
};
use kube::core::Rule;

/// Defines [`StepKind`], [`FailoverStep::kind`] and [`STEP_KINDS`]: one line for each kind, with its field and the field's name.
macro_rules! step_kinds {
    ($($(#[$doc:meta])* $kind:ident($shape:ty) = $field:ident, $name:literal;)*) => {
        /// What a step does: the one field of [`FailoverStep`] that says it.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum StepKind<'a> {
            $($(#[$doc])* $kind(&'a $shape),)*
        }

        /// The fields of a step of which it has exactly one.
        pub const STEP_KINDS: &[&str] = &[$($name),*];

        impl FailoverStep {
            /// What it does. None where it names nothing, or two things.
            pub fn kind(&self) -> Option<StepKind<'_>> {
                let named = [$(self.$field.as_ref().map(StepKind::$kind)),*];
                let mut named = named.into_iter().flatten();
                named.next().filter(|_| named.next().is_none())
            }
        }
    };
}

step_kinds! {
    /// Cuts a database off.
    Fence(Fence) = fence, "fence";
    /// Scales an ECS service.
    EcsScale(EcsScale) = ecs_scale, "ecsScale";
    /// Promotes an RDS read replica.
    RdsPromoteReplica(RdsPromoteReplica) = rds_promote_replica, "rdsPromoteReplica";
    /// Moves traffic with an object.
    HealthCheckSwitch(HealthCheckSwitch) = health_check_switch, "healthCheckSwitch";
    /// Moves requests between target groups.
    Elbv2Weights(Elbv2Weights) = elbv2_weights, "elbv2Weights";
    /// Lets an alias invoke a version.
    LambdaAlias(LambdaAlias) = lambda_alias, "lambdaAlias";
    /// Enables and disables event source mappings.
    LambdaEventSources(LambdaEventSources) = lambda_event_sources, "lambdaEventSources";
    /// Waits until something is so.
    Gate(FailoverGate) = gate, "gate";
    /// Waits for people.
    ManualApproval(ManualApproval) = manual_approval, "manualApproval";
    /// Waits for a time.
    Wait(Wait) = wait, "wait";
}

impl StepKind<'_> {
    /// The kinds in a sentence, such as `ecsScale, rdsPromoteReplica and gate`.
    pub fn listed() -> String {
        match STEP_KINDS {
            [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            all => all.join(", "),
        }
    }
}

/// The API server's rule that a step has exactly one of them.
pub(super) fn exactly_one() -> Rule {
    let fields: Vec<String> = STEP_KINDS.iter().map(|name| format!("has(self.{name})")).collect();
    let rule = format!("[{}].filter(x, x).size() == 1", fields.join(", "));
    let message = format!("a step does one thing: set exactly one of {}", StepKind::listed());
    Rule::new(rule).message(message.as_str())
}
