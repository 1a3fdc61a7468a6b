//! Who asked for a containment, and how grave it was called: a record that only grows while the containment lasts.

use crate::{Severity, Verb};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most people that are remembered by name; beyond them the record counts as unattributed.
pub const MAX_REQUESTERS: usize = 64;
/// The longest username that is remembered: a Decision takes no longer one either.
pub const MAX_USERNAME: usize = 256;

/// Who changed the spec since a containment was first planned, and every severity that it had. Requesters approve nothing of it,
/// and what ends it is judged by the strictest of the severities.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The people who changed the spec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 256)))]
    pub by: Vec<String>,
    /// Whether a machine, or somebody unknown, changed the spec after it was planned: it costs one more approver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unattributed: bool,
    /// Whether it was only proposed, by a playbook: nothing runs before a person has approved, also where nobody is asked for
    /// otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proposed: bool,
    /// Every severity that it had, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub severities: Vec<Severity>,
}

impl Asked {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.unattributed |= other.unattributed;
        self.proposed |= other.proposed;
        other.by.iter().for_each(|name| self.add_person(name));
        other
            .severities
            .iter()
            .for_each(|severity| self.add_severity(*severity));
        self
    }

    /// Remembers one more person.
    pub fn add_person(&mut self, name: &str) {
        if self.by.iter().any(|known| known == name) {
            return;
        }
        match self.by.len() < MAX_REQUESTERS && name.chars().count() <= MAX_USERNAME {
            true => self.by.push(name.to_owned()),
            false => self.unattributed = true,
        }
    }

    /// Remembers one more severity.
    pub fn add_severity(&mut self, severity: Severity) {
        if !self.severities.contains(&severity) {
            self.severities.push(severity);
            self.severities.sort();
        }
    }

    /// The highest severity; Medium, the default, where none was recorded.
    pub fn highest(&self) -> Severity {
        self.severities.iter().max().copied().unwrap_or_default()
    }
}

/// A Decision that was taken into a run's record: it counts there until the run ends, whatever becomes of the Decision.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct TakenDecision {
    /// What was decided.
    pub verb: Verb,
    /// By whom.
    #[schemars(length(max = 256))]
    pub by: String,
    /// In which approver role.
    #[schemars(length(max = 63))]
    pub approver_role: String,
    /// Name of the Decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub name: Option<String>,
    /// When it was given (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub given_at: Option<String>,
    /// The digest that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71))]
    pub digest: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_only_grows_and_says_when_it_is_full() {
        let mut asked = Asked::default();
        (0..MAX_REQUESTERS).for_each(|n| asked.add_person(&format!("p{n}")));
        asked.add_person("p0");
        assert_eq!((asked.by.len(), asked.unattributed), (MAX_REQUESTERS, false));
        asked.add_person("one more");
        assert_eq!((asked.by.len(), asked.unattributed), (MAX_REQUESTERS, true));
    }

    #[test]
    fn what_was_proposed_once_stays_a_proposal() {
        let proposed = Asked {
            proposed: true,
            ..Asked::default()
        };
        assert!(Asked::default().with(&proposed).proposed && proposed.with(&Asked::default()).proposed);
    }

    #[test]
    fn both_together_have_every_person_and_severity_of_either() {
        let of = |name: &str, severity| Asked {
            by: vec![name.into()],
            severities: vec![severity],
            ..Asked::default()
        };
        let both = of("ann", Severity::High).with(&of("bob", Severity::Low));
        assert_eq!(both.by, ["ann", "bob"]);
        assert_eq!(both.severities, [Severity::Low, Severity::High]);
        assert_eq!(both.highest(), Severity::High);
    }
}
