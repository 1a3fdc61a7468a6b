//! Holds: custody whose object is gone is looked after by itself. The rest is its holders' business, and there is much of it.

use super::{Controller, Setup, decisions};
use crate::{
    runtime::{Metrics, NextLook, Trigger, Watches, resync::resync},
    watched::{Identified, Loose, Nothing, Texts, Watched},
};
use firebreak_crds::{HOLDER_LABEL_PREFIX, Hold};
use firebreak_executor::{Executor, ReconcileError};
use futures::{StreamExt, stream::BoxStream};
use kube::{
    ResourceExt,
    runtime::reflector::{ObjectRef, Store},
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// A Hold as it is watched.
pub type WatchedHold = Watched<Hold, KeptIn, Nothing>;

/// Where a Hold keeps something.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeptIn {
    account_name: Texts,
    key: Loose<Identified>,
}

impl KeptIn {
    /// The name of its AwsAccount.
    pub fn account(&self) -> &str {
        self.account_name.as_str()
    }

    /// The id of its account.
    pub fn account_id(&self) -> &str {
        self.key.0.id()
    }
}

/// The controller of those that nobody holds any more.
pub(super) struct Holds {
    executor: Arc<Executor>,
    resync: Duration,
}

impl Controller for Holds {
    type Watched = WatchedHold;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
            resync: setup.resync,
        }
    }

    fn concerns(hold: &WatchedHold) -> bool {
        !hold.labels().keys().any(|label| label.starts_with(HOLDER_LABEL_PREFIX))
    }

    fn account_id(&self, hold: &WatchedHold) -> Arc<str> {
        Arc::from(hold.spec.account_id())
    }

    fn triggers(watches: &mut Watches, _: &Store<WatchedHold>) -> BoxStream<'static, Trigger<WatchedHold>> {
        decisions::about(watches).boxed()
    }

    async fn reconcile(&self, object: ObjectRef<WatchedHold>, uid: String) -> Result<NextLook, ReconcileError> {
        let soon = self.executor.reconcile_orphan(&object.name, Some(&uid)).await?;
        let after = soon.map_or_else(|| resync(self.resync, &uid), Duration::from_secs);
        Ok(NextLook::After(after))
    }
}

/// Counts custody for the metrics.
pub(crate) async fn count(metrics: Metrics, executor: Arc<Executor>) {
    match executor.holds_by_state().await {
        Ok(counts) => counts.iter().for_each(|(state, count)| {
            let of = metrics.holds.with_label_values(&[&format!("{state:?}")]);
            of.set(*count);
        }),
        Err(error) => tracing::warn!(%error, "custody could not be counted"),
    }
}
