//! What is said of a FailoverPlan, from its run and from what was read.

use super::{objectives, targets};
use crate::{
    engine::once::{Hold, State, StepStanding, standing},
    run::{Run, act::Sightings},
};
use firebreak_crds::{
    Condition, ConditionType as Type, FailoverPlanSpec, FailoverPlanStatus, PlanOutcome, Reason, StepRecord,
    condition::Wanted,
    failover_plan::{
        FailoverDirection, FailoverPhase, FailoverRunSummary, FailoverStepStatus, LagSample, StepProgress,
    },
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
        steps: run.map(|run| steps(run, story.sightings)).unwrap_or_default(),
        history: story.history.to_vec(),
        notes: run.map(notes).unwrap_or_default(),
        ..FailoverPlanStatus::default()
    }
    .bounded()
}

/// What its run says of the plan. Approvals, and what keeps a run from beginning, are said by the caller.
pub fn conditions(story: &Story<'_>) -> Vec<Wanted> {
    let mut said = vec![ready(story), failed_over(story), within_objectives(story)];
    if phase(story) == FailoverPhase::Running || phase(story) == FailoverPhase::GoingBack {
        said.push(Wanted::yes(
            Type::Reconciling,
            Reason::FailingOver,
            "a run is under way",
        ));
    }
    if let Some((reason, why)) = stalled(story) {
        said.push(Wanted::yes(Type::Stalled, reason, why));
    }
    said
}

fn ready(story: &Story<'_>) -> Wanted {
    match (stalled(story), phase(story)) {
        (Some((reason, why)), _) => Wanted::no(Type::Ready, reason, why),
        (None, FailoverPhase::Completed) => Wanted::yes(Type::Ready, Reason::FailedOver, message(story)),
        (None, FailoverPhase::Paused) => Wanted::no(Type::Ready, Reason::Paused, "a person paused the run"),
        (None, FailoverPhase::Standby) => Wanted::yes(Type::Ready, Reason::Standby, "no run is under way"),
        (None, _) => Wanted::no(Type::Ready, Reason::FailingOver, "a run is under way"),
    }
}

/// The region counts as active where it was observed so; a run that was completed does not make it so by itself.
fn failed_over(story: &Story<'_>) -> Wanted {
    let led = story
        .run
        .and_then(|run| run.plan.leads.as_ref())
        .map(|leads| leads.to.as_str());
    match (led, story.active, phase(story)) {
        (Some(led), Some(active), FailoverPhase::Completed) if led == active => {
            Wanted::yes(Type::FailedOver, Reason::FailedOver, format!("{led} is active"))
        }
        (Some(led), None, FailoverPhase::Completed) => Wanted::unknown(
            Type::FailedOver,
            Reason::StepUnknown,
            format!("whether {led} is active could not be read"),
        ),
        _ => Wanted::no(Type::FailedOver, Reason::NotFailedOver, message(story)),
    }
}

/// Measured from the first step to the end of the run, and on the lag at cut-over.
fn within_objectives(story: &Story<'_>) -> Wanted {
    let kind = Type::WithinObjectives;
    let (Some(run), FailoverPhase::Completed) = (story.run, phase(story)) else {
        return Wanted::unknown(kind, Reason::NotMeasured, "no run has ended");
    };
    let target = targets(&story.spec.objectives);
    let took = span(began(run).as_deref(), run.status.closed_at.as_deref()).unwrap_or_default();
    let lag = lag_at_cut_over(run, story.lags).map_or(0, |lag| lag.seconds);
    let said = format!(
        "it took {} of {}, and the replica was {} behind, of {}",
        objectives::text(took),
        objectives::text(target.rto),
        objectives::text(lag),
        objectives::text(target.rpo)
    );
    match took <= target.rto && lag <= target.rpo {
        true => Wanted::yes(kind, Reason::WithinObjectives, said),
        false => Wanted::no(kind, Reason::ObjectivesMissed, said),
    }
}

/// What a person must do something about.
fn stalled(story: &Story<'_>) -> Option<(Reason, String)> {
    match phase(story) {
        FailoverPhase::Stopped => return Some((Reason::Aborted, message(story))),
        FailoverPhase::RolledBack => return Some((Reason::RolledBack, message(story))),
        _ => {}
    }
    story.state.holds.iter().find_map(|hold| match hold {
        Hold::Failed(step, why) => Some((Reason::StepFailed, format!("{step}: {why}"))),
        Hold::Foreign(step, why) => Some((Reason::NotAReplicaOfActive, format!("{step}: {why}"))),
        Hold::Unknown(step, why) => Some((Reason::StepUnknown, format!("{step}: {why}"))),
        Hold::NeedsAWord(step) => Some((
            Reason::StepUnknown,
            format!("{step}: it may have been asked for; look, and create a Decision Retry or Skip"),
        )),
        Hold::EmergencyStop(_) | Hold::Paused(_) | Hold::Overdue(_) | Hold::Approval(_) => None,
    })
}

fn message(story: &Story<'_>) -> String {
    story
        .run
        .and_then(|run| run.status.message.clone())
        .unwrap_or_else(|| "no run has ended".into())
}

fn phase(story: &Story<'_>) -> FailoverPhase {
    let held = |which: fn(&Hold) -> bool| story.state.holds.iter().any(which);
    match (story.run, story.state.ended) {
        (None, _) => FailoverPhase::Standby,
        (Some(_), Some(outcome)) => ended(outcome),
        (Some(run), None) if !run.has_begun() => FailoverPhase::AwaitingApproval,
        _ if story.state.is_going_back => FailoverPhase::GoingBack,
        _ if held(|hold| matches!(hold, Hold::Paused(_) | Hold::EmergencyStop(_))) => FailoverPhase::Paused,
        _ if held(|hold| matches!(hold, Hold::Failed(..) | Hold::Foreign(..) | Hold::NeedsAWord(_))) => {
            FailoverPhase::Stalled
        }
        _ => FailoverPhase::Running,
    }
}

fn ended(outcome: PlanOutcome) -> FailoverPhase {
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

fn began(run: &Run) -> Option<String> {
    run.status
        .journal
        .values()
        .filter_map(|record| record.started_at.clone())
        .min()
}

fn span(from: Option<&str>, to: Option<&str>) -> Option<u32> {
    let second = |text: Option<&str>| Some(text?.parse::<Timestamp>().ok()?.as_second());
    u32::try_from(second(to)? - second(from)?).ok()
}

fn elapsed(from: Option<&str>, to: Option<&str>) -> Option<String> {
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
            .and_then(|record| record.started_at.clone());
        let replica = step.looks().into_iter().find_map(|look| match look.probe {
            crate::run::act::Probe::DbInstance { instance } => Some(instance),
            _ => None,
        });
        let before = move |lag: &&LagSample| {
            begun.as_ref().is_some_and(|begun| lag.at <= *begun) && replica.as_ref() == Some(&lag.replica)
        };
        lags.iter().filter(before)
    });
    of.max_by_key(|lag| lag.seconds).cloned()
}

/// Each step of the spec: as far as the part of it that is least far.
fn steps(run: &Run, sightings: &Sightings) -> Vec<FailoverStepStatus> {
    let mut names: Vec<&str> = Vec::new();
    run.plan.acts.iter().for_each(|act| {
        if !names.contains(&act.step.as_str()) {
            names.push(&act.step);
        }
    });
    names.into_iter().map(|name| step(run, name, sightings)).collect()
}

fn step(run: &Run, name: &str, sightings: &Sightings) -> FailoverStepStatus {
    let parts = run.plan.acts.iter().filter(|act| act.step == name);
    let parts: Vec<(StepRecord, StepStanding)> = parts
        .map(|act| {
            let record = run.status.journal.get(&act.id).cloned().unwrap_or_default();
            let said = standing(act, &record, sightings);
            (record, said)
        })
        .collect();
    let state = together(parts.iter().map(|(_, said)| said.progress));
    let message = parts
        .iter()
        .find(|(_, said)| said.progress == state)
        .and_then(|(_, said)| said.message.clone());
    let is_over = matches!(
        state,
        StepProgress::Done | StepProgress::Failed | StepProgress::Restored
    );
    let ends = parts
        .iter()
        .flat_map(|(record, _)| [&record.verified_at, &record.failed_at, &record.rolled_back_at]);
    FailoverStepStatus {
        name: name.to_owned(),
        state,
        started_at: parts.iter().filter_map(|(record, _)| record.started_at.clone()).min(),
        ended_at: ends.flatten().max().cloned().filter(|_| is_over),
        attempts: parts
            .iter()
            .map(|(record, _)| record.attempts)
            .max()
            .unwrap_or_default(),
        message,
    }
}

/// What is worst tells; a step whose parts are partly done is under way.
fn together(parts: impl Iterator<Item = StepProgress>) -> StepProgress {
    let all: Vec<StepProgress> = parts.collect();
    let worst = [
        StepProgress::Failed,
        StepProgress::Foreign,
        StepProgress::Unknown,
        StepProgress::Underway,
        StepProgress::Restored,
    ];
    let found = worst.into_iter().find(|progress| all.contains(progress));
    let (done, open) = (all.contains(&StepProgress::Done), all.contains(&StepProgress::NotBegun));
    found.unwrap_or(match (done, open) {
        (true, true) => StepProgress::Underway,
        (true, false) => StepProgress::Done,
        (false, _) => StepProgress::NotBegun,
    })
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
