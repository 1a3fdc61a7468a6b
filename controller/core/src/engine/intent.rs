//! What the object wants now: its spec, or a Decision that outranks it until the spec changes.

use super::{
    carried,
    standing::{self, Standing},
    world::World,
};
use crate::{approval, respond, run::Run};
use firebreak_crds::{
    Action, Decision, Expiry, OnExpiry, PlanOutcome, Reopens, TakenDecision, Verb, asked::MAX_USERNAME,
};
use jiff::Timestamp;

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Intent {
    Contain,
    Release(Cause),
    /// Custody is given up, on these people's word.
    Abandon(Vec<String>),
}

/// Why it is released, on whose word, and what may be put back although it reopens the compromise.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cause {
    pub(super) requested_by: Option<String>,
    /// When it was said, if by a Decision.
    pub(super) said_at: Option<Timestamp>,
    pub(super) restore: Vec<Reopens>,
    /// An expiry ended, and the containment's approvals cover the release.
    pub(super) covered: Option<Box<Standing>>,
}

pub(super) fn of(world: &World, now: Timestamp) -> Intent {
    if let Some(people) = abandoned(world, now) {
        return Intent::Abandon(people);
    }
    let response = &world.subject.response;
    let by_spec = Cause {
        requested_by: requester(world).map(str::to_owned),
        restore: response.terms().restore.to_vec(),
        ..Cause::default()
    };
    if let Some(decision) = spoken(world, Verb::Release, now).last() {
        return Intent::Release(by_decision(decision, &by_spec));
    }
    if world.subject.deleting_since.is_some() {
        // The API server stamps who changed a spec, not who deletes: who it was is unknown.
        return Intent::Release(Cause {
            requested_by: None,
            ..by_spec
        });
    }
    if response.intent() == respond::Intent::Undo {
        return Intent::Release(by_spec);
    }
    let by_expiry = || covered(world, now).map(|(run, standing)| by_expiry(run, standing, &by_spec));
    let expired = expiry_ended(world, now).then(by_expiry).flatten();
    expired
        .or_else(|| kept_word(world, &by_spec))
        .map_or(Intent::Contain, Intent::Release)
}

/// An expiry restores what the plan listed and the spec still lists; what was added to the list since takes a release that
/// people approve.
fn by_expiry(contained: &Run, standing: Standing, spec: &Cause) -> Cause {
    let listed = contained.plan.restore.iter().copied();
    Cause {
        restore: sorted(listed.filter(|reopens| spec.restore.contains(reopens))),
        covered: Some(Box::new(standing)),
        ..Cause::default()
    }
}

/// A release that was begun on a person's word goes on until the spec changes, also while the Decision cannot be believed
/// again: policies that are missing for a moment must not cut off again what people released.
fn kept_word(world: &World, spec: &Cause) -> Option<Cause> {
    let run = world
        .latest()
        .filter(|run| run.spec.action == Action::Release && run.is_open())?;
    let restored = run.plan.steps.iter().filter_map(|step| step.reopens);
    let listed = run.plan.restore.iter().chain(&spec.restore).copied();
    (run.spec.owner_generation == world.subject.generation).then(|| Cause {
        requested_by: run.spec.requested_by.clone(),
        restore: sorted(listed.chain(restored)),
        ..Cause::default()
    })
}

/// Whether as many people as a release needs approved the containment, and with it the end that its expiry names. Nobody counts
/// who broke the glass, or who has changed the spec since.
fn covered(world: &World, now: Timestamp) -> Option<(&Run, Standing)> {
    let run = world.last_containment()?;
    let rejected = Standing::of(world, run, now).voices.rejected.is_some();
    let needed = standing::release_requirement(world, run.spec.requested_by.as_deref());
    let voices = standing::agreed(world, run.spec.requested_by.as_deref(), &run.status.decisions);
    (!rejected && voices.satisfy(&needed)).then(|| (run, Standing::covered(voices, needed)))
}

/// Who asked, as far as the API server vouches for it; for what the operator applied, the person who asked for that. Records keep no longer name than a Decision has.
pub(super) fn requester(world: &World) -> Option<&str> {
    let named = carried::requester(&world.subject, world.admission, &world.settings.operator);
    let short = |name: &&str| name.chars().count() <= MAX_USERNAME;
    named.filter(|_| world.admission.requester_stamped).filter(short)
}

fn by_decision(decision: &Decision, spec: &Cause) -> Cause {
    let named = spec.restore.iter().chain(&decision.spec.restore).copied();
    Cause {
        requested_by: Some(decision.spec.by.clone()),
        said_at: decision.metadata.creation_timestamp.as_ref().map(|time| time.0),
        restore: sorted(named),
        covered: None,
    }
}

/// Each once, in order: the same list has one digest.
pub(super) fn sorted(restore: impl Iterator<Item = Reopens>) -> Vec<Reopens> {
    restore
        .collect::<std::collections::BTreeSet<Reopens>>()
        .into_iter()
        .collect()
}

/// Decisions with that verb about this very generation of this very object.
fn spoken(world: &World, verb: Verb, now: Timestamp) -> impl Iterator<Item = &Decision> {
    let subject = &world.subject;
    world.decisions.iter().filter(move |decision| {
        decision.spec.verb == verb
            && decision.spec.target.uid == subject.owner.uid
            && decision.spec.target.generation == Some(subject.generation)
            && !approval::is_machine(&world.settings.machines, &decision.spec.by)
            && approval::bound(decision, world.admission, now).is_none()
    })
}

/// Custody is given up only when as many people, in the same approver roles, say so as a release needs, and at least one; nobody of
/// them asked for the containment. What was given up stays so until the spec changes.
fn abandoned(world: &World, now: Timestamp) -> Option<Vec<String>> {
    let said: Vec<TakenDecision> = spoken(world, Verb::Abandon, now).map(approval::taken).collect();
    let needed = standing::release_requirement(world, requester(world));
    let names = match needed.required {
        // Where a release asks nobody, a person who asked for the containment may give it up too.
        0 => said
            .iter()
            .map(|one| format!("{} ({})", one.by, one.approver_role))
            .collect(),
        _ => standing::agreed(world, None, &said).enough(&needed).unwrap_or_default(),
    };
    (!names.is_empty() || was_abandoned(world)).then_some(names)
}

fn was_abandoned(world: &World) -> bool {
    world.latest().is_some_and(|run| {
        run.status.outcome == Some(PlanOutcome::Abandoned)
            && run.status.closed_generation == Some(world.subject.generation)
    })
}

/// What happens at the time that the expiry of the spec names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// It is released: as many people approved that as a release needs.
    Releases,
    /// It stays contained, as the expiry says.
    Holds,
    /// It stays contained: nobody approved an expiry that ends so.
    Unplanned,
    /// It stays contained: fewer people approved it than a release needs.
    Uncovered,
}

pub(super) fn at_end(world: &World, now: Timestamp) -> AtEnd {
    let named = world.subject.terms().expiry;
    let planned = world.last_containment().and_then(|run| run.plan.expiry.as_ref());
    if named.is_some_and(|expiry| expiry.then == OnExpiry::Hold) {
        return AtEnd::Holds;
    }
    match (named == planned, covered(world, now)) {
        (false, _) => AtEnd::Unplanned,
        (true, None) => AtEnd::Uncovered,
        (true, Some(_)) => AtEnd::Releases,
    }
}

/// The end that the spec's expiry names for the last containment, if it is contained and was not released before that end. It may
/// be another one than people approved: then nothing is restored by itself.
pub(super) fn named_end(world: &World) -> Option<Timestamp> {
    let expiry = world.subject.terms().expiry?;
    let run = world.last_containment()?;
    let holds = run.plan.expiry.as_ref() == Some(expiry) || world.containment().is_some();
    end(world, run, expiry).filter(|_| holds)
}

/// The end of the expiry that was approved with the last containment.
fn expiry_end(world: &World) -> Option<Timestamp> {
    let run = world.last_containment()?;
    end(world, run, run.plan.expiry.as_ref()?)
}

fn end(world: &World, run: &Run, expiry: &Expiry) -> Option<Timestamp> {
    let begun: Timestamp = run.status.contained_at.as_ref()?.parse().ok()?;
    let seconds = duration_seconds(&expiry.after)?;
    let end = Timestamp::from_second(begun.as_second() + seconds).ok()?;
    (!released_before(world, run, end)).then_some(end)
}

fn released_before(world: &World, contained: &Run, end: Timestamp) -> bool {
    let closed = |run: &Run| run.status.closed_at.as_ref()?.parse::<Timestamp>().ok();
    world
        .runs
        .iter()
        .filter(|run| run.spec.run > contained.spec.run && run.spec.action == Action::Release && run.is_completed())
        .any(|run| closed(run).is_some_and(|at| at < end))
}

fn expiry_ended(world: &World, now: Timestamp) -> bool {
    let approved_so = world.last_containment().and_then(|run| run.plan.expiry.as_ref());
    approved_so.is_some_and(|expiry| expiry.then == OnExpiry::Release)
        && world.subject.terms().expiry == approved_so
        && expiry_end(world).is_some_and(|end| end <= now)
}

/// Seconds of a duration such as `1h30m`.
pub(crate) fn duration_seconds(text: &str) -> Option<i64> {
    let mut total = 0;
    let mut digits = String::new();
    for letter in text.chars() {
        let unit = match letter {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            digit => {
                digits.push(digit);
                continue;
            }
        };
        total += digits.parse::<i64>().ok()?.checked_mul(unit)?;
        digits.clear();
    }
    digits.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::duration_seconds;

    #[test]
    fn durations_are_read_as_kubernetes_writes_them() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("1h30m", Some(5400)),
            ("24h", Some(86400)),
            ("5", None),
            ("h", None),
        ] {
            assert_eq!(duration_seconds(text), seconds, "{text}");
        }
    }
}
