//! Taking custody before the first write: the Hold is the lock, and it remembers what was there.

use super::{At, Carried};
use crate::{
    blocked::{Blocked, Stop},
    custody,
    engine::{Effect, asked},
};
use firebreak_crds::{HoldSpec, HoldState, Holder, Reason, bounds};

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

    fn join(&self, name: &str, hold: &HoldSpec) -> Result<Carried, Stop> {
        if hold.state == HoldState::Conflict {
            return Err(Blocked::new(Reason::HeldByAnother, format!("{name} is in conflict")).into());
        }
        if hold.holders.len() >= bounds::HOLDERS {
            let message = format!(
                "{name} has {} holders, which is the most: release one of them first",
                bounds::HOLDERS
            );
            return Err(Blocked::new(Reason::HeldByAnother, message).into());
        }
        let current = self.current()?;
        let mut joined = custody::join(hold, &self.world.subject.owner, &self.run.reference.name);
        joined.after = self.step.after.clone();
        joined.asked = hold.asked.clone().with(&asked::asked(self.world));
        joined.released_by = Vec::new();
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
