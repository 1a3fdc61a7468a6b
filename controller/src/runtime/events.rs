//! Kubernetes Events for people. kube's Recorder drops a changed note: it patches the first note again for six minutes.
//! Here each object, reason and action has a recorder of its own, and a changed note gets a new one, hence a new Event.

use firebreak_crds::text;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Mutex;

/// The API server refuses longer notes.
const LONGEST_NOTE: usize = 1024;
const CAPACITY: usize = 1_000;

/// Whether people should worry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// All is well.
    Normal,
    /// Something is not.
    Warning,
}

/// What is told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Normal or Warning.
    pub kind: EventKind,
    /// One CamelCase word out of a closed list, such as `DriftDetected`.
    pub reason: String,
    /// What Firebreak was doing, one CamelCase word, such as `Contain`.
    pub action: String,
    /// A sentence. Made one harmless line, and cut at 1,024 bytes.
    pub note: String,
}

type Subject = (String, String, String);

/// The publisher. Clones share it.
#[derive(Clone)]
pub struct Events {
    client: Client,
    reporter: Reporter,
    recorders: Arc<Mutex<Recorders>>,
}

#[derive(Default)]
struct Recorders {
    clock: u64,
    known: HashMap<Subject, (String, Recorder, u64)>,
}

impl Events {
    /// Publishes as `controller` from `instance` (the pod).
    pub fn new(client: Client, controller: &str, instance: &str) -> Self {
        let reporter = Reporter {
            controller: controller.to_owned(),
            instance: Some(instance.to_owned()),
        };
        Self {
            client,
            reporter,
            recorders: Arc::default(),
        }
    }

    /// Tells people. An Event that cannot be written is logged and forgotten: it never fails what it reports.
    pub async fn publish(&self, about: &ObjectReference, notice: Notice) {
        let note = cut(text::one_line(&notice.note));
        let recorder = self.recorder(about, &notice.reason, &notice.action, &note).await;
        let event = Event {
            type_: match notice.kind {
                EventKind::Normal => EventType::Normal,
                EventKind::Warning => EventType::Warning,
            },
            reason: notice.reason,
            action: notice.action,
            note: Some(note),
            secondary: None,
        };
        if let Err(error) = recorder.publish(&event, about).await {
            tracing::warn!(%error, reason = event.reason, "an Event could not be written");
        }
    }

    /// The recorder that knows this very note, or a new one.
    async fn recorder(&self, about: &ObjectReference, reason: &str, action: &str, note: &str) -> Recorder {
        let subject = (
            about.uid.clone().unwrap_or_default(),
            reason.to_owned(),
            action.to_owned(),
        );
        let mut recorders = self.recorders.lock().await;
        recorders.clock += 1;
        let now = recorders.clock;
        if let Some((known, recorder, touched)) = recorders.known.get_mut(&subject)
            && known == note
        {
            *touched = now;
            return recorder.clone();
        }
        recorders.forget_oldest();
        let recorder = Recorder::new(self.client.clone(), self.reporter.clone());
        recorders
            .known
            .insert(subject, (note.to_owned(), recorder.clone(), now));
        recorder
    }
}

impl Recorders {
    fn forget_oldest(&mut self) {
        if self.known.len() < CAPACITY {
            return;
        }
        let oldest = self
            .known
            .iter()
            .min_by_key(|(_, (.., touched))| *touched)
            .map(|(subject, _)| subject.clone());
        oldest.iter().for_each(|subject| drop(self.known.remove(subject)));
    }
}

fn cut(mut note: String) -> String {
    note.truncate(note.floor_char_boundary(LONGEST_NOTE));
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = cut("é".repeat(1_000));
        assert_eq!(note.len(), 1024);
        assert_eq!(cut("short".into()), "short");
    }
}
