//! Starting a step: what keeps it from starting, and the intent that is recorded before the write.

use super::{At, Carried, Purpose, again::Again};
use crate::{
    blocked::Stop,
    engine::{
        Effect, contain,
        evidence::{self, Gate},
        journal,
        report::{Barrier, Look},
    },
    run::{plan::Step, step::Undo},
};
use firebreak_crds::{StepRecord, StepState};

impl At<'_> {
    pub(super) fn pending(&self, index: usize, look: &mut Look) -> Result<Option<Carried>, Stop> {
        if look.barrier.is_some() {
            look.pending += 1;
            return Ok(None);
        }
        if self.awaits(index) {
            look.pending += 1;
            look.after(5);
            return Ok(None);
        }
        if let Some(barrier) = self.barrier(index, look)? {
            look.pending += 1;
            look.barrier = Some(barrier);
            return Ok(None);
        }
        match self.again()? {
            Again::Stands if self.section_is_as_planned()? => {}
            Again::Stands | Again::Changed => return Ok(Some(Carried::Replan)),
            Again::Barred(blocked) => {
                look.pending += 1;
                look.barrier = Some(Barrier::Guard(blocked));
                return Ok(None);
            }
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
        if !self.world.reserved {
            return Ok(Some(Carried::Do(Effect::Reserve)));
        }
        if let Some(carried) = self.take_custody()? {
            return Ok(Some(carried));
        }
        self.start().map(Some)
    }

    /// What keeps a step from starting. Nothing keeps one whose section was begun.
    fn barrier(&self, index: usize, look: &mut Look) -> Result<Option<Barrier>, Stop> {
        if self.purpose != Purpose::Carry && self.is_on_the_way_back() {
            return Ok(Some(Barrier::Earlier));
        }
        if self.section_was_begun() {
            return Ok(None);
        }
        if let Some(blocked) = self.rolled_back(look).or_else(|| self.world.held_otherwise(self.step)) {
            return Ok(Some(Barrier::Guard(blocked)));
        }
        if self.purpose != Purpose::Carry {
            return Ok(Some(Barrier::Earlier));
        }
        let earlier = &self.run.plan.steps[..index];
        let unsettled =
            |s: &Step| s.cell == self.step.cell && journal::record(self.run, s).state != StepState::Verified;
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

    /// Whether an earlier step has not arrived that it, or a step of its section, must follow. The steps behind it go on.
    fn awaits(&self, index: usize) -> bool {
        let steps = &self.run.plan.steps;
        let arriving = |s: &Step| {
            !matches!(
                journal::record(self.run, s).state,
                StepState::Verified | StepState::Skipped
            )
        };
        let section: Vec<&Step> = self.together().collect();
        let earlier = steps[..index].iter().filter(|earlier| arriving(earlier));
        earlier
            .into_iter()
            .any(|earlier| section.iter().any(|s| s.cell.follows(&earlier.cell)))
    }

    /// Once begun, a section runs to its end: it starts only when its gravest step may.
    pub(super) fn gravest(&self) -> Undo {
        self.together().map(|step| step.undo).fold(self.step.undo, Undo::max)
    }

    /// The steps that are not parted from this one, itself among them.
    pub(super) fn together(&self) -> impl Iterator<Item = &Step> {
        let together = |s: &&Step| s.id == self.step.id || (s.section.is_some() && s.section == self.step.section);
        self.run.plan.steps.iter().filter(together)
    }

    /// A section starts only when every step of it is as it was planned: it would have to stop half-way.
    fn section_is_as_planned(&self) -> Result<bool, Stop> {
        if self.section_was_begun() {
            return Ok(true);
        }
        for step in self.together() {
            let record = journal::record(self.run, step);
            let at = At { step, record, ..*self };
            if !at.has_vanished() && !at.as_planned(&at.current()?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Records the intent, or that nothing needs to be written.
    fn start(&self) -> Result<Carried, Stop> {
        let current = self.current()?;
        if !self.as_planned(&current) {
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
            settling: self.record.settling.clone(),
            message: nothing_to_do.then(|| "was so already: nothing was written".to_owned()),
            ..StepRecord::default()
        };
        Ok(self.begin(record))
    }

    /// The run remembers who approved it, or since when it runs before approval, for the review.
    fn begin(&self, record: StepRecord) -> Carried {
        let mut run = self.run.clone();
        self.standing.take(&mut run.status, self.now);
        if self.standing.contain_now && run.status.contained_now_at.is_none() {
            run.status.contained_now_at = Some(self.now.to_string());
        }
        Carried::Do(journal::change(&run, &self.step.id, record))
    }
}
