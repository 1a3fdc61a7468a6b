//! One controller: a watch of one kind, two priorities, a guard around each reconcile, and a look again later.
//! It decides when an object is looked at; what then happens is the callback's business.

use super::{
    Backoff, Interrupted, Leadership, Metrics, ObjectKey, Permit, Permits, Priority, Shutdown, Trigger, WatchLiveness,
    changes::{Changes, Which},
    guarded,
    queue::Queue,
    resync::resync,
    timers::Timers,
};
use futures::{FutureExt, Stream, StreamExt, future::BoxFuture};
use kube::{
    Resource, ResourceExt,
    runtime::{
        WatchStreamExt, reflector,
        reflector::{ObjectRef, Store, store::Writer},
        watcher,
    },
};
use std::{
    fmt::{self, Debug},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

/// When to look again after a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextLook {
    /// After this time, and when something changes.
    After(Duration),
    /// When something changes, and at the slow resync in case an event was lost.
    OnChange,
}

/// An error's word for metrics, out of a closed list.
pub trait Reason: fmt::Display {
    /// One CamelCase word.
    fn reason(&self) -> &'static str;
}

/// What a controller asks about an object.
pub struct About<K> {
    /// Whether somebody waits for it, such as an edit that its status does not know of.
    pub urgent: fn(&K) -> bool,
    /// Whom it slows and is slowed by, such as those of its AWS account, whatever their kind: at most half of a priority's permits
    /// are theirs. Never a name that anyone who writes the object can choose freely.
    pub tenant: TenantOf<K>,
}

/// The tenant that an object is of; none where it is in nobody's way.
pub type TenantOf<K> = Box<dyn Fn(&K) -> Option<Arc<str>> + Send + Sync>;

/// The times of one controller.
#[derive(Clone, Copy, Debug)]
pub struct LoopSettings {
    /// The longest that one reconcile takes.
    pub deadline: Duration,
    /// The slow resync, ± 20 %.
    pub resync: Duration,
    /// The server ends each watch after this; a dead one is noticed 5 s later.
    pub watch_timeout: Duration,
}

impl Default for LoopSettings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            deadline: seconds(60),
            resync: seconds(3_600),
            watch_timeout: seconds(120),
        }
    }
}

/// What a controller works with; the process has one, and each kind a clone.
#[derive(Clone)]
pub struct Loop {
    /// The permits, shared by all kinds.
    pub permits: Permits,
    /// The failures, shared by all kinds.
    pub backoff: Arc<Backoff>,
    /// Where outcomes are counted.
    pub metrics: Metrics,
    /// Nothing runs before it says so, and everything stops when it is over.
    pub leadership: Leadership,
    /// Ends the controller gracefully.
    pub shutdown: Shutdown,
    /// Hears that the watch is expected.
    pub liveness: WatchLiveness,
    /// The times.
    pub settings: LoopSettings,
}

/// A controller that is ready to run.
pub struct Running<K: Resource<DynamicType = ()> + 'static> {
    /// The objects as the watch saw them last.
    pub store: Store<K>,
    /// Whether the store has been filled once; for the readiness probe.
    pub synced: Arc<AtomicBool>,
    /// The controller. Spawn it; it ends after a shutdown, when all that ran has ended, or when leadership is over.
    pub controller: BoxFuture<'static, ()>,
}

/// A store with who fills it.
pub type Filled<K> = (Store<K>, Writer<K>);

/// Puts a controller together. `events` come from [`super::watches`]. The callback is given the object's name and UID, and
/// reads it afresh.
///
/// Guarantees: never two callbacks at once for one name; none before `Leadership::acting` and none after it is over; none
/// for an object that went, or was recreated, while it waited; no panic, hang or failure of one object reaches another.
pub fn controller_loop<K, F, Fut, E>(
    with: Loop,
    events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + 'static,
    about: About<K>,
    triggers: impl Stream<Item = Trigger<K>> + Send + 'static,
    callback: F,
) -> Running<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static,
    F: Fn(ObjectRef<K>, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<NextLook, E>> + Send + 'static,
    E: Reason + Send + 'static,
{
    controller_of(reflector::store(), with, events, about, triggers, callback)
}

/// The same with a store that its triggers know already.
pub fn controller_of<K, F, Fut, E>(
    (store, writer): Filled<K>,
    with: Loop,
    events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + 'static,
    about: About<K>,
    triggers: impl Stream<Item = Trigger<K>> + Send + 'static,
    callback: F,
) -> Running<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + Sync + 'static,
    F: Fn(ObjectRef<K>, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<NextLook, E>> + Send + 'static,
    E: Reason + Send + 'static,
{
    with.liveness.expect(&K::plural(&()));
    let events = events.reflect(writer);
    let synced = Arc::new(AtomicBool::new(false));
    let [urgent, drift] = [Priority::Urgent, Priority::Drift].map(|priority| with.permits.most(priority) / 2);
    let tenants = with.permits.tenants().clone();
    let work = Work {
        with,
        store: store.clone(),
        about,
        callback: Arc::new(callback),
        changes: Changes::default(),
        queue: Queue::new(&tenants, urgent, drift),
        timers: Timers::default(),
        looks: JoinSet::new(),
    };
    Running {
        store,
        synced: Arc::clone(&synced),
        controller: work.run(events, triggers, synced).boxed(),
    }
}

/// What one controller is about.
struct Work<K: Resource<DynamicType = ()> + 'static, F> {
    with: Loop,
    store: Store<K>,
    about: About<K>,
    callback: Arc<F>,
    changes: Changes<K>,
    queue: Queue<Which<K>>,
    timers: Timers<Which<K>>,
    /// Each ends with when to look again; never for one that was stopped.
    looks: JoinSet<(Which<K>, Option<Duration>)>,
}

impl<K, F, Fut, E> Work<K, F>
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    F: Fn(ObjectRef<K>, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<NextLook, E>> + Send + 'static,
    E: Reason + Send + 'static,
{
    async fn run(
        mut self,
        events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send,
        triggers: impl Stream<Item = Trigger<K>> + Send,
        synced: Arc<AtomicBool>,
    ) {
        let (mut events, mut triggers) = (pin!(events.fuse()), pin!(triggers.fuse()));
        let (mut begun, mut ending) = (pin!(begun(&self, synced).fuse()), pin!(self.with.ending()));
        let [mut urgent, mut drift] =
            [Priority::Urgent, Priority::Drift].map(|priority| Turn::new(&self.with.permits, priority));
        let (mut acts, mut room) = (false, self.with.permits.tenants().room());
        loop {
            tokio::select! {
                () = &mut ending => break,
                leads = &mut begun => acts = leads,
                Some(event) = events.next() => self.heard(event),
                Some(trigger) = triggers.next() => self.triggered(trigger),
                Some(object) = self.timers.next() => self.due(&object),
                Some(ended) = self.looks.join_next() => self.ended(ended),
                Ok(()) = room.changed() => self.queue.wake(),
                permit = urgent.comes(), if acts && (urgent.is_awaited() || self.queue.has(Priority::Urgent)) => self.look(permit),
                permit = drift.comes(), if acts && (drift.is_awaited() || self.queue.has(Priority::Drift)) => self.look(permit),
            }
        }
        drop((urgent, drift));
        while self.looks.join_next().await.is_some() {}
    }

    fn heard(&mut self, event: watcher::Result<watcher::Event<K>>) {
        match event {
            Ok(event) => {
                for (object, urgent) in self.changes.hear(&event, self.about.urgent) {
                    self.join(&object, of_urgency(urgent));
                }
            }
            Err(error) => tracing::warn!(%error, "a watch failed and will be tried again"),
        }
    }

    fn triggered(&mut self, trigger: Trigger<K>) {
        let object = Arc::new(trigger.object);
        match trigger.after {
            Duration::ZERO => self.join(&object, trigger.priority),
            after if !self.queue.holds(&object) => self.timers.set(&object, after),
            _ => (),
        }
    }

    fn due(&mut self, object: &Which<K>) {
        if let Some(current) = self.store.get(object) {
            self.join(object, of_urgency((self.about.urgent)(&*current)));
        }
    }

    fn join(&mut self, object: &Which<K>, priority: Priority) {
        let current = self.store.get(object);
        let tenant = current.and_then(|current| (self.about.tenant)(&*current));
        self.timers.clear(object);
        self.queue.join(object, priority, tenant);
    }

    /// The first of the priority has its turn. What it was when it joined is from before the wait.
    fn look(&mut self, permit: Permit) {
        let Some((object, waited)) = self.queue.take(permit.priority()) else {
            return;
        };
        let waits = &self.with.metrics.queue_wait_seconds;
        waits
            .with_label_values(&[permit.priority().as_str()])
            .observe(waited.as_secs_f64());
        let Some(current) = self.store.get(&object) else {
            self.queue.done(&object);
            return;
        };
        let (with, key, callback) = (self.with.clone(), key(&*current), Arc::clone(&self.callback));
        self.looks.spawn(async move {
            let name = ObjectRef::clone(&object);
            let attempt = async { callback(name, key.uid.clone()).await };
            let started = Instant::now();
            let result = guarded(with.settings.deadline, with.leadership.over(), attempt).await;
            with.metrics.reconcile_seconds.observe(started.elapsed().as_secs_f64());
            drop(permit);
            (object, with.next(&K::kind(&()), &key, result))
        });
    }

    fn ended(&mut self, ended: Result<(Which<K>, Option<Duration>), JoinError>) {
        match ended {
            Ok((object, next)) => {
                if !self.queue.done(&object)
                    && let Some(after) = next
                {
                    self.timers.set(&object, after);
                }
            }
            Err(error) => tracing::error!(%error, "a look ended without a result: a bug"),
        }
    }
}

/// Whether this process acts: once the store is filled, which is announced, and it leads.
fn begun<K, F>(work: &Work<K, F>, synced: Arc<AtomicBool>) -> impl Future<Output = bool> + Send + use<K, F>
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    let (store, leadership) = (work.store.clone(), work.with.leadership.clone());
    async move {
        if store.wait_until_ready().await.is_err() {
            return false;
        }
        synced.store(true, Ordering::Relaxed);
        leadership.acting().await
    }
}

/// The next permit of a priority. Its place in the queue is kept while other things happen.
struct Turn {
    permits: Permits,
    priority: Priority,
    awaited: Option<BoxFuture<'static, Permit>>,
}

impl Turn {
    fn new(permits: &Permits, priority: Priority) -> Self {
        Self {
            permits: permits.clone(),
            priority,
            awaited: None,
        }
    }

    fn is_awaited(&self) -> bool {
        self.awaited.is_some()
    }

    async fn comes(&mut self) -> Permit {
        let (permits, priority) = (&self.permits, self.priority);
        let wait = self.awaited.get_or_insert_with(|| {
            let permits = permits.clone();
            async move { permits.acquire(priority).await }.boxed()
        });
        let permit = wait.await;
        self.awaited = None;
        permit
    }
}

fn of_urgency(urgent: bool) -> Priority {
    if urgent { Priority::Urgent } else { Priority::Drift }
}

fn key<K: Resource>(object: &K) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}

impl Loop {
    /// Ends when the process does, or leads no more.
    pub fn ending(&self) -> impl Future<Output = ()> + Send + use<> {
        let (shutdown, leadership) = (self.shutdown.clone(), self.leadership.clone());
        async move {
            tokio::select! { () = shutdown.begun() => (), () = leadership.over() => () }
        }
    }

    /// Counts how an attempt ended, and says when to look again; never after it was stopped.
    fn next<E: Reason>(
        &self,
        kind: &str,
        key: &ObjectKey,
        result: Result<NextLook, Interrupted<E>>,
    ) -> Option<Duration> {
        let (outcome, reason) = outcome(&result);
        self.metrics
            .reconcile_total
            .with_label_values(&[kind, outcome, reason])
            .inc();
        let error = match result {
            Ok(next) => {
                self.backoff.reset(key);
                return Some(match next {
                    NextLook::After(wait) => wait,
                    NextLook::OnChange => resync(self.settings.resync, &key.uid),
                });
            }
            Err(Interrupted::Stopped) => return None,
            Err(error) => error,
        };
        if matches!(error, Interrupted::Panic(_)) {
            self.metrics.panics_total.inc();
        }
        let wait = self.backoff.failed(key);
        let (namespace, name, again) = (&key.namespace, &key.name, wait.as_secs_f64());
        tracing::warn!(%kind, %namespace, %name, reason, again_in_seconds = again, error = %text(&error), "a reconcile failed");
        Some(wait)
    }
}

/// The labels of an outcome.
fn outcome<E: Reason>(result: &Result<NextLook, Interrupted<E>>) -> (&'static str, &'static str) {
    match result {
        Ok(_) => ("ok", "None"),
        Err(Interrupted::Failed(error)) => ("error", error.reason()),
        Err(Interrupted::Deadline(_)) => ("error", "Deadline"),
        Err(Interrupted::Panic(_)) => ("panic", "InternalError"),
        Err(Interrupted::Stopped) => ("stopped", "NotLeader"),
    }
}

fn text<E: fmt::Display>(error: &Interrupted<E>) -> String {
    match error {
        Interrupted::Failed(error) => error.to_string(),
        Interrupted::Deadline(after) => format!("no result within {after:?}"),
        Interrupted::Panic(message) => format!("panic: {message}"),
        Interrupted::Stopped => "stopped".to_owned(),
    }
}
