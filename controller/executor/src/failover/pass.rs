//! One pass over one FailoverPlan: the world, and the versions of the records that it was read from.

use firebreak_core::{engine::once, respond::failover::conduct::World, run::Run};
use firebreak_crds::{FailoverPlan, ResponsePlan};
use std::collections::{BTreeMap, BTreeSet};

/// One pass over one FailoverPlan.
pub(super) struct Pass {
    pub(super) object: FailoverPlan,
    pub(super) world: World,
    /// The records of its runs, by name.
    pub(super) plans: BTreeMap<String, ResponsePlan>,
    /// The entity tags of the run store's records, by region; none where there is no record.
    pub(super) tags: BTreeMap<String, Option<String>>,
    /// What the ledger knew of other kinds when the world was gathered.
    pub(super) seen: Vec<firebreak_core::run::claims::Claim>,
}

impl Pass {
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
            record.is_some_and(|record| record.state == firebreak_crds::StepState::Started)
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
