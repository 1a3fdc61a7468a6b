//! An Incident, decided: from what was read of it and of its responses to the next object that is applied, or to the status.

mod asked;
mod children;
mod clocks;
mod conditions;
mod life;
mod order;
mod people;
mod regulations;
pub mod report;
mod standing;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod world;

pub use children::{Apply, name as child_name, objects};
pub use clocks::speaking_for;
pub use order::cycle;
pub use summary::left_behind;
pub use world::{Applied, Child, Found, Record, Subject, World};

use firebreak_crds::IncidentStatus;
use jiff::Timestamp;

/// The next thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write this status before anything else is done: it says who asked, and what was decided, and nothing may be forgotten.
    Remember(Box<IncidentStatus>),
    /// Apply this object by server-side apply under the operator's own field manager, without force, and decide again with what
    /// the API server answers. A refusal goes into [`World::refused`].
    Apply(Box<Apply>),
    /// Nothing is to be done now.
    Rest(Box<Rest>),
}

/// What is reported when nothing is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The status, within its bounds.
    pub status: IncidentStatus,
    /// Seconds after which to look again, besides watch events.
    pub after: u64,
}

/// Decides what to do next. Deciding twice from the same world gives the same effect.
pub fn decide(world: &World, now: Timestamp) -> Effect {
    let seen = summary::Seen::of(world, now);
    let status = summary::status(world, &seen, now);
    if summary::must_be_remembered(&world.subject.status, &status) {
        return Effect::Remember(Box::new(status));
    }
    match children::next(world, &seen) {
        Some(apply) => Effect::Apply(Box::new(apply)),
        None => Effect::Rest(Box::new(Rest {
            after: clocks::look_again(&status, now),
            status,
        })),
    }
}
