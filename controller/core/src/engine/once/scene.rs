//! Everything that a decision about a run depends on.

use crate::{
    blocked::Blocked,
    run::{
        Run,
        act::{ActStep, Sightings},
    },
};
use firebreak_crds::{StepRecord, Verb};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Everything that a decision about a run depends on.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The run: its plan, and its journal as it was read back.
    pub run: &'a Run,
    /// What was read of AWS.
    pub sightings: &'a Sightings,
    /// Steps whose call is being made now.
    pub in_flight: &'a BTreeSet<String>,
    /// Steps that this process began, and whose call it has not made: nothing of them can be in AWS.
    pub uncalled: &'a BTreeSet<String>,
    /// What people said about this run, as far as it counts: bound to its plan, by people who may, oldest first. `None` while it
    /// could not be read; then what the journal says stands.
    pub words: Option<&'a [Word]>,
    /// Steps that enough people approved for themselves.
    pub approved: &'a BTreeSet<String>,
    /// Steps that enough people said to skip: a gate takes as many as a start.
    pub skipped: &'a BTreeSet<String>,
    /// The reason of an EmergencyStop, read live.
    pub stop: Option<&'a str>,
    /// What another kind does to what the run touches; for people. A containment is never kept waiting: the run waits for it.
    pub interlocked: Option<&'a str>,
    /// Why no one-way step may begin, such as a grant that was taken back.
    pub barred: Option<&'a Blocked>,
    /// Whether the object is being deleted, or is gone.
    pub is_deleted: bool,
    /// The present.
    pub now: Timestamp,
}

/// What one person said about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What.
    pub verb: Verb,
    /// Who.
    pub by: String,
    /// Name of the Decision.
    pub name: String,
    /// When it was given.
    pub at: Timestamp,
    /// The step of the spec that it is about.
    pub step: Option<String>,
}

impl<'a> Scene<'a> {
    /// The steps.
    pub(super) fn steps(&self) -> impl Iterator<Item = &'a ActStep> + use<'a> {
        self.run.plan.acts.iter()
    }

    /// A step by its id.
    pub(super) fn step(&self, id: &str) -> Option<&'a ActStep> {
        self.steps().find(|step| step.id == id)
    }

    /// A step's entry in the journal as it was read back.
    pub(super) fn recorded(&self, step: &ActStep) -> StepRecord {
        self.run.status.journal.get(&step.id).cloned().unwrap_or_default()
    }
}
