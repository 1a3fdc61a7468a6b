//! What people have said about an Incident, and which of it outranks the spec.

use super::world::World;
use crate::approval;
use firebreak_crds::{
    Decision, IncidentSpec, Verb, bounds,
    incident::{IncidentIntent, IncidentOutcome, OnResolve, Ruling},
};
use jiff::Timestamp;

/// A Decision about the Incident that counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) at: Timestamp,
    /// Name of the Decision.
    pub(super) name: String,
    pub(super) verb: Verb,
    pub(super) by: String,
    pub(super) reason: Option<String>,
    pub(super) outcome: Option<IncidentOutcome>,
    pub(super) generation: Option<i64>,
}

/// The Decisions that count, the oldest first.
pub(super) fn words(world: &World, now: Timestamp) -> Vec<Word> {
    let counted = world.decisions.iter().filter(|decision| counts(world, decision, now));
    let mut words: Vec<Word> = counted.filter_map(word).collect();
    words.sort_by(|one, other| (one.at, &one.name).cmp(&(other.at, &other.name)));
    words
}

fn counts(world: &World, decision: &Decision, now: Timestamp) -> bool {
    let target = &decision.spec.target;
    decision.spec.verb.is_about_incident()
        && target.kind == "Incident"
        && target.uid == world.subject.owner.uid
        && !approval::is_machine(&world.machines, &decision.spec.by)
        && approval::bound(decision, world.admission, now).is_none()
}

fn word(decision: &Decision) -> Option<Word> {
    let spec = &decision.spec;
    Some(Word {
        at: decision.metadata.creation_timestamp.as_ref()?.0,
        name: decision.metadata.name.clone()?,
        verb: spec.verb,
        by: bounds::cut(&spec.by, bounds::USERNAME),
        reason: spec.reason.clone().filter(|reason| !reason.trim().is_empty()),
        outcome: spec.outcome,
        generation: spec.target.generation,
    })
}

/// The Decision that outranks the spec: the latest Resolve or Reopen about this very generation, or the one that was taken and
/// whose `spec.state` and `spec.mergedInto` still stand. Other edits of the spec, such as a task that is done, do not end it.
pub(super) fn ruling(world: &World, words: &[Word]) -> Option<Ruling> {
    let (spec, status) = (&world.subject.spec, &world.subject.status);
    let stands = |ruling: &Ruling| ruling.spec_state == spec.state && ruling.merged_into == spec.merged_into;
    let kept = status.ruling.clone().filter(stands);
    let current = |word: &&Word| word.generation == Some(world.subject.generation);
    let rules = |word: &&Word| matches!(word.verb, Verb::Resolve | Verb::Reopen);
    let latest = words.iter().filter(current).rfind(rules);
    let latest = latest.map(|word| of(word, spec));
    kept.into_iter().chain(latest).chain(reopening(world)).max_by_key(when)
}

/// A finding with later activity opens it again, once: what a person decides afterwards stands.
fn reopening(world: &World) -> Option<Ruling> {
    let (spec, status) = (&world.subject.spec, &world.subject.status);
    let reopened = world.subject.findings.as_ref()?.reopened.as_ref()?;
    let taken = status.reopened_for.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
    taken.is_none_or(|taken| reopened.at > taken).then(|| Ruling {
        verb: Verb::Reopen,
        by: world.operator.clone(),
        at: reopened.at.to_string(),
        decision: String::new(),
        reason: Some(format!("activity after the end: {}", reopened.finding)),
        outcome: None,
        spec_state: spec.state,
        merged_into: spec.merged_into.clone(),
    })
}

/// The activity for which findings last opened it again.
pub(super) fn reopened_for(world: &World) -> Option<String> {
    let reopened = world
        .subject
        .findings
        .as_ref()
        .and_then(|findings| findings.reopened.as_ref());
    reopened
        .map(|one| one.at.to_string())
        .or_else(|| world.subject.status.reopened_for.clone())
}

fn when(ruling: &Ruling) -> (Option<Timestamp>, String) {
    (ruling.at.parse().ok(), ruling.decision.clone())
}

fn of(word: &Word, spec: &IncidentSpec) -> Ruling {
    Ruling {
        verb: word.verb,
        by: word.by.clone(),
        at: word.at.to_string(),
        decision: word.name.clone(),
        reason: word.reason.clone(),
        outcome: word.outcome,
        spec_state: spec.state,
        merged_into: spec.merged_into.clone(),
    }
}

/// What is wanted: what the Decision says that outranks the spec, or else the spec.
pub(super) fn wanted(world: &World, ruling: Option<&Ruling>) -> IncidentIntent {
    match ruling.map(|ruling| ruling.verb) {
        Some(Verb::Resolve) => IncidentIntent::Resolved,
        Some(Verb::Reopen) => IncidentIntent::Open,
        _ => world.subject.spec.state,
    }
}

/// What it was, as far as anybody said.
pub(super) fn outcome(world: &World, ruling: Option<&Ruling>) -> Option<IncidentOutcome> {
    let ruled = ruling.filter(|ruling| ruling.verb == Verb::Resolve);
    ruled.and_then(|ruling| ruling.outcome).or(world.subject.spec.outcome)
}

/// Whether a person's word asks for something of the responses: then that person cannot approve it.
pub(super) fn asks(world: &World, ruling: &Ruling) -> bool {
    ruling.verb == Verb::Reopen || world.subject.spec.on_resolve == OnResolve::Release
}
