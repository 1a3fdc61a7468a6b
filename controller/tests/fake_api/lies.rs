//! Reads and watches that lie, as those of a real server do.

use super::FakeApi;

impl FakeApi {
    /// From now on GET and LIST of this resource answer from the state as it is now.
    pub fn serve_stale(&self, resource: &str) {
        let mut store = self.store();
        let snapshot = (store.objects.clone(), store.revision);
        store.stale.insert(resource.to_owned(), snapshot);
    }

    /// Ends `serve_stale`.
    pub fn serve_fresh(&self, resource: &str) {
        self.store().stale.remove(resource);
    }

    /// The next `n` events of this resource reach no watch, now or later; only a relist sees their effect.
    pub fn drop_next_events(&self, resource: &str, n: usize) {
        self.store()
            .next_copies
            .entry(resource.to_owned())
            .or_default()
            .extend(vec![0; n]);
    }

    /// The next `n` events of this resource are delivered twice.
    pub fn repeat_next_events(&self, resource: &str, n: usize) {
        self.store()
            .next_copies
            .entry(resource.to_owned())
            .or_default()
            .extend(vec![2; n]);
    }

    /// Watches of this resource fall silent, as over a dead connection.
    pub fn hold_events(&self, resource: &str) {
        self.store().held.insert(resource.to_owned());
    }

    /// Ends `hold_events`: what was queued is delivered.
    pub fn release_events(&self, resource: &str) {
        self.store().release(resource);
    }

    /// Ends the watches of this resource as a server does when it restarts.
    pub fn close_watches(&self, resource: &str) {
        self.store().end_watches(resource, false);
    }

    /// 410 Gone: ends the watches, and an older resourceVersion is no longer accepted.
    pub fn expire_watches(&self, resource: &str) {
        self.store().end_watches(resource, true);
    }

    /// How many watches of this resource are open.
    pub fn open_watches(&self, resource: &str) -> usize {
        let mut store = self.store();
        let held = store.held.contains(resource);
        store.watchers.retain_mut(|watcher| held || watcher.flush());
        store
            .watchers
            .iter()
            .filter(|watcher| watcher.call.resource == resource)
            .count()
    }
}
