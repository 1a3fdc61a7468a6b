//! What the permissions, the plan and the engine must know about a call: the IAM action, on what it is allowed, whose power it
//! is, and what happens when it is made twice.

use super::access::RoleKind;
#[cfg(test)]
use super::access::Service;
use serde::{Deserialize, Serialize};

/// What a write is to IAM, to the engine and to auditors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The IAM action that allows it.
    pub action: &'static str,
    /// On what the action is allowed.
    pub on: Scope,
    /// Further actions that AWS asks for along with it.
    pub also: &'static [Grant],
    /// Which power it takes.
    pub power: Power,
    /// What AWS promises when it is made twice.
    pub idempotence: Idempotence,
    /// Whether it makes a workload start again, or stores something: what data residency is about.
    pub places_data: bool,
}

impl Call {
    /// Every IAM action that it needs, its own first.
    pub fn actions(self) -> impl Iterator<Item = &'static str> {
        let also = self.also.iter().flat_map(|grant| grant.actions.iter().copied());
        [self.action].into_iter().chain(also)
    }

    /// On what each action that it needs is allowed.
    pub fn grants(&'static self) -> impl Iterator<Item = Grant> {
        let own = Grant {
            on: self.on,
            actions: std::slice::from_ref(&self.action),
        };
        [own].into_iter().chain(self.also.iter().copied())
    }
}

/// The power that a write takes. A role with both could give itself every right, so they are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Writes of containment and release.
    Contain,
    /// Inline, trust and bucket policies, and access keys.
    ContainIdentity,
    /// What only FailoverPlans do.
    Failover,
}

impl Power {
    /// Which of the account's roles has it.
    pub fn role(self) -> RoleKind {
        match self {
            Self::Contain => RoleKind::Contain,
            Self::ContainIdentity => RoleKind::ContainIdentity,
            Self::Failover => RoleKind::Failover,
        }
    }
}

/// What AWS promises when a call is made twice (docs/targets.md names the sources).
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotence {
    /// Making it twice is making it once.
    Idempotent,
    /// The second call fails with an error that means "already done".
    Conditional,
    /// The second call has an effect of its own; after a crash it may happen twice.
    AtLeastOnce,
}

/// IAM actions that are allowed on the same resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// On what.
    pub on: Scope,
    /// The IAM actions.
    pub actions: &'static [&'static str],
}

/// On what actions are allowed, and under which condition. The resource types are those of AWS's Service Authorization
/// Reference, which e2e/tests/test_permissions.py compares; an action without a type there is allowed on everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Name of the statement in a policy.
    pub sid: &'static str,
    /// ARN patterns.
    pub resources: &'static [&'static str],
    /// Under which it holds.
    pub condition: Option<Condition>,
}

/// A condition, in the words of an IAM policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator, such as `StringEquals`.
    pub test: &'static str,
    /// The context key.
    pub key: &'static str,
    /// Any of these.
    pub values: &'static [&'static str],
}

impl Scope {
    /// For actions that AWS asks for without a resource.
    pub const ANYTHING: Self = Self::on("Lists", &["*"]);

    /// Resources by ARN pattern.
    pub const fn on(sid: &'static str, resources: &'static [&'static str]) -> Self {
        Self {
            sid,
            resources,
            condition: None,
        }
    }

    /// The same under a condition.
    #[must_use]
    pub const fn only(self, test: &'static str, key: &'static str, values: &'static [&'static str]) -> Self {
        let condition = Some(Condition { test, key, values });
        Self { condition, ..self }
    }

    /// Actions on these resources.
    pub const fn allows(self, actions: &'static [&'static str]) -> Grant {
        Grant { on: self, actions }
    }
}

/// The service that an IAM action belongs to, where Firebreak calls it.
#[cfg(test)]
pub(crate) fn service_of(action: &str) -> Option<Service> {
    match action.split(':').next()? {
        "application-autoscaling" => Some(Service::ApplicationAutoScaling),
        "autoscaling" => Some(Service::AutoScaling),
        "cloudwatch" => Some(Service::CloudWatch),
        "ec2" => Some(Service::Ec2),
        "ecs" => Some(Service::Ecs),
        "elasticloadbalancing" => Some(Service::Elbv2),
        "guardduty" => Some(Service::GuardDuty),
        "iam" => Some(Service::Iam),
        "lambda" => Some(Service::Lambda),
        "rds" => Some(Service::Rds),
        "s3" => Some(Service::S3),
        "sqs" => Some(Service::Sqs),
        "sts" => Some(Service::Sts),
        "wafv2" => Some(Service::Wafv2),
        _ => None,
    }
}
