//! Which playbook speaks of a finding.

use super::Known;
use crate::{coordinate::finding::Finding, pattern};
use firebreak_crds::{
    Severity,
    playbook::{PlaybookMatch, Suppression},
};
use jiff::Timestamp;

/// What becomes of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// No playbook speaks of it.
    Unmatched,
    /// A suppression of the playbook that speaks of it covers it.
    Suppressed {
        /// The playbook.
        playbook: &'a Known,
        /// The suppression.
        by: &'a Suppression,
    },
    /// This playbook says what is done.
    Played(&'a Known),
}

/// The playbook that speaks of a finding: of several, the one with the lowest priority, and of those the first by name.
pub fn choose<'a>(playbooks: &'a [Known], finding: &Finding, account: &str, now: Timestamp) -> Verdict<'a> {
    let speaking = playbooks
        .iter()
        .filter(|one| matches(&one.spec.matches, finding, account));
    let Some(playbook) = speaking.min_by_key(|one| (one.spec.priority, one.name.as_str())) else {
        return Verdict::Unmatched;
    };
    let mut suppressions = playbook.spec.suppressions.iter();
    match suppressions.find(|one| covers(one, finding, now)) {
        Some(by) => Verdict::Suppressed { playbook, by },
        None => Verdict::Played(playbook),
    }
}

fn matches(wanted: &PlaybookMatch, finding: &Finding, account: &str) -> bool {
    let least = wanted.severity.at_least.unwrap_or(Severity::Low);
    let most = wanted.severity.at_most.unwrap_or(Severity::Critical);
    let severity = least <= finding.severity && finding.severity <= most;
    severity
        && any(&wanted.types, |one| pattern::matches(one, &finding.type_))
        && any(&wanted.resources, |one| *one == finding.resource)
        && any(&wanted.accounts, |one| one == account)
        && any(&wanted.regions, |one| *one == finding.region)
        && any(&wanted.tags, |one| finding.has_tag(one))
}

/// A list that says nothing narrows nothing.
fn any<T>(list: &[T], holds: impl Fn(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(holds)
}

/// What must be heard is never kept quiet about: Critical findings, sequences, and findings about detection.
fn covers(one: &Suppression, finding: &Finding, now: Timestamp) -> bool {
    let never = finding.severity == Severity::Critical || finding.is_sequence() || finding.is_about_detection();
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let lasts = time(&one.from).is_some_and(|from| from <= now) && time(&one.until).is_some_and(|until| now < until);
    let about = |wanted: &String| {
        finding
            .subjects()
            .any(|subject| pattern::matches_arn(wanted, &finding.arn(subject)))
    };
    !never
        && lasts
        && any(&one.types, |wanted| pattern::matches(wanted, &finding.type_))
        && any(&one.arn_patterns, about)
}
