//! A Kubernetes API server in memory, for tests: a real `kube::Client` talks to it, and a test makes calls fail, events
//! vanish, reads lag, and the client's process die between any two calls. It never sleeps; its clock stands still
//! until a test moves it. It does not validate against schemas, apply defaults or evaluate CEL.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

pub mod bare;
pub mod failure;
pub mod fault;
mod lies;
pub mod patch;
pub mod request;
pub mod select;
pub mod service;
pub mod store;
pub mod trespass;
pub mod watch;
pub mod write;

pub use fault::{Effect, Match};
pub use request::{Call, Verb};

use fault::Fault;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::Resource;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use service::Connection;
use std::sync::{Arc, Mutex, MutexGuard};
use store::Store;
use tokio::sync::watch::{Sender, channel};

/// The server. Clones share it.
#[derive(Clone)]
pub struct FakeApi(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    faults: Mutex<Vec<Fault>>,
    calls: Mutex<Vec<Call>>,
    /// Writes that changed more of an object that people own than the operator may.
    trespasses: Mutex<Vec<String>>,
    /// (the running process, processes up to this one are dead)
    process: Mutex<(u64, u64)>,
    crashes: Sender<u64>,
}

impl FakeApi {
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            store: Mutex::new(Store::new()),
            faults: Mutex::default(),
            calls: Mutex::default(),
            trespasses: Mutex::default(),
            process: Mutex::new((1, 0)),
            crashes: channel(0).0,
        }))
    }

    /// A client of the running process. Needs a tokio runtime.
    pub fn client(&self) -> kube::Client {
        let process = self.0.process.lock().unwrap().0;
        kube::Client::new(self.service(process), "default")
    }

    /// The service itself, for tests that put layers around it.
    pub fn service(&self, process: u64) -> Connection {
        Connection {
            api: self.clone(),
            process,
        }
    }

    // --- the process that talks to it

    /// Waits until a `Crash` or `CrashAfter` fault has struck since the last restart; then drop the reconcile future.
    pub async fn crashed(&self) {
        let running = self.0.process.lock().unwrap().0;
        let mut crashes = self.0.crashes.subscribe();
        crashes.wait_for(|dead| *dead >= running).await.unwrap();
    }

    /// A client of a new process: the old one's calls hang for ever, also those not yet made.
    pub fn restart(&self) -> kube::Client {
        {
            let mut process = self.0.process.lock().unwrap();
            *process = (process.0 + 1, process.0);
        }
        self.client()
    }

    fn crash(&self, process: u64) {
        self.0.process.lock().unwrap().1 = process;
        self.0.crashes.send_replace(process);
    }

    fn is_dead(&self, process: u64) -> bool {
        process <= self.0.process.lock().unwrap().1
    }

    // --- faults

    /// Lets a call go wrong.
    pub fn fault(&self, on: Match, effect: Effect) {
        self.0.faults.lock().unwrap().push(Fault { on, effect });
    }

    /// Somebody else acts just before the call.
    pub fn just_before(&self, on: Match, act: impl FnMut(&Self) + Send + 'static) {
        self.fault(on, Effect::First(Box::new(act)));
    }

    /// Forgets every fault that has not struck.
    pub fn heal(&self) {
        self.0.faults.lock().unwrap().clear();
    }

    fn take_fault(&self, call: &Call) -> Option<Effect> {
        let mut faults = self.0.faults.lock().unwrap();
        let mut struck = None;
        for (at, fault) in faults
            .iter_mut()
            .enumerate()
            .filter(|(_, fault)| fault.on.matches(call))
        {
            if fault.on.skip > 0 {
                fault.on.skip -= 1;
            } else if struck.is_none() {
                struck = Some(at);
            }
        }
        let fault = &mut faults[struck?];
        fault.on.times -= 1;
        let spent = fault.on.times == 0;
        let effect = match &mut fault.effect {
            Effect::Refuse(code) => Effect::Refuse(*code),
            Effect::RefuseAfter(code) => Effect::RefuseAfter(*code),
            Effect::Reply(code, body) => Effect::Reply(*code, body.clone()),
            Effect::Break => Effect::Break,
            Effect::BreakAfter => Effect::BreakAfter,
            Effect::Hang => Effect::Hang,
            Effect::HangAfter => Effect::HangAfter,
            Effect::Crash => Effect::Crash,
            Effect::CrashAfter => Effect::CrashAfter,
            Effect::First(act) => Effect::First(std::mem::replace(act, Box::new(|_| {}))),
        };
        if spent {
            faults.remove(struck?);
        }
        drop(faults);
        Some(self.act_first(effect, (!spent).then_some(struck).flatten()))
    }

    /// Runs a `First` act without holding any lock, and puts it back if it is to strike again.
    fn act_first(&self, mut effect: Effect, back_to: Option<usize>) -> Effect {
        if let Effect::First(act) = &mut effect {
            act(self);
            if let Some(at) = back_to
                && let Some(fault) = self.0.faults.lock().unwrap().get_mut(at)
            {
                fault.effect = Effect::First(std::mem::replace(act, Box::new(|_| {})));
            }
        }
        effect
    }

    // --- the call log

    /// Every call since the beginning or the last `forget_calls`.
    pub fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().unwrap().clone()
    }

    /// The calls that match, as `Verb resource[/subresource] [namespace/]name`.
    pub fn call_names(&self, on: &Match) -> Vec<String> {
        self.calls()
            .iter()
            .filter(|call| on.matches(call))
            .map(Call::to_string)
            .collect()
    }

    pub fn count(&self, on: &Match) -> usize {
        self.call_names(on).len()
    }

    pub fn forget_calls(&self) {
        self.0.calls.lock().unwrap().clear();
    }

    fn log(&self, call: Call) -> usize {
        let mut calls = self.0.calls.lock().unwrap();
        calls.push(call);
        calls.len() - 1
    }

    fn log_code(&self, at: usize, code: u16) {
        if let Some(call) = self.0.calls.lock().unwrap().get_mut(at) {
            call.code = code;
        }
    }

    /// What clients changed of people's objects besides our finalizers and status.
    pub fn trespasses(&self) -> Vec<String> {
        self.0.trespasses.lock().unwrap().clone()
    }

    // --- the state, behind the client's back and free of faults

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.store().now
    }

    pub fn set_now(&self, now: Timestamp) {
        self.store().now = now;
    }

    pub fn advance_seconds(&self, seconds: i64) {
        let mut store = self.store();
        store.now += SignedDuration::from_secs(seconds);
    }

    /// Declares a resource that the server does not know: whether it has a status subresource.
    pub fn know(&self, resource: &str, kind: &str, api_version: &str, status: bool) {
        let kind = store::Kind {
            kind: kind.to_owned(),
            api_version: api_version.to_owned(),
            status,
            selectable: None,
        };
        self.store().kinds.insert(resource.to_owned(), kind);
    }

    /// Firebreak's CRDs, established.
    pub fn install_crds(&self) {
        for crd in firebreak_crds::all() {
            let name = crd.metadata.name.clone().unwrap();
            self.seed(&crd);
            let established = json!({ "conditions": [{ "type": "Established", "status": "True" }] });
            self.edit_raw("customresourcedefinitions", None, &name, |crd| {
                crd["status"] = established.clone()
            });
        }
    }

    /// Creates an object with its status, in one event. Answers with what is stored.
    pub fn seed<K: Resource<DynamicType = ()> + Serialize + DeserializeOwned>(&self, object: &K) -> K {
        let mut value = serde_json::to_value(object).unwrap();
        value["apiVersion"] = json!(K::api_version(&()));
        value["kind"] = json!(K::kind(&()));
        let call = call::<K>(
            Verb::Create,
            object.meta().namespace.as_deref(),
            object.meta().name.as_deref(),
        );
        let stored = self
            .store()
            .create(&call, value, true)
            .unwrap_or_else(|failure| panic!("{}", failure.message));
        serde_json::from_value(stored).unwrap()
    }

    /// Creates an object word for word, managed fields and status included, whatever its schema says.
    pub fn seed_raw(&self, object: &Value) -> Value {
        let kind = object["kind"].as_str().unwrap();
        let mut store = self.store();
        let known = store.kinds.iter().find(|(_, known)| known.kind == kind);
        let (resource, group) = known
            .map(|(resource, known)| (resource.clone(), group(&known.api_version)))
            .unwrap();
        let text = |path: &str| object.pointer(path).and_then(Value::as_str);
        let call = Call {
            group,
            resource,
            ..blank(Verb::Create, text("/metadata/namespace"), text("/metadata/name"))
        };
        let stored = store.create(&call, object.clone(), true);
        stored.unwrap_or_else(|failure| panic!("{}", failure.message))
    }

    /// Every object of a resource as it is stored, in name order.
    pub fn all_raw(&self, resource: &str) -> Vec<Value> {
        let store = self.store();
        let found = store.objects.iter().filter(|(key, _)| key.resource == resource);
        found.map(|(_, object)| object.clone()).collect()
    }

    /// Deletes as somebody else would, by the plural of its kind.
    pub fn delete_raw(&self, resource: &str, namespace: Option<&str>, name: &str) {
        let call = Call {
            verb: Verb::Delete,
            ..self.call(resource, namespace, name)
        };
        let deleted = self.store().write(&call);
        deleted.unwrap_or_else(|failure| panic!("{}", failure.message));
    }

    /// Takes an object away whatever its finalizers, by the plural of its kind.
    pub fn remove_raw(&self, resource: &str, namespace: Option<&str>, name: &str) {
        let key = store::key(&self.call(resource, namespace, name));
        self.store().remove(&key).unwrap();
    }

    /// The object as it is now.
    pub fn get<K: Resource<DynamicType = ()> + DeserializeOwned>(
        &self,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<K> {
        let found = self.raw(&K::plural(&()), namespace, name)?;
        Some(typed(found))
    }

    /// Every object of the kind, in name order.
    pub fn all<K: Resource<DynamicType = ()> + DeserializeOwned>(&self) -> Vec<K> {
        let plural = K::plural(&());
        let store = self.store();
        let found = store.objects.iter().filter(|(key, _)| key.resource == plural);
        found.map(|(_, object)| typed(object.clone())).collect()
    }

    /// The object's JSON as it is now.
    pub fn raw(&self, resource: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        let store = self.store();
        let key = store.find(resource, namespace, name)?;
        store.objects.get(&key).cloned()
    }

    /// Changes an object as somebody else would: versions move, watches hear of it. Spec, metadata and status at once.
    pub fn edit<K: Resource<DynamicType = ()> + Serialize + DeserializeOwned>(
        &self,
        namespace: Option<&str>,
        name: &str,
        change: impl Fn(&mut K),
    ) -> K {
        let stored = self.edit_raw(&K::plural(&()), namespace, name, |value| {
            let mut object: K = typed(value.clone());
            change(&mut object);
            let types = (value["apiVersion"].clone(), value["kind"].clone());
            *value = serde_json::to_value(object).unwrap();
            (value["apiVersion"], value["kind"]) = types;
        });
        typed(stored)
    }

    /// `edit` on JSON.
    pub fn edit_raw(&self, resource: &str, namespace: Option<&str>, name: &str, change: impl Fn(&mut Value)) -> Value {
        let mut stored = self
            .raw(resource, namespace, name)
            .unwrap_or_else(|| panic!("no {resource} {name}"));
        for subresource in [None, Some("status")] {
            let mut body = stored.clone();
            change(&mut body);
            body["metadata"]["resourceVersion"] = stored["metadata"]["resourceVersion"].clone();
            let call = Call {
                subresource: subresource.map(str::to_owned),
                body,
                ..self.call(resource, namespace, name)
            };
            if subresource.is_none() || self.store().kind(resource).status {
                let written = self.store().write(&call);
                stored = written.unwrap_or_else(|failure| panic!("{}", failure.message)).1;
            }
            if self.raw(resource, namespace, name).is_none() {
                break;
            }
        }
        stored
    }

    /// Deletes as somebody else would: with finalizers it only gets a deletionTimestamp.
    pub fn delete<K: Resource<DynamicType = ()>>(&self, namespace: Option<&str>, name: &str) {
        let call = call::<K>(Verb::Delete, namespace, Some(name));
        self.store()
            .write(&call)
            .unwrap_or_else(|failure| panic!("{}", failure.message));
    }

    /// Takes an object away whatever its finalizers; false when there was none.
    pub fn remove<K: Resource<DynamicType = ()>>(&self, namespace: Option<&str>, name: &str) -> bool {
        let call = call::<K>(Verb::Delete, namespace, Some(name));
        self.store().remove(&store::key(&call)).is_some()
    }

    fn call(&self, resource: &str, namespace: Option<&str>, name: &str) -> Call {
        let key = self.store().find(resource, namespace, name).unwrap();
        Call {
            group: key.group,
            resource: resource.to_owned(),
            ..blank(Verb::Update, namespace, Some(name))
        }
    }
}

impl Default for FakeApi {
    fn default() -> Self {
        Self::new()
    }
}

/// Managed fields may hold what no type can.
fn typed<K: DeserializeOwned>(mut object: Value) -> K {
    object["metadata"].as_object_mut().unwrap().remove("managedFields");
    serde_json::from_value(object).unwrap()
}

fn group(api_version: &str) -> String {
    api_version
        .split_once('/')
        .map_or(String::new(), |(group, _)| group.to_owned())
}

fn call<K: Resource<DynamicType = ()>>(verb: Verb, namespace: Option<&str>, name: Option<&str>) -> Call {
    let (group, resource) = (K::group(&()).into_owned(), K::plural(&()).into_owned());
    Call {
        group,
        resource,
        ..blank(verb, namespace, name)
    }
}

fn blank(verb: Verb, namespace: Option<&str>, name: Option<&str>) -> Call {
    Call {
        verb,
        group: String::new(),
        resource: String::new(),
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        subresource: None,
        query: std::collections::BTreeMap::new(),
        content_type: String::new(),
        metadata_only: false,
        body: Value::Null,
        code: 0,
    }
}
