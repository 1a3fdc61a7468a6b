//! What the object wants now: its spec, or a Decision that outranks it until the spec changes.

use super::world::{Run, World};
use crate::approval::{self, Voices};
use firebreak_crds::{Action, Decision, DesiredState, OnExpiry, PlanOutcome, Reopens, Verb};
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
    /// A lease ended, and the containment's approval covers the release.
    pub(super) covered: bool,
}

pub(super) fn of(world: &World, now: Timestamp) -> Intent {
    if let Some(people) = abandoned(world, now) {
        return Intent::Abandon(people);
    }
    let spec = &world.subject.spec;
    let by_spec = Cause {
        requested_by: requester(world).map(str::to_owned),
        restore: spec.restore_on_release.clone(),
        ..Cause::default()
    };
    if let Some(decision) = spoken(world, Verb::Release, now).last() {
        return Intent::Release(by_decision(decision, &by_spec));
    }
    if world.subject.deleting_since.is_some() {
        // The API server stamps who changed a spec, not who deletes: whoever it was is unattributed.
        return Intent::Release(Cause {
            requested_by: None,
            ..by_spec
        });
    }
    if spec.state == DesiredState::Released {
        return Intent::Release(by_spec);
    }
    let ended = lease_ended(world, now);
    if ended && covered(world) {
        return Intent::Release(Cause {
            covered: true,
            ..by_spec
        });
    }
    match kept_word(world, &by_spec) {
        Some(cause) => Intent::Release(cause),
        None if ended && needs_nobody(world) => Intent::Release(by_spec),
        None => Intent::Contain,
    }
}

/// A release that was begun on a person's word goes on until the spec changes, also while the Decision cannot be believed
/// anew: policies that are missing for a moment must not cut off again what people released.
fn kept_word(world: &World, spec: &Cause) -> Option<Cause> {
    let run = world
        .latest()
        .filter(|run| run.spec.action == Action::Release && run.is_open())?;
    let restored = run.plan.steps.iter().filter_map(|step| step.reopens);
    (run.spec.owner_generation == world.subject.generation).then(|| Cause {
        requested_by: run.spec.requested_by.clone(),
        restore: spec.restore.iter().copied().chain(restored).collect(),
        ..Cause::default()
    })
}

/// Whether people approved the containment, and with it the end that its lease names.
fn covered(world: &World) -> bool {
    world
        .last_containment()
        .is_some_and(|run| !run.status.approved_by.is_empty())
}

fn needs_nobody(world: &World) -> bool {
    super::standing::requirement(world, Action::Release, requester(world), false).required == 0
}

/// Who asked, as far as the API server vouches for it.
pub(super) fn requester(world: &World) -> Option<&str> {
    let stamped = world.subject.requested_by.as_deref();
    stamped.filter(|_| world.admission.requester_stamped)
}

fn by_decision(decision: &Decision, spec: &Cause) -> Cause {
    let mut restore = spec.restore.clone();
    restore.extend(decision.spec.restore.iter().copied());
    restore.sort();
    restore.dedup();
    Cause {
        requested_by: Some(decision.spec.by.clone()),
        said_at: decision.metadata.creation_timestamp.as_ref().map(|time| time.0),
        restore,
        covered: false,
    }
}

/// Decisions with that verb about this very generation of this very object.
fn spoken(world: &World, verb: Verb, now: Timestamp) -> impl Iterator<Item = &Decision> {
    let subject = &world.subject;
    world.decisions.iter().filter(move |decision| {
        decision.spec.verb == verb
            && decision.spec.target.uid == subject.owner.uid
            && decision.spec.target.generation == Some(subject.generation)
            && approval::bound(decision, world.admission, now).is_none()
    })
}

/// Custody is given up only when as many people, in the same capacities, say so as a release needs, and at least one. What
/// was given up stays so until the spec changes.
fn abandoned(world: &World, now: Timestamp) -> Option<Vec<String>> {
    let voices = Voices {
        distinct: world.settings.people,
        approvals: spoken(world, Verb::Abandon, now)
            .map(|decision| (decision.spec.by.clone(), decision.spec.capacity.clone()))
            .collect(),
        ..Voices::default()
    };
    let mut needed = super::standing::requirement(world, Action::Release, requester(world), false);
    needed.required = needed.required.max(1);
    (voices.satisfy(&needed) || was_abandoned(world)).then(|| voices.names())
}

fn was_abandoned(world: &World) -> bool {
    world.latest().is_some_and(|run| {
        run.status.outcome == Some(PlanOutcome::Abandoned)
            && run.status.closed_generation == Some(world.subject.generation)
    })
}

/// The end of the lease of the last containment, if it has one, is contained and was not released before that end.
pub(super) fn lease_end(world: &World) -> Option<Timestamp> {
    let run = world.last_containment()?;
    let lease = run.plan.lease.as_ref()?;
    let begun: Timestamp = run.status.contained_at.as_ref()?.parse().ok()?;
    let seconds = duration_seconds(&lease.expires_after)?;
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

fn lease_ended(world: &World, now: Timestamp) -> bool {
    let approved_so = world.last_containment().and_then(|run| run.plan.lease.as_ref());
    approved_so.is_some_and(|lease| lease.on_expiry == OnExpiry::Release)
        && world.subject.spec.lease.as_ref() == approved_so
        && lease_end(world).is_some_and(|end| end <= now)
}

/// Seconds of a duration such as `1h30m`.
pub(super) fn duration_seconds(text: &str) -> Option<i64> {
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
