//! The server's memory: objects, the log of changes that watches replay, the clock and what is known about each kind.

use super::{failure::Failure, request::Call, select::Selection, watch::Watcher};
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Where an object is kept; the namespace is empty for cluster-scoped objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub group: String,
    pub resource: String,
    pub namespace: String,
    pub name: String,
}

/// What the server knows about a resource.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    pub kind: String,
    pub api_version: String,
    pub status: bool,
    /// `None`: any field can be selected.
    pub selectable: Option<Vec<String>>,
}

/// One change, as a watch reports it.
#[derive(Clone, Debug)]
pub struct Change {
    pub revision: u64,
    pub key: Key,
    pub object: Value,
    pub before: Option<Value>,
    pub deleted: bool,
    /// How often a watch delivers it: 0 = lost, 2 = repeated.
    pub copies: usize,
}

/// Everything that the server remembers.
pub struct Store {
    pub objects: BTreeMap<Key, Value>,
    pub changes: Vec<Change>,
    pub revision: u64,
    pub now: Timestamp,
    pub kinds: BTreeMap<String, Kind>,
    pub applied: BTreeMap<(Key, String, Option<String>), Value>,
    pub watchers: Vec<Watcher>,
    /// Watches of these resources deliver nothing until released.
    pub held: BTreeSet<String>,
    /// Watches from before this revision are answered 410.
    pub compacted: BTreeMap<String, u64>,
    /// Reads of these resources see this older state.
    pub stale: BTreeMap<String, (BTreeMap<Key, Value>, u64)>,
    /// The next events of these resources are delivered so many times.
    pub next_copies: BTreeMap<String, Vec<usize>>,
    serial: u64,
}

impl Store {
    pub fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            changes: Vec::new(),
            revision: 1,
            now: Timestamp::from_second(1_767_225_600).unwrap_or_default(),
            kinds: KINDS.clone(),
            applied: BTreeMap::new(),
            watchers: Vec::new(),
            held: BTreeSet::new(),
            compacted: BTreeMap::new(),
            stale: BTreeMap::new(),
            next_copies: BTreeMap::new(),
            serial: 0,
        }
    }

    pub fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub fn kind(&self, resource: &str) -> Kind {
        self.kinds.get(resource).cloned().unwrap_or_default()
    }

    /// Where an object is kept, by the plural of its kind.
    pub fn find(&self, resource: &str, namespace: Option<&str>, name: &str) -> Option<Key> {
        let version = self.kind(resource).api_version;
        let key = Key {
            group: version.split_once('/').map_or("", |(group, _)| group).to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: name.to_owned(),
        };
        self.objects.contains_key(&key).then_some(key)
    }

    /// What a reader of this resource sees: the truth, or an older state.
    fn seen(&self, resource: &str) -> (&BTreeMap<Key, Value>, u64) {
        match self.stale.get(resource) {
            Some((objects, revision)) => (objects, *revision),
            None => (&self.objects, self.revision),
        }
    }

    pub fn get(&self, call: &Call) -> Result<Value, Failure> {
        let found = self.seen(&call.resource).0.get(&key(call));
        found.cloned().ok_or_else(|| Failure::not_found(call))
    }

    pub fn list(&self, call: &Call) -> Result<Value, Failure> {
        let selection = self.selection(call)?;
        let (objects, revision) = self.seen(&call.resource);
        let first = Key {
            namespace: call.namespace.clone().unwrap_or_default(),
            name: String::new(),
            ..key(call)
        };
        let all: Vec<&Value> = objects
            .range(first..)
            .take_while(|(k, _)| k.group == call.group && k.resource == call.resource)
            .filter(|(k, o)| within(call, k) && selection.matches(o))
            .map(|x| x.1)
            .collect();
        let skip: usize = call.param("continue").and_then(|c| c.parse().ok()).unwrap_or(0);
        let limit = call
            .param("limit")
            .and_then(|l| l.parse().ok())
            .filter(|l| *l > 0)
            .unwrap_or(usize::MAX);
        // Cloned, for `json!` would serialize each of them.
        let items: Vec<Value> = all.iter().copied().skip(skip).take(limit).cloned().collect();
        let mut metadata = json!({ "resourceVersion": revision.to_string() });
        if skip + items.len() < all.len() {
            metadata["continue"] = json!((skip + items.len()).to_string());
        }
        let kind = self.kind(&call.resource);
        let mut list = json!({
            "kind": format!("{}List", kind.kind), "apiVersion": kind.api_version, "metadata": metadata,
        });
        list["items"] = Value::Array(items);
        Ok(list)
    }

    pub fn selection(&self, call: &Call) -> Result<Selection, Failure> {
        let text = |key| call.param(key).unwrap_or_default();
        let selection = Selection::new(text("labelSelector"), text("fieldSelector"));
        let allowed = self.kind(&call.resource).selectable;
        let refused = allowed.and_then(|allowed| {
            let known = |path: &String| path.starts_with("metadata.name") || allowed.contains(path);
            selection.field_paths().into_iter().find(|path| !known(path))
        });
        match refused {
            Some(path) => Err(Failure::new(400, format!("field label not supported: {path}"))),
            None => Ok(selection),
        }
    }

    /// Records a change and tells the watches.
    pub fn record(&mut self, key: Key, object: Value, before: Option<Value>, deleted: bool) {
        let queue = self.next_copies.entry(key.resource.clone()).or_default();
        let copies = if queue.is_empty() { 1 } else { queue.remove(0) };
        let change = Change {
            revision: self.revision,
            key,
            object,
            before,
            deleted,
            copies,
        };
        let held = self.held.contains(&change.key.resource);
        self.watchers.retain_mut(|watcher| watcher.offer(&change, held));
        self.changes.push(change);
    }
}

pub fn key(call: &Call) -> Key {
    Key {
        group: call.group.clone(),
        resource: call.resource.clone(),
        namespace: call.namespace.clone().unwrap_or_default(),
        name: call.name.clone().unwrap_or_default(),
    }
}

/// Whether the key lies in the collection that the call names.
pub fn within(call: &Call, key: &Key) -> bool {
    key.group == call.group
        && key.resource == call.resource
        && call
            .namespace
            .as_ref()
            .is_none_or(|namespace| *namespace == key.namespace)
        && call.name.as_ref().is_none_or(|name| *name == key.name)
}

/// Made once: a law starts thousands of servers, and the schemas take long.
static KINDS: LazyLock<BTreeMap<String, Kind>> = LazyLock::new(kinds);

/// Firebreak's kinds as their CRDs say, and the built-in ones that have a status subresource.
fn kinds() -> BTreeMap<String, Kind> {
    let ours = firebreak_crds::all().into_iter().map(|crd| {
        let version = &crd.spec.versions[0];
        let paths = version.selectable_fields.iter().flatten();
        let kind = Kind {
            kind: crd.spec.names.kind.clone(),
            api_version: format!("{}/{}", crd.spec.group, version.name),
            status: version.subresources.as_ref().is_some_and(|sub| sub.status.is_some()),
            selectable: Some(paths.map(|f| f.json_path.trim_start_matches('.').to_owned()).collect()),
        };
        (crd.spec.names.plural.clone(), kind)
    });
    let builtin = [
        ("namespaces", "Namespace", "v1", true),
        ("pods", "Pod", "v1", true),
        (
            "customresourcedefinitions",
            "CustomResourceDefinition",
            "apiextensions.k8s.io/v1",
            true,
        ),
        ("leases", "Lease", "coordination.k8s.io/v1", false),
        ("events", "Event", "events.k8s.io/v1", false),
        ("configmaps", "ConfigMap", "v1", false),
    ];
    let builtin = builtin.into_iter().map(|(resource, kind, api_version, status)| {
        let kind = Kind {
            kind: kind.to_owned(),
            api_version: api_version.to_owned(),
            status,
            selectable: None,
        };
        (resource.to_owned(), kind)
    });
    ours.chain(builtin).collect()
}
