//! Whose words about a run count, and for what.

use super::{Word, fence::is_fence};
use crate::{
    approval::{Hearing, Requirement, Voices, refusal},
    run::{act::ActStep, plan::Plan},
};
use firebreak_crds::{Decision, Verb};
use std::collections::BTreeSet;

/// What one person alone can say about a run, as far as it counts, oldest first: Pause, Resume, Retry, Abort and Reject, bound to this
/// plan.
pub fn words(decisions: &[Decision], hearing: &Hearing<'_>) -> Vec<Word> {
    let mut words: Vec<Word> = decisions
        .iter()
        .filter_map(|decision| word(decision, hearing))
        .collect();
    words.sort_by(|one, other| (one.at, &one.name).cmp(&(other.at, &other.name)));
    words
}

fn word(decision: &Decision, hearing: &Hearing<'_>) -> Option<Word> {
    let spec = &decision.spec;
    let alone = matches!(
        spec.verb,
        Verb::Pause | Verb::Resume | Verb::Retry | Verb::Abort | Verb::Reject
    );
    if !alone || refusal(decision, spec.plan.as_ref()?, hearing).is_some() {
        return None;
    }
    Some(Word {
        verb: spec.verb,
        by: spec.by.clone(),
        name: decision.metadata.name.clone()?,
        at: decision.metadata.creation_timestamp.as_ref()?.0,
        step: spec.step.clone(),
    })
}

/// The steps of the spec about which enough people have said this: Approve, for a step that needs approvals of its own, or Skip.
/// Both take what the start took. A Skip takes one person where the step only sets a value and needs no approvals of its own: what it
/// stands for can be done by hand. A fence is never skipped so.
pub fn agreed(
    plan: &Plan,
    verb: Verb,
    decisions: &[Decision],
    hearing: &Hearing<'_>,
    start: &Requirement,
) -> BTreeSet<String> {
    let names: BTreeSet<&str> = plan.acts.iter().map(|act| act.step.as_str()).collect();
    let enough = |name: &&str| {
        let needed = match verb == Verb::Skip && is_light(plan, name) {
            true => Requirement {
                required: 1,
                ..Requirement::default()
            },
            false => start.clone(),
        };
        let said = match verb == Verb::Skip && is_fence(plan, name) {
            true => Voices::of_step(&acknowledging(decisions), hearing, verb, name),
            false => Voices::of_step(decisions, hearing, verb, name),
        };
        !said.people().is_empty() && said.satisfy(&needed)
    };
    names.into_iter().filter(enough).map(str::to_owned).collect()
}

/// To skip a fence is to say that the old database may still take writes.
fn acknowledging(decisions: &[Decision]) -> Vec<Decision> {
    let said = decisions.iter().filter(|one| one.spec.acknowledge_split_brain);
    said.cloned().collect()
}

/// Whether a step only sets values. The gates that Firebreak adds to it are its own.
fn is_light(plan: &Plan, name: &str) -> bool {
    let own = |act: &&ActStep| act.id == name;
    let parts = plan.acts.iter().filter(|act| act.step == name);
    let has_reach = is_fence(plan, name) || parts.clone().any(|act| act.approval || act.is_one_way());
    !has_reach && !parts.clone().filter(own).any(ActStep::is_gate)
}
