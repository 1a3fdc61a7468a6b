//! Runs of objects: their plans and journals.

use super::{Objects, RecordError, Records, Result};
use firebreak_core::{engine::Subject, run::Run};
use firebreak_crds::{
    OWNER_UID_LABEL, ObjectMeta, OwnerRef, ResponsePlan, ResponsePlanSpec, ResponsePlanStatus, readable::Item,
};
use kube::{ResourceExt, api::ListParams};
use std::collections::BTreeMap;

impl Records {
    /// The runs of an object, oldest first. A record that cannot be read is an error: it must not be run over.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn runs(&self, subject: &Subject) -> Result<Vec<ResponsePlan>> {
        let owner = &subject.owner;
        self.runs_of(&owner.namespace, &owner.uid, subject.deleting_since.is_some())
            .await
    }

    /// The runs of an object by its UID; of one that is or was deleted also those beside the operator.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn runs_of(&self, namespace: &str, uid: &str, deleted: bool) -> Result<Vec<ResponsePlan>> {
        let selector = ListParams::default().labels(&format!("{OWNER_UID_LABEL}={uid}"));
        let mut all: Vec<Item<ResponsePlan>> = self.namespaced(namespace).list(&selector).await?;
        if deleted && namespace != self.home {
            all.extend(self.namespaced::<ResponsePlan>(&self.home).list(&selector).await?);
        }
        let mut all = readable(all)?;
        all.retain(|plan| plan.spec.owner.uid == uid);
        all.sort_by_key(|plan| plan.spec.run);
        Ok(all)
    }

    /// Records a new run. In a namespace that is going away nothing can be created: such runs live with the operator.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the run exists already.
    pub async fn create_plan(&self, subject: &Subject, spec: ResponsePlanSpec) -> Result<ResponsePlan> {
        let away = subject.deleting_since.is_some();
        self.create_run(if away { &self.home } else { &subject.owner.namespace }, spec)
            .await
    }

    /// Records a new run in a namespace.
    ///
    /// # Errors
    /// [`RecordError::Conflict`] when the run exists already.
    pub async fn create_run(&self, namespace: &str, spec: ResponsePlanSpec) -> Result<ResponsePlan> {
        let plan = ResponsePlan {
            metadata: ObjectMeta {
                name: Some(plan_name(&spec.owner, spec.run)),
                namespace: Some(namespace.to_owned()),
                labels: Some(BTreeMap::from([(OWNER_UID_LABEL.to_owned(), spec.owner.uid.clone())])),
                ..ObjectMeta::default()
            },
            spec,
            status: None,
        };
        self.namespaced(namespace).create(&plan).await
    }

    /// Writes a run's journal, if nobody wrote it since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn update_plan(&self, plan: &ResponsePlan, status: ResponsePlanStatus) -> Result<ResponsePlan> {
        let changed = ResponsePlan {
            status: Some(status.bounded()),
            ..plan.clone()
        };
        let api: Objects<ResponsePlan> = self.namespaced(&plan.namespace().unwrap_or_default());
        api.replace_status(&plan.name_any(), &changed).await
    }

    /// Deletes a closed run that is no longer kept.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn delete_plan(&self, plan: &ResponsePlan) -> Result<()> {
        let api: Objects<ResponsePlan> = self.namespaced(&plan.namespace().unwrap_or_default());
        api.delete(&plan.metadata).await
    }
}

/// All of them, or the first one that cannot be read: they belong to one object, which waits for it.
fn readable<K>(items: Vec<Item<K>>) -> Result<Vec<K>> {
    let all: Item<Vec<K>> = items.into_iter().collect();
    all.map_err(RecordError::Unreadable)
}

/// Reads a recorded run.
///
/// # Errors
/// [`RecordError::Plan`].
pub fn read_run(plan: &ResponsePlan) -> Result<Run> {
    Run::of(plan).map_err(|blocked| RecordError::Plan(blocked.message))
}

/// The name of a run's plan. It carries a part of the UID, so that a namesake's runs never collide with it.
pub fn plan_name(owner: &OwnerRef, run: u32) -> String {
    let uid: String = owner.uid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{}-{uid}-run-{run}", owner.name)
}
