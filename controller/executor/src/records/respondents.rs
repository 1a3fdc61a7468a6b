//! The objects of responses that are held, of any kind.

use super::{Objects, Records, Result};
use crate::objects;
use firebreak_core::respond::{Object, Respondent};
use firebreak_crds::{CUSTODY_FINALIZER, TrafficPolicy};
use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt::Debug;

impl Records {
    /// One of them, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn respondent(&self, kind: Respondent, namespace: &str, name: &str) -> Result<Option<Object>> {
        Ok(match kind {
            Respondent::Quarantine => self.quarantine(namespace, name).await?.map(Object::from),
            Respondent::TrafficPolicy => {
                let api: Objects<TrafficPolicy> = self.namespaced(namespace);
                api.get_opt(name).await?.map(Object::from)
            }
        })
    }

    /// Adds or removes its custody finalizer, if nobody changed the object since. Nothing else of it changes.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn set_finalizer(&self, object: &Object, present: bool) -> Result<Object> {
        let changes = objects::finalizer(object.metadata(), CUSTODY_FINALIZER, present);
        if changes.is_empty() {
            return Ok(object.clone());
        }
        match object {
            Object::Quarantine(of) => self.patched(&**of, changes).await,
            Object::TrafficPolicy(of) => self.patched(&**of, changes).await,
        }
    }

    /// Writes its status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn write_status(&self, object: &Object, status: &Value) -> Result<Object> {
        match object {
            Object::Quarantine(of) => self.reported(&**of, status).await,
            Object::TrafficPolicy(of) => self.reported(&**of, status).await,
        }
    }

    async fn patched<K>(&self, object: &K, changes: Vec<Value>) -> Result<Object>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Into<Object>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        let api: Objects<K> = self.namespaced(object.meta().namespace.as_deref().unwrap_or_default());
        api.patch(object.meta(), changes).await.map(Into::into)
    }

    async fn reported<K>(&self, object: &K, status: &Value) -> Result<Object>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Into<Object>,
        K: Clone + Debug + DeserializeOwned + Serialize,
    {
        let api: Objects<K> = self.namespaced(object.meta().namespace.as_deref().unwrap_or_default());
        api.patch_status(object.meta(), status).await.map(Into::into)
    }
}
