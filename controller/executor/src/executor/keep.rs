//! Effects on the records: the object, its runs, its custody, and what is counted.

use super::{Executor, ReconcileError, gather, pass::Pass};
use crate::records::{RecordError, read_run};
use firebreak_core::run::ledger::Refusal;
use firebreak_crds::{HoldSpec, ResponsePlanSpec, ResponsePlanStatus};
use kube::ResourceExt;

/// Closed runs that are kept per object.
const KEPT_RUNS: usize = 5;

impl Executor {
    pub(super) async fn fetch(&self, pass: &mut Pass, names: Vec<String>) -> Result<(), ReconcileError> {
        for name in names {
            let hold = self.records.hold(&name).await;
            self.know_claims(pass, &name);
            match hold {
                Err(RecordError::Unreadable(bad)) => pass.unusable = Some(gather::unreadable_record(&bad)),
                hold => pass.know_hold(name, hold?),
            }
        }
        Ok(())
    }

    pub(super) async fn finalize(&self, pass: &mut Pass, present: bool) -> Result<(), ReconcileError> {
        self.lead()?;
        if !present && pass.keeps_unread {
            return Err(ReconcileError::KeepsUnread);
        }
        pass.object = self.records.set_finalizer(&pass.object, present).await?;
        pass.world.subject.has_finalizer = present;
        Ok(())
    }

    pub(super) async fn create_plan(&self, pass: &mut Pass, spec: ResponsePlanSpec) -> Result<(), ReconcileError> {
        self.lead()?;
        let plan = self.records.create_plan(&pass.world.subject, spec).await?;
        pass.world.runs.push(read_run(&plan)?);
        pass.plans.insert(plan.name_any(), plan);
        self.forget_old_runs(pass).await;
        Ok(())
    }

    /// Only a bounded number of closed runs is kept. Failing to tidy up is no reason to stop.
    async fn forget_old_runs(&self, pass: &Pass) {
        let closed = pass.world.runs.iter().filter(|run| run.status.closed_at.is_some());
        let surplus = closed.clone().count().saturating_sub(KEPT_RUNS);
        for run in closed.take(surplus) {
            if let Some(plan) = pass.plans.get(&run.reference.name)
                && let Err(error) = self.records.delete_plan(plan).await
            {
                tracing::warn!(%error, plan = run.reference.name, "an old run could not be deleted");
            }
        }
    }

    pub(super) async fn update_plan(
        &self,
        pass: &mut Pass,
        name: &str,
        status: ResponsePlanStatus,
    ) -> Result<(), ReconcileError> {
        self.lead()?;
        let plan = pass.plans.get(name).ok_or(ReconcileError::Changed)?;
        let before: usize = plan
            .status
            .iter()
            .flat_map(|s| s.journal.values())
            .map(|r| r.reasserted_at.len())
            .sum();
        let after: usize = status.journal.values().map(|r| r.reasserted_at.len()).sum();
        let plan = self.records.update_plan(plan, status).await?;
        if after > before {
            self.reporter.reasserted();
        }
        let run = read_run(&plan)?;
        if let Some(known) = pass.world.runs.iter_mut().find(|known| known.reference.name == name) {
            *known = run;
        }
        pass.plans.insert(name.to_owned(), plan);
        Ok(())
    }

    pub(super) async fn create_hold(
        &self,
        pass: &mut Pass,
        name: String,
        spec: HoldSpec,
    ) -> Result<(), ReconcileError> {
        self.lead()?;
        let _taking = self.records.taking_custody(&spec.account_name).await;
        self.keep_account(&spec.account_name).await?;
        let hold = self.records.create_hold(&name, spec).await?;
        pass.know_hold(name, Some(hold));
        Ok(())
    }

    pub(super) async fn update_hold(
        &self,
        pass: &mut Pass,
        name: String,
        spec: HoldSpec,
    ) -> Result<(), ReconcileError> {
        self.lead()?;
        let hold = pass.holds.get(&name).ok_or(ReconcileError::Changed)?;
        let left = hold.spec.orphaned.is_none() && spec.orphaned.is_some();
        let adopted = hold.spec.orphaned.clone().filter(|_| spec.orphaned.is_none());
        let hold = self.records.update_hold(hold, spec).await?;
        if left {
            self.reporter.orphaned(&pass.object, &hold, &self.records.home);
        }
        pass.know_hold(name, Some(hold));
        if let Some(orphaned) = adopted {
            self.forget(&orphaned.from.uid).await?;
        }
        Ok(())
    }

    pub(super) async fn delete_hold(&self, pass: &mut Pass, name: String) -> Result<(), ReconcileError> {
        self.lead()?;
        let hold = pass.holds.get(&name).ok_or(ReconcileError::Changed)?;
        self.records.delete_hold(hold).await?;
        pass.know_hold(name, None);
        Ok(())
    }

    fn know_claims(&self, pass: &mut Pass, hold: &str) {
        let claims = self.ledger().claims.on(hold, &pass.world.subject.owner.uid);
        pass.world.claimed.insert(hold.to_owned(), claims);
    }

    /// Reserved only if the ledger is still as the decision saw it; otherwise the decision is made again. The account is kept
    /// from the beginning of a run, not only from its first custody.
    pub(super) async fn reserve(&self, pass: &mut Pass) -> Result<(), ReconcileError> {
        let Some(run) = pass.world.latest().cloned() else {
            return Ok(());
        };
        self.lead()?;
        self.keep_account(&run.plan.account_name).await?;
        let reserved = self.ledger().reserve(&run, pass.world.usage, self.clock.now());
        match reserved {
            Ok(()) => pass.world.reserved = true,
            Err(Refusal::Usage(usage)) => pass.world.usage = usage,
            Err(Refusal::Claimed) => {
                for hold in run.plan.steps.iter().filter_map(|step| step.hold.as_deref()) {
                    self.know_claims(pass, hold);
                }
            }
        }
        Ok(())
    }
}
