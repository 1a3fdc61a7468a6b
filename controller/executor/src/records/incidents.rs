//! Incidents, and what they create.

use super::{Objects, Records, Result, paged};
use firebreak_core::coordinate::incident::Apply;
use firebreak_crds::{INCIDENT_UID_LABEL, Incident, IncidentStatus, Quarantine, readable::Item};
use kube::ResourceExt;

/// Who owns the fields of what an Incident created, in its `managedFields`: a person who sets one of them otherwise takes it over.
const FIELD_MANAGER: &str = "firebreak-incident";

impl Records {
    /// An Incident, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn incident(&self, namespace: &str, name: &str) -> Result<Option<Incident>> {
        self.namespaced(namespace).get_opt(name).await
    }

    /// The Quarantines that carry the UID of an Incident.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn created_by(&self, namespace: &str, uid: &str) -> Result<Vec<Item<Quarantine>>> {
        let selector = paged().labels(&format!("{INCIDENT_UID_LABEL}={uid}"));
        self.namespaced(namespace).list(&selector).await
    }

    /// Applies the object of a response.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict) when somebody else wrote it since it was read, or owns one of its
    /// fields.
    pub async fn apply_response(&self, namespace: &str, apply: &Apply) -> Result<Quarantine> {
        let api: Objects<Quarantine> = self.namespaced(namespace);
        api.apply(&apply.object, FIELD_MANAGER, &apply.body).await
    }

    /// Writes an Incident's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn write_incident_status(&self, object: &Incident, status: &IncidentStatus) -> Result<Incident> {
        let api: Objects<Incident> = self.namespaced(&object.namespace().unwrap_or_default());
        api.patch_status(&object.metadata, status).await
    }
}
