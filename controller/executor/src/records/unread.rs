//! What is written about an object that this version cannot read: its status, and that it is let go.

use super::{Objects, RecordError, Records, Result};
use crate::objects;
use firebreak_core::respond::Respondent;
use firebreak_crds::{
    AwsAccount, CUSTODY_FINALIZER, FailoverPlan, FindingSource, Incident, NotificationChannel, ObjectMeta, Playbook,
    Quarantine, TrafficPolicy, Unreadable,
};
use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt::Debug;

impl Records {
    /// Lets an object go that cannot be read, and that was kept for its custody.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn let_go_unread(&self, bad: &Unreadable) -> Result<()> {
        let meta = objects::meta_of(bad);
        let changes = objects::finalizer(&meta, CUSTODY_FINALIZER, false);
        if changes.is_empty() {
            return Ok(());
        }
        let patched = match Respondent::called(&bad.kind) {
            Some(Respondent::TrafficPolicy) => self.patch_within::<TrafficPolicy>(&meta, changes).await,
            Some(Respondent::Quarantine) | None => self.patch_within::<Quarantine>(&meta, changes).await,
        };
        patched.or_else(is_done)
    }

    /// Writes the status of an object that cannot be read.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn write_unread_status(&self, bad: &Unreadable, status: &Value) -> Result<()> {
        let meta = objects::meta_of(bad);
        let is = |kind: std::borrow::Cow<'_, str>| bad.kind == kind;
        let written = if is(AwsAccount::kind(&())) {
            self.cluster::<AwsAccount>().patch_status(&meta, status).await.map(drop)
        } else if is(FailoverPlan::kind(&())) {
            self.write_within::<FailoverPlan>(&meta, status).await
        } else if is(FindingSource::kind(&())) {
            self.write_within::<FindingSource>(&meta, status).await
        } else if is(Incident::kind(&())) {
            self.write_within::<Incident>(&meta, status).await
        } else if is(NotificationChannel::kind(&())) {
            self.write_within::<NotificationChannel>(&meta, status).await
        } else if is(Playbook::kind(&())) {
            self.write_within::<Playbook>(&meta, status).await
        } else if is(TrafficPolicy::kind(&())) {
            self.write_within::<TrafficPolicy>(&meta, status).await
        } else {
            self.write_within::<Quarantine>(&meta, status).await
        };
        written.or_else(is_done)
    }

    async fn patch_within<K>(&self, meta: &ObjectMeta, changes: Vec<Value>) -> Result<()>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        let api: Objects<K> = self.namespaced(meta.namespace.as_deref().unwrap_or_default());
        api.patch(meta, changes).await.map(drop)
    }

    async fn write_within<K>(&self, meta: &ObjectMeta, status: &Value) -> Result<()>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        let api: Objects<K> = self.namespaced(meta.namespace.as_deref().unwrap_or_default());
        api.patch_status(meta, status).await.map(drop)
    }
}

/// What was changed still cannot be read.
fn is_done(error: RecordError) -> Result<()> {
    match error {
        RecordError::Unreadable(_) => Ok(()),
        error => Err(error),
    }
}
