//! Putting back: from the Holds, in reverse order, and never over somebody else's change.

use super::{
    Effect, carry, contain,
    intent::Cause,
    report::{self, Releasing},
    standing::{self, Standing},
    world::{Run, World},
};
use crate::{
    blocked::{Blocked, Stop},
    cell::Cell,
    custody,
    facts::{Answer, Facts},
    plan::{Disposition, Plan, Step, VERSION},
    quarantine::Undo,
    query::Query,
};
use firebreak_crds::{Action, HoldSpec, HoldState, PlanOutcome, Reason, StepRecord, StepState};
use jiff::Timestamp;
use serde_json::Value;

/// Seconds after which an object that is being deleted is let go even if AWS does not answer: custody is orphaned.
const LET_GO_SECONDS: i64 = 300;
/// Seconds after a write in which a read that does not show it is no surprise.
const PROPAGATION_SECONDS: i64 = 30;

pub(super) fn turn(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    world.know(world.mine.iter().cloned())?;
    if world.mine.is_empty() {
        return Ok(finished(world, now));
    }
    if !world.subject.enforces() {
        return Ok(observe(world));
    }
    if let Some(effect) = finish_section(world, facts, now)? {
        return Ok(effect);
    }
    if let Some(effect) = hold_on(world, cause, facts, now)? {
        return Ok(effect);
    }
    match put_back(world, cause, facts, now) {
        Err(Stop::Blocked(_)) if overdue(world, now) => Ok(let_go(world)),
        other => other,
    }
}

/// A section that was begun is finished first, to its safe end.
fn finish_section(world: &World, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    let Some(run) = world.containment().filter(|run| carry::unfinished_section(run)) else {
        return Ok(None);
    };
    let standing = Standing::of(world, run, now);
    match carry::turn(world, run, &standing, facts, now)? {
        carry::Carried::Do(effect) => Ok(Some(effect)),
        carry::Carried::Replan | carry::Carried::Rest(_) => Ok(None),
    }
}

/// Until people have approved the release, the containment is held: whoever undoes it does not release it. An object that
/// is being deleted does not wait.
fn hold_on(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Option<Effect>, Stop> {
    let Some(contained) = world.containment() else {
        return Ok(None);
    };
    let waits = match open_release(world) {
        Some(run) => !standing(world, run, cause, now).all,
        None => !cause.covered && standing::requirement(world, Action::Release, requester(cause), false).required > 0,
    };
    if !waits || world.subject.deleting_since.is_some() {
        return Ok(None);
    }
    let approved = Standing::of(world, contained, now);
    Ok(match carry::turn(world, contained, &approved, facts, now)? {
        carry::Carried::Do(effect) => Some(effect),
        carry::Carried::Replan | carry::Carried::Rest(_) => None,
    })
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
        Some(run) if run.has_begun() => carry_out(world, run, cause, facts, now),
        Some(run) => begin(world, run, cause, facts, now),
        None => plan_anew(world, cause, facts, now),
    }
}

fn plan_anew(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let plan = plan(world, cause, facts, now)?;
    if plan
        .steps
        .iter()
        .any(|step| step.disposition.as_ref().is_some_and(Disposition::is_final))
    {
        let spec = contain::run_spec(world, plan, cause.requested_by.clone());
        return Ok(Effect::CreatePlan(Box::new(spec)));
    }
    mark(world, &plan).map_or_else(|| Ok(left_behind(world, &plan)), Ok)
}

/// Holds learn that they are in conflict or withheld, so that everybody can see it.
fn mark(world: &World, plan: &Plan) -> Option<Effect> {
    plan.steps.iter().find_map(|step| {
        let (name, hold) = step.hold.as_ref().and_then(|name| Some((name, world.hold(name)?)))?;
        let state = match step.disposition.as_ref()? {
            Disposition::Conflict => HoldState::Conflict,
            Disposition::Withheld => HoldState::Withheld,
            _ => return None,
        };
        (hold.state != state).then(|| {
            let hold = HoldSpec {
                state,
                message: Some(step.summary.clone()),
                ..hold.clone()
            };
            Effect::UpdateHold {
                name: name.clone(),
                hold: Box::new(hold),
            }
        })
    })
}

/// What could not be put back. An object that is being deleted is let go all the same; custody stays.
fn left_behind(world: &World, plan: &Plan) -> Effect {
    if world.subject.deleting_since.is_some() {
        return let_go(world);
    }
    let of = |wanted: Disposition| {
        let texts: Vec<&str> = plan
            .steps
            .iter()
            .filter(|s| s.disposition == Some(wanted.clone()))
            .map(|s| s.summary.as_str())
            .collect();
        texts.join("; ")
    };
    let (conflict, withheld) = (of(Disposition::Conflict), of(Disposition::Withheld));
    let text = [conflict.as_str(), withheld.as_str()]
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    let what = if conflict.is_empty() {
        Releasing::Withheld(&text)
    } else {
        Releasing::Conflict(&text)
    };
    Effect::Rest(Box::new(report::releasing(world, world.latest(), None, what)))
}

fn begin(world: &World, run: &Run, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    let fresh = plan(world, cause, facts, now)?;
    if !run.plan.covers(&fresh) {
        let why = "AWS, custody or the word that was given has changed since it was planned";
        return Ok(contain::close(run, PlanOutcome::Superseded, why.into(), now));
    }
    let standing = standing(world, run, cause, now);
    if let Some(by) = &standing.voices.rejected {
        return Ok(contain::close(
            run,
            PlanOutcome::Rejected,
            format!("rejected by {by}"),
            now,
        ));
    }
    if !standing.all {
        return Ok(wait(world, run, &standing));
    }
    carry_out(world, run, cause, facts, now)
}

fn standing(world: &World, run: &Run, cause: &Cause, now: Timestamp) -> Standing {
    if cause.covered || !run.plan.writes() {
        Standing::free()
    } else {
        Standing::of(world, run, now)
    }
}

/// Waiting for people. An object that is being deleted does not wait.
fn wait(world: &World, run: &Run, standing: &Standing) -> Effect {
    if world.subject.deleting_since.is_some() {
        return let_go(world);
    }
    let text = standing.sentence();
    let what = Releasing::AwaitingApproval(&text);
    Effect::Rest(Box::new(report::releasing(world, Some(run), Some(standing), what)))
}

fn carry_out(world: &World, run: &Run, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Effect, Stop> {
    facts.ask(run.plan.steps.iter().map(|step| Query::Cell(step.cell.clone())))?;
    world.know(run.plan.steps.iter().filter_map(|step| step.hold.clone()))?;
    for step in &run.plan.steps {
        let at = Return {
            world,
            run,
            cause,
            facts,
            now,
            step,
            record: carry::record(run, step),
        };
        if let Some(effect) = at.turn()? {
            return Ok(effect);
        }
    }
    Ok(contain::close(
        run,
        PlanOutcome::Completed,
        "every step was done".into(),
        now,
    ))
}

/// The plan of putting back, from the Holds as they are now.
pub(super) fn plan(world: &World, cause: &Cause, facts: &Facts, now: Timestamp) -> Result<Plan, Stop> {
    let mut held: Vec<(&String, &HoldSpec)> = world
        .mine
        .iter()
        .filter_map(|name| Some((name, world.hold(name)?)))
        .collect();
    held.sort_by_key(|(name, hold)| (std::cmp::Reverse(hold.order), (*name).clone()));
    let cells = held
        .iter()
        .map(|(name, hold)| readable(name, hold))
        .collect::<Result<Vec<Cell>, Stop>>()?;
    facts.ask(cells.iter().map(|cell| Query::Cell(cell.clone())))?;
    let steps = held
        .into_iter()
        .zip(&cells)
        .map(|((name, hold), cell)| step(world, cause, name, hold, cell, facts, now))
        .collect::<Result<Vec<Step>, Stop>>()?;
    let account = world.account()?;
    let contained = world.last_containment().map(|run| &run.plan);
    Ok(Plan {
        version: VERSION,
        action: Action::Release,
        account_id: account.account_id.clone(),
        account_name: world.subject.spec.account_ref.name.clone(),
        environment: account.environment,
        region: world.subject.spec.region.clone(),
        kind: world.target()?.kind().to_owned(),
        arn: contained.map(|plan| plan.arn.clone()).unwrap_or_default(),
        title: format!("Release {}", world.target()?.title(&world.subject.spec.target)),
        steps,
        touches: Vec::new(),
        dependants: Vec::new(),
        empties: Vec::new(),
        notes: Vec::new(),
        lease: None,
    }
    .bounded()?)
}

fn readable(name: &str, hold: &HoldSpec) -> Result<Cell, Stop> {
    custody::read_cell(hold).ok_or_else(|| {
        Blocked::new(
            Reason::PlanInvalid,
            format!("Hold {name} was written by a newer version and cannot be read by this one"),
        )
        .into()
    })
}

fn step(
    world: &World,
    cause: &Cause,
    name: &str,
    hold: &HoldSpec,
    cell: &Cell,
    facts: &Facts,
    now: Timestamp,
) -> Result<Step, Stop> {
    let current = value(cell, facts)?;
    let disposition = dispose(world, cause, hold, cell, current.as_ref(), now);
    let before = current.unwrap_or(Value::Null);
    let (permissions, idempotence) = Step::describe_writes(cell, &before, &hold.before);
    Ok(Step {
        id: format!("{:02}-{}", hold.order, cell.field()),
        summary: sentence(hold, cell, &disposition, world),
        cell: cell.clone(),
        hold: Some(name.to_owned()),
        before,
        after: hold.before.clone(),
        undo: Undo::Reversible,
        section: None,
        reopens: hold.reopens.filter(|_| disposition == Disposition::Restore),
        reopens_for_seconds: None,
        settling: Vec::new(),
        renew: false,
        disposition: Some(disposition),
        permissions,
        idempotence,
    })
}

/// The cell's value; none when the resource is gone.
fn value(cell: &Cell, facts: &Facts) -> Result<Option<Value>, Stop> {
    facts.need(Query::Cell(cell.clone()))
}

fn dispose(
    world: &World,
    cause: &Cause,
    hold: &HoldSpec,
    cell: &Cell,
    current: Option<&Value>,
    now: Timestamp,
) -> Disposition {
    let mine = &world.subject.owner.uid;
    if hold.holders.iter().any(|holder| &holder.owner.uid != mine) {
        return Disposition::Leave;
    }
    let Some(current) = current else {
        return Disposition::Gone;
    };
    if cell.same(current, &cell.bind(&hold.before, current, now)) {
        return Disposition::Back;
    }
    if !custody::wrote(hold, cell, current) {
        return Disposition::Conflict;
    }
    match withheld(hold, cause, now) {
        true => Disposition::Withheld,
        false => Disposition::Restore,
    }
}

/// What would reopen the compromise takes an explicit word, unless it has become harmless by itself.
fn withheld(hold: &HoldSpec, cause: &Cause, now: Timestamp) -> bool {
    let Some(reopens) = hold.reopens else { return false };
    let written = carry::second(hold.written_at.as_deref()).unwrap_or(now.as_second());
    let harmless = hold
        .reopens_for_seconds
        .is_some_and(|seconds| now.as_second() - written >= i64::from(seconds));
    !harmless && !cause.restore.contains(&reopens)
}

fn sentence(hold: &HoldSpec, cell: &Cell, disposition: &Disposition, world: &World) -> String {
    let (field, resource) = (&hold.key.field, &hold.key.resource);
    match disposition {
        Disposition::Restore => cell.sentence(&hold.before),
        Disposition::Leave => format!("Leave {field} as it is: {} hold(s) it too", others(hold, world)),
        Disposition::Back => format!("{field} is as it was before: nothing is written"),
        Disposition::Gone => format!("{resource} does not exist any more: there is nothing to put back"),
        Disposition::Conflict => format!(
            "{field} of {resource} was changed by somebody else since Firebreak wrote it, and is left alone: put it back by hand, or give custody up with a Decision Abandon"
        ),
        Disposition::Withheld => format!(
            "{field} of {resource} would reopen the compromise and is withheld: add {} to spec.restoreOnRelease to put it back",
            hold.reopens.map(|r| format!("{r:?}")).unwrap_or_default()
        ),
    }
}

fn others(hold: &HoldSpec, world: &World) -> String {
    let names: Vec<String> = hold
        .holders
        .iter()
        .filter(|holder| holder.owner.uid != world.subject.owner.uid)
        .map(|holder| format!("{}/{}", holder.owner.namespace, holder.owner.name))
        .collect();
    names.join(", ")
}

/// One step of putting back, with all that a decision about it depends on.
struct Return<'a> {
    world: &'a World,
    run: &'a Run,
    cause: &'a Cause,
    facts: &'a Facts,
    now: Timestamp,
    step: &'a Step,
    record: StepRecord,
}

impl Return<'_> {
    fn turn(&self) -> Result<Option<Effect>, Stop> {
        let name = self.step.hold.clone().unwrap_or_default();
        let Some(hold) = self.world.hold(&name).filter(|_| self.world.holds_it(&name)) else {
            return Ok(self.done_without_hold());
        };
        match self.record.state {
            StepState::Skipped | StepState::Verified if self.ended() => Ok(Some(Effect::DeleteHold { name })),
            StepState::Skipped | StepState::Verified => Ok(None),
            StepState::Pending | StepState::Started | StepState::Applied => self.advance(&name, hold).map(Some),
        }
    }

    /// Custody is over already: the journal learns it.
    fn done_without_hold(&self) -> Option<Effect> {
        let open = !matches!(self.record.state, StepState::Skipped | StepState::Verified);
        open.then(|| self.journal(StepState::Skipped, Some(self.step.summary.clone()), None))
    }

    /// Whether the journal says that custody has nothing left to keep.
    fn ended(&self) -> bool {
        self.record.state == StepState::Verified
    }

    fn advance(&self, name: &str, hold: &HoldSpec) -> Result<Effect, Stop> {
        let cell = &self.step.cell;
        let current = match self.facts.answer(&Query::Cell(cell.clone())) {
            Some(Answer::NotFound) => None,
            _ => value(cell, self.facts)?,
        };
        if self.record.state == StepState::Pending {
            return self.decide(name, hold, current.as_ref());
        }
        let Some(current) = current else {
            return Ok(self.journal(StepState::Verified, Some("the resource is gone".into()), None));
        };
        self.push(hold, &current)
    }

    /// What is planned is done only if it is still what would be planned.
    fn decide(&self, name: &str, hold: &HoldSpec, current: Option<&Value>) -> Result<Effect, Stop> {
        let fresh = dispose(self.world, self.cause, hold, &self.step.cell, current, self.now);
        let planned = self.step.disposition.clone().unwrap_or(Disposition::Restore);
        Ok(match (fresh, current) {
            (Disposition::Leave, _) => {
                let left = custody::leave(hold, &self.world.subject.owner.uid, "");
                Effect::UpdateHold {
                    name: name.to_owned(),
                    hold: Box::new(left),
                }
            }
            (Disposition::Restore, Some(current)) if planned == Disposition::Restore => self.start(current)?,
            (Disposition::Gone | Disposition::Back, _) => {
                self.journal(StepState::Verified, Some("nothing was written".into()), None)
            }
            (fresh, _) => {
                let text = sentence(hold, &self.step.cell, &fresh, self.world);
                self.journal(StepState::Skipped, Some(text), None)
            }
        })
    }

    fn start(&self, current: &Value) -> Result<Effect, Stop> {
        if let Some(reason) = &self.world.stop {
            return Err(Blocked::new(
                Reason::EmergencyStop,
                format!("held back by an EmergencyStop: {reason}"),
            )
            .into());
        }
        let bound = self.step.cell.bind(&self.step.after, current, self.now);
        Ok(self.journal(StepState::Started, None, Some(bound)))
    }

    /// The write may or may not have reached AWS: what is there tells.
    fn push(&self, hold: &HoldSpec, current: &Value) -> Result<Effect, Stop> {
        let (cell, bound) = (
            &self.step.cell,
            self.record.bound.clone().unwrap_or_else(|| self.step.after.clone()),
        );
        if cell.same(current, &bound) {
            return Ok(self.journal(StepState::Verified, None, None));
        }
        let applied = carry::second(self.record.applied_at.as_deref());
        if applied.is_some_and(|at| self.now.as_second() - at < PROPAGATION_SECONDS) {
            let text = format!("waiting until AWS shows {}", cell.field());
            let rest = report::releasing(self.world, Some(self.run), None, Releasing::Settling(&text));
            return Ok(Effect::Rest(Box::new(rest)));
        }
        if !custody::wrote(hold, cell, current)
            && !cell.between(&hold.after, &bound, current)
            && !cell.between(&bound, &hold.after, current)
        {
            let text = sentence(hold, cell, &Disposition::Conflict, self.world);
            return Ok(self.journal(StepState::Skipped, Some(text), None));
        }
        if let Some(reason) = &self.world.stop {
            return Err(Blocked::new(
                Reason::EmergencyStop,
                format!("held back by an EmergencyStop: {reason}"),
            )
            .into());
        }
        let (plan, step) = (self.run.reference.name.clone(), self.step.id.clone());
        Ok(Effect::Write {
            plan,
            step,
            writes: cell.writes(current, &bound),
        })
    }

    fn journal(&self, state: StepState, message: Option<String>, bound: Option<Value>) -> Effect {
        let mut record = self.record.clone();
        record.state = state;
        record.message = message.or(record.message);
        record.bound = bound.or(record.bound);
        match state {
            StepState::Started => record.started_at = Some(self.now.to_string()),
            StepState::Verified => record.verified_at = Some(self.now.to_string()),
            _ => {}
        }
        carry::journal(self.run, &self.step.id, record)
    }
}

/// Nothing is in custody: every run is closed, the object is let go, and it is said.
fn finished(world: &World, now: Timestamp) -> Effect {
    let open = |run: &&Run| run.is_open() && run.status.closed_at.is_none();
    if let Some(run) = world.runs.iter().rfind(open) {
        let outcome = match run.spec.action {
            Action::Contain if !run.is_completed() => PlanOutcome::Superseded,
            Action::Contain | Action::Release => PlanOutcome::Completed,
        };
        return contain::close(run, outcome, "nothing is in custody any more".into(), now);
    }
    if world.subject.has_finalizer {
        return Effect::RemoveFinalizer;
    }
    Effect::Rest(Box::new(report::released(world, released_text(world))))
}

fn released_text(world: &World) -> String {
    let run = world.latest().filter(|run| run.spec.action == Action::Release);
    let said: Vec<String> = run
        .map(|run| run.status.journal.values().filter_map(|r| r.message.clone()).collect())
        .unwrap_or_default();
    match (run.is_some(), said.is_empty()) {
        (true, true) => "everything that was changed is back".into(),
        (true, false) => format!("released; {}", said.join("; ")),
        (false, _) => "nothing was changed".into(),
    }
}

/// Observe writes nothing and drops nothing; an object that is being deleted leaves its custody behind.
fn observe(world: &World) -> Effect {
    if world.subject.deleting_since.is_some() {
        return let_go(world);
    }
    let blocked = Blocked::new(
        Reason::Observing,
        "spec.mode is Observe: nothing is put back; set it to Enforce to release",
    );
    Effect::Rest(Box::new(report::releasing(
        world,
        world.latest(),
        None,
        Releasing::Blocked(&blocked),
    )))
}

pub(super) fn overdue(world: &World, now: Timestamp) -> bool {
    world
        .subject
        .deleting_since
        .is_some_and(|since| now.as_second() - since.as_second() >= LET_GO_SECONDS)
}

/// Orphans one Hold after the other, then lets the object go.
pub(super) fn let_go(world: &World) -> Effect {
    let owner = &world.subject.owner;
    let why = format!(
        "{} {}/{} was deleted before it could be released",
        owner.kind, owner.namespace, owner.name
    );
    let held = world
        .mine
        .iter()
        .find_map(|name| Some((name, world.hold(name).filter(|_| world.holds_it(name))?)));
    match held {
        Some((name, hold)) => {
            let left = custody::leave(hold, &owner.uid, &why);
            Effect::UpdateHold {
                name: name.clone(),
                hold: Box::new(left),
            }
        }
        None if world.subject.has_finalizer => Effect::RemoveFinalizer,
        None => Effect::Rest(Box::new(report::released(
            world,
            "custody was left behind in orphaned Holds".into(),
        ))),
    }
}

/// Custody is given up: the Holds go, AWS stays as it is.
pub(super) fn abandon(world: &World, people: &[String], now: Timestamp) -> Result<Effect, Stop> {
    world.know(world.mine.iter().cloned())?;
    let owner = &world.subject.owner.uid;
    let held = world
        .mine
        .iter()
        .find_map(|name| Some((name, world.hold(name).filter(|_| world.holds_it(name))?)));
    if let Some((name, hold)) = held {
        let left = custody::leave(hold, owner, "given up");
        return Ok(match left.holders.is_empty() {
            true => Effect::DeleteHold { name: name.clone() },
            false => Effect::UpdateHold {
                name: name.clone(),
                hold: Box::new(left),
            },
        });
    }
    if let Some(run) = world.latest().filter(|run| run.is_open()) {
        let why = format!(
            "custody was given up on the word of {}; AWS stays as it is",
            people.join(", ")
        );
        return Ok(contain::close(run, PlanOutcome::Abandoned, why, now));
    }
    if world.subject.has_finalizer {
        return Ok(Effect::RemoveFinalizer);
    }
    let text = "custody was given up; AWS stays as it is";
    Ok(Effect::Rest(Box::new(report::abandoned(world, text))))
}
