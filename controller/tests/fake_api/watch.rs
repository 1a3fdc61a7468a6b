//! Watches: a replay of the change log from a revision, then live, with losses, repetitions, holds and 410 on demand.

use super::{
    failure::Failure,
    request::Call,
    select::Selection,
    store::{Change, Store, within},
};
use serde_json::{Value, json};
use std::collections::VecDeque;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One open watch.
pub struct Watcher {
    pub call: Call,
    selection: Selection,
    queue: VecDeque<Value>,
    sender: UnboundedSender<Value>,
}

impl Watcher {
    /// Queues the change if it is of interest; false when the client has gone.
    pub fn offer(&mut self, change: &Change, held: bool) -> bool {
        if within(&self.call, &change.key) {
            let event = event(change, &self.selection);
            event
                .into_iter()
                .for_each(|event| (0..change.copies).for_each(|_| self.queue.push_back(event.clone())));
        }
        held || self.flush()
    }

    /// Sends what is queued; false when the client has gone.
    pub fn flush(&mut self) -> bool {
        while let Some(event) = self.queue.pop_front() {
            let event = if self.call.metadata_only {
                partial_event(event)
            } else {
                event
            };
            if self.sender.send(event).is_err() {
                return false;
            }
        }
        !self.sender.is_closed()
    }
}

impl Store {
    /// Opens a watch.
    pub fn watch(&mut self, call: &Call) -> Result<UnboundedReceiver<Value>, Failure> {
        let from: u64 = call.param("resourceVersion").and_then(|v| v.parse().ok()).unwrap_or(0);
        if from > 0 && from < self.compacted.get(&call.resource).copied().unwrap_or(0) {
            return Err(Failure::new(410, format!("too old resource version: {from}")));
        }
        let selection = self.selection(call)?;
        let (sender, receiver) = unbounded_channel();
        let mut watcher = Watcher {
            call: call.clone(),
            selection,
            queue: VecDeque::new(),
            sender,
        };
        let initial = call.param("sendInitialEvents") == Some("true");
        if from == 0 || initial {
            self.initial_events(&mut watcher, initial);
        } else {
            let missed = self.changes.iter().filter(|change| change.revision > from);
            missed.for_each(|change| _ = watcher.offer(change, true));
        }
        if self.held.contains(&call.resource) || watcher.flush() {
            self.watchers.push(watcher);
        }
        Ok(receiver)
    }

    fn initial_events(&self, watcher: &mut Watcher, bookmark: bool) {
        let found = self
            .objects
            .iter()
            .filter(|(k, o)| within(&watcher.call, k) && watcher.selection.matches(o));
        let added: Vec<Value> = found.map(|(_, o)| json!({ "type": "ADDED", "object": o })).collect();
        watcher.queue.extend(added);
        if bookmark {
            let kind = self.kind(&watcher.call.resource);
            let end = json!({ "k8s.io/initial-events-end": "true" });
            let metadata = json!({ "resourceVersion": self.revision.to_string(), "annotations": end });
            let object = json!({ "kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata });
            watcher.queue.push_back(json!({ "type": "BOOKMARK", "object": object }));
        }
    }

    /// Ends every watch of the resource, with 410 if `gone`.
    pub fn end_watches(&mut self, resource: &str, gone: bool) {
        if gone {
            self.compacted.insert(resource.to_owned(), self.revision + 1);
            self.revision += 1;
        }
        self.watchers.retain_mut(|watcher| {
            let ends = watcher.call.resource == resource;
            if ends && gone {
                let status = Failure::new(410, "too old resource version").status();
                drop(watcher.sender.send(json!({ "type": "ERROR", "object": status })));
            }
            !ends
        });
    }

    /// Lets held watches deliver what they queued.
    pub fn release(&mut self, resource: &str) {
        self.held.remove(resource);
        self.watchers
            .retain_mut(|watcher| watcher.call.resource != resource || watcher.flush());
    }
}

/// How a change looks through a selector: an object that leaves the selection is deleted, one that enters is added.
fn event(change: &Change, selection: &Selection) -> Option<Value> {
    let was = change.before.as_ref().is_some_and(|before| selection.matches(before));
    let is = !change.deleted && selection.matches(&change.object);
    let kind = match (was, is) {
        (false, false) => return None,
        (false, true) => "ADDED",
        (true, true) => "MODIFIED",
        (true, false) => "DELETED",
    };
    let mut event = json!({ "type": kind });
    event["object"] = change.object.clone();
    Some(event)
}

fn partial_event(mut event: Value) -> Value {
    if event["type"] != "ERROR" && event["type"] != "BOOKMARK" {
        event["object"] = partial(&event["object"], "PartialObjectMetadata");
    }
    event
}

/// Metadata only, as a client asks for with an Accept header.
pub fn partial(object: &Value, kind: &str) -> Value {
    json!({ "kind": kind, "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] })
}
