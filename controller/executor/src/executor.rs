//! The one place where effects happen: asks the pure engine for the next effect, performs it, and asks again.
//!
//! # Guarantees
//! Leadership is checked before every AWS call that writes. Before each step the EmergencyStop is read live and every fact older
//! than two seconds is read again; before the first step of a pass the object is. Every record write is conditional. Every
//! read of AWS ends, and a status that AWS has not confirmed for ten seconds says Unknown, whatever the pass still waits for.

mod confirm;
mod gather;
mod gone;
mod keep;
mod pass;
mod reads;
mod unread;
mod write;

pub(crate) use gather::unreadable_record;
use pass::Pass;
pub(crate) use pass::read_runs;
pub(crate) use reads::FRESH;
pub(crate) use unread::status as unread_status;
pub use write::ATTEMPT_DEADLINE;

use crate::{
    clock::Clock,
    failover::Courses,
    findings::Looks,
    records::{RecordError, Records, meant_object},
    shared_reads::SharedReads,
};
use firebreak_cloud::Cloud;
use firebreak_core::{
    approval::Admission,
    aws::{Write, failure::Failure},
    engine::{Effect, Rest},
    respond::{Object, Respondent},
    run::{act::Deed, ledger::Ledger},
    settings::Settings,
};
use firebreak_crds::{FailoverPlan, FindingSource, Hold, Incident, Quarantine, condition};
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;
use tokio::sync::OnceCell;

/// The most effects of one pass: a bound against a decision that never rests.
const MAX_EFFECTS: usize = 1000;

/// Why a pass ended without rest.
#[derive(Debug, Error)]
pub enum ReconcileError {
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
    /// It holds custody that cannot be read, and so cannot be left behind.
    #[error("it holds custody that cannot be read: upgrade the operator, or repair the Hold")]
    KeepsUnread,
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
pub trait Reporter: Send + Sync + 'static {
    /// An AWS write was made or refused.
    fn wrote(&self, _write: &Write, _result: Result<(), &Failure>) {}
    /// Drift is being put right.
    fn reasserted(&self) {}
    /// Drift is seen and not put right.
    fn drifted(&self) {}
    /// Custody was left behind by an object that is being deleted. People decide about it in the operator's namespace.
    fn orphaned(&self, _object: &Object, _hold: &Hold, _home: &str) {}
    /// AWS refuses for good what custody without an object asks for; its message says what and how to end that.
    fn custody_refused(&self, _hold: &Hold) {}
    /// An object's status changed.
    fn reported(&self, _object: &Object, _before: &[condition::Condition], _after: &[condition::Condition]) {}
    /// An Incident's status changed.
    fn coordinated(&self, _object: &Incident, _before: &[condition::Condition], _after: &[condition::Condition]) {}
    /// A FindingSource's status changed.
    fn received(&self, _object: &FindingSource, _before: &[condition::Condition], _after: &[condition::Condition]) {}
    /// A call of a failover was made or refused.
    fn performed(&self, _deed: &Deed, _result: Result<(), &Failure>) {}
    /// A FailoverPlan's status changed.
    fn failed_over(&self, _object: &FailoverPlan, _before: &[condition::Condition], _after: &[condition::Condition]) {}
    /// An Incident was deleted that had created this; the message says what becomes of it.
    fn left(&self, _object: &Quarantine, _message: &str) {}
}

/// Everything that effects need.
pub struct Executor {
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
    pub reporter: Arc<dyn Reporter>,
    /// Caps and rates.
    pub ledger: Mutex<Ledger>,
    /// Whether the ledger was rebuilt since this process leads.
    pub counted: OnceCell<()>,
    /// ARN patterns of the operator itself and of all that it depends on.
    pub own: Arc<dyn OwnDependencies>,
    /// The operator's settings.
    pub settings: Settings,
    /// What objects of an account read together.
    pub shared: SharedReads,
    /// What was read for FailoverPlans.
    pub courses: Courses,
    /// What FindingSources learned lately.
    pub looks: Looks,
}

/// What the operator itself is and depends on.
pub trait OwnDependencies: Send + Sync + 'static {
    /// ARN patterns; none while the operator does not know its own identity.
    fn patterns(&self) -> Option<Vec<String>>;
}

impl Executor {
    /// Brings one object as far as it goes now. `None` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later.
    pub async fn respond(
        &self,
        kind: Respondent,
        namespace: &str,
        name: &str,
        uid: Option<&str>,
    ) -> Result<Option<Rest>, ReconcileError> {
        self.count_once().await?;
        let object = match meant_object(self.records.respondent(kind, namespace, name).await, uid) {
            Err(RecordError::Unreadable(bad)) => return Err(self.set_aside(bad).await),
            object => object?,
        };
        let Some(object) = object else {
            if let Some(uid) = uid {
                self.forget(uid).await?;
                self.close_runs(namespace, uid).await?;
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
        Err(ReconcileError::Restless)
    }

    /// A leader learns what is contained and claimed when it begins to act: what it knew while it stood by is old.
    pub(crate) async fn count_once(&self) -> Result<(), ReconcileError> {
        let count = async {
            let ledger = self.records.ledger().await?;
            *self.ledger() = ledger;
            Ok::<(), ReconcileError>(())
        };
        self.counted.get_or_try_init(|| count).await.map(drop)
    }

    /// An object that is gone contains nothing any more, unless it left custody behind.
    pub(crate) async fn forget(&self, uid: &str) -> Result<(), ReconcileError> {
        self.ledger().claims.drop(uid);
        if !self.records.left_orphans(uid).await? {
            self.ledger().release(uid, self.clock.now());
        }
        Ok(())
    }

    /// Whether an open run of any object contains something in the account, or is about to change it.
    pub(crate) fn claims(&self, account_id: &str) -> bool {
        let ledger = self.ledger();
        ledger.claims.any_in(account_id) || ledger.usage(account_id, "", self.clock.now()).contained > 0
    }

    pub(crate) fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn perform(&self, pass: &mut Pass, effect: Effect) -> Result<Option<Rest>, ReconcileError> {
        self.say_silent_before(pass, &effect).await?;
        match effect {
            Effect::Ask(asked) => self.ask(pass, asked).await?,
            Effect::FetchHolds(names) => self.fetch(pass, names).await?,
            Effect::AddFinalizer => self.finalize(pass, true).await?,
            Effect::RemoveFinalizer => self.finalize(pass, false).await?,
            Effect::CreatePlan(spec) => self.create_plan(pass, *spec).await?,
            Effect::UpdatePlan { plan, status } => self.update_plan(pass, &plan, *status).await?,
            Effect::CreateHold { name, hold } => self.create_hold(pass, name, *hold).await?,
            Effect::UpdateHold { name, hold } => self.update_hold(pass, name, *hold).await?,
            Effect::DeleteHold { name } => self.delete_hold(pass, name).await?,
            Effect::Reserve => self.reserve(pass).await?,
            Effect::Archive { plan, documents } => self.archive(pass, &plan, documents).await?,
            Effect::Write {
                plan,
                step,
                site,
                writes,
            } => {
                return self.write(pass, (&plan, &step), &site, &writes).await;
            }
            Effect::Rest(rest) => return Ok(Some(*rest)),
        }
        Ok(None)
    }

    pub(crate) fn lead(&self) -> Result<(), ReconcileError> {
        if self.leadership.may_write() {
            Ok(())
        } else {
            Err(ReconcileError::NotLeader)
        }
    }

    /// Writes the status, if it says anything new.
    async fn report(&self, pass: &mut Pass, rest: &Rest) -> Result<(), ReconcileError> {
        if rest.over {
            self.ledger().release(&pass.world.subject.owner.uid, self.clock.now());
        }
        if rest.drift > 0 {
            self.reporter.drifted();
        }
        let status = pass.status(rest, self.clock.now());
        if pass.object.status().as_ref() == Some(&status) || pass.is_let_go() {
            return Ok(());
        }
        self.lead()?;
        let written = self.records.write_status(&pass.object, &status).await?;
        let before = std::mem::replace(&mut pass.object, written);
        self.reporter
            .reported(&pass.object, before.conditions(), pass.object.conditions());
        Ok(())
    }
}
