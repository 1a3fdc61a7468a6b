//! Nothing of a run is to be done: what both regions show is sampled, and it is said how the plan stands.

use super::{Move, Rest, World, readiness, report, samples};
use crate::{blocked::Blocked, engine::once::State};
use firebreak_crds::Reason;
use jiff::{SignedDuration, Timestamp};

/// When something that passes by itself is looked at again.
const SOON: SignedDuration = SignedDuration::from_secs(15);

pub(super) fn rest(world: &World, blocked: Option<&Blocked>, now: Timestamp) -> Move {
    let (looks, next) = samples::due(world, now);
    if !looks.is_empty() && !world.subject.is_deleted {
        return Move::Look(looks);
    }
    let outlook = match readiness::current(world, report::active::region(world).as_deref(), now) {
        Err(looks) if !world.subject.is_deleted => return Move::Look(looks),
        Err(_) => readiness::known(world),
        Ok(outlook) => outlook,
    };
    let next = next.min(readiness::next(world, &outlook, now));
    let passes = blocked.is_some_and(|blocked| blocked.passes() || blocked.reason == Reason::TooSoon);
    let wake = if passes { next.min(now + SOON) } else { next };
    Move::Rest(Box::new(Rest {
        status: report::status(world, &State::default(), blocked, outlook, now),
        wake,
    }))
}
