//! FindingSources and Playbooks: asks products for findings, receives messages that tell of them, opens and changes Incidents one by
//! one, and reports. Nothing here changes AWS but for the messages, which are deleted.

mod gather;
mod looks;
mod mail;
mod playbook;

pub use looks::Looks;

use crate::{
    executor::{Executor, ReconcileError},
    records::{RecordError, meant},
};
use firebreak_core::coordinate::source::{self, Effect, Rest, Seen, World};
use firebreak_crds::{FindingSource, FindingSourceStatus, Incident};
use kube::ResourceExt;

/// The most Incidents that one pass writes, so that others have their turn: the next one goes on from what is in the cluster.
const MAX_WRITES: usize = 200;

/// One pass over one FindingSource.
struct Pass {
    object: FindingSource,
    world: World,
}

impl Executor {
    /// Brings one FindingSource as far as it goes now. `None` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later. Nothing is lost: what was not handled is read again.
    pub async fn receive(
        &self,
        namespace: &str,
        name: &str,
        uid: Option<&str>,
    ) -> Result<Option<Rest>, ReconcileError> {
        let object = match meant(self.records.finding_source(namespace, name).await, uid) {
            Err(RecordError::Unreadable(bad)) => return Err(self.say_unread(bad).await),
            object => object?,
        };
        let Some(object) = object.filter(|object| object.metadata.deletion_timestamp.is_none()) else {
            return Ok(None);
        };
        let mut pass = self.gather_source(object).await?;
        for _ in 0..MAX_WRITES {
            match source::decide(&pass.world, self.clock.now()) {
                Effect::Rest(rest) => {
                    self.tell_source(&mut pass, rest.status.clone()).await?;
                    return Ok(Some(*rest));
                }
                Effect::Settle(settles) => self.settle(&mut pass, settles).await?,
                effect => self.open_or_change(&mut pass, effect).await?,
            }
        }
        let status = pass.object.status.unwrap_or_default();
        Ok(Some(Rest { status, after: 0 }))
    }

    async fn open_or_change(&self, pass: &mut Pass, effect: Effect) -> Result<(), ReconcileError> {
        self.lead()?;
        let namespace = pass.world.subject.owner.namespace.clone();
        let (finding, written) = match effect {
            Effect::Open(open) => (
                open.finding.clone(),
                self.records.open_incident(&namespace, &open).await,
            ),
            Effect::Change(change) => (
                change.finding.clone(),
                self.records.change_incident(&namespace, &change).await,
            ),
            Effect::Settle(_) | Effect::Rest(_) => return Ok(()),
        };
        match written {
            Ok(incident) => see(pass, &incident),
            Err(RecordError::Api(error)) => refused(pass, finding, error)?,
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }

    /// Writes the status, if it says anything new.
    async fn tell_source(&self, pass: &mut Pass, status: FindingSourceStatus) -> Result<(), ReconcileError> {
        if pass.object.status.as_ref() == Some(&status) {
            return Ok(());
        }
        self.lead()?;
        let before = pass.object.status.as_ref().map(|status| status.conditions.as_slice());
        self.reporter
            .received(&pass.object, before.unwrap_or_default(), &status.conditions);
        pass.object = self.records.write_source_status(&pass.object, &status).await?;
        Ok(())
    }
}

fn see(pass: &mut Pass, incident: &Incident) {
    pass.world.incidents.insert(incident.name_any(), Seen::of(incident));
}

/// What the API server finds wrong with one Incident keeps no other finding back. Whatever may pass is tried again.
fn refused(pass: &mut Pass, finding: String, error: std::sync::Arc<kube::Error>) -> Result<(), ReconcileError> {
    match &*error {
        kube::Error::Api(status) if [400, 422].contains(&status.code) => {
            pass.world.refused.insert(finding, status.message.clone());
            Ok(())
        }
        _ => Err(RecordError::Api(error).into()),
    }
}
