//! One step of putting back: what is planned is done only if it is still what would be planned.

use super::{
    planning::{Remains, value},
    *,
};
use crate::{
    aws::{Remaining, failure::Failure},
    engine::{reassertions::PROPAGATION_SECONDS, references::remaining},
    facts::SiteFacts,
};

/// What is said of a step whose custody is over before the run did anything about it.
pub(super) fn without_custody(step: &Step) -> String {
    format!(
        "{}: nothing was written, because its custody was over already",
        step.cell.field()
    )
}

/// Whether people agreed, with what was planned, that custody ends as it does now.
fn ends(planned: &Disposition, fresh: &Disposition) -> bool {
    matches!(planned, Disposition::Restore | Disposition::Back) || planned == fresh
}

/// Whether a refused step may go on without what names resources of other accounts, which may be gone; once in a pass for
/// each call.
pub(in crate::engine) fn goes_on_without(world: &World, run: &Run, step: &str, failure: &Failure) -> bool {
    let known = world.refusals(&run.reference.name, step);
    let refused = std::slice::from_ref(failure);
    let elsewhere = |it: &Step| it.cell.without_elsewhere(&it.after, &Value::Null, refused).is_some();
    let step = run.plan.steps.iter().find(|it| it.id == step);
    known.iter().all(|one| one.call != failure.call) && step.is_some_and(elsewhere)
}

/// One step of putting back, with all that a decision about it depends on.
pub(super) struct Return<'a> {
    pub(super) world: &'a World,
    pub(super) run: &'a Run,
    pub(super) cause: &'a Cause,
    pub(super) standing: &'a Standing,
    pub(super) facts: &'a Facts,
    pub(super) now: Timestamp,
    pub(super) step: &'a Step,
    pub(super) record: StepRecord,
}

impl Return<'_> {
    pub(super) fn turn(&self) -> Result<Option<Effect>, Stop> {
        let name = self.step.hold.clone().unwrap_or_default();
        let Some(hold) = self.world.hold(&name).filter(|_| self.world.holds_it(&name)) else {
            return Ok(self.done_without_hold());
        };
        let shared = !custody::others(hold, &self.world.subject.owner).is_empty();
        match self.record.state {
            StepState::Skipped | StepState::Verified if shared => Ok(Some(self.leave(name, hold))),
            StepState::Verified => Ok(Some(Effect::DeleteHold { name })),
            StepState::Skipped => Ok(None),
            StepState::Pending | StepState::Started | StepState::Applied => self.advance(hold).map(Some),
        }
    }

    /// What others hold stays in custody, also when they joined after it was put back.
    fn leave(&self, name: String, hold: &HoldSpec) -> Effect {
        let left = custody::leave(hold, &self.world.subject.owner.uid);
        Effect::UpdateHold {
            name,
            hold: Box::new(left),
        }
    }

    /// Custody is over already: the journal learns it.
    fn done_without_hold(&self) -> Option<Effect> {
        let open = !matches!(self.record.state, StepState::Skipped | StepState::Verified);
        open.then(|| self.journal(StepState::Skipped, Some(without_custody(self.step)), None))
    }

    fn advance(&self, hold: &HoldSpec) -> Result<Effect, Stop> {
        let cell = &self.step.cell;
        let left = Remains::of(hold, cell, self.facts)?;
        let current = match self.step.seen(self.facts) {
            Some(Answer::NotFound) => None,
            _ => value(self.step.read(), self.facts)?,
        };
        if self.record.state == StepState::Pending {
            return self.decide(&left, current.as_ref());
        }
        let Some(current) = current else {
            return Ok(self.journal(StepState::Verified, Some("the resource is gone".into()), None));
        };
        self.push(&left, &current)
    }

    /// What is planned is done only if it is still what would be planned. The run's record learns on whose word it begins.
    fn decide(&self, left: &Remains, current: Option<&Value>) -> Result<Effect, Stop> {
        let fresh = left.dispose(self.world, self.cause, &self.step.cell, current, self.facts, self.now);
        let planned = self.step.disposition.clone().unwrap_or(Disposition::Restore);
        let text = left.sentence(&self.step.cell, &fresh, self.world);
        Ok(match (&fresh, current) {
            (Disposition::Restore, Some(current)) if planned == Disposition::Restore => self.start(left, current)?,
            // Who undoes or deletes what the plan leaves alone does not thereby end its custody.
            (Disposition::Back | Disposition::Gone, _) if !ends(&planned, &fresh) => {
                self.journal(StepState::Skipped, Some(self.step.summary.clone()), None)
            }
            (Disposition::Gone | Disposition::Back, _) => {
                let renamed = current.and_then(|current| self.step.cell.put_back(&left.hold.before, current));
                let text = left.lost.clone().or(renamed).unwrap_or(text);
                self.journal(StepState::Verified, Some(text), None)
            }
            // A value that others hold is skipped too: what the run does about it is in its journal before custody is left.
            (Disposition::Leave | Disposition::Restore | Disposition::Conflict | Disposition::Withheld, _) => {
                self.journal(StepState::Skipped, Some(text), None)
            }
        })
    }

    fn here(&self) -> SiteFacts<'_> {
        self.facts.at(&self.step.site)
    }

    fn start(&self, left: &Remains, current: &Value) -> Result<Effect, Stop> {
        if let Some(reason) = &self.world.stop {
            return Err(Blocked::new(
                Reason::EmergencyStop,
                format!("held back by an EmergencyStop: {reason}"),
            )
            .into());
        }
        let wanted = remaining(&self.step.cell, &self.step.after, &self.here())?.value;
        let before = self.step.cell.merge_before(&wanted, current);
        let bound = self.step.cell.bind(&before, current, self.now);
        Ok(self.journal(StepState::Started, left.lost.clone(), Some(bound)))
    }

    /// The write may or may not have reached AWS: what is there tells. A part that has gone since it was bound, such as a
    /// key that was deleted, is not waited for.
    fn push(&self, left: &Remains, current: &Value) -> Result<Effect, Stop> {
        let (cell, hold) = (&self.step.cell, &left.hold);
        let bound = self.record.bound.as_ref().unwrap_or(&self.step.after);
        let remaining = remaining(cell, bound, &self.here())?;
        let bound = cell.bind(&remaining.value, current, self.now);
        let without = self.without_refused(&bound, current);
        let lost = without.as_ref().map(Remaining::refusal).or(left.lost.clone());
        let bound = without.as_ref().map_or(bound, |without| without.value.clone());
        if cell.same(current, &bound) {
            return Ok(match without.is_some() {
                true => self.without(lost),
                false => self.journal(
                    StepState::Verified,
                    lost.or_else(|| cell.put_back(&bound, current)),
                    None,
                ),
            });
        }
        if remaining.nothing {
            let text = left.sentence(cell, &Disposition::Conflict, self.world);
            return Ok(self.journal(StepState::Skipped, Some(text), None));
        }
        let applied = journal::second(self.record.applied_at.as_deref());
        if applied.is_some_and(|at| self.now.as_second() - at < PROPAGATION_SECONDS) {
            let text = format!("waiting until AWS shows {}", cell.field());
            let rest = report::releasing(self.world, Some(self.run), None, Releasing::Settling(&text), None);
            return Ok(Effect::Rest(Box::new(rest)));
        }
        if !cell.is_additive()
            && !custody::wrote(hold, cell, current)
            && !cell.between(&hold.after, &bound, current)
            && !cell.between(&bound, &hold.after, current)
        {
            let text = left.sentence(cell, &Disposition::Conflict, self.world);
            return Ok(self.journal(StepState::Skipped, Some(text), None));
        }
        if let Some(reason) = &self.world.stop {
            return Err(Blocked::new(
                Reason::EmergencyStop,
                format!("held back by an EmergencyStop: {reason}"),
            )
            .into());
        }
        if let Some(why) = left.kept_with_whole(self.world) {
            return Err(Blocked::new(Reason::HeldByAnother, why).into());
        }
        let (plan, step) = (self.run.reference.name.clone(), self.step.id.clone());
        Ok(Effect::Write {
            plan,
            step,
            site: self.step.site.clone(),
            writes: cell.writes(current, &bound),
        })
    }

    /// What is wanted without what AWS refuses because it names something of another account that is not there.
    fn without_refused(&self, bound: &Value, current: &Value) -> Option<Remaining> {
        let refused = self.world.refusals(&self.run.reference.name, &self.step.id);
        self.step.cell.without_elsewhere(bound, current, refused)
    }

    /// Custody ends without what AWS refuses, once AWS has had the time to show all that came back beside it.
    fn without(&self, lost: Option<String>) -> Effect {
        let started = journal::second(self.record.started_at.as_deref()).unwrap_or_default();
        let left = PROPAGATION_SECONDS - (self.now.as_second() - started);
        let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else {
            return self.journal(StepState::Verified, lost, None);
        };
        let text = format!("waiting until AWS shows what of {} came back", self.step.cell.field());
        let rest = report::releasing(self.world, Some(self.run), None, Releasing::Settling(&text), None);
        Effect::Rest(Box::new(report::Rest { after: left, ..rest }))
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
        let mut run = self.run.clone();
        self.standing.take(&mut run.status, self.now);
        journal::change(&run, &self.step.id, record)
    }
}
