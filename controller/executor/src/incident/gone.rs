//! Deleting an Incident releases nothing: what it created is told what becomes of it.

use crate::executor::{Executor, ReconcileError};
use firebreak_core::coordinate::incident;
use kube::ResourceExt;

impl Executor {
    /// Says on everything that carries the UID of an Incident that is gone that it stays as it is.
    ///
    /// # Errors
    /// [`ReconcileError`]: what is left could not be read.
    pub async fn say_what_is_left(&self, namespace: &str, name: &str, uid: &str) -> Result<(), ReconcileError> {
        for object in self.records.created_by(namespace, uid).await?.into_iter().flatten() {
            let message = incident::left_behind(name, &object.name_any());
            self.reporter.left(&object, &message);
        }
        Ok(())
    }
}
