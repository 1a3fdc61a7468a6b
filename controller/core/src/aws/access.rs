//! As whom, where, and on whose behalf AWS is called. Data only: the `aws` crate turns it into credentials.

use crate::aws::{
    failure::{Failure, FailureClass},
    partition,
};
use firebreak_crds::AwsAccountSpec;
use serde::{Deserialize, Serialize};

/// The AWS services that Firebreak calls; budgets are per account, region and service.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the services' names")]
pub enum Service {
    ApplicationAutoScaling,
    AutoScaling,
    CloudWatch,
    Ec2,
    Ecs,
    Elbv2,
    GuardDuty,
    Iam,
    Lambda,
    Rds,
    S3,
    Sqs,
    Sts,
    Wafv2,
}

/// Which of the account's roles is assumed.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKind {
    /// Reads only.
    Read,
    /// Writes of containment and release.
    Contain,
    /// Inline, trust and bucket policies.
    ContainIdentity,
    /// Documents in the evidence bucket.
    Evidence,
    /// What FailoverPlans do.
    Failover,
    /// Messages in the queues of FindingSources.
    Queue,
}

/// Where AWS is called and for which object; the object becomes the session's name and tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// The account, from the `AwsAccount` or from a Hold's snapshot of it.
    pub account: AwsAccountSpec,
    /// The region whose endpoint is asked.
    pub region: String,
    /// Namespace of the object on whose behalf it is done; empty for orphaned Holds.
    pub namespace: String,
    /// Name of that object.
    pub name: String,
    /// UID of that object.
    pub uid: String,
}

impl Access {
    /// The role to assume for a kind of call. Where the account names none for failovers or for queues, the ARN is empty: no role
    /// stands in for it, and [`Access::failover_role`] and [`Access::queue_role`] say so.
    pub fn role_arn(&self, kind: RoleKind) -> &str {
        let roles = &self.account.roles;
        match kind {
            RoleKind::Read => &roles.read,
            RoleKind::Contain => &roles.contain,
            RoleKind::Evidence => self.evidence_role().unwrap_or(&roles.contain),
            RoleKind::ContainIdentity => roles.contain_identity.as_ref().unwrap_or(&roles.contain),
            RoleKind::Failover => roles.failover.as_deref().unwrap_or_default(),
            RoleKind::Queue => roles.queue.as_deref().unwrap_or_default(),
        }
    }

    /// The role for failovers. Nothing takes its place: the contain role has powers that a failover must not have.
    ///
    /// # Errors
    /// `Denied` where the account names none; nothing may be called then.
    pub fn failover_role(&self, call: &str) -> Result<&str, Failure> {
        let role = self.account.roles.failover.as_deref();
        role.ok_or_else(|| self.no_role(call, "NoFailoverRole", "failovers; set spec.roles.failover"))
    }

    /// The role for queues. Nothing takes its place: those that write can do much more than to delete a message, and the one that
    /// reads must not.
    ///
    /// # Errors
    /// `Denied` where the account names none; nothing may be called then.
    pub fn queue_role(&self, call: &str) -> Result<&str, Failure> {
        let role = self.account.roles.queue.as_deref();
        role.ok_or_else(|| self.no_role(call, "NoQueueRole", "queues; set spec.roles.queue"))
    }

    fn no_role(&self, call: &str, code: &str, purpose: &str) -> Failure {
        Failure {
            class: FailureClass::Denied,
            call: call.into(),
            code: code.into(),
            message: format!(
                "not called: the AwsAccount of account {} names no role for {purpose}",
                self.account.account_id
            ),
        }
    }

    fn evidence_role(&self) -> Option<&String> {
        self.account.evidence.as_ref()?.role_arn.as_ref()
    }

    /// The partition of the account, such as `aws`, `aws-cn` or `aws-iso-b`.
    pub fn partition(&self) -> &str {
        partition::of_arn(&self.account.roles.read)
    }
}
