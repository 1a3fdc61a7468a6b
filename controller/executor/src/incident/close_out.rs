//! The close-out of an Incident's findings: what its sources say, and one step of it, inside the lease.

use super::Pass;
use crate::{
    bounded::late,
    executor::{Executor, ReconcileError},
    records::RecordError,
};
use firebreak_core::{
    aws::guardduty::CLOSE_OUT_ACTIONS,
    coordinate::incident::{
        Subject,
        close_out::{self, CloseOut, Step},
    },
};
use firebreak_crds::finding_source::FindingsOnResolve;
use futures::future::try_join_all;
use std::{collections::BTreeMap, time::Duration};

/// The longest that one step may take: it ends inside the lease.
const DEADLINE: Duration = Duration::from_secs(8);

impl Executor {
    /// What a decision about the close-out depends on; nothing is read while the Incident is not over.
    pub(super) async fn close_out_of(&self, subject: &Subject) -> Result<CloseOut, ReconcileError> {
        let names = close_out::sources(subject);
        if names.is_empty() {
            return Ok(CloseOut::default());
        }
        let namespace = &subject.owner.namespace;
        let asked = names.into_iter().map(|name| async move {
            let says = self.on_resolve(namespace, &name).await?;
            Ok::<_, ReconcileError>(says.map(|says| (name, says)))
        });
        let sources: BTreeMap<_, _> = try_join_all(asked).await?.into_iter().flatten().collect();
        let named = close_out::accounts(subject, &sources)
            .into_iter()
            .map(|name| async move {
                let account = self.named_account(&name).await?;
                Ok::<_, ReconcileError>((name, account))
            });
        let accounts = try_join_all(named).await?.into_iter().collect();
        let stop = self.records.stop().await?;
        Ok(CloseOut::at(sources, accounts, stop, self.clock.now()))
    }

    /// What a FindingSource says; one that is gone, or cannot be read, says nothing.
    async fn on_resolve(&self, namespace: &str, name: &str) -> Result<Option<FindingsOnResolve>, ReconcileError> {
        match self.records.finding_source(namespace, name).await {
            Ok(source) => Ok(source.map(|source| source.spec.on_resolve)),
            Err(RecordError::Unreadable(_)) => Ok(None),
            Err(other) => Err(other.into()),
        }
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
