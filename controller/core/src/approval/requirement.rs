//! How many people must agree, and in which approver roles, as the Guardrails say.

use firebreak_crds::{Action, ApprovalRule, Environment, GuardrailSpec, Severity};
use std::collections::BTreeSet;

/// Which runs a requirement is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// The account's environment.
    pub environment: Environment,
    /// Contain or Release.
    pub action: Action,
    /// The object's severity.
    pub severity: Severity,
    /// Whether the requester is unknown or a machine.
    pub unattributed: bool,
}

/// How many people, and in which approver roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Different people.
    pub required: usize,
    /// Approver roles that must be among them, each by another person.
    pub approver_roles: BTreeSet<String>,
}

impl Requirement {
    /// Where no Guardrail speaks.
    pub(super) fn strictest() -> Self {
        Self {
            required: 2,
            approver_roles: BTreeSet::from(["security".to_owned()]),
        }
    }

    /// The strictest of several cases: what has had two severities, or lay in two environments, is judged by both.
    pub fn of_all(guardrails: &[GuardrailSpec], cases: &[Case], destructive: bool) -> Self {
        let each = cases.iter().map(|case| Self::of(guardrails, *case, destructive));
        each.reduce(Self::and).unwrap_or_else(Self::strictest)
    }

    /// Both.
    fn and(mut self, other: Self) -> Self {
        self.approver_roles.extend(other.approver_roles);
        self.required = self.required.max(other.required).max(self.approver_roles.len());
        self
    }

    /// The strictest matching rule of all Guardrails; an unattributed request costs one more approver.
    pub fn of(guardrails: &[GuardrailSpec], case: Case, destructive: bool) -> Self {
        let rules: Vec<&ApprovalRule> = speaking(guardrails, case.environment)
            .flat_map(|guardrail| &guardrail.approvals)
            .filter(|rule| matches(rule, case, destructive))
            .collect();
        let mut requirement = if rules.is_empty() {
            Self::strictest()
        } else {
            Self::strictest_of(&rules)
        };
        if case.unattributed && requirement.required > 0 {
            requirement.required += 1;
        }
        requirement
    }

    /// At least one person, where it was only proposed.
    pub fn of_somebody(mut self, proposed: bool) -> Self {
        self.required = self.required.max(usize::from(proposed));
        self
    }

    /// One person more where something warns, also where nobody would be needed otherwise.
    pub fn raised(mut self, warned: bool) -> Self {
        self.required += usize::from(warned);
        self
    }

    fn strictest_of(rules: &[&ApprovalRule]) -> Self {
        let approver_roles: BTreeSet<String> = rules
            .iter()
            .flat_map(|rule| rule.approver_roles.iter().cloned())
            .collect();
        let required = rules.iter().map(|rule| usize::from(rule.required)).max().unwrap_or(0);
        Self {
            required: required.max(approver_roles.len()),
            approver_roles,
        }
    }
}

fn matches(rule: &ApprovalRule, case: Case, destructive: bool) -> bool {
    rule.action.is_none_or(|action| action == case.action)
        && rule.destructive.is_none_or(|about| about == destructive)
        && (rule.severities.is_empty() || rule.severities.contains(&case.severity))
}

/// The Guardrails that speak for an environment.
pub fn speaking(guardrails: &[GuardrailSpec], environment: Environment) -> impl Iterator<Item = &GuardrailSpec> {
    guardrails
        .iter()
        .filter(move |g| g.environments.is_empty() || g.environments.contains(&environment))
}

/// Whether reversible steps of a containment may run before approval: every Guardrail that speaks must say so.
pub fn contain_now(guardrails: &[GuardrailSpec], case: Case) -> bool {
    let mut speaking = speaking(guardrails, case.environment).peekable();
    case.action == Action::Contain
        && speaking.peek().is_some()
        && speaking.all(|guardrail| guardrail.contain_now.contains(&case.severity))
}
