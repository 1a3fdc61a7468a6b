//! Taking custody before the first write: the Hold is the lock, and it remembers what was there.

use super::{At, Carried};
use crate::{
    blocked::Stop,
    engine::{Effect, asked, contain},
    run::custody,
};
use firebreak_crds::{HoldSpec, HoldState, Holder};
use serde_json::Value;

impl At<'_> {
    /// The Hold comes before the first write: it is the lock, and it remembers.
    pub(super) fn take_custody(&self) -> Result<Option<Carried>, Stop> {
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

    /// Custody that somebody else holds at another value is not taken over, however long ago it was planned.
    fn join(&self, name: &str, hold: &HoldSpec) -> Result<Carried, Stop> {
        let current = self.current()?;
        self.free(name, hold, &current)?;
        Ok(match self.as_planned(&current) {
            true => self.update(name, self.joined(hold, &current)),
            false => Carried::Replan,
        })
    }

    /// Who joins has nobody's release begun.
    fn joined(&self, hold: &HoldSpec, current: &Value) -> HoldSpec {
        HoldSpec {
            asked: hold.asked.clone().with(&asked::asked(self.world)),
            released_by: Vec::new(),
            ..self.renewed(hold, current)
        }
    }

    /// Custody that was taken before, for this run or an earlier one, keeps what is there now where nothing was written since,
    /// and stands for what this run writes.
    fn keep_up(&self, name: &str, hold: &HoldSpec) -> Result<Option<Carried>, Stop> {
        let current = self.current()?;
        let renewed = self.renewed(hold, &current);
        if renewed == *hold {
            return Ok(None);
        }
        self.free(name, hold, &current)?;
        Ok(Some(match self.as_planned(&current) {
            true => self.update(name, renewed),
            false => Carried::Replan,
        }))
    }

    /// Whether custody can be taken for this step's value.
    fn free(&self, name: &str, hold: &HoldSpec, current: &Value) -> Result<(), Stop> {
        if custody::in_conflict(hold, &self.step.cell, current) {
            return Err(contain::conflict(self.world, name, hold).into());
        }
        match self.world.held_otherwise(self.step) {
            Some(blocked) => Err(blocked.into()),
            None => Ok(()),
        }
    }

    /// The Hold as this run's custody.
    fn renewed(&self, hold: &HoldSpec, current: &Value) -> HoldSpec {
        let mut renewed = custody::join(hold, &self.world.subject.owner, &self.run.reference.name);
        if !self.step.cell.same(&renewed.after, &self.step.after) {
            renewed.after = self.step.after.clone();
        }
        renewed.before = custody::before(Some(hold), &self.step.cell, current);
        renewed
    }

    fn update(&self, name: &str, hold: HoldSpec) -> Carried {
        Carried::Do(Effect::UpdateHold {
            name: name.to_owned(),
            hold: Box::new(hold),
        })
    }

    fn create(&self, name: &str) -> Result<Carried, Stop> {
        let current = self.current()?;
        if !self.as_planned(&current) {
            return Ok(Carried::Replan);
        }
        let access = self.world.access()?;
        let hold = HoldSpec {
            key: custody::key(access.partition(), &self.step.site, &self.step.cell),
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
            reason: self.run.plan.reason.clone(),
            asked: asked::asked(self.world),
            released_by: Vec::new(),
            holders: vec![Holder {
                owner: self.world.subject.owner.clone(),
                plan: self.run.reference.name.clone(),
            }],
            orphaned: None,
            message: None,
            reasserted_at: Vec::new(),
            refused_at: None,
            held_by: None,
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
}
