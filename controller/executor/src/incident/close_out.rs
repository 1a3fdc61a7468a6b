//! The close-out of an Incident's findings: what its sources say, and one step of it, inside the lease.

use super::Pass;
use crate::{
    bounded::late,
    executor::{Executor, ReconcileError},
};
use firebreak_core::{
    aws::guardduty::CLOSE_OUT_ACTIONS,
    coordinate::incident::{
        Subject,
        close_out::{self, CloseOut, Step},
    },
};
use futures::future::try_join_all;
use std::time::Duration;

/// The longest that one step may take: it ends inside the lease.
const DEADLINE: Duration = Duration::from_secs(8);

impl Executor {
    /// What a decision about the close-out depends on; nothing is read while the Incident is not over.
    pub(super) async fn close_out_of(&self, subject: &Subject) -> Result<CloseOut, ReconcileError> {
        if !close_out::is_asked(subject) {
            return Ok(CloseOut::default());
        }
        let sources = self.records.finding_sources(&subject.owner.namespace).await?;
        // One that cannot be read asks for nothing.
        let archives = close_out::archives(sources.iter().flatten());
        let named = close_out::accounts(subject, &archives)
            .into_iter()
            .map(|name| async move {
                let account = self.named_account(&name).await?;
                Ok::<_, ReconcileError>((name, account))
            });
        let accounts = try_join_all(named).await?.into_iter().collect();
        let stop = self.records.stop().await?;
        Ok(CloseOut::at(archives, accounts, stop, self.clock.now()))
    }

    /// Archives and marks the findings of one step.
    pub(super) async fn close_findings(&self, pass: &mut Pass, step: &Step) -> Result<(), ReconcileError> {
        self.lead()?;
        let work = self.cloud.close_out(&step.access, &step.asked);
        let answer = tokio::time::timeout(DEADLINE, work).await;
        let answer = answer.unwrap_or_else(|_| Err(late(CLOSE_OUT_ACTIONS[0], DEADLINE)));
        pass.world.close_out.took(step, answer, self.clock.now());
        Ok(())
    }
}
