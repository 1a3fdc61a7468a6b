//! FindingSources and Playbooks, and the Incidents that findings open.

use super::{Objects, Records, Result, paged};
use firebreak_core::coordinate::source::{Change, Open};
use firebreak_crds::{
    FINDINGS_ANNOTATION, FindingSource, FindingSourceStatus, Incident, ObjectMeta, Playbook, PlaybookStatus,
    readable::Item,
};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

impl Records {
    /// A FindingSource, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn finding_source(&self, namespace: &str, name: &str) -> Result<Option<FindingSource>> {
        self.namespaced(namespace).get_opt(name).await
    }

    /// Every FindingSource of a namespace.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn finding_sources(&self, namespace: &str) -> Result<Vec<Item<FindingSource>>> {
        self.namespaced(namespace).list(&paged()).await
    }

    /// A Playbook, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn playbook(&self, namespace: &str, name: &str) -> Result<Option<Playbook>> {
        self.namespaced(namespace).get_opt(name).await
    }

    /// Every Playbook of a namespace.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn playbooks(&self, namespace: &str) -> Result<Vec<Item<Playbook>>> {
        self.namespaced(namespace).list(&paged()).await
    }

    /// Every Incident of every namespace, one page in memory at a time.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn each_incident(&self, show: impl FnMut(Item<Incident>)) -> Result<()> {
        let api: Objects<Incident> = Objects::new(&self.client, Api::all(self.client.clone()), None, &self.tell);
        api.list_each(&paged(), show).await
    }

    /// Creates an Incident for a finding.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict) when there is one of that name.
    pub async fn open_incident(&self, namespace: &str, open: &Open) -> Result<Incident> {
        let object: Incident = serde_json::from_value(open.body.clone()).map_err(kube::Error::SerdeError)?;
        self.namespaced(namespace).create(&object).await
    }

    /// Adds a finding to an Incident, if nobody wrote it since it was read.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn change_incident(&self, namespace: &str, change: &Change) -> Result<Incident> {
        let meta = ObjectMeta {
            name: Some(change.name.clone()),
            resource_version: Some(change.resource_version.clone()),
            ..ObjectMeta::default()
        };
        let set = |path: String, value: &Value| json!({"op": "add", "path": path, "value": value});
        let fields = change
            .fields
            .iter()
            .map(|(name, value)| set(format!("/spec/{name}"), value));
        let key = FINDINGS_ANNOTATION.replace('/', "~1");
        let record = set(format!("/metadata/annotations/{key}"), &json!(change.record));
        self.namespaced(namespace)
            .patch(&meta, fields.chain([record]).collect())
            .await
    }

    /// Writes a FindingSource's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn write_source_status(
        &self,
        object: &FindingSource,
        status: &FindingSourceStatus,
    ) -> Result<FindingSource> {
        let api: Objects<FindingSource> = self.namespaced(&object.namespace().unwrap_or_default());
        api.patch_status(&object.metadata, status).await
    }

    /// Writes a Playbook's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn write_playbook_status(&self, object: &Playbook, status: &PlaybookStatus) -> Result<Playbook> {
        let api: Objects<Playbook> = self.namespaced(&object.namespace().unwrap_or_default());
        api.patch_status(&object.metadata, status).await
    }
}
