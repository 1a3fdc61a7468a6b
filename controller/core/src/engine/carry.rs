//! Carrying a containment out, step by step, and keeping it so. The journal says how far each step is; a step that was
//! Started and maybe written is found out by reading, never by guessing.

mod again;
mod custody;
mod holding;
mod proving;
mod rollback;
mod section;
mod starting;

pub(super) use section::unfinished_section;

use super::{Effect, contain, journal, report::Look, standing::Standing, world::World};
use crate::{
    aws::{Answer, failure::Failure},
    blocked::Stop,
    facts::Facts,
    run::{Run, custody as holds, plan::Step},
};
use firebreak_crds::{HoldSpec, HoldState, StepRecord, StepState};
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
    /// What a release withheld is kept; nothing else is touched.
    Withheld,
    /// What a begun release has left in custody is kept; nothing else is touched.
    Left,
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

/// Keeps what a release withheld as the containment wrote it: nobody agreed to have it changed.
pub(super) fn keep_withheld(world: &World, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    keep(world, facts, now, Purpose::Withheld)
}

/// Keeps what a release that was begun has left in custody, while people are waited for: it is not released, also where somebody undoes it.
pub(super) fn keep_left(world: &World, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    keep(world, facts, now, Purpose::Left)
}

fn keep(world: &World, facts: &Facts, now: Timestamp, purpose: Purpose) -> Result<Option<Effect>, Stop> {
    let Some(run) = world.last_containment() else {
        return Ok(None);
    };
    match steps(world, run, &Standing::free(), facts, now, purpose)? {
        Carried::Do(effect) => Ok(Some(effect)),
        Carried::Replan | Carried::Rest(_) => Ok(None),
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
    let concerned = |step: &&Step| match purpose {
        Purpose::Carry | Purpose::Hold | Purpose::Look => true,
        Purpose::Withheld => is_in(world, step, &[HoldState::Withheld]),
        Purpose::Left => is_in(world, step, &[HoldState::Held, HoldState::Withheld]),
    };
    let concerned: Vec<&Step> = run.plan.steps.iter().filter(concerned).collect();
    facts.ask(concerned.iter().map(|step| step.read()))?;
    world.know(concerned.iter().filter_map(|step| step.hold.clone()))?;
    let at = |step| At {
        world,
        run,
        standing,
        facts,
        now,
        purpose,
        step,
        record: journal::record(run, step),
    };
    let all: Vec<At<'_>> = concerned.into_iter().map(at).collect();
    if let Some(carried) = rollback::turn(&all)? {
        return Ok(carried);
    }
    let mut look = Look::new(&run.plan, world.settings.resync_seconds);
    for (index, at) in all.iter().enumerate() {
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

/// Whether the object holds the step's cell, in one of these states.
fn is_in(world: &World, step: &Step, states: &[HoldState]) -> bool {
    let name = step.hold.as_deref().filter(|name| world.holds_it(name));
    name.and_then(|name| world.hold(name))
        .is_some_and(|hold| states.contains(&hold.state))
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
        contain::current(self.step.read(), self.facts)
    }

    /// Whether it is of a part of the target that does not exist any more.
    fn has_vanished(&self) -> bool {
        let gone = || self.step.seen(self.facts) == Some(&Answer::NotFound);
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

    /// Whether what was there before is still what the plan says, or AWS shows already what it wants. A section that was
    /// begun is finished whatever has changed; its Holds remember what was there.
    fn as_planned(&self, current: &Value) -> bool {
        if self.section_was_begun() {
            return true;
        }
        let cell = &self.step.cell;
        let hold = self.hold().and_then(|(_, hold)| hold);
        let before = holds::before(hold, cell, current);
        cell.material(&before) == cell.material(&self.step.before) || cell.fits(&self.step.after, current)
    }

    /// Why AWS has refused a write of this step for good, in this pass.
    fn refused(&self) -> Option<&Failure> {
        self.world.refusals(&self.run.reference.name, &self.step.id).first()
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
