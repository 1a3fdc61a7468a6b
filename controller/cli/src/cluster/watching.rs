//! One Incident, watched.

use super::Cluster;
use anyhow::{Context, Result};
use firebreak_crds::Incident;
use futures::{StreamExt, stream::BoxStream};
use kube::{
    Api, ResourceExt,
    api::{WatchEvent, WatchParams},
};

/// What comes next.
pub enum Next {
    /// It was changed.
    Changed(Box<Incident>),
    /// It was deleted.
    Deleted,
    /// The watch ended, or something was missed.
    ReadAgain,
}

/// The changes of one Incident since it was read.
pub struct Changes(BoxStream<'static, kube::Result<WatchEvent<Incident>>>);

impl Changes {
    /// Waits for the next change.
    pub async fn next(&mut self) -> Next {
        loop {
            match self.0.next().await {
                Some(Ok(WatchEvent::Added(incident) | WatchEvent::Modified(incident))) => {
                    return Next::Changed(Box::new(incident));
                }
                Some(Ok(WatchEvent::Deleted(_))) => return Next::Deleted,
                Some(Ok(WatchEvent::Bookmark(_))) => {}
                // What this version cannot read is named when it is read by itself.
                Some(Ok(WatchEvent::Error(_)) | Err(_)) | None => return Next::ReadAgain,
            }
        }
    }
}

impl Cluster {
    /// Watches an Incident from the version that was read.
    ///
    /// # Errors
    /// When it may not be watched.
    pub async fn changes_of(&self, incident: &Incident) -> Result<Changes> {
        let api: Api<Incident> = Api::namespaced(self.client.clone(), &incident.namespace().unwrap_or_default());
        let only = WatchParams::default().fields(&format!("metadata.name={}", incident.name_any()));
        let version = incident.resource_version().unwrap_or_default();
        let changes = api.watch(&only, &version).await.context("watching the Incident")?;
        Ok(Changes(changes.boxed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::script::Script, fixtures};
    use serde_json::json;

    #[tokio::test]
    async fn changes_and_the_deletion_come_in_their_order() {
        let incident = fixtures::incident();
        let events = json!([
            {"type": "BOOKMARK", "object": {"apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident", "metadata": {"resourceVersion": "8"}}},
            {"type": "MODIFIED", "object": incident},
            {"type": "DELETED", "object": incident},
        ]);
        let script = Script::of([(200, events)]);
        let mut changes = script.cluster().changes_of(&incident).await.unwrap();
        assert!(matches!(changes.next().await, Next::Changed(changed) if changed.name_any() == "stolen-role"));
        assert!(matches!(changes.next().await, Next::Deleted));
        assert!(matches!(changes.next().await, Next::ReadAgain));
        let (line, _) = script.requests().remove(0);
        for part in ["watch=true", "resourceVersion=7", "metadata.name%3Dstolen-role"] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[tokio::test]
    async fn what_was_missed_or_cannot_be_read_is_read_again() {
        let expired =
            json!({"kind": "Status", "code": 410, "message": "too old", "reason": "Expired", "status": "Failure"});
        for event in [
            json!({"type": "ERROR", "object": expired}),
            json!({"type": "MODIFIED", "object": {"spec": 1}}),
        ] {
            let script = Script::of([(200, json!([event]))]);
            let mut changes = script.cluster().changes_of(&fixtures::incident()).await.unwrap();
            assert!(matches!(changes.next().await, Next::ReadAgain));
        }
    }
}
