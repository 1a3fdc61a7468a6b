//! The one place where effects happen: asks the pure engine for the next effect, performs it, and asks again.
//!
//! # Guarantees
//! Leadership is checked before every AWS call that writes. Before each step the EmergencyStop is read live and facts older
//! than two seconds are read again; before the first step of a pass the object is. Every record write is conditional.

mod confirm;
mod pass;

use pass::{Pass, read_runs};

use crate::{
    clock::Clock,
    records::{RecordError, Records, read_run},
    shared_reads::SharedReads,
};
use firebreak_aws::Cloud;
use firebreak_core::{
    access::Access,
    approval::Admission,
    archive::Document,
    blocked::Blocked,
    engine::{self, Effect, Rest, Run, Subject, World},
    facts::Facts,
    failure::{Failure, FailureClass, Receipt},
    guard::Usage,
    ledger::Ledger,
    quarantine::Settings,
    query::Query,
    write::Write,
};
use firebreak_crds::{Hold, HoldSpec, Quarantine, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus, condition};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use kube::ResourceExt;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use thiserror::Error;

/// The most effects of one pass: a bound against a decision that never rests.
const MAX_EFFECTS: usize = 1000;
/// Reads that are under way at once for one object.
const READS_AT_ONCE: usize = 16;
/// Facts older than this are read again before a write.
const FRESH_SECONDS: f64 = 2.0;
/// The longest that one AWS write may take: less than what is left of the lease when it begins.
const ATTEMPT_DEADLINE: Duration = Duration::from_secs(8);
/// The longest that a document may take on its way into the evidence bucket: a containment waits for it.
const ARCHIVE_DEADLINE: Duration = Duration::from_secs(5);
/// Closed runs that are kept per object.
const KEPT_RUNS: usize = 5;

/// Why a pass ended without rest.
#[derive(Debug, Error)]
pub enum Trouble {
    /// A record could not be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Another operator leads, or the lease is about to run out.
    #[error("not the leader: nothing is written")]
    NotLeader,
    /// The object changed while it was being acted on.
    #[error("the object changed meanwhile: starting over")]
    Changed,
    /// AWS refused a write for custody that no object speaks for.
    #[error(transparent)]
    Aws(Failure),
    /// The engine did not come to rest.
    #[error("the decision did not come to rest after {MAX_EFFECTS} effects")]
    Restless,
}

/// Whether this process may write now: the leader, with enough of its lease left for one attempt.
pub trait MayWrite: Send + Sync + 'static {
    /// Asked before every write.
    fn may_write(&self) -> bool;
}

/// What admission guarantees now.
#[async_trait::async_trait]
pub trait AdmissionCheck: Send + Sync + 'static {
    /// The guarantee, compared in whole with the cluster.
    async fn admission(&self) -> Admission;
}

/// Told about what happens, for metrics and Events.
pub trait Witness: Send + Sync + 'static {
    /// An AWS write was made or refused.
    fn wrote(&self, _write: &Write, _result: Result<(), &Failure>) {}
    /// Drift is being put right.
    fn reasserted(&self) {}
    /// Drift is seen and not put right.
    fn drifted(&self) {}
    /// An object's status changed.
    fn reported(&self, _object: &Quarantine, _before: &[condition::Condition], _after: &[condition::Condition]) {}
}

/// Everything that effects need.
pub struct Responder {
    /// Kubernetes.
    pub records: Records,
    /// AWS.
    pub cloud: Arc<dyn Cloud>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The leader's lease.
    pub leadership: Arc<dyn MayWrite>,
    /// The admission policies.
    pub admission: Arc<dyn AdmissionCheck>,
    /// Metrics and Events.
    pub witness: Arc<dyn Witness>,
    /// Caps and rates.
    pub ledger: Mutex<Ledger>,
    /// ARN patterns of the operator itself and of all that it depends on.
    pub own: Arc<dyn OwnDependencies>,
    /// The operator's settings.
    pub settings: Settings,
    /// What objects of an account read together.
    pub shared: SharedReads,
}

/// What the operator itself is and depends on.
pub trait OwnDependencies: Send + Sync + 'static {
    /// ARN patterns; none while the operator does not know its own identity.
    fn patterns(&self) -> Option<Vec<String>>;
}

impl Responder {
    /// Brings one object as far as it goes now. `None` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`Trouble`]: start over, later.
    pub async fn respond(&self, namespace: &str, name: &str, uid: Option<&str>) -> Result<Option<Rest>, Trouble> {
        let object = self.records.quarantine(namespace, name).await?;
        let Some(object) = object.filter(|o| uid.is_none() || o.uid().as_deref() == uid) else {
            if let Some(uid) = uid {
                self.forget(uid).await?;
            }
            return Ok(None);
        };
        let mut pass = self.gather(object).await?;
        if let Some(rest) = self.confirmed(&mut pass).await? {
            return Ok(Some(rest));
        }
        for _ in 0..MAX_EFFECTS {
            let effect = pass.decide(self.clock.now());
            if let Some(rest) = self.perform(&mut pass, effect).await? {
                self.report(&mut pass, &rest).await?;
                return Ok(Some(rest));
            }
        }
        Err(Trouble::Restless)
    }

    /// An object that is gone contains nothing any more, unless it left custody behind.
    pub(crate) async fn forget(&self, uid: &str) -> Result<(), Trouble> {
        if self.records.orphans_of(uid).await?.is_empty() {
            self.ledger().release(uid, self.clock.now());
        }
        Ok(())
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads everything that a decision depends on, live.
    async fn gather(&self, object: Quarantine) -> Result<Pass, Trouble> {
        let subject = Subject::of(&object);
        let (namespace, uid) = (subject.owner.namespace.clone(), subject.owner.uid.clone());
        let records = &self.records;
        let (account, guardrails, stop, decisions, plans, held, admission) = futures::join!(
            records.account(&subject.spec.account_ref.name),
            records.guardrails(),
            records.stop(),
            records.decisions(&namespace, &uid),
            records.runs(&subject),
            records.holds_of(&uid),
            self.admission.admission(),
        );
        let (plans, held) = (plans?, held?);
        let account = account?.map(|account| account.spec);
        let id = account
            .as_ref()
            .map(|account| account.account_id.clone())
            .unwrap_or_default();
        let now = self.clock.now();
        let (runs, unusable) = read_runs(&plans);
        let (usage, reserved) = self.counted(&id, &uid, now);
        let world = World {
            account,
            guardrails: guardrails?.into_iter().map(|guardrail| guardrail.spec).collect(),
            stop: stop?,
            decisions: decisions?,
            admission,
            runs,
            mine: held.iter().map(ResourceExt::name_any).collect(),
            holds: held
                .iter()
                .map(|hold| (hold.name_any(), Some(hold.spec.clone())))
                .collect(),
            own: self.own(records.accounts().await?),
            own_is_known: self.own.patterns().is_some(),
            claims: records.claims_beside(&subject.owner.kind, &id).await?,
            usage,
            reserved,
            settings: self.settings.clone(),
            subject,
        };
        Ok(Pass {
            object,
            plans: plans.into_iter().map(|plan| (plan.name_any(), plan)).collect(),
            holds: held.into_iter().map(|hold| (hold.name_any(), hold)).collect(),
            world,
            unusable,
            facts: Facts::default(),
            facts_at: now,
            checked: false,
            together: false,
        })
    }

    /// What the account has contained without the object, and whether the object is counted: under one lock.
    fn counted(&self, account_id: &str, uid: &str, now: Timestamp) -> (Usage, bool) {
        let ledger = self.ledger();
        (ledger.usage(account_id, uid, now), ledger.counts(uid))
    }

    /// The operator's identity, and the roles through which it reaches any account.
    fn own(&self, accounts: Vec<firebreak_crds::AwsAccount>) -> Vec<String> {
        let mut own = self.own.patterns().unwrap_or_default();
        for account in accounts {
            let roles = account.spec.roles;
            own.extend([roles.read, roles.contain].into_iter().chain(roles.contain_identity));
            own.extend(account.spec.deny_policy_arn);
            if let Some(store) = account.spec.evidence {
                own.push(format!("arn:*:s3:::{}", store.bucket));
                own.extend(store.role_arn);
            }
        }
        own
    }

    async fn perform(&self, pass: &mut Pass, effect: Effect) -> Result<Option<Rest>, Trouble> {
        match effect {
            Effect::Ask(queries) => self.ask(pass, queries).await?,
            Effect::FetchHolds(names) => self.fetch(pass, names).await?,
            Effect::AddFinalizer => self.finalize(pass, true).await?,
            Effect::RemoveFinalizer => self.finalize(pass, false).await?,
            Effect::CreatePlan(spec) => self.create_plan(pass, *spec).await?,
            Effect::UpdatePlan { plan, status } => self.update_plan(pass, &plan, *status).await?,
            Effect::CreateHold { name, hold } => self.create_hold(pass, name, *hold).await?,
            Effect::UpdateHold { name, hold } => self.update_hold(pass, name, *hold).await?,
            Effect::DeleteHold { name } => self.delete_hold(pass, name).await?,
            Effect::Reserve => self.reserve(pass),
            Effect::Archive { plan, documents } => self.archive(pass, &plan, documents).await?,
            Effect::Write { plan, step, writes } => return self.write(pass, &plan, &step, &writes).await,
            Effect::Rest(rest) => return Ok(Some(*rest)),
        }
        Ok(None)
    }

    async fn ask(&self, pass: &mut Pass, queries: Vec<Query>) -> Result<(), Trouble> {
        let access = pass.access().ok_or(Trouble::Changed)?;
        let (cloud, now, together) = (self.cloud.as_ref(), self.clock.now(), pass.together);
        let answers: Vec<_> = stream::iter(queries)
            .map(|query| async {
                let answer = match together {
                    true => self.shared.observe(cloud, &access, &query, now).await,
                    false => cloud.observe(&access, &query).await,
                };
                (query, answer)
            })
            .buffer_unordered(READS_AT_ONCE)
            .collect()
            .await;
        for (query, answer) in answers {
            pass.facts.insert(query, answer);
        }
        pass.facts_at = self.clock.now();
        Ok(())
    }

    async fn fetch(&self, pass: &mut Pass, names: Vec<String>) -> Result<(), Trouble> {
        for name in names {
            let hold = self.records.hold(&name).await?;
            pass.know_hold(name, hold);
        }
        Ok(())
    }

    async fn finalize(&self, pass: &mut Pass, present: bool) -> Result<(), Trouble> {
        self.lead()?;
        pass.object = self.records.set_finalizer(&pass.object, present).await?;
        pass.world.subject.has_finalizer = present;
        Ok(())
    }

    async fn create_plan(&self, pass: &mut Pass, spec: ResponsePlanSpec) -> Result<(), Trouble> {
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

    async fn update_plan(&self, pass: &mut Pass, name: &str, status: ResponsePlanStatus) -> Result<(), Trouble> {
        self.lead()?;
        let plan = pass.plans.get(name).ok_or(Trouble::Changed)?;
        let before: usize = plan
            .status
            .iter()
            .flat_map(|s| s.journal.values())
            .map(|r| r.reasserted_at.len())
            .sum();
        let after: usize = status.journal.values().map(|r| r.reasserted_at.len()).sum();
        let plan = self.records.update_plan(plan, status).await?;
        if after > before {
            self.witness.reasserted();
        }
        let run = read_run(&plan)?;
        if let Some(known) = pass.world.runs.iter_mut().find(|known| known.reference.name == name) {
            *known = run;
        }
        pass.plans.insert(name.to_owned(), plan);
        Ok(())
    }

    async fn create_hold(&self, pass: &mut Pass, name: String, spec: HoldSpec) -> Result<(), Trouble> {
        self.lead()?;
        self.keep_account(&spec.account_name).await?;
        let hold = self.records.create_hold(&name, spec).await?;
        pass.know_hold(name, Some(hold));
        Ok(())
    }

    async fn update_hold(&self, pass: &mut Pass, name: String, spec: HoldSpec) -> Result<(), Trouble> {
        self.lead()?;
        let hold = pass.holds.get(&name).ok_or(Trouble::Changed)?;
        let adopted = hold.spec.orphaned.clone().filter(|_| spec.orphaned.is_none());
        let hold = self.records.update_hold(hold, spec).await?;
        pass.know_hold(name, Some(hold));
        if let Some(orphaned) = adopted {
            self.forget(&orphaned.from.uid).await?;
        }
        Ok(())
    }

    async fn delete_hold(&self, pass: &mut Pass, name: String) -> Result<(), Trouble> {
        self.lead()?;
        let hold = pass.holds.get(&name).ok_or(Trouble::Changed)?;
        self.records.delete_hold(hold).await?;
        pass.know_hold(name, None);
        Ok(())
    }

    /// Reserved only if the ledger is still as the decision saw it; otherwise the decision is made again.
    fn reserve(&self, pass: &mut Pass) {
        let Some(access) = pass.access() else { return };
        let (uid, id) = (&pass.world.subject.owner.uid, &access.account.account_id);
        match self.ledger().reserve(uid, id, pass.world.usage, self.clock.now()) {
            Ok(()) => pass.world.reserved = true,
            Err(usage) => pass.world.usage = usage,
        }
    }

    /// Documents go into the evidence bucket side by side; how it went is recorded, whatever it was.
    async fn archive(&self, pass: &mut Pass, plan: &str, documents: Vec<Document>) -> Result<(), Trouble> {
        self.lead()?;
        let access = pass.access().ok_or(Trouble::Changed)?;
        let tries = documents.into_iter().map(|document| async {
            let put = self.cloud.archive(&access, &document);
            let result = tokio::time::timeout(ARCHIVE_DEADLINE, put).await;
            let result = result.unwrap_or_else(|_| Err(late("s3:PutObject", ARCHIVE_DEADLINE)));
            (document, result)
        });
        let results = futures::future::join_all(tries).await;
        let run = pass.world.runs.iter().find(|run| run.reference.name == plan);
        let effect = engine::archived(run.ok_or(Trouble::Changed)?, results, self.clock.now());
        Box::pin(self.perform(pass, effect)).await.map(drop)
    }

    async fn write(&self, pass: &mut Pass, plan: &str, step: &str, writes: &[Write]) -> Result<Option<Rest>, Trouble> {
        if !self.still_true(pass).await? {
            return Ok(None);
        }
        let Some(access) = pass.access() else {
            return Err(Trouble::Changed);
        };
        let mut request_ids = Vec::new();
        for write in writes {
            self.lead()?;
            let result = self.attempt(&access, write).await;
            pass.forget_what_it_changed(&access, step);
            match result {
                Ok(receipt) => request_ids.extend(receipt.request_id),
                Err(failure) => {
                    let effect = engine::failed(&pass.world, (plan, step), &failure, self.clock.now());
                    return Box::pin(self.perform(pass, effect)).await;
                }
            }
        }
        let run = pass
            .world
            .runs
            .iter()
            .find(|run| run.reference.name == plan)
            .ok_or(Trouble::Changed)?;
        let effect = engine::written(run, step, &request_ids, self.clock.now());
        Box::pin(self.perform(pass, effect)).await
    }

    /// One write, whose deadline lies inside the leader's lease. What it did after that is found out by reading.
    pub(crate) async fn attempt(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        let result = match tokio::time::timeout(ATTEMPT_DEADLINE, self.cloud.write(access, write)).await {
            Ok(result) => result,
            Err(_) => Err(late(write.permission(), ATTEMPT_DEADLINE)),
        };
        self.witness.wrote(write, result.as_ref().map(drop));
        result
    }

    /// Whether the decision to write still stands: the object and the EmergencyStop are read live, old facts are dropped.
    async fn still_true(&self, pass: &mut Pass) -> Result<bool, Trouble> {
        self.lead()?;
        let (namespace, name) = (&pass.world.subject.owner.namespace, &pass.world.subject.owner.name);
        let (stop, object) = futures::join!(self.records.stop(), self.first_look(pass.checked, namespace, name));
        if let Some(live) = object? {
            let same = live.uid() == pass.object.uid()
                && live.metadata.generation == pass.object.metadata.generation
                && live.metadata.deletion_timestamp == pass.object.metadata.deletion_timestamp;
            if !same {
                return Err(Trouble::Changed);
            }
        }
        pass.checked = true;
        let stop = stop?;
        let mut stands = true;
        if stop != pass.world.stop {
            pass.world.stop = stop;
            stands = false;
        }
        let age = self.clock.now().duration_since(pass.facts_at).as_secs_f64();
        if age > FRESH_SECONDS {
            pass.facts = Facts::default();
            stands = false;
        }
        Ok(stands)
    }

    /// The object, live, before the first write of a pass.
    async fn first_look(&self, done: bool, namespace: &str, name: &str) -> Result<Option<Quarantine>, Trouble> {
        if done {
            return Ok(None);
        }
        self.records
            .quarantine(namespace, name)
            .await?
            .ok_or(Trouble::Changed)
            .map(Some)
    }

    pub(crate) fn lead(&self) -> Result<(), Trouble> {
        if self.leadership.may_write() {
            Ok(())
        } else {
            Err(Trouble::NotLeader)
        }
    }

    /// Writes the status, if it says anything new.
    async fn report(&self, pass: &mut Pass, rest: &Rest) -> Result<(), Trouble> {
        if rest.over {
            self.ledger().release(&pass.world.subject.owner.uid, self.clock.now());
        }
        if rest.drift > 0 {
            self.witness.drifted();
        }
        let status = pass.status(rest, self.clock.now());
        if pass.object.status.as_ref() == Some(&status) || pass.is_let_go() {
            return Ok(());
        }
        self.lead()?;
        let before = pass.object.status.as_ref().map(|status| status.conditions.as_slice());
        self.witness
            .reported(&pass.object, before.unwrap_or_default(), &status.conditions);
        pass.object = self.records.write_status(&pass.object, status).await?;
        Ok(())
    }
}

fn late(call: &str, deadline: Duration) -> Failure {
    Failure {
        class: FailureClass::Transient,
        call: call.to_owned(),
        code: "Deadline".into(),
        message: format!("no answer within {} s", deadline.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::ATTEMPT_DEADLINE;
    use crate::runtime::LeaseSettings;

    #[test]
    fn a_leader_begins_no_write_that_could_outlast_its_lease() {
        let settings = LeaseSettings::new("firebreak-system", "firebreak-controller", "pod-0");
        assert_eq!(ATTEMPT_DEADLINE, settings.attempt_deadline);
    }
}
