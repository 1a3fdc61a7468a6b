//! How many looks are under way at each tenant, over all controllers of the process: one slow AWS account takes at most its
//! part of the permits, however many kinds of objects it has.

use super::Priority;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Objects that slow each other, such as those of one AWS account; `None` is in nobody's way.
pub(super) type Tenant = Option<Arc<str>>;

/// The looks under way. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Tenants(Arc<Shared>);

#[derive(Default)]
struct Shared {
    running: Mutex<HashMap<(Priority, Arc<str>), usize>>,
    left: watch::Sender<()>,
}

impl Tenants {
    /// Whether one more of the tenant may be looked at with the priority.
    pub(super) fn has_room(&self, priority: Priority, tenant: &Tenant, bound: usize) -> bool {
        let Some(name) = tenant else { return true };
        let key = (priority, Arc::clone(name));
        self.running().get(&key).is_none_or(|running| *running < bound)
    }

    /// A look begins, if there is room for it.
    pub(super) fn enter(&self, priority: Priority, tenant: &Tenant, bound: usize) -> bool {
        let Some(name) = tenant else { return true };
        let mut all = self.running();
        let running = all.entry((priority, Arc::clone(name))).or_default();
        let has_room = *running < bound;
        *running += usize::from(has_room);
        has_room
    }

    /// A look is over: all who wait for room hear of it.
    pub(super) fn leave(&self, priority: Priority, tenant: &Tenant) {
        let Some(name) = tenant else { return };
        let key = (priority, Arc::clone(name));
        let mut all = self.running();
        if let Some(running) = all.get_mut(&key) {
            *running = running.saturating_sub(1);
        }
        all.retain(|_, running| *running > 0);
        drop(all);
        self.0.left.send_replace(());
    }

    /// Hears of looks that are over.
    pub(super) fn room(&self) -> watch::Receiver<()> {
        self.0.left.subscribe()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<(Priority, Arc<str>), usize>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
