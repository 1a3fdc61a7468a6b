//! When each Quarantine was first seen to be Applied, by a watch of the benchmark's own.

use firebreak_crds::{ConditionType, Quarantine, condition};
use futures::StreamExt;
use kube::{
    Api, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{task::JoinHandle, time::Instant};

/// A watch; it ends when it is dropped.
pub struct Watched {
    seen: Arc<Mutex<BTreeMap<String, Instant>>>,
    task: JoinHandle<()>,
}

impl Watched {
    /// Watches for a condition to become True.
    pub fn begin(api: Api<Quarantine>, kind: ConditionType) -> Self {
        let seen = Arc::<Mutex<BTreeMap<String, Instant>>>::default();
        let known = seen.clone();
        let task = tokio::spawn(async move {
            let mut changes = watcher(api, watcher::Config::default())
                .default_backoff()
                .applied_objects()
                .boxed();
            while let Some(change) = changes.next().await {
                let Ok(object) = change else { continue };
                if object
                    .status
                    .as_ref()
                    .is_some_and(|status| condition::is_true(&status.conditions, kind))
                {
                    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.entry(object.name_any()).or_insert_with(Instant::now);
                }
            }
        });
        Self { seen, task }
    }

    /// When, by the object's name.
    pub fn seen(&self) -> BTreeMap<String, Instant> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}
