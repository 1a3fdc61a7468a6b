//! FindingSources: looked at when they are edited, when an AwsAccount changes, and as often as they say.

use super::{Controller, Setup, WatchedAwsAccount};
use crate::{
    runtime::{
        NextLook, Trigger, Watches,
        triggers::{changed, concerned},
    },
    watched::{Nothing, Observed, Watched},
};
use firebreak_crds::FindingSource;
use firebreak_executor::{Executor, ReconcileError};
use futures::{StreamExt, stream::BoxStream};
use kube::{
    ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use std::{sync::Arc, time::Duration};

/// A FindingSource as it is watched.
pub type WatchedFindingSource = Watched<FindingSource, Nothing, Observed>;

/// Their controller.
pub(super) struct FindingSources {
    executor: Arc<Executor>,
}

impl Controller for FindingSources {
    type Watched = WatchedFindingSource;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
        }
    }

    /// Somebody waits for an edit that the status does not know of.
    fn is_urgent(object: &WatchedFindingSource) -> bool {
        object.status.generation() != object.metadata.generation
    }

    /// One asks many accounts: the sources of a namespace have their turn together.
    fn account_id(&self, object: &WatchedFindingSource) -> Arc<str> {
        Arc::from(format!("findings/{}", object.namespace().unwrap_or_default()))
    }

    fn triggers(
        watches: &mut Watches,
        store: &Store<WatchedFindingSource>,
    ) -> BoxStream<'static, Trigger<WatchedFindingSource>> {
        concerned(changed::<WatchedAwsAccount>(watches), store, |_, _| true).boxed()
    }

    async fn reconcile(
        &self,
        object: ObjectRef<WatchedFindingSource>,
        uid: String,
    ) -> Result<NextLook, ReconcileError> {
        let namespace = object.namespace.clone().unwrap_or_default();
        let rest = self.executor.receive(&namespace, &object.name, Some(&uid)).await?;
        Ok(rest.map_or(NextLook::OnChange, |rest| {
            NextLook::After(Duration::from_secs(rest.after))
        }))
    }
}
