//! What the object wants now: its spec, or a Decision that outranks it until the spec changes.

use super::world::{Run, World};
use crate::approval;
use firebreak_crds::{Action, Decision, DesiredState, OnExpiry, Reopens, Verb};
use jiff::Timestamp;
use std::collections::BTreeSet;

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
        requested_by: requester(world),
        restore: spec.restore_on_release.clone(),
        covered: false,
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
    match lease_ended(world, now) {
        true => Intent::Release(Cause {
            covered: true,
            ..by_spec
        }),
        false => Intent::Contain,
    }
}

/// Who asked, as far as the API server vouches for it.
pub(super) fn requester(world: &World) -> Option<String> {
    world
        .subject
        .requested_by
        .clone()
        .filter(|_| world.admission.requester_stamped)
}

fn by_decision(decision: &Decision, spec: &Cause) -> Cause {
    let mut restore = spec.restore.clone();
    restore.extend(decision.spec.restore.iter().copied());
    restore.sort();
    restore.dedup();
    Cause {
        requested_by: Some(decision.spec.by.clone()),
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

/// Custody is given up only when as many people say so as a release needs, and at least one.
fn abandoned(world: &World, now: Timestamp) -> Option<Vec<String>> {
    let people: BTreeSet<String> = spoken(world, Verb::Abandon, now).map(|d| d.spec.by.clone()).collect();
    let needed = super::standing::requirement(world, Action::Release, requester(world).as_deref(), false)
        .required
        .max(1);
    (people.len() >= needed).then(|| people.into_iter().collect())
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
