//! TrafficPolicies: looked at when they are edited or deleted, when somebody decides about them, and when what limits them changes.

use super::{
    AccountIds, Controller, Setup, decisions, limits,
    quarantine::{InAccount, next_look},
};
use crate::{
    runtime::{NextLook, Trigger, Watches},
    watched::{Observed, Watched},
};
use firebreak_core::respond::Respondent;
use firebreak_crds::TrafficPolicy;
use firebreak_executor::{Executor, ReconcileError};
use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::Arc;

/// A TrafficPolicy as it is watched.
pub type WatchedTrafficPolicy = Watched<TrafficPolicy, InAccount, Observed>;

/// Their controller.
pub(super) struct TrafficPolicies {
    executor: Arc<Executor>,
    accounts: AccountIds,
}

impl Controller for TrafficPolicies {
    type Watched = WatchedTrafficPolicy;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
            accounts: setup.accounts.clone(),
        }
    }

    /// Somebody waits for an edit that the status does not know of, and for a deletion.
    fn is_urgent(object: &WatchedTrafficPolicy) -> bool {
        object.status.generation() != object.metadata.generation || object.metadata.deletion_timestamp.is_some()
    }

    fn account_id(&self, object: &WatchedTrafficPolicy) -> Arc<str> {
        self.accounts.of(object.spec.account())
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        self.accounts.filled()
    }

    fn triggers(
        watches: &mut Watches,
        store: &Store<WatchedTrafficPolicy>,
    ) -> BoxStream<'static, Trigger<WatchedTrafficPolicy>> {
        let decisions = decisions::about(watches);
        let limits = limits::changed(watches, store, |object| object.spec.account());
        stream::select(decisions, limits).boxed()
    }

    async fn reconcile(
        &self,
        object: ObjectRef<WatchedTrafficPolicy>,
        uid: String,
    ) -> Result<NextLook, ReconcileError> {
        let namespace = object.namespace.clone().unwrap_or_default();
        let executor = &self.executor;
        let rest = executor
            .respond(Respondent::TrafficPolicy, &namespace, &object.name, Some(&uid))
            .await?;
        Ok(next_look(rest.as_ref(), &uid))
    }
}
