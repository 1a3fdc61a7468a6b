//! Carrying a containment out, step by step, and keeping it so. The journal says how far each step is; a step that was
//! Started and maybe written is found out by reading, never by guessing.

mod custody;
mod holding;
mod proving;
mod section;
mod starting;

pub(super) use section::unfinished_section;

use super::{
    Effect, contain, journal,
    report::Look,
    standing::Standing,
    world::{Run, World},
};
use crate::{
    blocked::Stop,
    facts::{Answer, Facts},
    plan::Step,
    query::Query,
};
use firebreak_crds::{HoldSpec, StepRecord, StepState};
use jiff::Timestamp;
use serde_json::Value;

/// What carrying out comes to.
pub(super) enum Carried {
    Do(Effect),
    /// What the remaining steps were planned on has changed.
    Replan,
    Rest(Look),
}

/// How far a run is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To its end.
    Carry,
    /// What was written is kept, and a section that was begun is finished; nothing else is started.
    Hold,
    /// Nothing is done at all: what a read shows is told.
    Look,
}

/// Looks at every step in order. The first thing to do is done; what must wait is noted.
pub(super) fn turn(
    world: &World,
    run: &Run,
    standing: &Standing,
    facts: &Facts,
    now: Timestamp,
) -> Result<Carried, Stop> {
    steps(world, run, standing, facts, now, Purpose::Carry)
}

/// Keeps what a run has written as it is, without going on with the run.
pub(super) fn hold(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    let standing = Standing::of(world, run, now);
    match steps(world, run, &standing, facts, now, Purpose::Hold)? {
        Carried::Do(effect) => Ok(Some(effect)),
        Carried::Replan | Carried::Rest(_) => Ok(None),
    }
}

/// What a read shows of a run, without doing anything about it.
pub(super) fn look(world: &World, run: &Run, facts: &Facts, now: Timestamp) -> Result<Look, Stop> {
    let standing = Standing::of(world, run, now);
    match steps(world, run, &standing, facts, now, Purpose::Look)? {
        Carried::Rest(look) => Ok(look),
        Carried::Do(_) | Carried::Replan => Ok(Look::new(&run.plan, world.settings.resync_seconds)),
    }
}

fn steps(
    world: &World,
    run: &Run,
    standing: &Standing,
    facts: &Facts,
    now: Timestamp,
    purpose: Purpose,
) -> Result<Carried, Stop> {
    facts.ask(run.plan.steps.iter().map(|step| Query::Cell(step.cell.clone())))?;
    world.know(run.plan.steps.iter().filter_map(|step| step.hold.clone()))?;
    let mut look = Look::new(&run.plan, world.settings.resync_seconds);
    for (index, step) in run.plan.steps.iter().enumerate() {
        let at = At {
            world,
            run,
            standing,
            facts,
            now,
            purpose,
            step,
            record: journal::record(run, step),
        };
        if at.has_vanished() {
            look.skip::<()>();
            continue;
        }
        let outcome = match at.record.state {
            StepState::Pending => at.pending(index, &mut look)?,
            StepState::Started => at.started(&mut look)?,
            StepState::Applied => at.applied(&mut look)?,
            StepState::Verified => at.verified(&mut look)?,
            StepState::Skipped => {
                look.undone.extend(at.record.message.clone());
                look.skip()
            }
        };
        if let Some(outcome) = outcome.filter(|_| purpose != Purpose::Look) {
            return Ok(outcome);
        }
    }
    Ok(Carried::Rest(look))
}

/// One step, with all that a decision about it depends on.
struct At<'a> {
    world: &'a World,
    run: &'a Run,
    standing: &'a Standing,
    facts: &'a Facts,
    now: Timestamp,
    purpose: Purpose,
    step: &'a Step,
    record: StepRecord,
}

impl At<'_> {
    fn current(&self) -> Result<Value, Stop> {
        contain::current(&self.step.cell, self.facts)
    }

    /// Whether it is of a part of the target that does not exist any more.
    fn has_vanished(&self) -> bool {
        let gone = || self.facts.answer(&Query::Cell(self.step.cell.clone())) == Some(&Answer::NotFound);
        self.step.cell.is_of_a_part() && gone()
    }

    fn bound(&self) -> Value {
        self.record.bound.clone().unwrap_or_else(|| self.step.after.clone())
    }

    fn journal(&self, record: StepRecord) -> Carried {
        Carried::Do(journal::change(self.run, &self.step.id, record))
    }

    fn hold(&self) -> Option<(&str, Option<&HoldSpec>)> {
        self.step.hold.as_deref().map(|name| (name, self.world.hold(name)))
    }

    fn section_was_begun(&self) -> bool {
        section::is_begun(self.run, self.facts, self.step)
    }

    fn as_planned(&self, current: &Value) -> bool {
        let cell = &self.step.cell;
        cell.material(current) == cell.material(&self.step.before) || cell.fits(&self.step.after, current)
    }

    /// The journal entry of a step that is written once more.
    fn restarted(&self, current: &Value) -> StepRecord {
        StepRecord {
            state: StepState::Started,
            bound: Some(self.step.cell.bind(&self.step.after, current, self.now)),
            started_at: Some(self.now.to_string()),
            ..self.record.clone()
        }
    }
}
