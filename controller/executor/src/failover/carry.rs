//! The calls and reads of a run, side by side, and the records of what was answered.

use super::{pass::Pass, unknown_account};
use crate::{
    bounded::{answered, late},
    executor::{ATTEMPT_DEADLINE, Executor, ReconcileError},
    records::read_run,
};
use firebreak_core::{
    aws::{Answer, access::Access, failure::Failure},
    engine::once::{self, Call, Turn},
    run::act::{Deed, Look},
};
use firebreak_crds::{ResponsePlanSpec, ResponsePlanStatus};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, join_all},
    stream::FuturesUnordered,
};
use jiff::Timestamp;
use kube::ResourceExt;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

/// The longest that one read may take: where a region is failing, an answer that takes longer is none.
const LOOK_DEADLINE: Duration = Duration::from_secs(5);
/// Runs that did something, and are kept: the last ten are in the status, and one of them made the present writer.
const KEPT_RUNS: usize = 10;
/// Closed plans that were never let begin, and are kept.
const KEPT_PROPOSALS: usize = 3;

/// What is under way.
#[derive(Default)]
pub(super) struct Flights<'a> {
    all: FuturesUnordered<BoxFuture<'a, Landed>>,
    asked: BTreeSet<Look>,
}

impl Flights<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// What came of a call or of a read.
enum Landed {
    Call(String, Deed, Result<Vec<String>, Failure>),
    Look(Look, Answer, Timestamp),
}

impl Executor {
    /// Asks all of it at once, and keeps the answers.
    pub(super) async fn look_at(&self, pass: &mut Pass, looks: Vec<Look>) {
        let asked = looks
            .into_iter()
            .map(|look| self.look(pass.world.access(&look.site), look));
        let answers: Vec<Landed> = join_all(asked).await;
        for landed in answers {
            if let Landed::Look(look, answer, asked) = landed {
                pass.world.sightings.insert(look, answer, (asked, self.clock.now()));
            }
        }
    }

    async fn look(&self, access: Option<Access>, look: Look) -> Landed {
        let asked = self.clock.now();
        let answer = match access {
            Some(access) => answered(LOOK_DEADLINE, self.cloud.look(&access, &look.probe)).await,
            None => Answer::Denied(format!(
                "account {} is not one that the object names",
                look.site.account_id
            )),
        };
        Landed::Look(look, answer, asked)
    }

    /// Sends what is due, and waits for the first answer. Nothing is called if what people say has changed since.
    pub(super) async fn carry<'a>(
        &'a self,
        pass: &mut Pass,
        turn: Turn,
        flights: &mut Flights<'a>,
    ) -> Result<(), ReconcileError> {
        if !turn.calls.is_empty() && !self.still_said(pass).await? {
            return Ok(());
        }
        for look in turn.looks {
            if flights.asked.insert(look.clone()) {
                flights.all.push(self.look(pass.world.access(&look.site), look).boxed());
            }
        }
        for call in turn.calls {
            self.lead()?;
            pass.world.in_flight.insert(call.step.clone());
            pass.world.uncalled.remove(&call.step);
            flights.all.push(self.call(pass.world.access(&call.site), call).boxed());
        }
        self.land(pass, flights).await
    }

    /// Whether the object, the EmergencyStop and the Decisions are still what the calls were decided on.
    async fn still_said(&self, pass: &mut Pass) -> Result<bool, ReconcileError> {
        let owner = pass.world.subject.owner.clone();
        let (stop, decisions, object) = futures::join!(
            self.records.stop(),
            self.records.decisions(&owner.namespace, &owner.uid),
            self.records.failover_plan(&owner.namespace, &owner.name),
        );
        let (stop, decisions) = (stop?, decisions?.about);
        let live = object?.filter(|object| object.uid().as_deref() == Some(owner.uid.as_str()));
        let is_deleted = live.is_none_or(|object| object.metadata.deletion_timestamp.is_some());
        let seen = self.claims_of_others(&owner.kind, &pass.world.accounts);
        let world = &pass.world;
        let same = (&stop, &decisions, is_deleted, &seen)
            == (&world.stop, &world.decisions, world.subject.is_deleted, &pass.seen);
        pass.know_claims(seen)?;
        let world = &mut pass.world;
        (world.stop, world.decisions, world.subject.is_deleted) = (stop, decisions, is_deleted);
        Ok(same)
    }

    async fn call(&self, access: Option<Access>, call: Call) -> Landed {
        let result = match access {
            Some(access) => timeout(ATTEMPT_DEADLINE, self.cloud.perform(&access, &call.deed))
                .await
                .unwrap_or_else(|_| Err(late(call.deed.action(), ATTEMPT_DEADLINE))),
            None => Err(unknown_account(call.deed.action(), &call.site.account_id)),
        };
        Landed::Call(call.step, call.deed, result)
    }

    /// Waits for the first answer, and records it.
    pub(super) async fn land(&self, pass: &mut Pass, flights: &mut Flights<'_>) -> Result<(), ReconcileError> {
        match flights.all.next().await {
            None => Err(ReconcileError::Restless),
            Some(Landed::Look(look, answer, asked)) => {
                flights.asked.remove(&look);
                pass.world.sightings.insert(look, answer, (asked, self.clock.now()));
                Ok(())
            }
            Some(Landed::Call(step, deed, result)) => {
                pass.world.in_flight.remove(&step);
                self.reporter.performed(&deed, result.as_ref().map(drop));
                let run = pass.world.begun().ok_or(ReconcileError::Changed)?;
                let name = run.reference.name.clone();
                let status = once::answered(run, &step, &result, self.clock.now());
                self.journal(pass, &name, status).await
            }
        }
    }

    pub(super) async fn propose(&self, pass: &mut Pass, spec: ResponsePlanSpec) -> Result<(), ReconcileError> {
        self.lead()?;
        let namespace = pass.world.subject.owner.namespace.clone();
        let plan = self.records.create_run(&namespace, spec).await?;
        let run = read_run(&plan)?;
        pass.know(&plan.name_any(), plan.clone(), run);
        self.forget_old_plans(pass).await;
        Ok(())
    }

    /// What the run touches is claimed before it begins, unless another kind was faster; its accounts are kept from then on.
    pub(super) async fn begin(
        &self,
        pass: &mut Pass,
        name: &str,
        status: ResponsePlanStatus,
    ) -> Result<(), ReconcileError> {
        self.lead()?;
        let named: Vec<String> = pass.world.accounts.keys().cloned().collect();
        for account in &named {
            self.keep_account(account).await?;
        }
        let run = pass.world.proposed().ok_or(ReconcileError::Changed)?;
        let begins = self.ledger().begin(run, &pass.seen);
        if !begins {
            let seen = self.claims_of_others(&pass.world.subject.owner.kind, &pass.world.accounts);
            return pass.know_claims(seen);
        }
        self.journal(pass, name, status).await
    }

    pub(super) async fn journal(
        &self,
        pass: &mut Pass,
        name: &str,
        status: ResponsePlanStatus,
    ) -> Result<(), ReconcileError> {
        self.lead()?;
        let ended = status.closed_at.is_some();
        let plan = pass.plans.get(name).ok_or(ReconcileError::Changed)?;
        let plan = self.records.update_plan(plan, status).await?;
        let run = read_run(&plan)?;
        pass.know(name, plan, run);
        if ended {
            self.forget_claims(&pass.world.subject.owner.uid);
        }
        Ok(())
    }

    /// Only a bounded number of closed plans is kept. Failing to tidy up is no reason to stop.
    async fn forget_old_plans(&self, pass: &Pass) {
        let closed = pass
            .world
            .runs
            .iter()
            .rev()
            .filter(|run| run.status.closed_at.is_some());
        let (did, proposed): (Vec<_>, Vec<_>) = closed.partition(|run| run.status.control.begun_at.is_some());
        let surplus = did
            .into_iter()
            .skip(KEPT_RUNS)
            .chain(proposed.into_iter().skip(KEPT_PROPOSALS));
        for run in surplus {
            if let Some(plan) = pass.plans.get(&run.reference.name)
                && let Err(error) = self.records.delete_plan(plan).await
            {
                tracing::warn!(%error, plan = run.reference.name, "an old plan could not be deleted");
            }
        }
    }
}
