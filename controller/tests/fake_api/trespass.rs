//! What a client may not change: everything of an object that people own but Firebreak's finalizers and its status.

use super::{
    request::{Call, Verb},
    store::{Key, Store, key},
};
use firebreak_crds::{FINDINGS_ANNOTATION, INCIDENT_UID_LABEL, KINDS, Kind, Writer};
use serde_json::{Value, json};
use std::sync::LazyLock;

static PEOPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let theirs = KINDS.iter().filter(|kind| kind.writer == Writer::People);
    theirs.map(Kind::plural).collect()
});

/// The object that a call is about to write, if it is one of people's.
pub fn owned(store: &Store, call: &Call) -> Option<(Key, Value)> {
    let changes = matches!(call.verb, Verb::Update | Verb::Patch | Verb::Create | Verb::Delete);
    let peoples = changes && PEOPLES.contains(&call.resource);
    let key = key(call);
    let before = store.objects.get(&key).cloned().unwrap_or(Value::Null);
    let ours = is_a_response(call, &before) || is_of_findings(call, &before);
    (peoples && !ours).then_some((key, before))
}

/// What findings open is an Incident of Firebreak's, and says so: others are never changed.
fn is_of_findings(call: &Call, before: &Value) -> bool {
    let says = |object: &Value| object["metadata"]["annotations"].get(FINDINGS_ANNOTATION).is_some();
    let opens = call.verb == Verb::Create && before.is_null() && says(&call.body);
    let changes = call.verb == Verb::Patch && call.subresource.is_none() && says(before);
    call.resource == "incidents" && (opens || changes)
}

/// What an Incident asks for is applied: where there is nothing yet, or to what was created so.
fn is_a_response(call: &Call, before: &Value) -> bool {
    let applies = call.content_type.contains("apply-patch") && call.subresource.is_none();
    let created = before["metadata"]["labels"].get(INCIDENT_UID_LABEL);
    let same = created.is_some() && created == call.body["metadata"]["labels"].get(INCIDENT_UID_LABEL);
    applies && call.resource == "quarantines" && (before.is_null() || same)
}

/// What the call changed of it that it may not.
pub fn of(store: &Store, call: &Call, (key, before): (Key, Value)) -> Option<String> {
    let Some(after) = store.objects.get(&key) else {
        // The last finalizer of an object that is being deleted was taken away.
        let deleting = before.pointer("/metadata/deletionTimestamp").is_some();
        return (!deleting && !before.is_null()).then(|| format!("{call} deleted it"));
    };
    let [before, after] = [before, after.clone()].map(theirs);
    (before != after).then(|| format!("{call} changed\n{before}\nto\n{after}"))
}

/// Without what the server and the operator may write.
fn theirs(mut object: Value) -> Value {
    let Value::Object(content) = &mut object else {
        return object;
    };
    content.remove("status");
    if let Some(metadata) = content.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
        let finalizers = metadata.remove("finalizers").unwrap_or_default();
        let others = finalizers.as_array().into_iter().flatten();
        let others: Vec<&Value> = others
            .filter(|one| !one.as_str().is_some_and(|one| one.starts_with("firebreak.dev/")))
            .collect();
        metadata.insert("finalizers".to_owned(), json!(others));
    }
    object
}
