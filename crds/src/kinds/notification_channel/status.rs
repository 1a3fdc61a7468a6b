//! What Firebreak reports of a NotificationChannel, and what it remembers of what it told.

use crate::{Condition, Severity, incident::IncidentState, text};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The most Incidents of which it is remembered what was told.
pub const TOLD: usize = 128;
/// The most things of one Incident that people were told to see to.
const PENDING: usize = 32;

/// What Firebreak reports of a channel. It never writes the spec.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct NotificationChannelStatus {
    /// The generation of the spec that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready: what there was to tell was delivered. Stalled: a person must correct something, as the message says.
    #[serde(default)]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// How many messages were delivered, and how many attempts failed.
    #[serde(default)]
    pub counts: ChannelCounts,
    /// When a message was delivered last (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub last_delivery: Option<String>,
    /// Until when nothing is sent, because the provider asked for it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub silent_until: Option<String>,
    /// The last `spec.test` for which a test message was delivered.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub tested: u32,
    /// How the test message, or the heartbeat, could not be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// What was told of each Incident.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["uid".to_owned()]))]
    pub told: Vec<Told>,
}

/// How much was sent.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct ChannelCounts {
    /// Messages that were taken.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub delivered: u64,
    /// Attempts that were not.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub failed: u64,
}

/// What was told of one Incident.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The Incident's UID.
    #[schemars(length(max = 64))]
    pub uid: String,
    /// The Incident's name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// The severity that was told; absent until the first message was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The state that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<IncidentState>,
    /// Whether it was told that a person has acknowledged it.
    #[serde(default)]
    pub acknowledged: bool,
    /// What people were told to see to: responses that wait for them, or failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 64)))]
    pub pending: Vec<String>,
    /// When it was told last (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub last: Option<String>,
    /// Where the messages of this Incident hang together, as the provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub thread: Option<String>,
    /// How the next message could not be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// How a message could not be delivered. It is tried again.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// How often it was tried.
    #[serde(default)]
    #[schemars(extend("format" = "int64"))]
    pub attempts: u32,
    /// When it is tried again (RFC 3339).
    #[schemars(length(max = 40))]
    pub next: String,
    /// Whether a person must correct something.
    #[serde(default)]
    pub lasting: bool,
    /// Why.
    #[schemars(length(max = 512))]
    pub why: String,
}

impl NotificationChannelStatus {
    /// The same within the bounds of its schema, in text that forges nothing.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.told.truncate(TOLD);
        self.told.iter_mut().for_each(Told::bound);
        self.trouble.iter_mut().for_each(Trouble::bound);
        self
    }
}

impl Told {
    fn bound(&mut self) {
        self.name = text::bounded(&self.name, 253);
        self.pending.truncate(PENDING);
        self.pending.iter_mut().for_each(|one| *one = text::bounded(one, 64));
        self.thread = self.thread.take().map(|thread| text::bounded(&thread, 64));
        self.trouble.iter_mut().for_each(Trouble::bound);
    }
}

impl Trouble {
    fn bound(&mut self) {
        self.why = text::bounded(&self.why, 512);
    }
}
