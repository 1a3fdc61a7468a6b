//! One controller: a watch of one kind, two lanes, a guard around each reconcile, and a look again later.
//! It decides when an object is looked at; what then happens is the callback's business.

use super::{
    Backoff, Interrupted, Lane, Lanes, Leadership, Metrics, ObjectKey, Permit, Pulses, Shutdown, guarded,
    resync::resync,
};
use futures::{FutureExt, Stream, StreamExt, TryStreamExt, future::BoxFuture};
use kube::{
    Resource, ResourceExt,
    runtime::{
        Controller, Predicate, PredicateConfig, WatchStreamExt,
        controller::{self, Action},
        predicates, reflector,
        reflector::{ObjectRef, Store},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use std::{
    collections::HashSet,
    convert::Infallible,
    fmt::{self, Debug},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

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

/// A wish to look at an object: somebody decided, or a poller saw drift.
pub struct Poke<K: Resource<DynamicType = ()>> {
    /// Which.
    pub object: ObjectRef<K>,
    /// Whether somebody waits for it.
    pub lane: Lane,
}

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
    pub lanes: Lanes,
    /// The failures, shared by all kinds.
    pub backoff: Arc<Backoff>,
    /// Where outcomes are counted.
    pub metrics: Metrics,
    /// Nothing runs before it says so, and everything stops when it is over.
    pub leadership: Leadership,
    /// Ends the controller gracefully.
    pub shutdown: Shutdown,
    /// Hears that the watch is expected.
    pub pulses: Pulses,
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

/// Puts a controller together. `events` come from [`super::watches`]; `urgent` says whether somebody waits for this object, such as
/// an edit that its status does not know of. The callback is given the object's name and UID, and reads it afresh.
///
/// Guarantees: never two callbacks at once for one name; none before `Leadership::acting` and none after it is over; none
/// for an object that went, or was recreated, while it waited; no panic, hang or failure of one object reaches another.
pub fn controller_loop<K, F, Fut, E>(
    with: Loop,
    events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send + 'static,
    urgent: fn(&K) -> bool,
    pokes: impl Stream<Item = Poke<K>> + Send + 'static,
    callback: F,
) -> Running<K>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    F: Fn(ObjectRef<K>, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<NextLook, E>> + Send + 'static,
    E: Reason + Send + 'static,
{
    with.pulses.expect(&K::plural(&()));
    let (store, writer) = reflector::store();
    let hurried = Hurried {
        lanes: with.lanes.clone(),
        marks: Arc::default(),
    };
    let one = Arc::new(One {
        with: with.clone(),
        store: store.clone(),
        urgent,
        hurried: hurried.clone(),
        callback,
    });

    let edits = hurried.clone();
    let changes = events
        .reflect(writer)
        .applied_objects()
        .predicate_filter(
            predicates::generation.combine(predicates::finalizers).combine(deletion),
            PredicateConfig::default(),
        )
        .inspect_ok(move |object| edits.saw(object, urgent));
    let pokers = hurried.clone();
    let pokes = pokes.inspect(move |poke| pokers.poked(poke)).map(|poke| poke.object);

    let outcomes = Controller::for_stream(changes, store.clone())
        .reconcile_on(pokes)
        .graceful_shutdown_on(ending(&with))
        .run(move |object, _| Arc::clone(&one).run(object), never_fails, Arc::new(()));
    let outcomes = outcomes.for_each(move |outcome| {
        report(outcome.err(), &hurried);
        std::future::ready(())
    });
    let synced = Arc::new(AtomicBool::new(false));
    let controller = announced(outcomes, store.clone(), Arc::clone(&synced)).boxed();
    Running {
        store,
        synced,
        controller,
    }
}

/// Deletion is a change of its own: `generation` need not move with it.
fn deletion<K: Resource>(object: &K) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    object.meta().deletion_timestamp.is_some().hash(&mut hasher);
    Some(hasher.finish())
}

fn ending(with: &Loop) -> impl Future<Output = ()> + Send + Sync + 'static {
    let (shutdown, leadership) = (with.shutdown.clone(), with.leadership.clone());
    let ending = async move {
        tokio::select! { () = shutdown.begun() => (), () = leadership.over() => () }
    };
    ending.boxed().shared()
}

async fn announced<K>(controller: impl Future<Output = ()>, store: Store<K>, synced: Arc<AtomicBool>)
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let announce = async move {
        if store.wait_until_ready().await.is_ok() {
            synced.store(true, Ordering::Relaxed);
        }
        std::future::pending::<()>().await;
    };
    tokio::select! { () = controller => (), () = announce => () }
}

type Outcome = controller::Error<Infallible, watcher::Error>;

fn report(error: Option<Outcome>, hurried: &Hurried) {
    match error {
        None => {}
        Some(controller::Error::ObjectNotFound(object)) => {
            hurried.forget_name(&object.name, object.namespace.as_deref())
        }
        Some(controller::Error::QueueError(error)) => tracing::warn!(%error, "a watch failed and will be tried again"),
        Some(error) => tracing::error!(%error, "a controller failed"),
    }
}

fn never_fails<K>(_: Arc<K>, error: &Infallible, _: Arc<()>) -> Action {
    match *error {}
}

/// Who was hurried: pokes carry no reason through kube's queue, so the wish is remembered beside it.
#[derive(Clone)]
struct Hurried {
    lanes: Lanes,
    marks: Arc<Mutex<HashSet<(String, String)>>>,
}

impl Hurried {
    fn saw<K: Resource<DynamicType = ()>>(&self, object: &K, urgent: fn(&K) -> bool) {
        if urgent(object) {
            self.lanes.hurry(&ticket::<K>(&ObjectRef::from_obj(object)));
        }
    }

    fn poked<K: Resource<DynamicType = ()>>(&self, poke: &Poke<K>) {
        if poke.lane == Lane::Urgent {
            self.marks()
                .insert(mark(&poke.object.name, poke.object.namespace.as_deref()));
            self.lanes.hurry(&ticket(&poke.object));
        }
    }

    /// Whether the object was poked since it last ran.
    fn take(&self, name: &str, namespace: Option<&str>) -> bool {
        self.marks().remove(&mark(name, namespace))
    }

    fn forget_name(&self, name: &str, namespace: Option<&str>) {
        self.take(name, namespace);
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, HashSet<(String, String)>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark(name: &str, namespace: Option<&str>) -> (String, String) {
    (namespace.unwrap_or_default().to_owned(), name.to_owned())
}

fn ticket<K: Resource<DynamicType = ()>>(object: &ObjectRef<K>) -> String {
    format!(
        "{}/{}/{}",
        K::kind(&()),
        object.namespace.as_deref().unwrap_or_default(),
        object.name
    )
}

/// All that one reconcile needs.
struct One<K: Resource<DynamicType = ()> + 'static, F> {
    with: Loop,
    store: Store<K>,
    urgent: fn(&K) -> bool,
    hurried: Hurried,
    callback: F,
}

impl<K, F, Fut, E> One<K, F>
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
    F: Fn(ObjectRef<K>, String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<NextLook, E>> + Send + 'static,
    E: Reason + Send + 'static,
{
    async fn run(self: Arc<Self>, object: Arc<K>) -> Result<Action, Infallible> {
        let name = ObjectRef::from_obj(&*object);
        let Some(permit) = self.permit(&object, &name).await else {
            return Ok(Action::await_change());
        };
        // What we were given is from before the wait.
        let Some(current) = self.store.get(&name) else {
            self.with.backoff.reset(&key(&*object));
            return Ok(Action::await_change());
        };
        if current.uid() != object.uid() {
            self.with.backoff.reset(&key(&*object));
            return Ok(Action::requeue(Duration::ZERO));
        }
        let started = Instant::now();
        let uid = object.uid().unwrap_or_default();
        // Boxed here: thousands wait for their permit, and room for the whole attempt is needed by those that have one.
        let attempt = (self.callback)(name, uid).boxed();
        let result = guarded(self.with.settings.deadline, self.with.leadership.over(), attempt).await;
        self.with
            .metrics
            .reconcile_seconds
            .observe(started.elapsed().as_secs_f64());
        drop(permit);
        Ok(self.next(&key(&*object), result))
    }

    /// Waits for leadership and a place in line; `None` when the process is ending instead.
    async fn permit(&self, object: &K, name: &ObjectRef<K>) -> Option<Permit> {
        let asked = Instant::now();
        let permit = async {
            if !self.with.leadership.acting().await {
                return None;
            }
            let hurried = self.hurried.take(&name.name, name.namespace.as_deref());
            let lane = if hurried || (self.urgent)(object) {
                Lane::Urgent
            } else {
                Lane::Drift
            };
            Some(self.with.lanes.acquire(lane, &ticket(name)).await)
        };
        let permit = tokio::select! {
            biased;
            () = self.with.shutdown.begun() => None,
            () = self.with.leadership.over() => None,
            permit = permit => permit,
        }?;
        let waited = self
            .with
            .metrics
            .queue_wait_seconds
            .with_label_values(&[permit.lane().as_str()]);
        waited.observe(asked.elapsed().as_secs_f64());
        Some(permit)
    }

    fn next(&self, key: &ObjectKey, result: Result<NextLook, Interrupted<E>>) -> Action {
        let (outcome, reason) = outcome(&result);
        let kind = K::kind(&());
        self.with
            .metrics
            .reconcile_total
            .with_label_values(&[&*kind, outcome, reason])
            .inc();
        let error = match result {
            Ok(next) => {
                self.with.backoff.reset(key);
                return Action::requeue(match next {
                    NextLook::After(wait) => wait,
                    NextLook::OnChange => resync(self.with.settings.resync, &key.uid),
                });
            }
            Err(Interrupted::Stopped) => return Action::await_change(),
            Err(error) => error,
        };
        if matches!(error, Interrupted::Panic(_)) {
            self.with.metrics.panics_total.inc();
        }
        let wait = self.with.backoff.failed(key);
        let (namespace, name, again) = (&key.namespace, &key.name, wait.as_secs_f64());
        tracing::warn!(%kind, %namespace, %name, reason, again_in_seconds = again, error = %text(&error), "a reconcile failed");
        Action::requeue(wait)
    }
}

fn key<K: Resource>(object: &K) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_crds::Quarantine;

    #[derive(Debug, thiserror::Error)]
    #[error("never")]
    struct Never;

    impl Reason for Never {
        fn reason(&self) -> &'static str {
            "Never"
        }
    }

    async fn of_a_megabyte(_: ObjectRef<Quarantine>, _: String) -> Result<NextLook, Never> {
        let large = [1_u8; 1 << 20];
        tokio::task::yield_now().await;
        Ok(NextLook::After(Duration::from_secs(large[0].into())))
    }

    #[tokio::test]
    async fn what_waits_for_its_permit_takes_no_room_for_its_attempt() {
        let lanes = Lanes::new(1, 0);
        let with = Loop {
            lanes: lanes.clone(),
            backoff: Arc::new(Backoff::new(1)),
            metrics: Metrics::new().unwrap(),
            leadership: Leadership::alone(),
            shutdown: Shutdown::new(),
            pulses: Pulses::default(),
            settings: LoopSettings::default(),
        };
        let one = Arc::new(One {
            with,
            store: reflector::store::<Quarantine>().0,
            urgent: |_| false,
            hurried: Hurried {
                lanes,
                marks: Arc::default(),
            },
            callback: of_a_megabyte,
        });
        let spec = serde_json::json!({"accountRef": {"name": "a"}, "region": "us-east-1",
            "target": {"iamRole": {"roleName": "api", "methods": ["DenyAll"]}}});
        let object = Arc::new(Quarantine::new("a", serde_json::from_value(spec).unwrap()));
        assert!(size_of_val(&one.run(object)) < 16 << 10);
    }
}
