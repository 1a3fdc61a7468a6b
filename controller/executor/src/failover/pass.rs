//! One pass over one FailoverPlan: the world, and the versions of the records that it was read from.

use crate::executor::ReconcileError;
use firebreak_core::{
    engine::once,
    guard,
    respond::failover::conduct::World,
    run::{Run, claims::Claim},
};
use firebreak_crds::{FailoverPlan, ResponsePlan, StepState};
use std::collections::{BTreeMap, BTreeSet};

/// One pass over one FailoverPlan.
pub(super) struct Pass {
    pub(super) object: FailoverPlan,
    pub(super) world: World,
    /// The records of its runs, by name.
    pub(super) plans: BTreeMap<String, ResponsePlan>,
    /// The entity tags of the run store's records, by region; none where there is no record.
    pub(super) tags: BTreeMap<String, Option<String>>,
    /// What other kinds hold.
    pub(super) held: Vec<guard::Claim>,
    /// What the ledger knows of other kinds that are about to hold something.
    pub(super) seen: Vec<Claim>,
}

impl Pass {
    /// Takes over what other kinds are about to hold. Where they hold it by now, or have let it go, everything is to be read again.
    pub(super) fn know_claims(&mut self, seen: Vec<Claim>) -> Result<(), ReconcileError> {
        if self.seen.iter().any(|known| !seen.contains(known)) {
            return Err(ReconcileError::Changed);
        }
        let about_to = seen.iter().map(guard::Claim::from);
        self.world.claims = self.held.iter().cloned().chain(about_to).collect();
        self.seen = seen;
        Ok(())
    }

    /// Takes over a run's record as it was written. Steps that it began, and whose call is not made yet, are known from then on.
    pub(super) fn know(&mut self, name: &str, plan: ResponsePlan, run: Run) {
        let before = self
            .plans
            .get(name)
            .and_then(|known| known.status.clone())
            .unwrap_or_default();
        self.world.uncalled.extend(once::newly_begun(&before, &run.status));
        // What is not begun any more needs no call.
        let is_begun = |id: &String| {
            let record = run.status.journal.get(id);
            record.is_some_and(|record| record.state == StepState::Started)
        };
        let kept: BTreeSet<String> = self.world.uncalled.iter().filter(|id| is_begun(id)).cloned().collect();
        self.world.uncalled = kept;
        match self.world.runs.iter_mut().find(|known| known.reference.name == name) {
            Some(known) => *known = run,
            None => self.world.runs.push(run),
        }
        self.plans.insert(name.to_owned(), plan);
    }
}
