//! What is said of a FailoverPlan, from its run and from what was read.

mod conditions;
mod steps;

pub use conditions::conditions;

use super::{objectives, targets};
use crate::{
    engine::once::{Hold, State},
    run::{
        Run,
        act::{Probe, Sightings},
    },
};
use firebreak_crds::{
    Condition, FailoverPlanSpec, FailoverPlanStatus, PlanOutcome,
    failover_plan::{FailoverDirection, FailoverPhase, FailoverRunSummary, LagSample},
};
use jiff::Timestamp;

/// Everything that a status is made of.
#[derive(Clone, Copy, Debug)]
pub struct Story<'a> {
    /// The object's spec.
    pub spec: &'a FailoverPlanSpec,
    /// Generation of that spec.
    pub generation: i64,
    /// The current run, or the last one.
    pub run: Option<&'a Run>,
    /// How it stands.
    pub state: &'a State,
    /// What was read of AWS.
    pub sightings: &'a Sightings,
    /// The region that is active, as far as was observed.
    pub active: Option<&'a str>,
    /// The highest serial that was consumed.
    pub serial: Option<u64>,
    /// The last lag of each replica that was sampled while its source answered.
    pub lags: &'a [LagSample],
    /// The runs that are over, the latest one first.
    pub history: &'a [FailoverRunSummary],
}

/// The status that says this. Nothing in it changes while nothing happens. Of an earlier run nothing is kept but its summary.
pub fn status(story: &Story<'_>, conditions: Vec<Condition>) -> FailoverPlanStatus {
    let target = targets(&story.spec.objectives);
    let run = story.run;
    let (started, ended) = (run.and_then(began), run.and_then(|run| run.status.closed_at.clone()));
    FailoverPlanStatus {
        observed_generation: Some(story.generation),
        conditions,
        active_region: story.active.map(str::to_owned),
        phase: Some(phase(story)),
        direction: run.and_then(|run| direction(story.spec, run)),
        serial: story.serial,
        waiting_for: story.state.holds.first().map(waits_for),
        run: run.map(|run| run.spec.run),
        plan: run.map(|run| run.reference.clone()),
        elapsed: elapsed(started.as_deref(), ended.as_deref()),
        started_at: started,
        ended_at: ended,
        rto: Some(objectives::text(target.rto)),
        rpo: Some(objectives::text(target.rpo)),
        lag_at_cut_over: run.and_then(|run| lag_at_cut_over(run, story.lags)),
        lags: story.lags.to_vec(),
        steps: run.map(|run| steps::steps(run, story.sightings)).unwrap_or_default(),
        history: story.history.to_vec(),
        notes: run.map(notes).unwrap_or_default(),
        ..FailoverPlanStatus::default()
    }
    .bounded()
}

fn phase(story: &Story<'_>) -> FailoverPhase {
    let held = |which: fn(&Hold) -> bool| story.state.holds.iter().any(which);
    match (story.run, story.state.ended) {
        (None, _) => FailoverPhase::Standby,
        (Some(_), Some(outcome)) => ended(outcome),
        (Some(run), None) if run.status.outcome.is_none() => FailoverPhase::AwaitingApproval,
        _ if story.state.is_going_back => FailoverPhase::GoingBack,
        _ if held(|hold| matches!(hold, Hold::Paused(_) | Hold::EmergencyStop(_) | Hold::Interlocked(_))) => {
            FailoverPhase::Paused
        }
        _ if held(|hold| matches!(hold, Hold::Failed(..) | Hold::Foreign(..) | Hold::NeedsAWord(_))) => {
            FailoverPhase::Stalled
        }
        _ => FailoverPhase::Running,
    }
}

pub(super) fn ended(outcome: PlanOutcome) -> FailoverPhase {
    match outcome {
        PlanOutcome::Completed => FailoverPhase::Completed,
        PlanOutcome::RolledBack => FailoverPhase::RolledBack,
        PlanOutcome::Stopped | PlanOutcome::Abandoned | PlanOutcome::Orphaned => FailoverPhase::Stopped,
        PlanOutcome::Running => FailoverPhase::Running,
        PlanOutcome::Superseded | PlanOutcome::Rejected => FailoverPhase::Standby,
    }
}

fn waits_for(hold: &Hold) -> String {
    match hold {
        Hold::EmergencyStop(_) => "the EmergencyStop".into(),
        Hold::Interlocked(_) => "another response on the same resource".into(),
        Hold::Barred(_) => "a person: a guard bars the one-way steps".into(),
        Hold::Paused(by) => format!("Resume ({by} paused it)"),
        Hold::Failed(step, _) => format!("a person: {step} failed"),
        Hold::Unknown(step, _) => format!("AWS: {step}"),
        Hold::Foreign(step, _) => format!("a person: {step} is not of this run"),
        Hold::Overdue(step) => format!("{step}, which is late"),
        Hold::NeedsAWord(step) => format!("a person: Retry or Skip {step}"),
        Hold::Approval(step) => format!("approvals of {step}"),
    }
}

fn direction(spec: &FailoverPlanSpec, run: &Run) -> Option<FailoverDirection> {
    let leads = run.plan.leads.as_ref()?;
    Some(match leads.to == spec.regions.standby {
        true => FailoverDirection::FailingOver,
        false => FailoverDirection::FailingBack,
    })
}

/// The clock of the recovery time runs from the first step on, whatever is begun again.
fn began(run: &Run) -> Option<String> {
    run.status.control.begun_at.clone()
}

fn span(from: Option<&str>, to: Option<&str>) -> Option<u32> {
    let second = |text: Option<&str>| Some(text?.parse::<Timestamp>().ok()?.as_second());
    u32::try_from(second(to)? - second(from)?).ok()
}

pub(super) fn elapsed(from: Option<&str>, to: Option<&str>) -> Option<String> {
    span(from, to).map(objectives::text)
}

/// The largest lag among the replicas that were promoted, sampled before they were.
fn lag_at_cut_over(run: &Run, lags: &[LagSample]) -> Option<LagSample> {
    let promoted = run.plan.acts.iter().filter(|step| step.is_one_way());
    let of = promoted.flat_map(|step| {
        let begun = run
            .status
            .journal
            .get(&step.id)
            .and_then(|record| moment(record.started_at.as_deref()));
        let replica = step.looks().into_iter().next().map(|look| look.probe);
        let of_it = move |lag: &&LagSample| {
            let probe = Probe::DbInstance {
                instance: lag.replica.clone(),
            };
            let before = moment(Some(&lag.at))
                .zip(begun)
                .is_some_and(|(lag, begun)| lag <= begun);
            before && lag.region == step.site.region && replica.as_ref() == Some(&probe)
        };
        lags.iter().filter(of_it)
    });
    of.max_by_key(|lag| lag.seconds).cloned()
}

fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

fn notes(run: &Run) -> Vec<String> {
    run.status
        .message
        .iter()
        .cloned()
        .chain(run.plan.notes.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests;
