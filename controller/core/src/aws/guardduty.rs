//! GuardDuty: which of its findings are asked for, and which are closed out.

use super::{
    Grant, Scope,
    failure::{Failure, FailureClass},
    partition,
};
use crate::pattern;
use firebreak_crds::{AwsAccountSpec, Severity, incident::FindingFeedback};
use jiff::Timestamp;

/// The IAM actions that it takes, the one that is called first in front.
pub const ACTIONS: [&str; 3] = [
    "guardduty:ListDetectors",
    "guardduty:ListFindings",
    "guardduty:GetFindings",
];
/// The word in spec.grants[].kinds of an AwsAccount whose findings are read.
pub const GRANTED_AS: &str = "findings";

/// The IAM actions that write: findings are archived and marked.
pub const CLOSE_OUT_ACTIONS: [&str; 2] = ["guardduty:ArchiveFindings", "guardduty:UpdateFindingsFeedback"];
/// The word in spec.grants[].kinds of an AwsAccount whose findings are archived and marked.
pub const CLOSE_OUT_GRANTED_AS: &str = "findingsCloseOut";
/// The most findings that are archived or marked at once (GuardDuty API reference, ArchiveFindings and UpdateFindingsFeedback).
pub const MOST_AT_ONCE: usize = 50;

/// On everything, since AWS names no resource for these actions. Apart, since who reads no findings may want to leave it out.
pub(crate) const FINDINGS: Scope = Scope::on("Findings", &["*"]);
/// What the read role needs.
pub(crate) const GRANT: Grant = FINDINGS.allows(&ACTIONS);

/// On everything too: AWS names no resource for these actions (Service Authorization Reference, Amazon GuardDuty).
pub(crate) const CLOSE_OUT: Scope = Scope::on("FindingsCloseOut", &["*"]);
/// What the contain role needs.
pub(crate) const CLOSE_OUT_GRANT: Grant = CLOSE_OUT.allows(&CLOSE_OUT_ACTIONS);

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

/// Findings to archive and to mark, at most [`MOST_AT_ONCE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseOut {
    /// Their ids, as GuardDuty's calls take them.
    pub findings: Vec<String>,
    /// How they are marked; none: they are not.
    pub feedback: Option<FindingFeedback>,
}

/// What became of findings that were to be archived: all of them are, but for these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedOut {
    /// Ids that GuardDuty does not know any more.
    pub gone: Vec<String>,
}

/// The id of a finding, as GuardDuty's calls take it: the end of its ARN.
pub fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Whether some namespace is granted that word in the account at all.
pub fn is_granted(account: &AwsAccountSpec, word: &str) -> bool {
    let mut kinds = account.grants.iter().flat_map(|grant| &grant.kinds);
    kinds.any(|kind| kind == "*" || kind == word)
}

/// Whether a namespace is granted that word for the detector of a region, whichever that is.
pub fn reaches(account: &AwsAccountSpec, word: &str, namespace: &str, region: &str) -> bool {
    let has = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
    // What comes before has no star, which a star at the end of a grant would take for itself.
    let partition = partition::of_arn(&account.roles.read);
    let detector = format!("arn:{partition}:guardduty:{region}:{}:detector/*", account.account_id);
    let mut grants = account
        .grants
        .iter()
        .filter(|grant| has(&grant.namespaces, namespace) && has(&grant.kinds, word));
    grants.any(|grant| grant.arn_patterns.iter().any(|one| pattern::meet(one, &detector)))
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
