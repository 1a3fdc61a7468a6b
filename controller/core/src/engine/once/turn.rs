//! One decision about a run.

use super::{
    Scene, beginning, calls, control, ending, fence, observing,
    record::{entry, holds, is_late, standing},
    restoring, samples,
};
use crate::{
    aws::Site,
    blocked::Blocked,
    run::act::{Act, Deed, Look},
};
use firebreak_crds::{PlanOutcome, ResponsePlanStatus, failover_plan::StepProgress};
use jiff::Timestamp;

/// What follows now.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The record to write, conditionally, before anything else; then decide again.
    pub journal: Option<Box<ResponsePlanStatus>>,
    /// The calls to make, side by side. Empty while a record is due.
    pub calls: Vec<Call>,
    /// The reads to make, side by side, beside the calls: each bounded, and none waits for another.
    pub looks: Vec<Look>,
    /// When to decide again at the latest, if nothing is answered until then.
    pub wake: Option<Timestamp>,
    /// How it stands.
    pub state: State,
}

/// One call of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Id of the step.
    pub step: String,
    /// Where.
    pub site: Site,
    /// What.
    pub deed: Deed,
}

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How it ended; none while it goes on.
    pub ended: Option<PlanOutcome>,
    /// Whether it goes back.
    pub is_going_back: bool,
    /// What holds it, or a part of it.
    pub holds: Vec<Hold>,
}

/// What holds a run, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// An EmergencyStop, for that reason.
    EmergencyStop(String),
    /// Another kind acts on what it touches; for people.
    Interlocked(String),
    /// No one-way step may begin.
    Barred(Blocked),
    /// A person paused it.
    Paused(String),
    /// A step failed; for people.
    Failed(String, String),
    /// AWS does not tell what became of a step; for people.
    Unknown(String, String),
    /// AWS shows a state of a step's subject that this run did not make; for people.
    Foreign(String, String),
    /// A step takes longer than it should, and goes on.
    Overdue(String),
    /// A call of a step may have been made, and must not be repeated by itself: a person looks, and says Retry or Skip.
    NeedsAWord(String),
    /// A step needs approvals of its own.
    Approval(String),
}

/// Decides what follows. The same scene gives the same turn.
pub fn decide(scene: &Scene<'_>) -> Turn {
    if scene.run.status.closed_at.is_some() {
        return over(scene);
    }
    let status = advanced(scene);
    let changed = status != scene.run.status;
    let due = samples::due(scene, &status);
    let ended = status.closed_at.is_some();
    let is_due = |at: &Timestamp| *at <= scene.now && !ended;
    let looks = due
        .iter()
        .filter(|(_, at)| is_due(at))
        .map(|(look, _)| look.clone())
        .collect();
    let next_look = due.values().filter(|at| !is_due(at)).min().copied();
    let next = next_look.into_iter().chain(samples::next_end(scene, &status)).min();
    Turn {
        calls: if changed { Vec::new() } else { calls::due(scene) },
        looks,
        wake: next.filter(|_| !ended),
        state: state(scene, &status),
        journal: changed.then(|| Box::new(status)),
    }
}

/// The record as everything that is known now makes it.
fn advanced(scene: &Scene<'_>) -> ResponsePlanStatus {
    let mut status = scene.run.status.clone();
    status.outcome.get_or_insert(PlanOutcome::Running);
    control::take(scene, &mut status);
    observing::observe(scene, &mut status);
    ending::compensate(scene, &mut status);
    match status.control.going_back {
        true => restoring::go_back(scene, &mut status),
        false => beginning::begin(scene, &mut status),
    }
    if scene.steps().any(|step| entry(&status, step).started_at.is_some()) {
        status.control.begun_at.get_or_insert(scene.now.to_string());
    }
    ending::end(scene, &mut status);
    status
}

fn over(scene: &Scene<'_>) -> Turn {
    Turn {
        journal: None,
        calls: Vec::new(),
        looks: Vec::new(),
        wake: None,
        state: State {
            ended: scene.run.status.outcome,
            is_going_back: scene.run.status.control.going_back,
            holds: Vec::new(),
        },
    }
}

fn state(scene: &Scene<'_>, status: &ResponsePlanStatus) -> State {
    let stop = scene.stop.map(|reason| Hold::EmergencyStop(reason.to_owned()));
    let interlocked = scene.interlocked.map(|why| Hold::Interlocked(why.to_owned()));
    let barred = scene.barred.cloned().map(Hold::Barred);
    let paused = status.control.paused_by.clone().map(Hold::Paused);
    let of_steps = scene.steps().filter_map(|step| hold(scene, status, step));
    State {
        ended: status.closed_at.as_ref().and(status.outcome),
        is_going_back: status.control.going_back,
        holds: [stop, interlocked, paused, barred]
            .into_iter()
            .flatten()
            .chain(of_steps)
            .collect(),
    }
}

fn hold(scene: &Scene<'_>, status: &ResponsePlanStatus, step: &crate::run::act::ActStep) -> Option<Hold> {
    let record = entry(status, step);
    let said = standing(step, &record, scene.sightings);
    let (id, why) = (step.id.clone(), said.message.unwrap_or_default());
    if let Some(hold) = fence::hold(scene, step, &record, (said.progress, &why)) {
        return Some(hold);
    }
    let is_ready = || beginning::ready(scene, status).iter().any(|ready| ready.id == step.id);
    match said.progress {
        StepProgress::Failed if holds(step, &record) => Some(Hold::Failed(id, why)),
        StepProgress::Unknown if !step.best_effort => Some(Hold::Unknown(id, why)),
        StepProgress::Foreign if is_ready() => Some(Hold::Foreign(id, why)),
        StepProgress::Underway if calls::needs_a_word(scene, step, &record) => Some(Hold::NeedsAWord(id)),
        StepProgress::Underway if is_late(step, &record, scene.now) && matches!(step.act, Act::Do(_)) => {
            Some(Hold::Overdue(id))
        }
        StepProgress::NotBegun if beginning::waits_for_approval(scene, status, step) => Some(Hold::Approval(id)),
        StepProgress::Failed | StepProgress::Unknown | StepProgress::Foreign | StepProgress::Underway => None,
        StepProgress::NotBegun | StepProgress::Done | StepProgress::Restored => None,
    }
}
