//! Writing and proving a step: what was started is found out by reading, and what AWS accepted must be seen.

use super::{At, Carried, Purpose, section};
use crate::{
    aws::failure::Failure,
    blocked::Stop,
    engine::{
        Effect,
        journal::{self, second},
        reassertions::PROPAGATION_SECONDS,
        report::{self, Barrier, Look},
    },
    run::{custody, step::Undo},
};
use firebreak_crds::{StepRecord, StepState, text};
use serde_json::Value;

/// Seconds for which a late-bound value may wait for its write.
const BOUND_SECONDS: i64 = 5;

impl At<'_> {
    /// The write may or may not have reached AWS: read first.
    pub(super) fn started(&self, look: &mut Look) -> Result<Option<Carried>, Stop> {
        let (current, bound) = (self.current()?, self.bound());
        if let Some((_, Some(hold))) = self.hold()
            && custody::outlived(hold, &self.step.cell, &current)
        {
            return Ok(Some(self.journal(StepRecord::default())));
        }
        let writes = self.step.cell.writes(&current, &bound);
        if writes.is_empty() {
            return Ok(Some(Carried::Do(journal::written(
                self.run,
                &self.step.id,
                &[],
                self.now,
            ))));
        }
        look.acting = true;
        if let Some(barrier) = self.barrier_of_started() {
            look.barrier.get_or_insert(barrier);
            look.pending += 1;
            return Ok(None);
        }
        if self.record.going_back {
            look.pending += 1;
            return Ok(None);
        }
        if let Some(failure) = self.refused() {
            return self.left_unwritten(failure, look);
        }
        if self.is_stale(&current) {
            return Ok(Some(self.write_again(&current)));
        }
        let (plan, step) = (self.run.reference.name.clone(), self.step.id.clone());
        Ok(Some(Carried::Do(Effect::Write {
            plan,
            step,
            site: self.step.site.clone(),
            writes,
        })))
    }

    /// What AWS refuses for good is said, and stands in nobody's way: a release goes on without it.
    fn left_unwritten(&self, failure: &Failure, look: &mut Look) -> Result<Option<Carried>, Stop> {
        match self.purpose {
            Purpose::Carry => Err(report::refusal(self.world, &self.step.id, failure).into()),
            Purpose::Hold | Purpose::Look | Purpose::Withheld | Purpose::Left => {
                look.pending += 1;
                Ok(None)
            }
        }
    }

    /// What keeps the write of a step from being made that was only intended so far.
    fn barrier_of_started(&self) -> Option<Barrier> {
        if self.section_was_begun() {
            return None;
        }
        let first = self.record.reasserted_at.is_empty() && !section::has_effect(self.run, self.facts, self.step);
        if self.purpose != Purpose::Carry && first {
            return Some(Barrier::Earlier);
        }
        if !self.world.subject.enforces() {
            return Some(Barrier::Observe);
        }
        self.world.stop.clone().map(Barrier::Stop)
    }

    /// What is bound to the time of the write is bound again when the write was held up.
    fn is_stale(&self, current: &Value) -> bool {
        let started = second(self.record.started_at.as_deref()).unwrap_or(self.now.as_second());
        let again = self.step.cell.bind(&self.step.after, current, self.now);
        self.now.as_second() - started > BOUND_SECONDS && !self.step.cell.same(&again, &self.bound())
    }

    /// AWS accepted the write: does a fresh read show it?
    pub(super) fn applied(&self, look: &mut Look) -> Result<Option<Carried>, Stop> {
        let Some(current) = self.present(look)? else {
            return Ok(None);
        };
        look.applied += 1;
        if self.step.cell.same(&current, &self.bound()) {
            if let Some(way) = self.step.cell.on_its_way(&current) {
                look.settling = true;
                look.waiting_for.get_or_insert(way);
                look.after(5);
                return Ok(None);
            }
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
        self.journal(self.restarted(current))
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
            hold.written_at = Some(text::seconds(self.now));
            return Carried::Do(Effect::UpdateHold {
                name: name.to_owned(),
                hold: Box::new(hold),
            });
        }
        self.seen(current)
    }

    pub(super) fn seen(&self, current: Value) -> Carried {
        let mut record = self.record.clone();
        record.state = StepState::Verified;
        record.read_back = Some(current);
        record.verified_at = Some(self.now.to_string());
        self.journal(record)
    }
}
