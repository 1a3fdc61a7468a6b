//! What is said of a FailoverPlan.

pub(super) mod active;
mod fenced;

use super::{
    World, drill,
    readiness::{self, Outlook},
    samples,
    standing::Standing,
};
use crate::{
    blocked::Blocked,
    engine::once::State,
    respond::failover::{Story, conditions, objectives, status as told, targets},
    run::Run,
};
use firebreak_crds::{
    ConditionType as Type, FailoverPlanStatus, PlanOutcome, Reason,
    condition::{self, Wanted},
    failover_plan::{FailoverPhase, FailoverRunSummary},
};
use jiff::Timestamp;

/// The status. Nothing in it changes while nothing happens.
pub(super) fn status(
    world: &World,
    state: &State,
    blocked: Option<&Blocked>,
    outlook: Outlook,
    now: Timestamp,
) -> FailoverPlanStatus {
    let run = current(world);
    let state = ended(run).unwrap_or_else(|| state.clone());
    let active = active::region(world);
    let (lags, history) = (samples::lags(world), history(world));
    let story = Story {
        spec: &world.subject.spec,
        generation: world.subject.generation,
        run,
        state: &state,
        sightings: &world.sightings,
        active: active.as_deref(),
        serial: serial(world),
        lags: &lags,
        history: &history,
    };
    let standing = world.proposed().map(|run| Standing::of(world, run, now));
    let mut said = said(world, &story, standing.as_ref(), blocked);
    said.push(readiness::condition(
        world,
        story.active,
        outlook.readiness.as_ref(),
        now,
    ));
    let (drills, drilled) = drill::noted(world, outlook.drill);
    said.extend(drill::condition(world, &drills, now));
    said.sort_by_key(|one| one.kind.as_str());
    let before = &world.subject.status.conditions;
    let mut status = told(&story, condition::merge(before, &said, world.subject.generation, now));
    if let Some(blocked) = blocked {
        status.phase = phase(status.phase, blocked);
        status.waiting_for.get_or_insert_with(|| blocked.reason.as_str());
    }
    if let Some(standing) = &standing {
        status.approvals = Some(standing.count());
        status.waiting_for.get_or_insert_with(|| "approvals".to_owned());
    }
    status.requested_by = world
        .subject
        .requested_by
        .clone()
        .filter(|_| world.admission.requester_stamped);
    status.counts = samples::counts(world);
    (status.readiness, status.drills, status.drilled) = (outlook.readiness, drills, drilled);
    status.fenced = fenced::all(world);
    status.bounded()
}

/// The run that is spoken of: one that was superseded or rejected did nothing.
fn current(world: &World) -> Option<&Run> {
    let did_nothing = |run: &Run| {
        matches!(
            run.status.outcome,
            Some(PlanOutcome::Superseded | PlanOutcome::Rejected)
        )
    };
    world.runs.iter().rfind(|run| !did_nothing(run))
}

fn ended(run: Option<&Run>) -> Option<State> {
    let run = run.filter(|run| run.status.closed_at.is_some())?;
    Some(State {
        ended: run.status.outcome,
        is_going_back: run.status.control.going_back,
        holds: Vec::new(),
    })
}

/// The highest serial that was consumed, as the run store says, or said last.
fn serial(world: &World) -> Option<u64> {
    let read = world.records.as_ref().and_then(|records| records.highest());
    let run = world.begun().filter(|run| run.status.control.consumed);
    let of_run = run.and_then(|run| run.plan.leads.as_ref()).map(|leads| leads.serial);
    of_run
        .or(read.map(|record| record.serial))
        .or(world.subject.status.serial)
}

/// What keeps a run from beginning makes the phase Observing, or Stalled where a person must do something.
fn phase(phase: Option<FailoverPhase>, blocked: &Blocked) -> Option<FailoverPhase> {
    match (phase, blocked.reason) {
        (Some(FailoverPhase::Standby | FailoverPhase::Completed), Reason::SerialUnknown | Reason::SerialBehind) => {
            Some(FailoverPhase::Observing)
        }
        (Some(FailoverPhase::Standby), _) if !passes(blocked) => Some(FailoverPhase::Stalled),
        (other, _) => other,
    }
}

fn passes(blocked: &Blocked) -> bool {
    blocked.passes() || matches!(blocked.reason, Reason::TooSoon | Reason::EmergencyStop)
}

fn said(world: &World, story: &Story<'_>, standing: Option<&Standing>, blocked: Option<&Blocked>) -> Vec<Wanted> {
    let mut all = conditions(story);
    if let Some(blocked) = blocked {
        all.retain(|one| !matches!(one.kind, Type::Ready | Type::Stalled));
        all.push(not_ready(blocked));
        if !passes(blocked) {
            all.push(Wanted::yes(Type::Stalled, blocked.reason, blocked.message.clone()));
        }
    }
    all.extend(world.stop.as_ref().map(|why| {
        let says = format!("an EmergencyStop holds every new AWS write back: {why}");
        Wanted::yes(Type::Halted, Reason::EmergencyStop, says)
    }));
    all.push(approved(world, standing));
    all.push(protected(world, story.active));
    all
}

/// What could not be read is not known to be otherwise.
fn not_ready(blocked: &Blocked) -> Wanted {
    let silent = [Reason::Throttled, Reason::Unreachable, Reason::AccessDenied].contains(&blocked.reason);
    match silent {
        true => Wanted::unknown(Type::Ready, blocked.reason, blocked.message.clone()),
        false => Wanted::no(Type::Ready, blocked.reason, blocked.message.clone()),
    }
}

fn approved(world: &World, standing: Option<&Standing>) -> Wanted {
    match (standing, world.begun()) {
        (Some(standing), _) if standing.satisfied => Wanted::yes(Type::Approved, Reason::Approved, standing.sentence()),
        (Some(standing), _) => Wanted::no(Type::Approved, Reason::AwaitingApproval, standing.sentence()),
        (None, Some(run)) if run.status.approved_by.is_empty() => {
            Wanted::yes(Type::Approved, Reason::Approved, "no approval was needed")
        }
        (None, Some(run)) => {
            let by = run.status.approved_by.join(", ");
            Wanted::yes(Type::Approved, Reason::Approved, format!("approved by {by}"))
        }
        (None, None) => Wanted::no(Type::Approved, Reason::Standby, "no run waits for approvals"),
    }
}

/// Whether a run could begin now and keep to the objectives, as far as databases go.
fn protected(world: &World, active: Option<&str>) -> Wanted {
    let kind = Type::Protected;
    let Some(active) = active else {
        return Wanted::unknown(kind, Reason::ActiveUnknown, "which region is active is not known");
    };
    let rpo = targets(&world.subject.spec.objectives).rpo;
    let mut least = None;
    for (pair, sample) in samples::replicas(world, active) {
        let Some(sample) = sample else {
            let why = format!(
                "{} and {}: no replica of the active one was seen to follow it, with its source answering",
                pair.primary, pair.standby
            );
            return Wanted::no(kind, Reason::Unprotected, why);
        };
        if sample.seconds > rpo {
            let (replica, behind) = (&sample.replica, objectives::text(sample.seconds));
            let why = format!("{replica} is {behind} behind, of {}", objectives::text(rpo));
            return Wanted::no(kind, Reason::Unprotected, why);
        }
        least = Some(pair);
    }
    match least {
        Some(_) => {
            let why = format!("every replica follows its writer within {}", objectives::text(rpo));
            Wanted::yes(kind, Reason::Replicating, why)
        }
        None => Wanted::yes(kind, Reason::Standby, "no step promotes a database"),
    }
}

/// The runs that are over and did something, the latest one first.
fn history(world: &World) -> Vec<FailoverRunSummary> {
    let known = &world.subject.status.history;
    let mut all: Vec<FailoverRunSummary> = world.runs.iter().rev().filter_map(summary).collect();
    let older = known
        .iter()
        .filter(|one| !world.runs.iter().any(|run| run.spec.run == one.run));
    all.extend(older.cloned());
    all
}

fn summary(run: &Run) -> Option<FailoverRunSummary> {
    let (began, ended) = (run.status.control.begun_at.clone()?, run.status.closed_at.clone()?);
    let leads = run.plan.leads.as_ref()?;
    Some(FailoverRunSummary {
        run: run.spec.run,
        serial: leads.serial,
        region: leads.to.clone(),
        phase: super::super::status::ended(run.status.outcome?),
        elapsed: super::super::status::elapsed(Some(&began), Some(&ended)).unwrap_or_default(),
        started_at: began,
        ended_at: ended,
    })
}
