//! What a controller hears of, and what of it is kept: everything that is decided is read live, so the store holds no more
//! than tells which object it is and whether somebody waits for it.

use super::Loop;
use futures::{Stream, TryStreamExt, future::ready};
use kube::{
    Api, Resource, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// How many objects a list brings at once: however many there are, no more of them are in memory as they come.
const PAGE: u32 = 50;

/// Events of a kind, without what is large and says nothing about when to look.
pub fn objects<K>(api: Api<K>, with: &Loop) -> impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + use<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    watcher(api, config(with)).default_backoff().modify(move |object| {
        object.managed_fields_mut().clear();
        object.annotations_mut().clear();
    })
}

/// Events of those objects that concern us. The others are as if they were not there.
pub fn concerning<K: Send + 'static>(
    events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send,
    concerns: fn(&K) -> bool,
) -> impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send {
    events.try_filter_map(move |event| {
        ready(Ok(match event {
            watcher::Event::InitApply(object) if !concerns(&object) => None,
            watcher::Event::Apply(object) if !concerns(&object) => Some(watcher::Event::Delete(object)),
            event => Some(event),
        }))
    })
}

fn config(with: &Loop) -> watcher::Config {
    let seconds = u32::try_from(with.settings.watch_timeout.as_secs()).unwrap_or(290);
    watcher::Config::default().timeout(seconds).page_size(PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, stream};
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::runtime::reflector;
    use watcher::Event;

    fn map(name: &str, is_ours: bool) -> ConfigMap {
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name.into());
        map.labels_mut().extend(is_ours.then(|| ("ours".into(), "true".into())));
        map
    }

    #[tokio::test]
    async fn what_does_not_concern_us_is_not_kept_and_what_no_longer_does_is_dropped() {
        let events = [
            Event::Init,
            Event::InitApply(map("ours", true)),
            Event::InitApply(map("theirs", false)),
            Event::InitApply(map("given-away", true)),
            Event::InitDone,
            Event::Apply(map("given-away", false)),
            Event::Apply(map("taken", true)),
        ];
        let events = concerning(stream::iter(events.map(Ok)), |map| !map.labels().is_empty());
        let (store, writer) = reflector::store();
        let seen = events.reflect(writer).applied_objects().count().await;
        let mut kept: Vec<String> = store.state().iter().map(|map| map.name_any()).collect();
        kept.sort();
        assert_eq!((kept.join(" ").as_str(), seen), ("ours taken", 3));
    }
}
