//! Conducts a FailoverPlan: what is asked for, its plan, its approvals, its run, and what is said of it. From the cluster, the run
//! store, what was read of AWS and the time alone.
//!
//! # Guarantees
//! A run is let begin in its own journal first, then its serial is recorded in the run store by a conditional write that names
//! the run, and only then a call is made: a cluster that was restored from a backup finds its serial taken. One run at a time.

mod asked;
mod barriers;
mod begun;
mod drill;
mod idle;
mod planning;
mod readiness;
mod report;
mod samples;
mod standing;
#[cfg(test)]
mod tests;
mod world;

pub use standing::{hearing, requesters, required};
pub use world::{Asking, Subject, World};

use super::serials::{self, Next, Records, SerialRecord};
use crate::{
    blocked::Blocked,
    engine::once::{self, Scene, Turn},
    run::{
        Run,
        act::{Look, Sightings},
    },
};
use firebreak_crds::{FailoverPlanStatus, PlanOutcome, Reason, ResponsePlanSpec, ResponsePlanStatus};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How old what was read may be on which a plan is designed.
pub const RECENT: SignedDuration = SignedDuration::from_secs(30);

/// What follows now.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Ask AWS, all at once; then decide again.
    Look(Vec<Look>),
    /// Read the record of each region in the run store.
    ReadRecords,
    /// Record a serial in the run store, where nobody did since it was read.
    Consume {
        /// The record.
        record: SerialRecord,
        /// The region whose bucket must take it; the other one need not answer.
        region: String,
    },
    /// Record a new plan.
    Create(Box<ResponsePlanSpec>),
    /// Let a run begin: what it touches is claimed first, where no other kind has claimed it since.
    Begin {
        /// Name of the ResponsePlan.
        plan: String,
        /// Its new record.
        status: Box<ResponsePlanStatus>,
    },
    /// Write a run's record.
    Record {
        /// Name of the ResponsePlan.
        plan: String,
        /// Its new record.
        status: Box<ResponsePlanStatus>,
    },
    /// Make the calls and the reads of a run side by side, and decide again whenever one is answered.
    Carry(Box<Turn>),
    /// Nothing is to be done now.
    Rest(Box<Rest>),
}

/// What is said while nothing is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The status.
    pub status: FailoverPlanStatus,
    /// When to decide again at the latest.
    pub wake: Timestamp,
}

/// Decides what follows. The same world gives the same move.
pub fn decide(world: &World, now: Timestamp) -> Move {
    if let Some(blocked) = &world.unusable {
        return idle::rest(world, Some(blocked), now);
    }
    if let Some(run) = world.begun() {
        return begun::carry(world, run, now);
    }
    if world.subject.is_deleted {
        return ended(world, "its FailoverPlan is being deleted", now).unwrap_or_else(|| idle::rest(world, None, now));
    }
    let Some(records) = &world.records else {
        return Move::ReadRecords;
    };
    let wish = asked::wish(world, records, now);
    match serials::next(&wish.asked(world), records) {
        Next::Consume(record) => Move::Consume {
            region: record.region.clone(),
            record,
        },
        Next::Run(_) if wish.is_unsettled() => idle::rest(world, None, now),
        Next::Run(record) => planning::prepare(world, &wish, &record, now),
        Next::Rest => without_a_run(world, None, now),
        // A run of this very object consumed it, after a Start: Git follows later, and nothing is amiss.
        Next::Observe(Reason::SerialBehind, _) if !wish.starts() && is_own(world, records) => {
            without_a_run(world, None, now)
        }
        Next::Observe(reason, why) | Next::Stalled(reason, why) => {
            without_a_run(world, Some(Blocked::new(reason, why)), now)
        }
    }
}

/// The record of a run whose object is gone: what was done stays, and is named. None where it is closed.
pub fn without_object(run: &Run, now: Timestamp) -> Option<ResponsePlanStatus> {
    if run.status.closed_at.is_some() {
        return None;
    }
    if !run.is_running() {
        let why = "its FailoverPlan was deleted";
        return Some(planning::closed(run, PlanOutcome::Superseded, why, now));
    }
    let nothing = BTreeSet::new();
    let turn = once::decide(&Scene {
        run,
        sightings: &Sightings::default(),
        in_flight: &nothing,
        uncalled: &nothing,
        words: None,
        approved: &nothing,
        skipped: &nothing,
        stop: None,
        interlocked: None,
        barred: None,
        is_deleted: true,
        now,
    });
    turn.journal.map(|status| *status)
}

/// Nothing is to be run: a plan that was proposed is closed.
fn without_a_run(world: &World, blocked: Option<Blocked>, now: Timestamp) -> Move {
    let why = "nothing asks for it any more";
    ended(world, why, now).unwrap_or_else(|| idle::rest(world, blocked.as_ref(), now))
}

/// Whether the highest serial was consumed by a run of this object that is recorded here.
fn is_own(world: &World, records: &Records) -> bool {
    let ours =
        |run: &Run| run.status.control.consumed && records.highest().is_some_and(|kept| kept.plan == run.reference.uid);
    world.runs.iter().any(ours)
}

fn ended(world: &World, why: &str, now: Timestamp) -> Option<Move> {
    world.proposed().map(|run| planning::superseded(run, why, now))
}

fn record(run: &Run, status: ResponsePlanStatus) -> Move {
    Move::Record {
        plan: run.reference.name.clone(),
        status: Box::new(status),
    }
}
