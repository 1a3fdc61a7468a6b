//! FailoverPlans: performs what the conductor decides. Calls and reads of a run go out side by side; what is answered is recorded
//! and decided upon at once, so that a region that does not answer delays only what needs it.
//!
//! # Guarantees
//! Leadership is checked before every write, the EmergencyStop and the Decisions are read live before calls are made, every record
//! is conditional, every read and every call ends.

mod carry;
mod gather;
mod pass;
mod run_store;
mod sightings;

pub use sightings::Courses;

use crate::executor::{Executor, ReconcileError};
use crate::records::{RecordError, meant};
use firebreak_core::{
    aws::failure::{Failure, FailureClass},
    respond::failover::conduct::{self, Move, Rest},
};
use firebreak_crds::{FailoverPlan, FailoverPlanStatus};
use kube::ResourceExt;
use pass::Pass;

/// The most moves of one pass: a bound against a decision that never rests.
const MAX_MOVES: usize = 2000;

impl Executor {
    /// Brings one FailoverPlan as far as it goes now. `None` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later.
    pub async fn fail_over(
        &self,
        namespace: &str,
        name: &str,
        uid: Option<&str>,
    ) -> Result<Option<Rest>, ReconcileError> {
        self.count_once().await?;
        let object = match meant(self.records.failover_plan(namespace, name).await, uid) {
            Err(RecordError::Unreadable(bad)) => return Err(self.say_unread(bad).await),
            object => object?,
        };
        let Some(object) = object else {
            if let Some(uid) = uid {
                self.forget_failover(namespace, uid).await?;
            }
            return Ok(None);
        };
        let course = self.courses.of(&object.uid().unwrap_or_default());
        let mut known = course.lock().await;
        let mut pass = self.gather_failover(object, &known, self.clock.now()).await?;
        let rest = self.conduct(&mut pass).await;
        *known = pass.world.sightings;
        rest.map(Some)
    }

    async fn conduct(&self, pass: &mut Pass) -> Result<Rest, ReconcileError> {
        let mut flights = carry::Flights::default();
        for _ in 0..MAX_MOVES {
            let next = conduct::decide(&pass.world, self.clock.now());
            match next {
                Move::Look(looks) => self.look_at(pass, looks).await,
                Move::ReadRecords => self.read_records(pass).await,
                Move::Consume { record, region } => self.consume(pass, &record, &region).await?,
                Move::Create(spec) => self.propose(pass, *spec).await?,
                Move::Begin { plan, status } => self.begin(pass, &plan, *status).await?,
                Move::Record { plan, status } => self.journal(pass, &plan, *status).await?,
                Move::Carry(turn) => self.carry(pass, *turn, &mut flights).await?,
                Move::Rest(rest) => {
                    self.tell(pass, &rest.status).await?;
                    if flights.is_empty() {
                        return Ok(*rest);
                    }
                    self.land(pass, &mut flights).await?;
                }
            }
        }
        Err(ReconcileError::Restless)
    }

    /// Writes the status, if it says anything new.
    async fn tell(&self, pass: &mut Pass, status: &FailoverPlanStatus) -> Result<(), ReconcileError> {
        if pass.object.status.as_ref() == Some(status) {
            return Ok(());
        }
        self.lead()?;
        let before = pass.object.status.as_ref().map(|status| status.conditions.as_slice());
        self.reporter
            .failed_over(&pass.object, before.unwrap_or_default(), &status.conditions);
        let written: FailoverPlan = self.records.write_failover_status(&pass.object, status).await?;
        pass.object = written;
        pass.world.subject.status.clone_from(status);
        Ok(())
    }

    /// Runs whose object is gone are closed: what they did stays, and is named.
    async fn forget_failover(&self, namespace: &str, uid: &str) -> Result<(), ReconcileError> {
        self.courses.forget(uid);
        for plan in self.records.runs_of(namespace, uid, true).await? {
            let Ok(run) = crate::records::read_run(&plan) else {
                continue;
            };
            if let Some(status) = conduct::without_object(&run, self.clock.now()) {
                self.lead()?;
                self.records.update_plan(&plan, status).await?;
            }
        }
        self.forget_claims(uid);
        Ok(())
    }
}

/// Nothing is called in an account that the object does not name, or whose AwsAccount is gone.
fn unknown_account(call: &str, account: &str) -> Failure {
    Failure {
        class: FailureClass::Denied,
        call: call.to_owned(),
        code: "AccountNotFound".to_owned(),
        message: format!("AwsAccount {account} is not there, or is not one that the object names"),
    }
}
