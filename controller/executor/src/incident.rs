//! Incidents: reads what a decision about one depends on, applies its responses one by one, keeps its ledger, closes its findings
//! out, and reports. Nothing here asks or changes AWS but for the objects of the ledger and those findings.

mod close_out;
mod gather;
mod gone;
mod ledger;

use crate::{
    executor::{Executor, ReconcileError},
    records::{RecordError, meant},
};
use firebreak_core::coordinate::incident::{self, Apply, Child, Effect, Found, Rest, World};
use firebreak_crds::{Incident, IncidentStatus, Quarantine};
use kube::ResourceExt;
use std::sync::Arc;

/// The most effects of one pass: a bound against a decision that never rests.
const MAX_EFFECTS: usize = 200;

/// One pass over one Incident: the world, and the version of the object that it was read from.
struct Pass {
    object: Incident,
    world: World,
    /// What the API server answered that may be another thing the next time.
    passing: Option<Arc<kube::Error>>,
}

impl Executor {
    /// Brings one Incident as far as it goes now. `None` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later.
    pub async fn coordinate(
        &self,
        namespace: &str,
        name: &str,
        uid: Option<&str>,
    ) -> Result<Option<Rest>, ReconcileError> {
        let object = match meant(self.records.incident(namespace, name).await, uid) {
            Err(RecordError::Unreadable(bad)) => return Err(self.say_unread(bad).await),
            object => object?,
        };
        let Some(object) = object else { return Ok(None) };
        let mut pass = self.gather_incident(object).await?;
        for _ in 0..MAX_EFFECTS {
            match incident::decide(&pass.world, self.clock.now()) {
                Effect::Remember(status) => self.remember(&mut pass, *status).await?,
                Effect::Apply(apply) => self.apply(&mut pass, &apply).await?,
                Effect::Record(entry) => self.record(&mut pass, &entry).await?,
                Effect::Report(offer) => self.put_report(&mut pass, &offer).await?,
                Effect::CloseOut(step) => self.close_findings(&mut pass, &step).await?,
                Effect::Rest(rest) => {
                    self.remember(&mut pass, rest.status.clone()).await?;
                    return match pass.passing {
                        Some(error) => Err(RecordError::Api(error).into()),
                        None => Ok(Some(*rest)),
                    };
                }
            }
        }
        Err(ReconcileError::Restless)
    }

    /// Writes the status, if it says anything new.
    async fn remember(&self, pass: &mut Pass, status: IncidentStatus) -> Result<(), ReconcileError> {
        if pass.object.status.as_ref() == Some(&status) {
            return Ok(());
        }
        self.lead()?;
        let before = pass.object.status.as_ref().map(|status| status.conditions.as_slice());
        self.reporter
            .coordinated(&pass.object, before.unwrap_or_default(), &status.conditions);
        pass.object = self.records.write_incident_status(&pass.object, &status).await?;
        pass.world.subject.status = status;
        Ok(())
    }

    async fn apply(&self, pass: &mut Pass, apply: &Apply) -> Result<(), ReconcileError> {
        self.lead()?;
        let namespace = pass.world.subject.owner.namespace.clone();
        match self.records.apply_response(&namespace, apply).await {
            Ok(applied) => self.see(pass, applied).await,
            Err(RecordError::Conflict(why)) => self.see_again(pass, &namespace, apply, why).await,
            Err(RecordError::Api(error)) => refused(pass, apply, error),
            Err(other) => Err(other.into()),
        }
    }

    async fn see(&self, pass: &mut Pass, object: Quarantine) -> Result<(), ReconcileError> {
        let child = Child::of(&object, self.record_of(&object).await?);
        let found = Found::Object(Box::new(child));
        pass.world.objects.insert(object.name_any(), found);
        Ok(())
    }

    /// Somebody wrote it meanwhile, and it is read again; where nobody did, one of its fields is somebody else's.
    async fn see_again(
        &self,
        pass: &mut Pass,
        namespace: &str,
        apply: &Apply,
        why: String,
    ) -> Result<(), ReconcileError> {
        let now = self.look_at_response(namespace, &apply.object).await?;
        if pass.world.objects.get(&apply.object) == Some(&now) {
            pass.world.refused.insert(apply.object.clone(), why);
        }
        pass.world.objects.insert(apply.object.clone(), now);
        Ok(())
    }
}

/// An answer of the API server is told in its own words, and keeps no other response back. What may pass is tried again soon.
fn refused(pass: &mut Pass, apply: &Apply, error: Arc<kube::Error>) -> Result<(), ReconcileError> {
    let kube::Error::Api(status) = &*error else {
        return Err(RecordError::Api(error).into());
    };
    let (object, why) = (apply.object.clone(), status.message.clone());
    if [400, 403, 422].contains(&status.code) {
        pass.world.refused.insert(object, why);
        return Ok(());
    }
    pass.world.failed.insert(object, why);
    pass.passing = Some(error);
    Ok(())
}
