//! What makes an object worth a look besides itself: another object that comes, changes or goes.

use super::{Priority, Watches, fan_out::Watchable};
use futures::{Stream, StreamExt, future::ready, stream};
use kube::{
    Resource, ResourceExt,
    runtime::{
        reflector::{ObjectRef, Store},
        watcher::Event,
    },
};
use std::{collections::HashMap, time::Duration};

/// A wish to look at an object: somebody decided, or a poller saw drift.
pub struct Trigger<K: Resource<DynamicType = ()>> {
    /// Which.
    pub object: ObjectRef<K>,
    /// Whether somebody waits for it.
    pub priority: Priority,
    /// How long it may wait, so that one look does for many triggers; nothing to look at once.
    pub after: Duration,
}

impl<K: Resource<DynamicType = ()>> Trigger<K> {
    /// Somebody waits for this object.
    pub fn urgent(object: ObjectRef<K>) -> Self {
        Self {
            object,
            priority: Priority::Urgent,
            after: Duration::ZERO,
        }
    }
}

/// Objects of a kind as they are applied or deleted.
pub fn touched<K: Watchable>(watches: &mut Watches) -> impl Stream<Item = K> + Send + use<K> {
    watches.subscribe::<K>().filter_map(|event| {
        ready(match event {
            Event::Apply(object) | Event::InitApply(object) | Event::Delete(object) => Some(object),
            Event::Init | Event::InitDone => None,
        })
    })
}

/// Objects of a kind as their spec is changed or they go. What only Firebreak writes, status and finalizers, is no reason to look
/// at everything that depends on them.
pub fn changed<K: Watchable>(watches: &mut Watches) -> impl Stream<Item = K> + Send + use<K> {
    let mut known = HashMap::new();
    watches.subscribe::<K>().filter_map(move |event| {
        ready(match event {
            Event::Apply(object) | Event::InitApply(object) => {
                let generation = (object.uid(), object.meta().generation);
                let before = known.insert(object.name_any(), generation.clone());
                (before != Some(generation)).then_some(object)
            }
            Event::Delete(object) => {
                known.remove(&object.name_any());
                Some(object)
            }
            Event::Init | Event::InitDone => None,
        })
    })
}

/// All objects of a store that a change concerns.
pub fn concerned<C, K, S, F>(
    changes: S,
    store: &Store<K>,
    concerns: F,
) -> impl Stream<Item = Trigger<K>> + Send + use<C, K, S, F>
where
    C: Send + 'static,
    F: Fn(&C, &K) -> bool + Send + 'static,
    K: Watchable,
    S: Stream<Item = C> + Send + 'static,
{
    let store = store.clone();
    changes.flat_map(move |change| {
        let objects = store.state().into_iter().filter(|object| concerns(&change, object));
        let triggers: Vec<_> = objects
            .map(|object| Trigger::urgent(ObjectRef::from_obj(&*object)))
            .collect();
        stream::iter(triggers)
    })
}
