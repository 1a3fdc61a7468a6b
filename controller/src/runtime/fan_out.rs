//! One watch of each kind for the whole process, however many controllers want to hear of its objects.

use super::{Loop, watches};
use futures::{FutureExt, SinkExt, Stream, StreamExt, channel::mpsc, future::BoxFuture};
use kube::{
    Api, Client, Resource,
    runtime::{
        WatchStreamExt, reflector,
        reflector::Store,
        watcher::{self, Event},
    },
};
use serde::de::DeserializeOwned;
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt::Debug,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

/// Events that may wait for one subscriber before the watch waits for it too.
const WAITING: usize = 16;

/// What can be watched.
pub trait Watchable: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static {}

impl<K> Watchable for K where K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static {}

/// Those who hear of a kind.
type Subscribers<K> = Arc<Mutex<Vec<mpsc::Sender<Event<K>>>>>;

/// The watches, each begun by its first subscriber.
pub struct Watches {
    client: Client,
    with: Loop,
    subscribers: HashMap<TypeId, Box<dyn Any + Send>>,
    running: Vec<BoxFuture<'static, ()>>,
}

impl Watches {
    /// Watches that this client will make.
    pub fn new(client: Client, with: &Loop) -> Self {
        Self {
            client,
            with: with.clone(),
            subscribers: HashMap::new(),
            running: Vec::new(),
        }
    }

    /// Every event of a kind from the first list on. All must subscribe before [`Self::run`], and go on to read.
    pub fn subscribe<K: Watchable>(&mut self) -> impl Stream<Item = Event<K>> + Send + use<K> {
        let (sender, events) = mpsc::channel(WAITING);
        let subscribers = self.of::<K>();
        subscribers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        events
    }

    /// The objects of a kind as the watch saw them last.
    pub fn store<K: Watchable>(&mut self) -> Store<K> {
        let (store, writer) = reflector::store();
        let events = self.subscribe::<K>().map(Ok::<_, watcher::Error>);
        self.running.push(events.reflect(writer).for_each(|_| async {}).boxed());
        store
    }

    /// What is to be spawned for the watches to run: each ends when nobody listens any more, and when the process ends or
    /// leads no more.
    pub fn run(self) -> Vec<BoxFuture<'static, ()>> {
        self.running
    }

    fn of<K: Watchable>(&mut self) -> Subscribers<K> {
        let known = self.subscribers.get(&TypeId::of::<K>());
        if let Some(known) = known.and_then(|known| known.downcast_ref::<Subscribers<K>>()) {
            return Arc::clone(known);
        }
        let subscribers = Subscribers::<K>::default();
        self.subscribers
            .insert(TypeId::of::<K>(), Box::new(Arc::clone(&subscribers)));
        let events = watches::objects(Api::all(self.client.clone()), &self.with);
        let (told, over) = (tell(events, Arc::clone(&subscribers)), self.with.ending());
        self.running.push(
            async move {
                tokio::select! { () = told => (), () = over => () }
            }
            .boxed(),
        );
        subscribers
    }
}

/// Tells all subscribers of each event, in order. The slowest sets the pace.
async fn tell<K: Watchable>(events: impl Stream<Item = watcher::Result<Event<K>>> + Send, to: Subscribers<K>) {
    let mut subscribers = std::mem::take(&mut *to.lock().unwrap_or_else(PoisonError::into_inner));
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => subscribers = told(subscribers, &event).await,
            Err(error) => tracing::warn!(%error, "a watch failed and will be tried again"),
        }
        if subscribers.is_empty() {
            return;
        }
    }
}

/// Those who still listen, after they were told.
async fn told<K: Watchable>(subscribers: Vec<mpsc::Sender<Event<K>>>, event: &Event<K>) -> Vec<mpsc::Sender<Event<K>>> {
    let mut listening = Vec::with_capacity(subscribers.len());
    for mut subscriber in subscribers {
        if subscriber.send(event.clone()).await.is_ok() {
            listening.push(subscriber);
        }
    }
    listening
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use k8s_openapi::api::core::v1::ConfigMap;

    fn map(name: usize) -> ConfigMap {
        let mut map = ConfigMap::default();
        map.metadata.name = Some(name.to_string());
        map
    }

    fn events() -> impl Stream<Item = watcher::Result<Event<ConfigMap>>> + Send {
        let events =
            (0..3 * WAITING).flat_map(|name| [Ok(Event::Apply(map(name))), Err(watcher::Error::NoResourceVersion)]);
        stream::iter(events.collect::<Vec<_>>())
    }

    fn subscribers<const N: usize>() -> (Subscribers<ConfigMap>, [mpsc::Receiver<Event<ConfigMap>>; N]) {
        let (all, heard) = (Subscribers::default(), [(); N].map(|()| mpsc::channel(WAITING)));
        let heard = heard.map(|(sender, events)| {
            all.lock().unwrap().push(sender);
            events
        });
        (all, heard)
    }

    #[tokio::test]
    async fn every_subscriber_hears_every_event_in_order_and_no_failure() {
        let (all, [one, other]) = subscribers();
        let names = |events: mpsc::Receiver<Event<ConfigMap>>| {
            events.map(|event| match event {
                Event::Apply(map) => map.metadata.name.unwrap().parse::<usize>().unwrap(),
                event => panic!("{event:?}"),
            })
        };
        let ((), one, other) = tokio::join!(
            tell(events(), all),
            names(one).collect::<Vec<_>>(),
            names(other).collect::<Vec<_>>()
        );
        assert_eq!(one, (0..3 * WAITING).collect::<Vec<_>>());
        assert_eq!(other, one);
    }

    #[tokio::test]
    async fn one_that_listens_no_more_keeps_nobody_waiting() {
        let (all, [gone, other]) = subscribers();
        drop(gone);
        let ((), heard) = tokio::join!(tell(events(), all), other.count());
        assert_eq!(heard, 3 * WAITING);
        let (all, [gone]) = subscribers();
        drop(gone);
        tell(stream::iter([Ok(Event::Init)]).chain(stream::pending()), all).await;
    }
}
