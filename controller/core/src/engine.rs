//! The engine: from what is known of the cluster and of AWS to the one next effect. Pure: the same world and facts at
//! the same time give the same effect, so a crash between any two effects is only another world to decide from.
//!
//! # Flow
//! ask → plan → record → (approvals, guards) → per step: take custody → Started → write → Applied → read → Verified → settle →
//! Contained → hold: read again, re-assert drift. A release goes the same way from the Holds, drift-aware.
//!
//! # Guarantees
//! No `Write` without a recorded step in state Started and, where something can be put back, a Hold with the before-value.
//!
//! # Assumptions
//! The caller starts each pass without facts, makes every record write conditional, and passes failures to
//! [`failed`].

mod asked;
mod carried;
mod carry;
mod contain;
mod evidence;
pub(crate) mod intent;
mod journal;
pub mod once;
pub mod orphan;
mod reassertions;
mod references;
mod release;
mod report;
mod size;
mod standing;
mod world;

pub use report::Rest;
pub use standing::{Standing, requesters_of};
pub use world::{Subject, World};

use crate::{
    aws::{Site, Write, failure::Failure},
    blocked::{Blocked, Stop},
    facts::{Ask, Facts},
    run::{
        Run,
        archive::{Archived, Document},
    },
};
use firebreak_crds::{Action, HoldSpec, ResponsePlanSpec, ResponsePlanStatus};
use jiff::Timestamp;

/// The one thing to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read these from AWS and decide again.
    Ask(Vec<Ask>),
    /// Read these Holds (by name) and decide again.
    FetchHolds(Vec<String>),
    /// Keep the object until its custody is released or orphaned.
    AddFinalizer,
    /// Let the object go.
    RemoveFinalizer,
    /// Record a new run's plan.
    CreatePlan(Box<ResponsePlanSpec>),
    /// Write a run's journal or outcome, conditionally.
    UpdatePlan {
        /// Name of the ResponsePlan.
        plan: String,
        /// The whole new status.
        status: Box<ResponsePlanStatus>,
    },
    /// Take custody. Fails if the Hold exists.
    CreateHold {
        /// Name of the Hold.
        name: String,
        /// Its content.
        hold: Box<HoldSpec>,
    },
    /// Change custody, conditionally.
    UpdateHold {
        /// Name of the Hold.
        name: String,
        /// Its whole new content.
        hold: Box<HoldSpec>,
    },
    /// End custody, conditionally.
    DeleteHold {
        /// Name of the Hold.
        name: String,
    },
    /// Count this containment against the account's caps, and decide again.
    Reserve,
    /// Record what is about to be stored ([`offered`]), put these into the evidence bucket, then record how it went
    /// ([`archived`]).
    Archive {
        /// Name of the ResponsePlan.
        plan: String,
        /// The documents.
        documents: Vec<Document>,
    },
    /// Write to AWS, in order, then journal the step as Applied ([`written`]).
    Write {
        /// Name of the ResponsePlan.
        plan: String,
        /// The step's id.
        step: String,
        /// Where.
        site: Site,
        /// The calls.
        writes: Vec<Write>,
    },
    /// Nothing to do now: report, and look again.
    Rest(Box<Rest>),
}

/// Decides the next effect.
pub fn decide(world: &World, facts: &Facts, now: Timestamp) -> Effect {
    if let Some(effect) = asked::record(world) {
        return effect;
    }
    let turn = match intent::of(world, now) {
        intent::Intent::Contain => contain::turn(world, facts, now),
        intent::Intent::Release(cause) => release::turn(world, &cause, facts, now),
        intent::Intent::Abandon(by) => release::abandon(world, &by, now),
    };
    match turn {
        Ok(Effect::Rest(rest)) => rested(world, *rest),
        Ok(effect) => match size::too_large(&effect) {
            Some(blocked) => rested(world, report::blocked(world, &blocked, now)),
            None => effect,
        },
        Err(Stop::Ask(asked)) => Effect::Ask(asked),
        Err(Stop::Fetch(names)) => Effect::FetchHolds(names),
        Err(Stop::Blocked(blocked)) => rested(world, report::blocked(world, &blocked, now)),
    }
}

/// Every report says how the evidence stands, whatever else it is about.
fn rested(world: &World, rest: Rest) -> Effect {
    Effect::Rest(Box::new(report::summarised(world, evidence::told(world, rest))))
}

/// What is said while AWS is still being asked for a decision, and has not answered for long.
pub fn silent(world: &World, now: Timestamp) -> Rest {
    report::summarised(world, evidence::told(world, report::silent(world, now)))
}

/// What is said when a record that a decision depends on cannot be used: nothing is decided. An object that is being
/// deleted is let go all the same, in the end; its custody stays.
pub fn refused(world: &World, blocked: &Blocked, now: Timestamp) -> Effect {
    if release::overdue(world, now) {
        return release::let_go(world, now);
    }
    rested(world, report::unread(world, blocked, now))
}

/// What follows when AWS refused a write: it is said. A containment goes on without what it only adds. An object that is
/// being deleted is let go all the same, in the end. `None` for a refusal for good: decide again with it in
/// [`World::refused`], because a section goes back to its start then, and a release goes on without what cannot come back.
pub fn failed(world: &World, (plan, step): (&str, &str), failure: &Failure, now: Timestamp) -> Option<Effect> {
    let run = world.runs.iter().find(|run| run.reference.name == plan);
    if let Some(without) = run.and_then(|run| journal::given_up(run, step, failure, now)) {
        return Some(without);
    }
    let goes_on = |run: &Run| run.spec.action == Action::Contain || release::goes_on_without(world, run, step, failure);
    if report::is_for_good(world, step, failure) && run.is_some_and(goes_on) {
        return None;
    }
    Some(match release::overdue(world, now) {
        true => release::let_go(world, now),
        false => rested(world, report::failed(world, step, failure, now)),
    })
}

/// The journal entry that follows a successful write.
pub fn written(run: &Run, step: &str, request_ids: &[String], now: Timestamp) -> Effect {
    journal::written(run, step, request_ids, now)
}

/// The record that comes before documents are put into the evidence bucket.
pub fn offered(run: &Run, documents: &[Document], now: Timestamp) -> Effect {
    evidence::offered(run, documents, now)
}

/// The record that follows after documents were put into the evidence bucket, or were not.
pub fn archived(run: &Run, results: Vec<(Document, Result<Archived, Failure>)>, now: Timestamp) -> Effect {
    evidence::tried(run, results, now)
}

/// The record of a run whose object is gone, with or without custody left behind; none where it is closed.
pub fn without_object(run: &ResponsePlanStatus, left_behind: bool, now: Timestamp) -> Option<ResponsePlanStatus> {
    release::without_object(run, left_behind, now)
}

/// What would be done, without doing it: for previews.
///
/// # Errors
/// [`Stop`] while facts are missing or something stands in the way.
pub fn preview(world: &World, facts: &Facts) -> Result<crate::run::plan::Plan, Stop> {
    contain::fresh(world, facts)
}
