//! What the conditions say of a FailoverPlan.

use super::{Story, began, lag_at_cut_over, phase, span};
use crate::{
    engine::once::Hold,
    respond::failover::{objectives, targets},
    run::act::ActStep,
};
use firebreak_crds::{ConditionType as Type, Reason, condition::Wanted, failover_plan::FailoverPhase};

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
        (None, FailoverPhase::Paused) => paused(story),
        (None, FailoverPhase::AwaitingApproval) => {
            Wanted::no(Type::Ready, Reason::AwaitingApproval, "a run waits for approvals")
        }
        (None, FailoverPhase::Standby) => Wanted::yes(Type::Ready, Reason::Standby, "no run is under way"),
        (None, _) => Wanted::no(Type::Ready, Reason::FailingOver, "a run is under way"),
    }
}

/// Who or what holds the run.
fn paused(story: &Story<'_>) -> Wanted {
    let said = story.state.holds.iter().find_map(|hold| match hold {
        Hold::EmergencyStop(why) => Some((Reason::EmergencyStop, why.clone())),
        Hold::Interlocked(why) => Some((Reason::Interlocked, why.clone())),
        Hold::Paused(by) => Some((Reason::Paused, format!("{by} paused the run"))),
        _ => None,
    });
    let (reason, why) = said.unwrap_or((Reason::Paused, "the run is paused".into()));
    Wanted::no(Type::Ready, reason, why)
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
    let time = format!("it took {} of {}", objectives::text(took), objectives::text(target.rto));
    let promotes = run.plan.acts.iter().any(ActStep::is_one_way);
    let lag = lag_at_cut_over(run, story.lags).map(|lag| lag.seconds);
    let said = match lag {
        Some(lag) => format!(
            "{time}, and the replica was {} behind, of {}",
            objectives::text(lag),
            objectives::text(target.rpo)
        ),
        None if promotes => {
            format!("{time}; how far the replica was behind was never sampled while its source answered")
        }
        None => time,
    };
    match (took <= target.rto && lag.is_none_or(|lag| lag <= target.rpo), lag) {
        (false, _) => Wanted::no(kind, Reason::ObjectivesMissed, said),
        (true, None) if promotes => Wanted::unknown(kind, Reason::NotMeasured, said),
        (true, _) => Wanted::yes(kind, Reason::WithinObjectives, said),
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
        Hold::Barred(blocked) => Some((blocked.reason, blocked.message.clone())),
        Hold::EmergencyStop(_) | Hold::Interlocked(_) | Hold::Paused(_) | Hold::Overdue(_) | Hold::Approval(_) => None,
    })
}

fn message(story: &Story<'_>) -> String {
    story
        .run
        .and_then(|run| run.status.message.clone())
        .unwrap_or_else(|| "no run has ended".into())
}
