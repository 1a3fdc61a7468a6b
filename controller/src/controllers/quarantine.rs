//! Quarantines: looked at when they are edited or deleted, when somebody decides about them, and when what limits them changes.

use super::{AccountIds, Controller, Setup, decisions, limits};
use crate::{
    runtime::{NextLook, Trigger, Watches, resync::resync},
    watched::{Loose, Observed, Texts, Watched},
};
use firebreak_core::{engine::Rest, respond::Respondent};
use firebreak_crds::Quarantine;
use firebreak_executor::{Executor, ReconcileError};
use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use kube::runtime::reflector::{ObjectRef, Store};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// A Quarantine as it is watched.
pub type WatchedQuarantine = Watched<Quarantine, InAccount, Observed>;

/// Where a Quarantine acts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InAccount {
    account_ref: Loose<Named>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Texts,
}

impl InAccount {
    /// The name of its AwsAccount; empty when it names none.
    pub fn account(&self) -> &str {
        self.account_ref.0.name.as_str()
    }
}

/// Their controller.
pub(super) struct Quarantines {
    executor: Arc<Executor>,
    accounts: AccountIds,
}

impl Controller for Quarantines {
    type Watched = WatchedQuarantine;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
            accounts: setup.accounts.clone(),
        }
    }

    /// Somebody waits for an edit that the status does not know of, and for a deletion.
    fn is_urgent(object: &WatchedQuarantine) -> bool {
        object.status.generation() != object.metadata.generation || object.metadata.deletion_timestamp.is_some()
    }

    fn account_id(&self, object: &WatchedQuarantine) -> Arc<str> {
        self.accounts.of(object.spec.account())
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        self.accounts.filled()
    }

    fn triggers(
        watches: &mut Watches,
        store: &Store<WatchedQuarantine>,
    ) -> BoxStream<'static, Trigger<WatchedQuarantine>> {
        let decisions = decisions::about(watches);
        let limits = limits::changed(watches, store, |object| object.spec.account());
        stream::select(decisions, limits).boxed()
    }

    async fn reconcile(&self, object: ObjectRef<WatchedQuarantine>, uid: String) -> Result<NextLook, ReconcileError> {
        let namespace = object.namespace.clone().unwrap_or_default();
        let executor = &self.executor;
        let rest = executor
            .respond(Respondent::Quarantine, &namespace, &object.name, Some(&uid))
            .await?;
        Ok(next_look(rest.as_ref(), &uid))
    }
}

/// When an object is looked at again that rests.
pub(super) fn next_look(rest: Option<&Rest>, uid: &str) -> NextLook {
    rest.map_or(NextLook::OnChange, |rest| {
        let longest = Duration::from_secs(rest.after.max(1));
        NextLook::After(resync(Duration::from_secs(rest.after), uid).min(longest))
    })
}
