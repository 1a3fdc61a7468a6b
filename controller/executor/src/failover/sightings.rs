//! What was read of AWS for each FailoverPlan, from one pass to the next.

use firebreak_core::run::act::Sightings;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What was read, by the object's UID.
#[derive(Default)]
pub struct Courses(Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Sightings>>>>);

impl Courses {
    /// What was read for that object.
    pub(super) fn of(&self, uid: &str) -> Arc<tokio::sync::Mutex<Sightings>> {
        Arc::clone(self.lock().entry(uid.to_owned()).or_default())
    }

    /// The object is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<tokio::sync::Mutex<Sightings>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
