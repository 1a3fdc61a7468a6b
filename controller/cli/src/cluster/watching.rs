//! One object, watched.

use super::Cluster;
use anyhow::{Context, Result};
use futures::{StreamExt, stream::BoxStream};
use kube::{
    Api, Resource, ResourceExt,
    api::{WatchEvent, WatchParams},
    core::NamespaceResourceScope,
};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// What comes next.
pub enum Next<K> {
    /// It was changed.
    Changed(Box<K>),
    /// It was deleted.
    Deleted,
    /// The watch ended, or something was missed.
    ReadAgain,
}

/// The changes of one object since it was read.
pub struct Changes<K>(BoxStream<'static, kube::Result<WatchEvent<K>>>);

impl<K> Changes<K> {
    /// Waits for the next change. Nothing is missed by who stops waiting, and waits again later.
    pub async fn next(&mut self) -> Next<K> {
        loop {
            match self.0.next().await {
                Some(Ok(WatchEvent::Added(object) | WatchEvent::Modified(object))) => {
                    return Next::Changed(Box::new(object));
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
    /// Watches an object from the version that was read.
    ///
    /// # Errors
    /// When it may not be watched.
    pub async fn changes_of<K>(&self, object: &K) -> Result<Changes<K>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug
            + Send
            + 'static,
    {
        let api: Api<K> = Api::namespaced(self.client.clone(), &object.namespace().unwrap_or_default());
        let only = WatchParams::default().fields(&format!("metadata.name={}", object.name_any()));
        let version = object.resource_version().unwrap_or_default();
        let what = || format!("watching the {}", K::kind(&()));
        let changes = api.watch(&only, &version).await.with_context(what)?;
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
