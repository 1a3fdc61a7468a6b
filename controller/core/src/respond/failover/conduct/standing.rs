//! How many people a run needs, and who has spoken.

use super::World;
use crate::{
    approval::{self, Case, Hearing, Requirement, Voices},
    run::Run,
};
use firebreak_crds::{Action, Environment, PlanOutcome, ResponsePlanStatus, Severity};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The most names that a run's record lists.
const MAX_NAMES: usize = 32;

/// How a run stands with the people.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    pub(super) requirement: Requirement,
    pub(super) voices: Voices,
    pub(super) satisfied: bool,
}

impl Standing {
    pub(super) fn of(world: &World, run: &Run, now: Timestamp) -> Self {
        let requesters = requesters(run);
        let voices = Voices::of(&world.decisions, &hearing(world, run, &requesters, now));
        let requirement = required(world, run);
        Self {
            satisfied: voices.satisfy(&requirement),
            requirement,
            voices,
        }
    }

    /// Whether a person spoke for it: what stops the unapproved does not stop it.
    pub(super) fn has_a_word(&self) -> bool {
        self.satisfied && (!self.voices.approvals.is_empty() || self.voices.break_glass.is_some())
    }

    /// The record of a run that may begin: on whose word, and when.
    pub(super) fn begin(&self, run: &Run, now: Timestamp) -> ResponsePlanStatus {
        ResponsePlanStatus {
            outcome: Some(PlanOutcome::Running),
            approved_at: Some(now.to_string()),
            approved_by: self.voices.names().into_iter().take(MAX_NAMES).collect(),
            decisions: self.voices.taken.clone(),
            ..run.status.clone()
        }
    }

    /// For people: how many have approved, and whom it waits for.
    pub(super) fn sentence(&self) -> String {
        approval::sentence(&self.requirement, &self.voices)
    }

    /// Such as 1/2.
    pub(super) fn count(&self) -> String {
        format!("{}/{}", self.voices.people().len(), self.requirement.required)
    }
}

/// Everybody who asked for it: none of them approves it.
pub fn requesters(run: &Run) -> Vec<String> {
    let asked = run.spec.asked.clone().with(&run.status.asked);
    asked.by.into_iter().chain(run.spec.requested_by.clone()).collect()
}

/// How Decisions about a run are listened to.
pub fn hearing<'a>(world: &'a World, run: &'a Run, requesters: &'a [String], now: Timestamp) -> Hearing<'a> {
    Hearing {
        plan: &run.reference,
        action: Action::FailOver,
        requesters: requesters.iter().map(String::as_str).collect(),
        admission: world.admission,
        people: world.settings.people,
        machines: &world.settings.machines,
        now,
    }
}

/// What a start needs. A failover has no severity: the strictest rule of all of them counts.
pub fn required(world: &World, run: &Run) -> Requirement {
    let asked = run.spec.asked.clone().with(&run.status.asked);
    let unattributed = asked.unattributed || run.spec.requested_by.is_none();
    let severities = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let of = |environment: Environment| {
        severities.map(|severity| Case {
            environment,
            action: Action::FailOver,
            severity,
            unattributed,
        })
    };
    let accounts = world.accounts.values().map(|account| account.environment);
    let environments: BTreeSet<Environment> = accounts.chain([run.plan.environment]).collect();
    let cases: Vec<Case> = environments.into_iter().flat_map(of).collect();
    Requirement::of_all(&world.guardrails, &cases, run.plan.is_destructive())
}
