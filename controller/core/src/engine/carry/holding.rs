//! Holding: is what was written still so, is a later re-read due, and what is done about drift.

use super::{At, Carried, Purpose};
use crate::{
    aws::Answer,
    blocked::Stop,
    engine::{
        Effect,
        journal::second,
        reassertions::{self, PROPAGATION_SECONDS},
        report::{Barrier, Look},
    },
    run::plan::settled_after,
};
use firebreak_crds::{HoldSpec, HoldState, StepRecord};
use serde_json::Value;

/// Seconds after which a renewal that was held up is left out: later it would end sessions that were minted since, and
/// lasting denial is another method's.
const RENEWAL_SECONDS: i64 = 300;

impl At<'_> {
    /// It was seen; is it still so, and is a later re-read due?
    pub(super) fn verified(&self, look: &mut Look) -> Result<Option<Carried>, Stop> {
        let Some(current) = self.present(look)? else {
            return Ok(None);
        };
        look.applied += 1;
        if let Some(carried) = self.held_again() {
            return Ok(Some(carried));
        }
        if !self.step.cell.same(&current, self.expected()) {
            if !self.rereads().is_empty() && self.age() < PROPAGATION_SECONDS {
                look.settling = true;
                look.after(2);
                return Ok(None);
            }
            return self.drift(look, &current);
        }
        look.verified += 1;
        look.settled += usize::from(self.is_settled());
        Ok(self.reread(&current, look))
    }

    /// Custody that a release left in conflict, and whose object wants to be contained again, is held again.
    fn held_again(&self) -> Option<Carried> {
        let (name, hold) = self.hold()?;
        let hold = hold.filter(|hold| hold.state == HoldState::Conflict && self.purpose == Purpose::Carry)?;
        let held = HoldSpec {
            state: HoldState::Held,
            message: None,
            ..hold.clone()
        };
        Some(Carried::Do(Effect::UpdateHold {
            name: name.to_owned(),
            hold: Box::new(held),
        }))
    }

    /// Whether it was still seen after the settling time.
    pub(super) fn is_settled(&self) -> bool {
        self.seconds_proven() >= i64::from(settled_after(self.rereads()))
    }

    fn rereads(&self) -> &[u32] {
        self.step.rereads(&self.record)
    }

    fn expected(&self) -> &Value {
        let held = self
            .hold()
            .and_then(|(_, hold)| hold)
            .and_then(|hold| hold.read_back.as_ref());
        held.or(self.record.read_back.as_ref()).unwrap_or(&self.step.after)
    }

    /// The re-reads after the write, and the renewals that go with the later ones.
    fn reread(&self, current: &Value, look: &mut Look) -> Option<Carried> {
        let elapsed = self.now.as_second() - self.applied_second();
        let rereads = self.rereads();
        let due = rereads.iter().rposition(|after| i64::from(*after) <= elapsed);
        if let Some(next) = rereads.iter().find(|after| i64::from(**after) > elapsed) {
            look.after(u64::try_from(i64::from(*next) - elapsed).unwrap_or(1));
        }
        let due = due?;
        let renewals = usize::try_from(self.record.renewals).unwrap_or(usize::MAX);
        let in_time = elapsed < i64::from(rereads[due]) + RENEWAL_SECONDS;
        // What a begun release has left is kept as it is, and not made to reach further.
        let may =
            in_time && self.purpose != Purpose::Left && self.world.stop.is_none() && self.world.subject.enforces();
        if self.step.renew && renewals < due && may {
            return Some(self.renew(current));
        }
        (self.seconds_proven() < i64::from(rereads[due])).then(|| self.seen(current.clone()))
    }

    /// A session that was minted while the first write spread is caught by a later moment.
    fn renew(&self, current: &Value) -> Carried {
        self.journal(StepRecord {
            renewals: self.record.renewals + 1,
            ..self.restarted(current)
        })
    }

    fn applied_second(&self) -> i64 {
        second(self.record.applied_at.as_deref()).unwrap_or(self.now.as_second())
    }

    pub(super) fn age(&self) -> i64 {
        let latest = second(self.record.started_at.as_deref())
            .unwrap_or(0)
            .max(self.applied_second());
        self.now.as_second() - latest
    }

    fn seconds_proven(&self) -> i64 {
        second(self.record.verified_at.as_deref()).map_or(-1, |seen| seen - self.applied_second())
    }

    /// The current value; none, and noted, when the resource is gone.
    pub(super) fn present(&self, look: &mut Look) -> Result<Option<Value>, Stop> {
        if self.step.seen(self.facts) == Some(&Answer::NotFound) {
            look.gone.push(self.step.cell.field());
            return Ok(None);
        }
        self.current().map(Some)
    }

    /// AWS does not show what was written any more: put it right under the same approval, within bounds.
    pub(super) fn drift(&self, look: &mut Look, current: &Value) -> Result<Option<Carried>, Stop> {
        look.drift
            .push(format!("{} ({})", self.step.cell.field(), self.step.id));
        if !self.world.subject.enforces() {
            return Ok(None);
        }
        if let Some(reason) = &self.world.stop {
            look.barrier.get_or_insert(Barrier::Stop(reason.clone()));
            return Ok(None);
        }
        if reassertions::is_fight(&self.record.reasserted_at, self.now) {
            look.fight = true;
            return Ok(None);
        }
        self.reassert(current).map(Some)
    }

    fn reassert(&self, current: &Value) -> Result<Carried, Stop> {
        if let Some((name, Some(hold))) = self.hold() {
            let before = self.step.cell.merge_before(&hold.before, current);
            if !self.step.cell.same(&before, &hold.before) {
                let hold = HoldSpec { before, ..hold.clone() };
                return Ok(Carried::Do(Effect::UpdateHold {
                    name: name.to_owned(),
                    hold: Box::new(hold),
                }));
            }
        }
        let mut record = StepRecord {
            applied_at: None,
            verified_at: None,
            renewals: 0,
            ..self.restarted(current)
        };
        reassertions::remember(&mut record.reasserted_at, self.now);
        Ok(self.journal(record))
    }
}
