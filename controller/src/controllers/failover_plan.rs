//! FailoverPlans: looked at when they are edited or deleted, when somebody decides about them or an Incident asks for a run, when
//! what limits them changes, and when their run or their samples are due.

use super::{AccountIds, Controller, Setup, WatchedIncident, decisions, limits, quarantine::InAccount};
use crate::{
    runtime::{NextLook, Trigger, Watches, triggers::touched},
    watched::{Observed, Watched},
};
use firebreak_crds::FailoverPlan;
use firebreak_executor::{Executor, ReconcileError};
use futures::{
    StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use kube::{
    ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use std::{sync::Arc, time::Duration};

/// A FailoverPlan as it is watched.
pub type WatchedFailoverPlan = Watched<FailoverPlan, InAccount, Observed>;

/// Their controller.
pub(super) struct FailoverPlans {
    executor: Arc<Executor>,
    accounts: AccountIds,
}

impl Controller for FailoverPlans {
    type Watched = WatchedFailoverPlan;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
            accounts: setup.accounts.clone(),
        }
    }

    /// Somebody waits for an edit that the status does not know of, and for a deletion.
    fn is_urgent(object: &WatchedFailoverPlan) -> bool {
        object.status.generation() != object.metadata.generation || object.metadata.deletion_timestamp.is_some()
    }

    fn account_id(&self, object: &WatchedFailoverPlan) -> Arc<str> {
        self.accounts.of(object.spec.account())
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        self.accounts.filled()
    }

    fn triggers(
        watches: &mut Watches,
        store: &Store<WatchedFailoverPlan>,
    ) -> BoxStream<'static, Trigger<WatchedFailoverPlan>> {
        let decisions = decisions::about(watches);
        let limits = limits::changed(watches, store, |object| object.spec.account());
        let incidents = touched::<WatchedIncident>(watches).filter_map(|incident| ready(asked(&incident)));
        stream::select_all([decisions.boxed(), limits.boxed(), incidents.boxed()]).boxed()
    }

    async fn reconcile(&self, object: ObjectRef<WatchedFailoverPlan>, uid: String) -> Result<NextLook, ReconcileError> {
        let namespace = object.namespace.clone().unwrap_or_default();
        let rest = self.executor.fail_over(&namespace, &object.name, Some(&uid)).await?;
        Ok(rest.map_or(NextLook::OnChange, |rest| {
            let wait = rest.wake.duration_since(self.executor.clock.now());
            NextLook::After(Duration::try_from(wait).unwrap_or_default())
        }))
    }
}

/// The FailoverPlan of which an Incident asks a run.
fn asked(incident: &WatchedIncident) -> Option<Trigger<WatchedFailoverPlan>> {
    let name = incident.spec.failover_plan();
    let namespace = incident.namespace()?;
    (!name.is_empty()).then(|| Trigger::urgent(ObjectRef::new(name).within(&namespace)))
}
