//! Playbooks: looked at when they are edited. What they ask for is asked for by FindingSources.

use super::{Controller, Setup};
use crate::{
    runtime::{NextLook, Trigger, Watches},
    watched::{Nothing, Observed, Watched},
};
use firebreak_crds::Playbook;
use firebreak_executor::{Executor, ReconcileError};
use futures::{StreamExt, stream, stream::BoxStream};
use kube::{
    ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use std::{sync::Arc, time::Duration};

/// A Playbook as it is watched.
pub type WatchedPlaybook = Watched<Playbook, Nothing, Observed>;

/// Their controller.
pub(super) struct Playbooks {
    executor: Arc<Executor>,
    resync: Duration,
}

impl Controller for Playbooks {
    type Watched = WatchedPlaybook;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
            resync: setup.resync,
        }
    }

    /// Somebody waits for an edit that the status does not know of.
    fn is_urgent(object: &WatchedPlaybook) -> bool {
        object.status.generation() != object.metadata.generation
    }

    /// No account is asked about them: the Playbooks of a namespace have their turn together.
    fn account_id(&self, object: &WatchedPlaybook) -> Arc<str> {
        Arc::from(format!("playbooks/{}", object.namespace().unwrap_or_default()))
    }

    fn triggers(_: &mut Watches, _: &Store<WatchedPlaybook>) -> BoxStream<'static, Trigger<WatchedPlaybook>> {
        stream::pending().boxed()
    }

    async fn reconcile(&self, object: ObjectRef<WatchedPlaybook>, uid: String) -> Result<NextLook, ReconcileError> {
        let namespace = object.namespace.clone().unwrap_or_default();
        let exists = self
            .executor
            .check_playbook(&namespace, &object.name, Some(&uid))
            .await?;
        Ok(if exists {
            NextLook::After(self.resync)
        } else {
            NextLook::OnChange
        })
    }
}
