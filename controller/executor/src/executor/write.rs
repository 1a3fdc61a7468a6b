//! Effects on AWS: writes, each inside the lease and on fresh facts, and documents in the evidence bucket.

use super::{Executor, ReconcileError, pass::Pass};
use crate::bounded::late;
use firebreak_core::{
    aws::{
        Site, Write,
        access::Access,
        failure::{Failure, Receipt},
    },
    engine::{self, Rest},
    respond::Object,
    run::{Run, archive::Document},
};
use std::time::Duration;

/// The longest that one AWS write may take: less than what is left of the lease when it begins.
pub const ATTEMPT_DEADLINE: Duration = Duration::from_secs(8);
/// The longest that a document may take on its way into the evidence bucket: a containment waits for it.
const ARCHIVE_DEADLINE: Duration = Duration::from_secs(5);

impl Executor {
    /// Documents go into the evidence bucket side by side. What they are is recorded before, and how it went after, whatever
    /// it was.
    pub(super) async fn archive(
        &self,
        pass: &mut Pass,
        plan: &str,
        documents: Vec<Document>,
    ) -> Result<(), ReconcileError> {
        let effect = engine::offered(run_of(pass, plan)?, &documents, self.clock.now());
        Box::pin(self.perform(pass, effect)).await?;
        self.lead()?;
        let access = pass.access().ok_or(ReconcileError::Changed)?;
        let tries = documents.into_iter().map(|document| async {
            let put = self.cloud.archive(&access, &document);
            let result = tokio::time::timeout(ARCHIVE_DEADLINE, put).await;
            let result = result.unwrap_or_else(|_| Err(late("s3:PutObject", ARCHIVE_DEADLINE)));
            (document, result)
        });
        let results = futures::future::join_all(tries).await;
        let effect = engine::archived(run_of(pass, plan)?, results, self.clock.now());
        Box::pin(self.perform(pass, effect)).await.map(drop)
    }

    pub(super) async fn write(
        &self,
        pass: &mut Pass,
        (plan, step): (&str, &str),
        site: &Site,
        writes: &[Write],
    ) -> Result<Option<Rest>, ReconcileError> {
        if !self.still_true(pass).await? {
            return Ok(None);
        }
        let access = pass.access_at(site)?;
        let mut request_ids = Vec::new();
        for write in writes {
            self.lead()?;
            let result = self.attempt(&access, write).await;
            pass.forget_what_it_changed(&access, step);
            pass.freshness.wrote();
            match result {
                Ok(receipt) => request_ids.extend(receipt.request_id),
                Err(failure) => {
                    let Some(effect) = engine::failed(&pass.world, (plan, step), &failure, self.clock.now()) else {
                        pass.know_refusal(plan, step, failure);
                        return Ok(None);
                    };
                    return Box::pin(self.perform(pass, effect)).await;
                }
            }
        }
        let effect = engine::written(run_of(pass, plan)?, step, &request_ids, self.clock.now());
        Box::pin(self.perform(pass, effect)).await
    }

    /// One write, whose deadline lies inside the leader's lease. What it did after that is found out by reading.
    pub(crate) async fn attempt(&self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        let result = match tokio::time::timeout(ATTEMPT_DEADLINE, self.cloud.write(access, write)).await {
            Ok(result) => result,
            Err(_) => Err(late(write.call().action, ATTEMPT_DEADLINE)),
        };
        self.reporter.wrote(write, result.as_ref().map(drop));
        result
    }

    /// Whether the decision to write still stands: the object and the EmergencyStop are read live, old facts again.
    async fn still_true(&self, pass: &mut Pass) -> Result<bool, ReconcileError> {
        self.lead()?;
        let (stop, object) = futures::join!(self.records.stop(), self.first_look(pass));
        if let Some(live) = object? {
            let (live, known) = (live.metadata(), pass.object.metadata());
            let same = live.uid == known.uid
                && live.generation == known.generation
                && live.deletion_timestamp == known.deletion_timestamp;
            if !same {
                return Err(ReconcileError::Changed);
            }
        }
        pass.checked = true;
        let stop = stop?;
        let mut stands = true;
        if stop != pass.world.stop {
            pass.world.stop = stop;
            stands = false;
        }
        Ok(self.is_fresh(pass).await? && stands)
    }

    /// The object, live, before the first write of a pass.
    async fn first_look(&self, pass: &Pass) -> Result<Option<Object>, ReconcileError> {
        if pass.checked {
            return Ok(None);
        }
        let object = &pass.object;
        self.records
            .respondent(object.respondent(), object.namespace(), object.name())
            .await?
            .ok_or(ReconcileError::Changed)
            .map(Some)
    }
}

fn run_of<'a>(pass: &'a Pass, plan: &str) -> Result<&'a Run, ReconcileError> {
    let mut runs = pass.world.runs.iter();
    runs.find(|run| run.reference.name == plan)
        .ok_or(ReconcileError::Changed)
}
