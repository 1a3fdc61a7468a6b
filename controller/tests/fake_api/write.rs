//! The writing verbs: create, update, patch and delete, with the API server's rules about versions, status and finalizers.

use super::{
    failure::Failure,
    patch,
    request::{Call, Verb},
    store::{Key, Store, key, within},
};
use serde_json::{Map, Value, json};

/// Metadata that only the server writes.
const SERVER_OWNED: [&str; 7] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "name",
    "namespace",
];

impl Store {
    /// Runs a writing call: the HTTP status and the body.
    pub fn write(&mut self, call: &Call) -> Result<(u16, Value), Failure> {
        match call.verb {
            Verb::Create => self.create(call, call.body.clone(), false).map(|object| (201, object)),
            Verb::Update => self.update(call).map(|object| (200, object)),
            Verb::Patch => self.patch(call),
            Verb::Delete => self.delete(call).map(|object| (200, object)),
            Verb::DeleteCollection => self.delete_all(call).map(|object| (200, object)),
            Verb::Get | Verb::List | Verb::Watch => Err(Failure::new(405, "not a writing verb")),
        }
    }

    /// Creates; only a test's seed keeps the status of a kind that has it as a subresource.
    pub fn create(&mut self, call: &Call, mut object: Value, keep_status: bool) -> Result<Value, Failure> {
        let mut key = key(call);
        if key.name.is_empty() {
            let prefix = object
                .pointer("/metadata/generateName")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let prefix = prefix.ok_or_else(|| Failure::invalid(call, "name or generateName is required"))?;
            key.name = format!("{prefix}{:05}", self.serial());
        }
        if let Some(namespace) = call.namespace.as_deref().filter(|n| self.is_terminating(n)) {
            return Err(Failure::terminating(call, namespace));
        }
        if self.objects.contains_key(&key) {
            return Err(Failure::already_exists(call, &key.name));
        }
        self.learn(call, &object);
        if self.kind(&call.resource).status && !keep_status {
            drop(object.as_object_mut().and_then(|o| o.remove("status")));
        }
        let uid = format!("{:08x}-0000-4000-8000-000000000000", self.serial());
        let now = self.now.to_string();
        let metadata = metadata(&mut object);
        SERVER_OWNED.iter().for_each(|field| drop(metadata.remove(*field)));
        metadata.insert("name".to_owned(), json!(key.name));
        if !key.namespace.is_empty() {
            metadata.insert("namespace".to_owned(), json!(key.namespace));
        }
        metadata.insert("uid".to_owned(), json!(uid));
        metadata.insert("creationTimestamp".to_owned(), json!(now));
        metadata.insert("generation".to_owned(), json!(1));
        Ok(self.put(key, object, None))
    }

    /// Remembers kind and apiVersion of a resource that the server did not know.
    fn learn(&mut self, call: &Call, object: &Value) {
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let kind = self.kinds.entry(call.resource.clone()).or_default();
        if kind.kind.is_empty() {
            kind.kind = text("kind");
            kind.api_version = text("apiVersion");
        }
    }

    fn is_terminating(&self, namespace: &str) -> bool {
        let key = Key {
            group: String::new(),
            resource: "namespaces".to_owned(),
            namespace: String::new(),
            name: namespace.to_owned(),
        };
        let found = self.objects.get(&key);
        found.is_some_and(|object| object.pointer("/metadata/deletionTimestamp").is_some())
    }

    /// Stores under a new resourceVersion and tells the watches.
    fn put(&mut self, key: Key, mut object: Value, before: Option<Value>) -> Value {
        self.revision += 1;
        metadata(&mut object).insert("resourceVersion".to_owned(), json!(self.revision.to_string()));
        // Who manages which field is not followed; what a test wrote there stays.
        let managed = before
            .as_ref()
            .unwrap_or(&object)
            .pointer("/metadata/managedFields")
            .cloned();
        metadata(&mut object).retain(|field, value| !value.is_null() && field != "managedFields");
        managed
            .into_iter()
            .for_each(|managed| drop(metadata(&mut object).insert("managedFields".to_owned(), managed)));
        self.objects.insert(key.clone(), object.clone());
        self.record(key, object.clone(), before, false);
        object
    }

    fn current(&self, call: &Call) -> Result<Value, Failure> {
        self.objects
            .get(&key(call))
            .cloned()
            .ok_or_else(|| Failure::not_found(call))
    }

    fn update(&mut self, call: &Call) -> Result<Value, Failure> {
        let current = self.current(call)?;
        if call
            .body
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            return Err(Failure::invalid(
                call,
                "metadata.resourceVersion: must be specified for an update",
            ));
        }
        self.replace(call, current, call.body.clone())
    }

    fn patch(&mut self, call: &Call) -> Result<(u16, Value), Failure> {
        let applies = call.content_type.contains("apply-patch");
        let current = match self.current(call) {
            Err(_) if applies && call.subresource.is_none() => return self.first_apply(call),
            found => found?,
        };
        let mut next = current.clone();
        if call.content_type.contains("json-patch") {
            patch::json_patch(&mut next, &call.body).map_err(|why| Failure::new(422, why))?;
        } else {
            if applies {
                patch::merge(&mut next, &self.withdrawals(call));
            }
            patch::merge(&mut next, &call.body);
        }
        let object = self.replace(call, current, next)?;
        if applies {
            self.applied.insert(applied_key(call), call.body.clone());
        }
        Ok((200, object))
    }

    fn first_apply(&mut self, call: &Call) -> Result<(u16, Value), Failure> {
        let object = self.create(call, call.body.clone(), false)?;
        self.applied.insert(applied_key(call), call.body.clone());
        Ok((201, object))
    }

    /// What this field manager owned and has left out now.
    fn withdrawals(&self, call: &Call) -> Value {
        let before = self.applied.get(&applied_key(call));
        before.map_or_else(|| json!({}), |before| patch::withdrawn(before, &call.body))
    }

    fn replace(&mut self, call: &Call, current: Value, mut next: Value) -> Result<Value, Failure> {
        same(&current, &next, "resourceVersion")
            .then_some(())
            .ok_or_else(|| Failure::modified(call))?;
        same(&current, &next, "uid")
            .then_some(())
            .ok_or_else(|| Failure::conflict(call, "Precondition failed: UID"))?;
        let has_status = self.kind(&call.resource).status;
        if call.subresource.as_deref() == Some("status") {
            has_status.then_some(()).ok_or_else(|| Failure::not_found(call))?;
            let status = next.get("status").cloned();
            next = current.clone();
            set(&mut next, "status", status);
        } else {
            keep_metadata(&current, &mut next);
            if has_status {
                set(&mut next, "status", current.get("status").cloned());
            }
        }
        self.check_finalizers(call, &current, &next)?;
        if content(&current, has_status) != content(&next, has_status) {
            let generation = current
                .pointer("/metadata/generation")
                .and_then(Value::as_u64)
                .unwrap_or(1);
            metadata(&mut next).insert("generation".to_owned(), json!(generation + 1));
        }
        if next == current {
            return Ok(current);
        }
        let stored = self.put(key(call), next, Some(current));
        self.remove_when_finalized(&key(call), &stored);
        Ok(stored)
    }

    fn check_finalizers(&self, call: &Call, current: &Value, next: &Value) -> Result<(), Failure> {
        let deleting = current.pointer("/metadata/deletionTimestamp").is_some();
        let added = finalizers(next).iter().any(|f| !finalizers(current).contains(f));
        if deleting && added {
            let why = "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted";
            return Err(Failure::invalid(call, why));
        }
        Ok(())
    }

    fn remove_when_finalized(&mut self, key: &Key, object: &Value) {
        let deleting = object.pointer("/metadata/deletionTimestamp").is_some();
        if deleting && finalizers(object).is_empty() {
            self.remove(key);
        }
    }

    /// Takes an object away, as when its last finalizer went.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        let before = self.objects.remove(key)?;
        self.revision += 1;
        self.applied.retain(|(applied, ..), _| applied != key);
        let mut last = before.clone();
        metadata(&mut last).insert("resourceVersion".to_owned(), json!(self.revision.to_string()));
        self.record(key.clone(), last.clone(), Some(before), true);
        Some(last)
    }

    fn delete(&mut self, call: &Call) -> Result<Value, Failure> {
        let current = self.current(call)?;
        let wanted = json!({ "metadata": call.body.get("preconditions").cloned().unwrap_or_default() });
        for field in ["uid", "resourceVersion"] {
            let why = format!("Precondition failed: {field} in precondition does not match");
            same(&current, &wanted, field)
                .then_some(())
                .ok_or_else(|| Failure::conflict(call, &why))?;
        }
        let kept = call.resource == "namespaces" || !finalizers(&current).is_empty();
        if !kept {
            self.remove(&key(call));
            return Ok(json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" }));
        }
        if current.pointer("/metadata/deletionTimestamp").is_some() {
            return Ok(current);
        }
        let mut next = current.clone();
        let generation = current
            .pointer("/metadata/generation")
            .and_then(Value::as_u64)
            .unwrap_or(1);
        metadata(&mut next).insert("deletionTimestamp".to_owned(), json!(self.now.to_string()));
        metadata(&mut next).insert("deletionGracePeriodSeconds".to_owned(), json!(0));
        metadata(&mut next).insert("generation".to_owned(), json!(generation + 1));
        Ok(self.put(key(call), next, Some(current)))
    }

    fn delete_all(&mut self, call: &Call) -> Result<Value, Failure> {
        let selection = self.selection(call)?;
        let found = self
            .objects
            .iter()
            .filter(|(k, o)| within(call, k) && selection.matches(o));
        let names: Vec<Key> = found.map(|(key, _)| key.clone()).collect();
        for Key { namespace, name, .. } in names {
            let namespace = (!namespace.is_empty()).then_some(namespace);
            self.delete(&Call {
                namespace,
                name: Some(name),
                verb: Verb::Delete,
                ..call.clone()
            })?;
        }
        Ok(json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" }))
    }
}

fn applied_key(call: &Call) -> (Key, String, Option<String>) {
    (
        key(call),
        call.param("fieldManager").unwrap_or_default().to_owned(),
        call.subresource.clone(),
    )
}

/// The object's metadata, made if it is missing.
fn metadata(object: &mut Value) -> &mut Map<String, Value> {
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    match &mut object["metadata"] {
        Value::Object(metadata) => metadata,
        _ => unreachable!("made above"),
    }
}

fn finalizers(object: &Value) -> Vec<Value> {
    object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// Whether a precondition holds: the wanted field is absent, or the same.
fn same(current: &Value, wanted: &Value, field: &str) -> bool {
    match wanted["metadata"].get(field).and_then(Value::as_str) {
        None | Some("") => true,
        Some(wanted) => current["metadata"][field].as_str() == Some(wanted),
    }
}

fn set(object: &mut Value, field: &str, value: Option<Value>) {
    let Value::Object(map) = object else { return };
    match value {
        Some(value) => drop(map.insert(field.to_owned(), value)),
        None => drop(map.remove(field)),
    }
}

fn keep_metadata(current: &Value, next: &mut Value) {
    for field in SERVER_OWNED.iter().chain(&["resourceVersion"]) {
        match current["metadata"].get(*field) {
            Some(value) => drop(metadata(next).insert((*field).to_owned(), value.clone())),
            None => drop(metadata(next).remove(*field)),
        }
    }
    metadata(next).retain(|field, value| !value.is_null() && field != "managedFields");
    if let Some(managed) = current["metadata"].get("managedFields") {
        metadata(next).insert("managedFields".to_owned(), managed.clone());
    }
}

/// All but metadata, and but status where that has its own subresource: what `generation` counts.
fn content(object: &Value, has_status: bool) -> Value {
    let mut content = object.clone();
    set(&mut content, "metadata", None);
    if has_status {
        set(&mut content, "status", None);
    }
    content
}
