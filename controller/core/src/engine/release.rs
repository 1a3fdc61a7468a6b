//! Putting back: from the Holds, in reverse order, and never over somebody else's change.

mod ending;
mod planning;
mod returning;

pub(super) use ending::{abandon, let_go, overdue, without_object};

use super::{
    Effect, carry, contain, evidence,
    intent::Cause,
    journal,
    report::{self, Look, Releasing},
    standing::{self, Standing},
    world::World,
};
use crate::{
    aws::Answer,
    blocked::{Blocked, Stop},
    facts::Facts,
    run::{
        Run, custody,
        plan::{Disposition, Plan, Step},
    },
};
use ending::{finished, is_being_let_go, observe};
use firebreak_crds::{
    Action, HoldSpec, HoldState, PlanOutcome, Reason, ResponsePlanStatus, StepRecord, StepState, text,
};
use jiff::Timestamp;
use planning::{know_wholes, plan};
use returning::Return;
pub(in crate::engine) use returning::goes_on_without;
use serde_json::Value;

/// Seconds after which an object that is being deleted is let go even if AWS does not answer: custody is orphaned.
const LET_GO_SECONDS: i64 = 300;

pub(super) fn turn(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    world.know(world.mine.iter().cloned())?;
    if is_being_let_go(world) {
        return Ok(let_go(world, now));
    }
    if world.mine.is_empty() {
        return Ok(finished(world, now));
    }
    if !world.subject.enforces() {
        return observe(world, facts, now);
    }
    match go_on(world, cause, facts, now) {
        Err(Stop::Blocked(_)) if overdue(world, now) => Ok(let_go(world, now)),
        Err(Stop::Blocked(blocked)) if blocked.reason == Reason::EmergencyStop => {
            told(world, facts, now, Releasing::Stopped(&blocked.message))
        }
        other => other,
    }
}

/// A report of a release that rests, with what a read shows of the containment meanwhile.
fn told(world: &World, facts: &Facts, now: Timestamp, what: Releasing<'_>) -> Result<Effect, Stop> {
    let look = look(world, facts, now)?;
    let rest = report::releasing(world, world.latest(), None, what, look.as_ref());
    Ok(Effect::Rest(Box::new(rest)))
}

/// What a read shows of a containment that nobody has begun to put back.
fn look(world: &World, facts: &Facts, now: Timestamp) -> Result<Option<Look>, Stop> {
    let run = world.containment();
    run.map(|run| contain::look(world, run, facts, now)).transpose()
}

fn go_on(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if let Some(effect) = finish_section(world, facts, now)? {
        return Ok(effect);
    }
    if let Some(effect) = hold_on(world, cause, facts, now)? {
        return Ok(effect);
    }
    put_back(world, cause, facts, now)
}

/// A section that was begun is finished first, to its safe end.
fn finish_section(world: &World, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    let Some(run) = world.containment() else {
        return Ok(None);
    };
    match carry::unfinished_section(run, facts)? {
        true => getting_through(carry::hold(world, run, facts, now)),
        false => Ok(None),
    }
}

/// A release gets through to what was written: only what is unknown, or stopped, is waited for.
fn getting_through(held: Result<Option<Effect>, Stop>) -> Result<Option<Effect>, Stop> {
    let passes = |blocked: &Blocked| {
        let unreadable = matches!(blocked.reason, Reason::AccessDenied | Reason::WrongAccount);
        blocked.passes() || unreadable || blocked.reason == Reason::EmergencyStop
    };
    match held {
        Err(Stop::Blocked(blocked)) if !passes(&blocked) => Ok(None),
        other => other,
    }
}

/// Until people have approved the release, the containment is held: anyone who undoes it does not release it. An object that
/// is being deleted does not wait.
fn hold_on(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    if !waits_for_people(world, cause, now) || world.subject.deleting_since.is_some() {
        return Ok(None);
    }
    let Some(contained) = world.containment() else {
        return getting_through(carry::keep_left(world, facts, now));
    };
    match getting_through(carry::hold(world, contained, facts, now))? {
        Some(effect) => Ok(Some(effect)),
        None => undone(world, cause, facts, now),
    }
}

/// Whether nothing more is put back until people have agreed to it.
fn waits_for_people(world: &World, cause: &Cause, now: Timestamp) -> bool {
    match open_release(world) {
        Some(run) if run.has_begun() => world.containment().is_some() && !standing(world, run, cause, now).all,
        Some(run) => !standing(world, run, cause, now).all,
        None => cause.covered.is_none() && standing::release_requirement(world, requester(cause)).required > 0,
    }
}

/// What is undone and may not be put right now, under a stop or in a drift fight, is not thereby released.
fn undone(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    let drifted = look(world, facts, now)?.is_some_and(|look| !look.drift.is_empty());
    if !drifted || rejected(world, cause).is_some() {
        return Ok(None);
    }
    let why = "somebody has undone the containment: it is put right before its release is planned";
    let waits = match open_release(world) {
        Some(run) => wait(world, run, &standing(world, run, cause, now), facts, now),
        None => told(world, facts, now, Releasing::AwaitingApproval(why)),
    };
    waits.map(Some)
}

fn requester(cause: &Cause) -> Option<&str> {
    cause.requested_by.as_deref()
}

fn open_release(world: &World) -> Option<&Run> {
    world
        .latest()
        .filter(|run| run.spec.action == Action::Release && run.is_open() && !run.is_completed())
}

fn put_back(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    match open_release(world) {
        Some(run) if run.has_begun() => go_on_with(world, run, cause, facts, now),
        Some(run) => begin(world, run, cause, facts, now),
        None => plan_again(world, cause, facts, now),
    }
}

fn plan_again(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if let Some(run) = rejected(world, cause) {
        return refuse(world, run, facts, now);
    }
    let plan = plan(world, cause, facts, now)?;
    if plan.steps.iter().any(is_final) {
        let spec = contain::run_spec(world, plan, cause.requested_by.clone());
        return Ok(Effect::CreatePlan(Box::new(spec)));
    }
    if world.subject.deleting_since.is_none()
        && let Some(effect) = getting_through(carry::keep_withheld(world, facts, now))?
    {
        return Ok(effect);
    }
    mark(world, &plan).map_or_else(|| left_behind(world, &plan, facts, now), Ok)
}

/// The release that people rejected, unless the spec has changed or somebody has asked again since.
fn rejected<'a>(world: &'a World, cause: &Cause) -> Option<&'a Run> {
    let run = world.latest().filter(|run| run.spec.action == Action::Release)?;
    let closed: Option<Timestamp> = run.status.closed_at.as_ref().and_then(|at| at.parse().ok());
    let stands = run.status.outcome == Some(PlanOutcome::Rejected)
        && run.status.closed_generation == Some(world.subject.generation)
        && cause
            .said_at
            .is_none_or(|said| closed.is_some_and(|closed| said <= closed));
    stands.then_some(run)
}

/// What was rejected is not planned again by itself. An object that is being deleted is let go all the same.
fn refuse(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if world.subject.deleting_since.is_some() {
        return Ok(let_go(world, now));
    }
    let why = run.status.message.clone().unwrap_or_default();
    let message = format!("the release was {why}; change the spec, or ask again with a Decision Release");
    let blocked = Blocked::new(Reason::Rejected, message);
    told(world, facts, now, Releasing::Blocked(&blocked))
}

/// Holds learn that they are in conflict or withheld, so that everybody can see it.
fn mark(world: &World, plan: &Plan) -> Option<Effect> {
    plan.steps.iter().find_map(|step| marked(world, step))
}

/// What a release withholds is withheld from its beginning, also against somebody who undoes it between two steps.
fn mark_withheld(world: &World, plan: &Plan) -> Option<Effect> {
    let withheld = |step: &&Step| step.disposition == Some(Disposition::Withheld);
    let alone = |hold: &HoldSpec| custody::others(hold, &world.subject.owner).is_empty();
    let own = |name: &String| world.holds_it(name) && world.hold(name).is_some_and(alone);
    let mut steps = plan.steps.iter().filter(withheld);
    steps.find_map(|step| marked(world, step).filter(|_| step.hold.as_ref().is_some_and(own)))
}

fn marked(world: &World, step: &Step) -> Option<Effect> {
    let (name, hold) = step.hold.as_ref().and_then(|name| Some((name, world.hold(name)?)))?;
    let state = match step.disposition.as_ref()? {
        Disposition::Conflict => HoldState::Conflict,
        Disposition::Withheld => HoldState::Withheld,
        Disposition::Restore | Disposition::Leave | Disposition::Back | Disposition::Gone => return None,
    };
    (hold.state != state).then(|| {
        let hold = HoldSpec {
            state,
            message: Some(text::message(&step.summary)),
            ..hold.clone()
        };
        Effect::UpdateHold {
            name: name.clone(),
            hold: Box::new(hold),
        }
    })
}

/// What could not be put back. An object that is being deleted is let go all the same; custody stays.
fn left_behind(world: &World, plan: &Plan, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if world.subject.deleting_since.is_some() {
        return Ok(let_go(world, now));
    }
    let left: Vec<&Step> = plan.steps.iter().filter(|step| !is_final(step)).collect();
    let in_conflict = |step: &&Step| step.disposition == Some(Disposition::Conflict);
    let undone = |step: &&Step| !in_conflict(step) && !shows_ours(world, step);
    let reason = match (left.iter().any(in_conflict), left.iter().any(undone)) {
        (true, _) => Reason::ReleaseConflict,
        (false, true) => Reason::DriftDetected,
        (false, false) => Reason::RestoreWithheld,
    };
    let join = |parts: Vec<String>| parts.join("; ");
    let what = Releasing::Left {
        reason,
        fields: &join(left.iter().map(|step| step.cell.field()).collect()),
        text: &join(left.iter().map(|step| step.summary.clone()).collect()),
    };
    told(world, facts, now, what)
}

/// Whether AWS shows what the containment wrote.
fn shows_ours(world: &World, step: &Step) -> bool {
    let hold = step.hold.as_deref().and_then(|name| world.hold(name));
    hold.is_some_and(|hold| custody::wrote(hold, &step.cell, &step.before))
}

fn is_final(step: &Step) -> bool {
    step.disposition.as_ref().is_some_and(Disposition::is_final)
}

fn begin(world: &World, run: &Run, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let fresh = plan(world, cause, facts, now)?;
    if !run.plan.covers(&fresh) {
        let why = "AWS, custody or the word that was given has changed since it was planned";
        return Ok(contain::close(world, run, PlanOutcome::Superseded, why.into(), now));
    }
    let standing = standing(world, run, cause, now);
    if let Some(by) = &standing.voices.rejected {
        return Ok(contain::close(
            world,
            run,
            PlanOutcome::Rejected,
            format!("rejected by {by}"),
            now,
        ));
    }
    if !standing.all {
        return wait(world, run, &standing, facts, now);
    }
    carry_out(world, run, cause, &standing, facts, now)
}

/// What was begun goes on, unless somebody rejects it: that is recorded, and stands.
fn go_on_with(world: &World, run: &Run, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let standing = Standing::of(world, run, now);
    if let Some(status) = standing::rejection(run, &standing) {
        return Ok(contain::update(run, status));
    }
    if let Some(by) = &standing.voices.rejected {
        let why = format!("rejected by {by}");
        return Ok(contain::close(world, run, PlanOutcome::Rejected, why, now));
    }
    match mark_withheld(world, &run.plan) {
        Some(effect) => Ok(effect),
        None => carry_out(world, run, cause, &standing, facts, now),
    }
}

fn standing(world: &World, run: &Run, cause: &Cause, now: Timestamp) -> Standing {
    match &cause.covered {
        Some(standing) => Standing::clone(standing),
        None if gives_up(world, run) => Standing::of(world, run, now),
        None => Standing::free(),
    }
}

/// Whether anything ends with it: a value that is put back, or one that was written and is held no more, though somebody else
/// has put it back already or has deleted the resource.
fn gives_up(world: &World, run: &Run) -> bool {
    let was_written = |step: &Step| {
        let hold = step.hold.as_ref().and_then(|name| world.hold(name));
        hold.is_some_and(|hold| hold.read_back.is_some())
    };
    run.plan.steps.iter().any(|step| match &step.disposition {
        None | Some(Disposition::Restore) => true,
        // What is gone can come back by the same name, as it was before.
        Some(Disposition::Back | Disposition::Gone) => was_written(step),
        Some(Disposition::Leave | Disposition::Conflict | Disposition::Withheld) => false,
    })
}

/// Waiting for people. An object that is being deleted does not wait.
fn wait(world: &World, run: &Run, standing: &Standing, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    if world.subject.deleting_since.is_some() {
        return Ok(let_go(world, now));
    }
    let (text, look) = (standing.sentence(), look(world, facts, now)?);
    let what = Releasing::AwaitingApproval(&text);
    let rest = report::releasing(world, Some(run), Some(standing), what, look.as_ref());
    Ok(Effect::Rest(Box::new(rest)))
}

fn carry_out(
    world: &World,
    run: &Run,
    cause: &Cause,
    standing: &Standing,
    facts: &Facts,
    now: Timestamp,
) -> Result<Effect, Stop> {
    facts.ask(run.plan.steps.iter().map(Step::read))?;
    world.know(run.plan.steps.iter().filter_map(|step| step.hold.clone()))?;
    know_wholes(world, run.plan.steps.iter().filter_map(|step| step.hold.as_ref()))?;
    for step in &run.plan.steps {
        let at = Return {
            world,
            run,
            cause,
            standing,
            facts,
            now,
            step,
            record: journal::record(run, step),
        };
        if let Some(effect) = at.turn()? {
            return Ok(effect);
        }
    }
    Ok(contain::close(
        world,
        run,
        PlanOutcome::Completed,
        "every step was done".into(),
        now,
    ))
}
