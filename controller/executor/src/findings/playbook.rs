//! Playbooks: whether each can be used, and who has edited it.

use crate::{
    executor::{Executor, ReconcileError},
    records::{RecordError, meant},
};
use firebreak_core::coordinate::playbook::{self, Subject};

impl Executor {
    /// Reports about one Playbook. `false` when it does not exist (any more), or is another object of that name.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later.
    pub async fn check_playbook(&self, namespace: &str, name: &str, uid: Option<&str>) -> Result<bool, ReconcileError> {
        let object = match meant(self.records.playbook(namespace, name).await, uid) {
            Err(RecordError::Unreadable(bad)) => return Err(self.say_unread(bad).await),
            object => object?,
        };
        let Some(object) = object else { return Ok(false) };
        let subject = Subject {
            object: &object,
            admission: self.admission.admission().await,
            machines: &self.settings.machines,
        };
        let status = playbook::status(&subject, self.clock.now());
        if object.status.as_ref() != Some(&status) {
            self.lead()?;
            self.records.write_playbook_status(&object, &status).await?;
        }
        Ok(true)
    }
}
