//! Carrying a containment out, step by step, and keeping it so. The journal says how far each step is; a step that was
//! Started and maybe written is found out by reading, never by guessing.

mod holding;

use super::{
    Effect, contain,
    evidence::{self, Gate},
    report::{Barrier, Look},
    standing::Standing,
    world::{Run, World},
};
use crate::{
    blocked::{Blocked, Stop},
    custody,
    facts::{Answer, Facts},
    failure::{Failure, FailureClass},
    plan::Step,
    quarantine::Undo,
    query::Query,
};
use firebreak_crds::{HoldSpec, HoldState, Holder, Reason, StepRecord, StepState};
use jiff::Timestamp;
use serde_json::Value;

/// Seconds after a write in which a read that does not show it is not yet drift.
const PROPAGATION_SECONDS: i64 = 30;
/// Seconds for which a late-bound value may wait for its write.
const BOUND_SECONDS: i64 = 5;
/// Drift is put right at most this often within [`FIGHT_SECONDS`]; then a person is called.
const FIGHT_TIMES: usize = 5;
const FIGHT_SECONDS: i64 = 600;
/// Seconds for which a containment waits for what it only adds, such as snapshots, when AWS does not take the request.
const ADDITION_SECONDS: i64 = 60;
/// How many times of re-assertion are kept.
const KEPT_TIMES: usize = 8;

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
            record: record(run, step),
        };
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
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
    }
    Ok(Carried::Rest(look))
}

/// Whether steps must be finished before anything else, because their section was begun.
pub(super) fn unfinished_section(run: &Run, facts: &Facts) -> Result<bool, Stop> {
    let open = |step: &&Step| matches!(record(run, step).state, StepState::Pending | StepState::Started);
    let unfinished: Vec<&Step> = run
        .plan
        .steps
        .iter()
        .filter(open)
        .filter(|s| s.section.is_some())
        .collect();
    facts.ask(unfinished.iter().map(|step| Query::Cell(step.cell.clone())))?;
    Ok(unfinished.iter().any(|step| in_begun_section(run, facts, step)))
}

/// A section is begun once AWS shows an effect of it: a step that was only intended can still be left.
fn in_begun_section(run: &Run, facts: &Facts, step: &Step) -> bool {
    let together = |s: &&Step| s.section == step.section;
    step.section.is_some()
        && run
            .plan
            .steps
            .iter()
            .filter(together)
            .any(|s| has_effect(run, facts, s))
}

fn has_effect(run: &Run, facts: &Facts, step: &Step) -> bool {
    let record = record(run, step);
    match record.state {
        StepState::Pending | StepState::Skipped => false,
        StepState::Started => record.read_back.is_some() || !is_as_found(&record, facts, step),
        StepState::Applied | StepState::Verified => record.started_at.is_some(),
    }
}

/// Whether AWS still shows what was there when the step was started. What is not known counts as changed.
fn is_as_found(record: &StepRecord, facts: &Facts, step: &Step) -> bool {
    let current = match facts.answer(&Query::Cell(step.cell.clone())) {
        Some(Answer::Found(current)) => current,
        _ => return false,
    };
    record
        .found
        .as_ref()
        .is_some_and(|found| step.cell.same(found, current))
}

/// A step's journal entry.
pub(super) fn record(run: &Run, step: &Step) -> StepRecord {
    run.status.journal.get(&step.id).cloned().unwrap_or_default()
}

/// The journal with one entry changed, as an effect.
pub(super) fn journal(run: &Run, step: &str, record: StepRecord) -> Effect {
    let mut status = run.status.clone();
    status.journal.insert(step.to_owned(), record);
    status.outcome.get_or_insert(firebreak_crds::PlanOutcome::Running);
    Effect::UpdatePlan {
        plan: run.reference.name.clone(),
        status: Box::new(status),
    }
}

pub(super) fn written(run: &Run, step: &str, request_ids: &[String], now: Timestamp) -> Effect {
    let mut record = run.status.journal.get(step).cloned().unwrap_or_default();
    record.state = StepState::Applied;
    record.applied_at.get_or_insert(now.to_string());
    record.request_ids.extend(request_ids.iter().cloned());
    let surplus = record.request_ids.len().saturating_sub(KEPT_TIMES);
    record.request_ids.drain(..surplus);
    journal(run, step, record)
}

/// What a step only adds never vetoes a containment: when AWS refuses it, or does not take it within a minute, the journal
/// says so and the containment goes on.
pub(super) fn given_up(run: &Run, step: &str, failure: &Failure, now: Timestamp) -> Option<Effect> {
    let planned = run.plan.steps.iter().find(|planned| planned.id == step)?;
    let mut record = record(run, planned);
    let passes = matches!(
        failure.class,
        FailureClass::Throttled | FailureClass::Transient | FailureClass::Conflict | FailureClass::NotYet
    );
    let waited = now.as_second() - second(record.started_at.as_deref()).unwrap_or(0);
    if planned.undo != Undo::Addition || (passes && waited < ADDITION_SECONDS) {
        return None;
    }
    record.state = StepState::Skipped;
    record.message = Some(format!("NOT done: {}: {failure}", planned.summary));
    Some(journal(run, step, record))
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

    fn bound(&self) -> Value {
        self.record.bound.clone().unwrap_or_else(|| self.step.after.clone())
    }

    fn journal(&self, record: StepRecord) -> Carried {
        Carried::Do(journal(self.run, &self.step.id, record))
    }

    fn hold(&self) -> Option<(&str, Option<&HoldSpec>)> {
        self.step.hold.as_deref().map(|name| (name, self.world.hold(name)))
    }

    fn pending(&self, index: usize, look: &mut Look) -> Result<Option<Carried>, Stop> {
        if look.barrier.is_some() {
            look.pending += 1;
            return Ok(None);
        }
        if let Some(barrier) = self.barrier(index)? {
            look.pending += 1;
            look.barrier = Some(barrier);
            return Ok(None);
        }
        if !self.run.has_begun() {
            match evidence::gate(self.world, self.run, self.facts, self.now) {
                Gate::Open => {}
                Gate::Do(effect) => return Ok(Some(Carried::Do(effect))),
                Gate::Shut(barrier) => {
                    look.pending += 1;
                    look.after(5);
                    look.barrier = Some(barrier);
                    return Ok(None);
                }
            }
        }
        if self.count_it() {
            return Ok(Some(Carried::Do(Effect::Reserve)));
        }
        if let Some(carried) = self.take_custody()? {
            return Ok(Some(carried));
        }
        self.start().map(Some)
    }

    fn section_was_begun(&self) -> bool {
        in_begun_section(self.run, self.facts, self.step)
    }

    /// What keeps a step from starting. Nothing keeps one whose section was begun.
    fn barrier(&self, index: usize) -> Result<Option<Barrier>, Stop> {
        if self.section_was_begun() {
            return Ok(None);
        }
        if self.purpose == Purpose::Hold {
            return Ok(Some(Barrier::Earlier));
        }
        let earlier = &self.run.plan.steps[..index];
        let unsettled = |s: &Step| s.cell == self.step.cell && record(self.run, s).state != StepState::Verified;
        if earlier.iter().any(unsettled) {
            return Ok(Some(Barrier::Earlier));
        }
        if !self.world.subject.enforces() {
            return Ok(Some(Barrier::Observe));
        }
        if !self.standing.allows(self.gravest()) {
            return Ok(Some(Barrier::Approval));
        }
        if let Some(reason) = &self.world.stop {
            return Ok(Some(Barrier::Stop(reason.clone())));
        }
        let begun = self.run.has_begun();
        Ok(contain::timely(self.world, self.run, self.standing, self.now)
            .filter(|_| !begun)
            .map(Barrier::Guard))
    }

    /// Once begun, a section runs to its end: it starts only when its gravest step may.
    fn gravest(&self) -> Undo {
        let together = |s: &&Step| s.section.is_some() && s.section == self.step.section;
        let section = self.run.plan.steps.iter().filter(together).map(|s| s.undo);
        section.fold(self.step.undo, Undo::max)
    }

    fn count_it(&self) -> bool {
        !self.world.reserved
    }

    /// The Hold comes before the first write: it is the lock, and it remembers.
    fn take_custody(&self) -> Result<Option<Carried>, Stop> {
        let Some((name, hold)) = self.hold() else {
            return Ok(None);
        };
        if !self.world.subject.has_finalizer {
            return Ok(Some(Carried::Do(Effect::AddFinalizer)));
        }
        match hold {
            Some(hold) if custody::is_held_by(hold, &self.world.subject.owner.uid) => self.keep_up(name, hold),
            Some(hold) => self.join(name, hold).map(Some),
            None => self.create(name).map(Some),
        }
    }

    fn join(&self, name: &str, hold: &HoldSpec) -> Result<Carried, Stop> {
        if hold.state == HoldState::Conflict {
            return Err(Blocked::new(Reason::HeldByAnother, format!("{name} is in conflict")).into());
        }
        let current = self.current()?;
        let mut joined = custody::join(hold, &self.world.subject.owner, &self.run.reference.name);
        joined.after = self.step.after.clone();
        if custody::outlived(hold, &self.step.cell, &current) {
            joined.before = current;
        }
        Ok(Carried::Do(Effect::UpdateHold {
            name: name.to_owned(),
            hold: Box::new(joined),
        }))
    }

    /// Custody that was taken before a crash keeps what is there now, not what was there then.
    fn keep_up(&self, name: &str, hold: &HoldSpec) -> Result<Option<Carried>, Stop> {
        let current = self.current()?;
        if !custody::outlived(hold, &self.step.cell, &current) {
            return Ok(None);
        }
        if !self.as_planned(&current) {
            return Ok(Some(Carried::Replan));
        }
        let hold = HoldSpec {
            before: current,
            ..hold.clone()
        };
        Ok(Some(Carried::Do(Effect::UpdateHold {
            name: name.to_owned(),
            hold: Box::new(hold),
        })))
    }

    fn create(&self, name: &str) -> Result<Carried, Stop> {
        let current = self.current()?;
        if !self.as_planned(&current) {
            return Ok(Carried::Replan);
        }
        let access = self.world.access()?;
        let hold = HoldSpec {
            key: custody::key(&access, &self.step.cell),
            state: HoldState::Held,
            account_name: self.run.plan.account_name.clone(),
            region: access.region.clone(),
            account: access.account,
            cell: custody::store_cell(&self.step.cell),
            before: current,
            after: self.step.after.clone(),
            read_back: None,
            written_at: None,
            reopens: self.step.reopens,
            reopens_for_seconds: self.step.reopens_for_seconds,
            order: u32::try_from(self.order()).unwrap_or(u32::MAX),
            holders: vec![Holder {
                owner: self.world.subject.owner.clone(),
                plan: self.run.reference.name.clone(),
            }],
            orphaned: None,
            message: None,
            reasserted_at: Vec::new(),
        };
        Ok(Carried::Do(Effect::CreateHold {
            name: name.to_owned(),
            hold: Box::new(hold),
        }))
    }

    fn order(&self) -> usize {
        self.run
            .plan
            .steps
            .iter()
            .position(|s| s.id == self.step.id)
            .unwrap_or(0)
    }

    fn as_planned(&self, current: &Value) -> bool {
        let cell = &self.step.cell;
        cell.material(current) == cell.material(&self.step.before) || cell.fits(&self.step.after, current)
    }

    /// Records the intent, or that nothing needs to be written.
    fn start(&self) -> Result<Carried, Stop> {
        let current = self.current()?;
        let held = self.hold().is_some_and(|(_, hold)| hold.is_some());
        if !held && !self.as_planned(&current) {
            return Ok(Carried::Replan);
        }
        let bound = self.step.cell.bind(&self.step.after, &current, self.now);
        let nothing_to_do = self.step.cell.same(&bound, &current);
        let record = StepRecord {
            state: if nothing_to_do {
                StepState::Applied
            } else {
                StepState::Started
            },
            found: Some(current),
            bound: Some(bound),
            started_at: (!nothing_to_do).then(|| self.now.to_string()),
            applied_at: nothing_to_do.then(|| self.now.to_string()),
            message: nothing_to_do.then(|| "was so already: nothing was written".to_owned()),
            ..StepRecord::default()
        };
        Ok(self.begin(record))
    }

    /// The run remembers who approved it, or since when it runs before approval, for the review.
    fn begin(&self, record: StepRecord) -> Carried {
        let mut run = self.run.clone();
        if self.standing.all {
            run.status.approved_by = self.standing.voices.names();
        }
        if self.standing.contain_now && run.status.contained_now_at.is_none() {
            run.status.contained_now_at = Some(self.now.to_string());
        }
        Carried::Do(journal(&run, &self.step.id, record))
    }

    /// The write may or may not have reached AWS: read first.
    fn started(&self, look: &mut Look) -> Result<Option<Carried>, Stop> {
        let (current, bound) = (self.current()?, self.bound());
        if let Some((_, Some(hold))) = self.hold()
            && custody::outlived(hold, &self.step.cell, &current)
        {
            return Ok(Some(self.journal(StepRecord::default())));
        }
        let writes = self.step.cell.writes(&current, &bound);
        if writes.is_empty() {
            return Ok(Some(Carried::Do(written(self.run, &self.step.id, &[], self.now))));
        }
        look.acting = true;
        if let Some(barrier) = self.barrier_of_started() {
            look.barrier.get_or_insert(barrier);
            look.pending += 1;
            return Ok(None);
        }
        if self.is_stale(&current) {
            return Ok(Some(self.write_again(&current)));
        }
        let (plan, step) = (self.run.reference.name.clone(), self.step.id.clone());
        Ok(Some(Carried::Do(Effect::Write { plan, step, writes })))
    }

    /// What keeps the write of a step from being made that was only intended so far.
    fn barrier_of_started(&self) -> Option<Barrier> {
        if self.section_was_begun() {
            return None;
        }
        let first = self.record.reasserted_at.is_empty() && !has_effect(self.run, self.facts, self.step);
        if self.purpose == Purpose::Hold && first {
            return Some(Barrier::Earlier);
        }
        if !self.world.subject.enforces() {
            return Some(Barrier::Observe);
        }
        self.world.stop.clone().map(Barrier::Stop)
    }

    /// What is bound to the time of the write is bound anew when the write was held up.
    fn is_stale(&self, current: &Value) -> bool {
        let started = second(self.record.started_at.as_deref()).unwrap_or(self.now.as_second());
        let anew = self.step.cell.bind(&self.step.after, current, self.now);
        self.now.as_second() - started > BOUND_SECONDS && !self.step.cell.same(&anew, &self.bound())
    }

    /// AWS accepted the write: does a fresh read show it?
    fn applied(&self, look: &mut Look) -> Result<Option<Carried>, Stop> {
        let Some(current) = self.present(look)? else {
            return Ok(None);
        };
        look.applied += 1;
        if self.step.cell.same(&current, &self.bound()) {
            return Ok(Some(self.verify(current)));
        }
        if self.age() < PROPAGATION_SECONDS {
            look.settling = true;
            look.after(2);
            self.count_renewal(&current, look);
            return Ok(None);
        }
        match self.step.undo {
            Undo::Addition | Undo::OneWay => Ok(Some(self.write_again(&current))),
            _ => self.drift(look, &current),
        }
    }

    /// While a renewal spreads, the value that it renews still stands.
    fn count_renewal(&self, current: &Value, look: &mut Look) {
        if self.record.renewals > 0 && self.step.cell.fits(&self.step.after, current) {
            look.verified += 1;
            look.settled += usize::from(self.is_settled());
        }
    }

    /// What ends by and by, as a task that drains, is asked for again. Nobody has undone it.
    fn write_again(&self, current: &Value) -> Carried {
        let mut record = self.record.clone();
        record.state = StepState::Started;
        record.bound = Some(self.step.cell.bind(&self.step.after, current, self.now));
        record.started_at = Some(self.now.to_string());
        self.journal(record)
    }

    /// Custody learns what was read back before the journal says Verified.
    fn verify(&self, current: Value) -> Carried {
        if let Some((name, Some(hold))) = self.hold()
            && !hold
                .read_back
                .as_ref()
                .is_some_and(|read_back| self.step.cell.same(read_back, &current))
        {
            let mut hold = hold.clone();
            hold.read_back = Some(current);
            hold.written_at = Some(self.now.to_string());
            return Carried::Do(Effect::UpdateHold {
                name: name.to_owned(),
                hold: Box::new(hold),
            });
        }
        self.seen(current)
    }

    fn seen(&self, current: Value) -> Carried {
        let mut record = self.record.clone();
        record.state = StepState::Verified;
        record.read_back = Some(current);
        record.verified_at = Some(self.now.to_string());
        self.journal(record)
    }
}

/// The second of an RFC 3339 time.
pub(super) fn second(text: Option<&str>) -> Option<i64> {
    text?.parse::<Timestamp>().ok().map(|time| time.as_second())
}
