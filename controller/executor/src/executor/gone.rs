//! Objects that are gone: their records say so.

use super::{Executor, ReconcileError};
use firebreak_core::engine;

impl Executor {
    /// A run whose object is gone goes on no more: its record is closed, for those who read it later.
    pub(super) async fn close_runs(&self, namespace: &str, uid: &str) -> Result<(), ReconcileError> {
        let runs = self.records.runs_of(namespace, uid, true).await?;
        let left = self.records.left_orphans(uid).await?;
        for run in &runs {
            let status = run.status.clone().unwrap_or_default();
            if let Some(closed) = engine::without_object(&status, left, self.clock.now()) {
                self.lead()?;
                self.records.update_plan(run, closed).await?;
            }
        }
        Ok(())
    }
}
