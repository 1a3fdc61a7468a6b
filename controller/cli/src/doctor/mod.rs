//! `doctor`: one small check per file, each a pure function from what was seen to findings. What could not be seen is
//! Unknown and says why; it is never called good.
//!
//! A new check is one file, one line in [`examine`], and what it looks at in `evidence` and `survey`.

mod accounts;
mod aws_identity;
mod aws_permissions;
mod aws_roles;
mod channels;
mod clock;
mod crds;
mod evidence;
mod evidence_bucket;
mod failovers;
mod findings;
mod kubernetes;
mod leader;
mod lens;
mod operator;
mod operator_rights;
mod orphans;
mod policies;
mod readiness;
mod reviews;
mod roles;
mod shared_account;
mod stop;
mod survey;
mod survey_aws;
#[cfg(test)]
mod testing;
mod unreadable;
mod you;

pub use evidence::Evidence;
pub use reviews::Right;
pub use survey::survey;
pub use survey_aws::{refused, survey as survey_aws};

use serde::Serialize;

/// How a check ended.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// Something will not work, or protects nobody.
    Failure,
    /// It could not be looked at.
    Unknown,
}

/// What a check says.
#[derive(Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the check.
    pub check: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, or why nothing was.
    pub message: String,
    /// What to do about it; none where nothing is to be done.
    pub fix: Option<String>,
}

impl Finding {
    /// Whether the API server refused to show it to the person who asks.
    pub fn is_forbidden(&self) -> bool {
        self.outcome == Outcome::Unknown && self.message.contains(" is forbidden: ")
    }

    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            outcome: Outcome::Ok,
            message: message.into(),
            fix: None,
        }
    }

    fn new(check: &'static str, outcome: Outcome, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            check,
            outcome,
            message: message.into(),
            fix: Some(fix.into()),
        }
    }

    fn warning(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(check, Outcome::Warning, message, fix)
    }

    fn failure(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(check, Outcome::Failure, message, fix)
    }

    fn unknown(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(check, Outcome::Unknown, message, fix)
    }
}

/// Every finding, in the order in which things depend on each other.
pub fn examine(seen: &Evidence) -> Vec<Finding> {
    [
        kubernetes::check(seen),
        clock::check(seen),
        crds::check(seen),
        policies::check(seen),
        policies::check_requester(seen),
        operator_rights::check(seen),
        roles::check(seen),
        operator::check(seen),
        leader::check(seen),
        stop::check(seen),
        orphans::check(seen),
        unreadable::check(seen),
        findings::check(seen),
        channels::check(seen),
        failovers::check(seen),
        you::check(seen),
        accounts::check(seen),
        shared_account::check(seen),
        aws_identity::check(seen),
        aws_roles::check(seen),
        aws_permissions::check(seen),
        evidence_bucket::check(seen),
    ]
    .concat()
}

/// One line where all is well, else a line for each thing that is not.
fn or_well(check: &'static str, wrong: Vec<Finding>, well: impl Into<String>) -> Vec<Finding> {
    match wrong.is_empty() {
        true => vec![Finding::ok(check, well)],
        false => wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn nothing_is_called_good_where_nothing_could_be_seen() {
        let findings = examine(&testing::blind());
        for finding in &findings {
            assert_ne!(finding.outcome, Outcome::Ok, "{finding:?}");
            assert!(finding.fix.as_ref().is_some_and(|fix| !fix.is_empty()), "{finding:?}");
        }
        assert_eq!(findings[0].outcome, Outcome::Failure);
    }

    #[test]
    fn a_healthy_installation_has_one_good_line_per_check() {
        let findings = examine(&testing::healthy());
        let wrong: Vec<_> = findings
            .iter()
            .filter(|finding| finding.outcome != Outcome::Ok)
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(findings.len(), 22);
    }

    #[test]
    fn the_list_for_machines_has_stable_names() {
        let finding = Finding::failure("crds", "it is missing", "install it");
        let expected = serde_json::json!(
            {"check": "crds", "outcome": "Failure", "message": "it is missing", "fix": "install it"});
        assert_eq!(serde_json::to_value(finding).unwrap(), expected);
        assert_eq!(fixtures::fields(&expected), fixtures::promised("doctor"));
        assert!(serde_json::to_value(Finding::ok("crds", "7 kinds")).unwrap()["fix"].is_null());
    }
}
