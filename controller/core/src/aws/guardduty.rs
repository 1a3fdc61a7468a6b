//! GuardDuty: which of its findings are asked for.

use super::{
    Grant, Scope,
    failure::{Failure, FailureClass},
};
use firebreak_crds::{AwsAccountSpec, Severity};
use jiff::Timestamp;

/// The IAM actions that it takes, the one that is called first in front.
pub const ACTIONS: [&str; 3] = [
    "guardduty:ListDetectors",
    "guardduty:ListFindings",
    "guardduty:GetFindings",
];
/// The word in spec.grants[].kinds of an AwsAccount whose findings are read.
pub const GRANTED_AS: &str = "findings";

/// On everything, since AWS names no resource for these actions. Apart, since who reads no findings may want to leave it out.
pub(crate) const FINDINGS: Scope = Scope::on("Findings", &["*"]);
/// What the read role needs.
pub(crate) const GRANT: Grant = FINDINGS.allows(&ACTIONS);

/// Findings of one region of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingsAsked {
    /// Those that were updated then or later, to the millisecond.
    pub updated_since: Timestamp,
    /// Those that are at least that bad.
    pub least: Severity,
    /// How many at the most.
    pub most: usize,
}

impl FindingsAsked {
    /// The lowest of GuardDuty's numbers that is at least that bad (GuardDuty user guide, "Severity levels of GuardDuty findings").
    pub fn lowest(&self) -> i32 {
        match self.least {
            Severity::Low => 1,
            Severity::Medium => 4,
            Severity::High => 7,
            Severity::Critical => 9,
        }
    }
}

/// Whether findings of the account are read at all: some namespace is granted them.
pub fn is_granted(account: &AwsAccountSpec) -> bool {
    let mut kinds = account.grants.iter().flat_map(|grant| &grant.kinds);
    kinds.any(|kind| kind == "*" || kind == GRANTED_AS)
}

/// Says that nothing can be told of a region, because GuardDuty is off there.
pub fn no_detector(region: &str) -> Failure {
    Failure {
        class: FailureClass::Gone,
        call: ACTIONS[0].into(),
        code: "NoDetector".into(),
        message: format!("GuardDuty has no detector in {region}: turn it on there, or leave the region out"),
    }
}
