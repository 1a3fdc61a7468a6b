//! Which events of a watch are worth a look: a new object, an edit, a finalizer, a deletion; but not what a status says.

use kube::{
    Resource, ResourceExt,
    runtime::{reflector::ObjectRef, watcher::Event},
};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Which object; shared, for it is kept in several places.
pub(super) type Which<K> = Arc<ObjectRef<K>>;

/// What was last heard of each object.
pub(super) struct Changes<K: Resource<DynamicType = ()>> {
    seen: HashMap<Which<K>, u64>,
    /// What a list that is under way has brought so far, and which of it is news.
    listed: HashMap<Which<K>, u64>,
    news: Vec<(Which<K>, bool)>,
}

impl<K: Resource<DynamicType = ()>> Default for Changes<K> {
    fn default() -> Self {
        Self {
            seen: HashMap::new(),
            listed: HashMap::new(),
            news: Vec::new(),
        }
    }
}

impl<K: Resource<DynamicType = ()>> Changes<K> {
    /// The objects that are worth a look, and whether somebody waits for it. News of a list come when it is whole: until then
    /// the store does not have them.
    pub(super) fn hear(&mut self, event: &Event<K>, urgent: fn(&K) -> bool) -> Vec<(Which<K>, bool)> {
        match event {
            Event::Init => {
                self.listed.clear();
                self.news.clear();
            }
            Event::InitApply(object) => {
                let (which, print) = (self.which(object), fingerprint(object));
                if self.seen.get(&which) != Some(&print) {
                    self.news.push((Arc::clone(&which), urgent(object)));
                }
                self.listed.insert(which, print);
            }
            Event::InitDone => {
                self.seen = std::mem::take(&mut self.listed);
                return std::mem::take(&mut self.news);
            }
            Event::Apply(object) => {
                let (which, print) = (self.which(object), fingerprint(object));
                if self.seen.insert(Arc::clone(&which), print) != Some(print) {
                    return vec![(which, urgent(object))];
                }
            }
            Event::Delete(object) => {
                self.seen.remove(&which(object));
            }
        }
        Vec::new()
    }

    fn which(&self, object: &K) -> Which<K> {
        let fresh = which(object);
        self.seen
            .get_key_value(&fresh)
            .map_or(fresh, |(known, _)| Arc::clone(known))
    }
}

fn which<K: Resource<DynamicType = ()>>(object: &K) -> Which<K> {
    let name = ObjectRef::new(&object.name_any());
    Arc::new(match object.namespace() {
        Some(namespace) => name.within(&namespace),
        None => name,
    })
}

/// Deletion counts by itself: `generation` need not move with it.
fn fingerprint<K: Resource>(object: &K) -> u64 {
    let meta = object.meta();
    let mut hasher = DefaultHasher::new();
    (&meta.uid, meta.generation, &meta.finalizers).hash(&mut hasher);
    meta.deletion_timestamp.is_some().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::Time};

    fn map(name: &str, generation: i64) -> ConfigMap {
        let mut map = ConfigMap::default();
        (map.metadata.name, map.metadata.generation) = (Some(name.into()), Some(generation));
        map
    }

    fn heard(changes: &mut Changes<ConfigMap>, event: Event<ConfigMap>) -> Vec<String> {
        let news = changes.hear(&event, |_| false);
        news.iter().map(|(which, _)| which.name.clone()).collect()
    }

    fn listed(changes: &mut Changes<ConfigMap>, maps: &[ConfigMap]) -> Vec<String> {
        assert!(heard(changes, Event::Init).is_empty());
        for map in maps {
            let early = heard(changes, Event::InitApply(map.clone()));
            assert!(early.is_empty(), "the store does not have it yet");
        }
        heard(changes, Event::InitDone)
    }

    #[test]
    fn a_list_brings_what_is_new_or_changed_since_the_last_one_and_only_when_it_is_whole() {
        let mut changes = Changes::default();
        assert_eq!(listed(&mut changes, &[map("a", 1), map("b", 1)]), ["a", "b"]);
        assert_eq!(
            listed(&mut changes, &[map("a", 1), map("b", 2), map("c", 1)]),
            ["b", "c"]
        );
        assert_eq!(listed(&mut changes, &[map("a", 1)]), [""; 0]);
        assert_eq!(heard(&mut changes, Event::Apply(map("b", 2))), ["b"], "it was away");
    }

    #[test]
    fn a_list_that_is_begun_again_brings_everything() {
        let mut changes = Changes::default();
        assert!(heard(&mut changes, Event::Init).is_empty());
        assert!(heard(&mut changes, Event::InitApply(map("a", 1))).is_empty());
        assert_eq!(listed(&mut changes, &[map("a", 1), map("b", 1)]), ["a", "b"]);
    }

    #[test]
    fn an_object_is_heard_of_when_it_is_edited_kept_deleted_or_another_one_and_not_otherwise() {
        let mut changes = Changes::default();
        let mut object = map("a", 1);
        let mut after = |change: fn(&mut ConfigMap)| {
            change(&mut object);
            heard(&mut changes, Event::Apply(object.clone())).len()
        };
        assert_eq!(after(|_| ()), 1);
        assert_eq!(after(|map| map.metadata.resource_version = Some("2".into())), 0);
        assert_eq!(after(|map| map.metadata.generation = Some(2)), 1);
        assert_eq!(after(|map| map.metadata.finalizers = Some(vec!["custody".into()])), 1);
        assert_eq!(after(|map| map.metadata.uid = Some("other".into())), 1);
        object.metadata.deletion_timestamp = Some(Time(jiff::Timestamp::UNIX_EPOCH));
        assert_eq!(heard(&mut changes, Event::Apply(object.clone())), ["a"]);
        assert!(heard(&mut changes, Event::Delete(object.clone())).is_empty());
        assert_eq!(heard(&mut changes, Event::Apply(object)), ["a"]);
    }
}
