//! A section that cannot be finished, because AWS refuses one of its writes for good, goes back to its safe start, in reverse
//! order. It does not where something one-way in it took effect, or may have.

use super::{At, Carried, Purpose, section};
use crate::{
    blocked::{Blocked, Stop},
    engine::{
        Effect,
        journal::{self, second},
        reassertions::PROPAGATION_SECONDS,
        report::{self, Look},
    },
    run::custody,
};
use firebreak_crds::{HoldSpec, Reason, StepRecord, StepState};
use jiff::Timestamp;
use serde_json::Value;

/// Seconds until a section that went back to its start is begun again.
const AGAIN_SECONDS: i64 = 300;

/// The next thing on the way back; none while no section goes back.
pub(super) fn turn(all: &[At<'_>]) -> Result<Option<Carried>, Stop> {
    // A release puts back by itself what was written.
    if all.iter().any(|at| at.purpose != Purpose::Carry) {
        return Ok(None);
    }
    let Some(cause) = all.iter().find(|at| at.goes_back(all)) else {
        return Ok(None);
    };
    let together = |at: &&At<'_>| at.step.section == cause.step.section;
    let why = why(all.iter().filter(together));
    for at in all.iter().rev().filter(together) {
        if let Some(carried) = at.back(&why)? {
            return Ok(Some(carried));
        }
    }
    Ok(None)
}

/// What AWS refused, as this pass or the journal knows it.
fn why<'a>(section: impl Iterator<Item = &'a At<'a>> + Clone) -> String {
    let refused = |at: &At<'_>| at.refused().map(|failure| format!("step {}: {failure}", at.step.id));
    let told = section.clone().find_map(refused);
    let kept = || {
        section
            .clone()
            .filter(|at| at.record.going_back || at.record.rolled_back_at.is_some())
            .find_map(|at| at.record.message.clone())
    };
    told.or_else(kept).unwrap_or_default()
}

impl At<'_> {
    /// Whether its section goes back: it was begun to, or it is refused for good and the others can.
    fn goes_back(&self, all: &[At<'_>]) -> bool {
        if self.is_on_the_way_back() {
            return true;
        }
        self.refused().is_some() && self.section_was_begun() && !all.iter().any(|at| at.is_one_way_with(self))
    }

    /// Whether it is a step of the same section that cannot be put back and took effect.
    fn is_one_way_with(&self, other: &At<'_>) -> bool {
        let together = self.step.section == other.step.section;
        together && self.step.hold.is_none() && section::has_effect(self.run, self.facts, self.step)
    }

    fn back(&self, why: &str) -> Result<Option<Carried>, Stop> {
        let open = matches!(self.record.state, StepState::Pending | StepState::Skipped);
        if open || self.record.started_at.is_none() {
            return Ok(None);
        }
        if self.has_vanished() {
            return Ok(Some(self.at_start(why)));
        }
        let Some((_, Some(hold))) = self.hold() else {
            return Ok(Some(self.at_start(why)));
        };
        let current = self.current()?;
        let before = self
            .step
            .cell
            .bind(&self.step.cell.merge_before(&hold.before, &current), &current, self.now);
        if self.step.cell.same(&current, &before) || !self.is_ours(hold, &current, &before) {
            return Ok(Some(self.at_start(why)));
        }
        match self.record.going_back {
            true => self.write_back(&current, &before),
            false => Ok(Some(self.turn_back(before, why))),
        }
    }

    /// What somebody else changed or holds is left as it is.
    fn is_ours(&self, hold: &HoldSpec, current: &Value, before: &Value) -> bool {
        let cell = &self.step.cell;
        let shared = !custody::others(hold, &self.world.subject.owner).is_empty();
        let on_the_way = cell.between(&hold.after, before, current) || cell.between(before, &hold.after, current);
        !shared && (custody::wrote(hold, cell, current) || cell.is_additive() || on_the_way)
    }

    /// The intent comes before the write.
    fn turn_back(&self, before: Value, why: &str) -> Carried {
        self.journal(StepRecord {
            state: StepState::Started,
            bound: Some(before),
            started_at: Some(self.now.to_string()),
            applied_at: None,
            verified_at: None,
            going_back: true,
            message: Some(why.to_owned()),
            ..self.record.clone()
        })
    }

    fn write_back(&self, current: &Value, before: &Value) -> Result<Option<Carried>, Stop> {
        if let Some(failure) = self.refused() {
            return Err(report::refusal(self.world, &self.step.id, failure).into());
        }
        let applied = second(self.record.applied_at.as_deref());
        if applied.is_some_and(|at| self.now.as_second() - at < PROPAGATION_SECONDS) {
            let text = format!("step {}: waiting until AWS shows it put back", self.step.id);
            return Err(Blocked::new(Reason::Unreachable, text).into());
        }
        let (plan, step) = (self.run.reference.name.clone(), self.step.id.clone());
        let writes = self.step.cell.writes(current, before);
        Ok(Some(Carried::Do(Effect::Write {
            plan,
            step,
            site: self.step.site.clone(),
            writes,
        })))
    }

    /// The step is as it was before the section was begun.
    fn at_start(&self, why: &str) -> Carried {
        self.journal(StepRecord {
            rolled_back_at: Some(self.now.to_string()),
            message: Some(why.to_owned()),
            request_ids: self.record.request_ids.clone(),
            settling: self.record.settling.clone(),
            ..StepRecord::default()
        })
    }

    /// Whether its section is on the way back.
    pub(super) fn is_on_the_way_back(&self) -> bool {
        section::goes_back(self.run, self.step)
    }

    /// A section that went back is not begun again at once.
    pub(super) fn rolled_back(&self, look: &mut Look) -> Option<Blocked> {
        let records = self.together().map(|step| journal::record(self.run, step));
        let last = records
            .filter_map(|record| Some((second(record.rolled_back_at.as_deref())?, record.message)))
            .max_by_key(|(at, _)| *at)?;
        let again = Timestamp::from_second(last.0 + AGAIN_SECONDS).ok()?;
        let left = u64::try_from(again.as_second() - self.now.as_second()).ok()?;
        if left == 0 {
            return None;
        }
        look.after(left);
        let text = format!(
            "AWS refuses {}; what belongs together with it was put back, and it is tried again at {again}",
            last.1.unwrap_or_default()
        );
        Some(Blocked::new(Reason::WriteRefused, text))
    }
}
