//! How a run stands with the people: what is required, who has spoken, and what may therefore run.

use super::{asked, intent, world::World};
use crate::{
    approval::{self, Case, Hearing, Requirement, Voices},
    run::{Run, step::Undo},
};
use firebreak_crds::{Action, Asked, Environment, ResponsePlanStatus, Severity, TakenDecision, Verb};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The most names that a run's record lists.
const MAX_NAMES: usize = 32;

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
    /// How a run stands now. What it was begun on stands: neither an approval that expires nor a Guardrail that changes stops it
    /// between two steps. A Reject does.
    pub fn of(world: &World, run: &Run, now: Timestamp) -> Self {
        let asked = asked::asked(world);
        let voices = voices(world, run, &asked, now);
        let cases = cases(world, run.spec.action, Some(run), &asked);
        let warned = !run.plan.warnings.is_empty();
        let proposed = asked.proposed && run.spec.action == Action::Contain;
        let need = |destructive| {
            let of_rules = Requirement::of_all(&world.guardrails, &cases, destructive);
            of_rules.of_somebody(proposed).raised(warned)
        };
        let (light, grave) = (need(false), need(run.plan.is_destructive()));
        let (begun, stands) = (run.has_begun(), voices.rejected.is_none());
        let satisfied = voices.satisfy(&light);
        let granted = !warned && !proposed && cases.iter().all(|case| approval::contain_now(&world.guardrails, *case));
        let all = stands && (was_approved(run) || voices.satisfy(&grave));
        let contain_now = stands && granted && !satisfied && !all;
        Self {
            reversible: stands && (begun || satisfied || contain_now),
            all,
            contain_now,
            requirement: grave,
            voices,
        }
    }

    /// A run that needs nobody: a release that gives nothing up.
    pub fn free() -> Self {
        Self {
            requirement: Requirement::default(),
            voices: Voices::default(),
            reversible: true,
            all: true,
            contain_now: false,
        }
    }

    /// A release that the approvals of its containment cover.
    pub(super) fn covered(voices: Voices, requirement: Requirement) -> Self {
        Self {
            requirement,
            voices,
            ..Self::free()
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

    /// The record of a run once every step is allowed: on whose word, and when. What was taken stays.
    pub(super) fn take(&self, status: &mut ResponsePlanStatus, now: Timestamp) {
        let approves = self.all && status.approved_at.is_none();
        if approves {
            status.approved_at = Some(now.to_string());
            status.approved_by = self.voices.names().into_iter().take(MAX_NAMES).collect();
        }
        if approves || status.decisions.is_empty() {
            status.decisions.clone_from(&self.voices.taken);
        }
    }

    /// For people: how many have approved, and whom it waits for.
    pub fn sentence(&self) -> String {
        approval::sentence(&self.requirement, &self.voices)
    }
}

/// Whose approval of a run does not count: anyone who asked for it, or has changed the spec since the containment was planned.
pub fn requesters_of(world: &World, run: &Run) -> Vec<String> {
    let asked = asked::asked(world);
    requesters(run, &asked).into_iter().map(str::to_owned).collect()
}

/// Whether the run was begun after every step was allowed. Runs of earlier versions say it by the names of who approved.
fn was_approved(run: &Run) -> bool {
    run.has_begun() && (run.status.approved_at.is_some() || !run.status.approved_by.is_empty())
}

/// What people say now, and what was taken when the run began.
fn voices(world: &World, run: &Run, asked: &Asked, now: Timestamp) -> Voices {
    let requesters = requesters(run, asked);
    let hearing = Hearing {
        plan: &run.reference,
        action: run.spec.action,
        requesters: requesters.clone(),
        admission: world.admission,
        people: world.settings.people,
        machines: &world.settings.machines,
        now,
    };
    let mut voices = Voices::of(&world.decisions, &hearing);
    let person = |name: &str| world.settings.people.person(name).to_owned();
    let asker = |by: &str| requesters.iter().any(|name| person(name) == person(by));
    let kept = run.status.decisions.iter().filter(|_| run.has_begun());
    let counted = kept.filter(|one| one.verb != Verb::Approve || was_approved(run) || !asker(&one.by));
    counted.cloned().for_each(|one| voices.hear(one));
    voices
}

/// Anyone who asked for the run, and anyone who has changed the spec since the containment was first planned.
fn requesters<'a>(run: &'a Run, asked: &'a Asked) -> Vec<&'a str> {
    let people = asked.by.iter().map(String::as_str);
    people.chain(run.spec.requested_by.as_deref()).collect()
}

/// Those who agreed among these Decisions to end the containment: nobody who asked for it, or has changed the spec since.
pub(super) fn agreed(world: &World, requester: Option<&str>, decisions: &[TakenDecision]) -> Voices {
    let asked = asked::asked(world);
    let requesters: Vec<&str> = asked.by.iter().map(String::as_str).chain(requester).collect();
    Voices::agreed(decisions, world.settings.people, &requesters)
}

/// A Reject of a begun run is recorded: it stands whatever becomes of the Decision.
pub(super) fn rejection(run: &Run, standing: &Standing) -> Option<ResponsePlanStatus> {
    let is_reject = |one: &&TakenDecision| one.verb == Verb::Reject;
    let reject = standing.voices.taken.iter().find(is_reject)?;
    let known = run.status.decisions.iter().any(|one| one.verb == Verb::Reject);
    (run.has_begun() && !known).then(|| {
        let mut status = run.status.clone();
        approval::record(&mut status.decisions, reject.clone());
        status
    })
}

/// What ending the containment needs: the same for a release, an expiry and for giving custody up.
pub(super) fn release_requirement(world: &World, requester: Option<&str>) -> Requirement {
    let asked = asked::asked(world);
    let mut cases = cases(world, Action::Release, None, &asked);
    let unattributed = is_unattributed(world, requester);
    cases.iter_mut().for_each(|case| case.unattributed |= unattributed);
    Requirement::of_all(&world.guardrails, &cases, false)
}

/// Every case that speaks of the run: what ends a containment is judged by each severity that it had; what begins one, by the
/// present and the highest. An account that has moved to another environment is judged by each.
fn cases(world: &World, action: Action, run: Option<&Run>, asked: &Asked) -> Vec<Case> {
    let mut unattributed = asked.unattributed;
    if let Some(run) = run {
        unattributed |= is_unattributed(world, run.spec.requested_by.as_deref());
    }
    let of = |(environment, severity)| Case {
        environment,
        action,
        severity,
        unattributed,
    };
    let severities = severities(world, action, asked);
    let environments = environments(world, run);
    let pairs = environments
        .into_iter()
        .flat_map(|e| severities.iter().map(move |s| (e, *s)));
    pairs.map(of).collect()
}

fn severities(world: &World, action: Action, asked: &Asked) -> Vec<Severity> {
    match action {
        Action::Contain => vec![world.subject.terms().severity, asked.highest()],
        Action::Release | Action::FailOver => asked.severities.clone(),
    }
}

fn environments(world: &World, run: Option<&Run>) -> BTreeSet<Environment> {
    let named = world.account().map(|account| account.environment).unwrap_or_default();
    let held = world.mine.iter().filter_map(|name| world.hold(name));
    let kept = held.map(|hold| hold.account.environment);
    let planned = run.map(|run| run.plan.environment);
    kept.chain(planned).chain([named]).collect()
}

/// Nobody, or a machine.
pub(super) fn is_unattributed(world: &World, requester: Option<&str>) -> bool {
    requester.is_none_or(|name| approval::is_machine(&world.settings.machines, name))
}

/// The requester that a new run is recorded with.
pub(super) fn requester(world: &World) -> Option<String> {
    intent::requester(world).map(str::to_owned)
}
