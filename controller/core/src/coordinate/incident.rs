//! An Incident, decided: from what was read of it and of its responses to the next object that is applied, or to the status.

mod asked;
mod children;
mod clocks;
pub mod close_out;
mod conditions;
pub mod ledger;
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
pub use world::{Applied, Child, EndedRun, Found, Record, Subject, World};

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
    /// Put this entry into the ledger, unless its key is taken, tell [`ledger::Ledger::took`] what the bucket answers, and decide
    /// again.
    Record(Box<ledger::Entry>),
    /// Make the report, write the status that names its hashes, and put it beside the ledger.
    Report(Box<ledger::Offer>),
    /// Archive and mark these findings in their product, tell [`close_out::CloseOut::took`] what is answered, and decide again.
    CloseOut(Box<close_out::Step>),
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
    if let Some(apply) = children::next(world, &seen) {
        return Effect::Apply(Box::new(apply));
    }
    if let Some(entry) = ledger::next(world, &status, now) {
        return match ledger::is_planned(world, &entry) {
            true => Effect::Record(Box::new(entry)),
            false => Effect::Remember(Box::new(status)),
        };
    }
    if let Some(offer) = ledger::next_report(world, &status, now) {
        return Effect::Report(Box::new(offer));
    }
    if let Some(step) = close_out::next(world, &status, now) {
        return match close_out::is_planned(world, &status, &step) {
            true => Effect::CloseOut(Box::new(step)),
            false => Effect::Remember(Box::new(status)),
        };
    }
    let sooner = [
        ledger::look_again(world, &status),
        close_out::look_again(world, &status, now),
    ];
    let after = clocks::look_again(&status, now);
    Effect::Rest(Box::new(Rest {
        after: sooner.into_iter().flatten().fold(after, u64::min),
        status,
    }))
}
