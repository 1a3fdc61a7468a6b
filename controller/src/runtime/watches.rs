//! What a controller hears of, and what of it is kept: everything that is decided is read live, so the store holds no more
//! than tells which object it is and whether somebody waits for it.

use super::Loop;
use futures::Stream;
use kube::{
    Api, Resource, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// Events of a kind. `slim` empties what nobody asks the store for.
pub fn objects<K>(
    api: Api<K>,
    with: &Loop,
    slim: fn(&mut K),
) -> impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + use<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    watcher(api, config(with)).default_backoff().modify(move |object| {
        object.managed_fields_mut().clear();
        object.annotations_mut().clear();
        slim(object);
    })
}

fn config(with: &Loop) -> watcher::Config {
    let seconds = u32::try_from(with.settings.watch_timeout.as_secs()).unwrap_or(290);
    watcher::Config::default().timeout(seconds)
}
