//! How a run stands with the people: what is required, who has spoken, and what may therefore run.

use super::{
    intent,
    world::{Run, World},
};
use crate::{
    approval::{self, Case, Hearing, Requirement, Voices},
    quarantine::Undo,
};
use firebreak_crds::Action;
use jiff::Timestamp;

/// What people have said about a run, against what is required.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What the run's gravest step needs.
    pub requirement: Requirement,
    /// Who has spoken.
    pub voices: Voices,
    /// Whether steps that destroy nothing may run.
    pub reversible: bool,
    /// Whether every step may run.
    pub all: bool,
    /// Whether reversible steps run only because the Guardrail grants it before approval.
    pub contain_now: bool,
}

impl Standing {
    /// How a run stands now.
    pub fn of(world: &World, run: &Run, now: Timestamp) -> Self {
        let requesters = requesters(world, run);
        let unattributed = requesters.iter().any(|name| is_unattributed(*name));
        let hearing = Hearing {
            plan: &run.reference,
            requesters: requesters.into_iter().flatten().collect(),
            admission: world.admission,
            people: world.settings.people,
            now,
        };
        let voices = Voices::of(&world.decisions, &hearing);
        let case = Case {
            unattributed,
            ..case(world, run.spec.action, None)
        };
        let warned = !run.plan.warnings.is_empty();
        let need = |destructive| Requirement::of(&world.guardrails, case, destructive).raised(warned);
        let (light, grave) = (need(false), need(run.plan.is_destructive()));
        let satisfied = voices.satisfy(&light);
        let granted = approval::contain_now(&world.guardrails, case);
        let contain_now = !satisfied && granted && !warned && voices.rejected.is_none();
        Self {
            reversible: satisfied || contain_now,
            all: voices.satisfy(&grave),
            contain_now,
            requirement: grave,
            voices,
        }
    }

    /// A run that needs nobody: a release that writes nothing, or one that the containment's approval covers.
    pub fn free() -> Self {
        Self {
            requirement: Requirement::default(),
            voices: Voices::default(),
            reversible: true,
            all: true,
            contain_now: false,
        }
    }

    /// Whether a step of that class may run.
    pub fn allows(&self, undo: Undo) -> bool {
        if undo.is_destructive() {
            self.all
        } else {
            self.reversible
        }
    }

    /// Whether anybody spoke for it whose word counts.
    pub fn has_been_heard(&self) -> bool {
        !self.voices.approvals.is_empty() || self.voices.break_glass.is_some()
    }

    /// Whether a person spoke for it: what stops the unapproved does not stop it.
    pub fn has_a_word(&self) -> bool {
        self.all && self.has_been_heard()
    }

    /// For people: how many have approved, and whom it waits for.
    pub fn sentence(&self) -> String {
        approval::sentence(&self.requirement, &self.voices)
    }
}

/// What a run of this object needs.
pub(super) fn requirement(world: &World, action: Action, requester: Option<&str>, destructive: bool) -> Requirement {
    Requirement::of(&world.guardrails, case(world, action, requester), destructive)
}

fn case(world: &World, action: Action, requester: Option<&str>) -> Case {
    Case {
        environment: world.account().map(|account| account.environment).unwrap_or_default(),
        action,
        severity: world.subject.spec.severity,
        unattributed: is_unattributed(requester),
    }
}

/// Nobody, or a machine.
fn is_unattributed(requester: Option<&str>) -> bool {
    requester.is_none_or(|name| name.starts_with("system:serviceaccount:"))
}

/// Whoever asked for the run, and whoever has changed the spec since it was planned: switching Observe to Enforce asks too.
fn requesters<'a>(world: &'a World, run: &'a Run) -> Vec<Option<&'a str>> {
    let mut all = vec![run.spec.requested_by.as_deref()];
    let changed = run.spec.owner_generation != world.subject.generation && world.subject.deleting_since.is_none();
    if changed {
        all.push(intent::requester(world));
    }
    all
}

/// The requester that a new run is recorded with.
pub(super) fn requester(world: &World) -> Option<String> {
    intent::requester(world).map(str::to_owned)
}
