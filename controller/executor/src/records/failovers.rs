//! FailoverPlans.

use super::{Objects, Records, Result};
use firebreak_crds::{FailoverPlan, FailoverPlanStatus};
use kube::ResourceExt;

impl Records {
    /// A FailoverPlan, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn failover_plan(&self, namespace: &str, name: &str) -> Result<Option<FailoverPlan>> {
        self.namespaced(namespace).get_opt(name).await
    }

    /// Writes a FailoverPlan's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn write_failover_status(
        &self,
        object: &FailoverPlan,
        status: &FailoverPlanStatus,
    ) -> Result<FailoverPlan> {
        let api: Objects<FailoverPlan> = self.namespaced(&object.namespace().unwrap_or_default());
        api.patch_status(&object.metadata, status).await
    }
}
