//! What is known when a channel is decided about.

use crate::engine::intent::duration_seconds;
use firebreak_crds::{
    ConditionType, Incident, NotificationChannel, NotificationChannelSpec, NotificationChannelStatus, OwnerRef,
    Severity,
    condition::is_true,
    incident::{IncidentOutcome, IncidentState, ResponseState, TimelineEvent},
};
use jiff::Timestamp;
use std::{collections::BTreeMap, fmt};

/// The channel that is decided about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Kind, namespace, name and UID.
    pub owner: OwnerRef,
    /// Generation of the spec.
    pub generation: i64,
    /// The spec.
    pub spec: NotificationChannelSpec,
    /// The status as it was last written.
    pub status: NotificationChannelStatus,
}

impl Subject {
    /// Reads a channel.
    pub fn of(object: &NotificationChannel) -> Self {
        let meta = &object.metadata;
        Self {
            owner: OwnerRef {
                kind: "NotificationChannel".into(),
                namespace: meta.namespace.clone().unwrap_or_default(),
                name: meta.name.clone().unwrap_or_default(),
                uid: meta.uid.clone().unwrap_or_default(),
            },
            generation: meta.generation.unwrap_or(1),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
        }
    }
}

/// An Incident, as it was read last: what may be told of it. Its title is not among that: findings write titles.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its UID.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// Since when it waits for somebody: it was declared then, or opened again.
    pub since: Timestamp,
    /// Its severity.
    pub severity: Severity,
    /// Whether it is a drill.
    pub drill: bool,
    /// The type of its first finding.
    pub type_: Option<String>,
    /// How far it is.
    pub state: IncidentState,
    /// Whether a person has acknowledged it.
    pub acknowledged: bool,
    /// What it was, once that is said.
    pub outcome: Option<IncidentOutcome>,
    /// Responses that people must see to.
    pub pending: Vec<Pending>,
}

/// A response that people must see to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The kind of its object.
    pub kind: String,
    /// The name of its object.
    pub object: String,
    /// Whether it failed; otherwise it waits for people.
    pub failed: bool,
}

impl Pending {
    /// How it is remembered: at most 64 characters, another one for each object and state.
    pub(super) fn key(&self) -> String {
        let state = if self.failed { "failed" } else { "waits" };
        format!(
            "{state}/{}",
            crate::digest::short(&format!("{}/{}", self.kind, self.object), 20)
        )
    }
}

impl Seen {
    /// Reads an Incident; none when it has no creation time.
    pub fn of(object: &Incident) -> Option<Self> {
        let (meta, spec) = (&object.metadata, &object.spec);
        let status = object.status.clone().unwrap_or_default();
        let declared = meta.creation_timestamp.as_ref()?.0;
        let mut reopened = status
            .timeline
            .iter()
            .filter(|entry| entry.event == TimelineEvent::Reopened);
        let reopened = reopened.next_back().and_then(|entry| entry.at.parse().ok());
        let type_ = spec.findings.iter().find_map(|finding| finding.type_.clone());
        Some(Self {
            uid: meta.uid.clone()?,
            name: meta.name.clone()?,
            since: reopened.map_or(declared, |at: Timestamp| at.max(declared)),
            severity: spec.severity,
            drill: spec.drill,
            type_,
            state: status.state.unwrap_or(IncidentState::Open),
            acknowledged: is_true(&status.conditions, ConditionType::Acknowledged),
            outcome: spec.outcome,
            pending: pending(&status.responses),
        })
    }

    /// Whether it is over, as far as people are concerned.
    pub(super) fn is_over(&self) -> bool {
        is_over(self.state)
    }
}

/// Whether a state means that it is over.
pub(super) fn is_over(state: IncidentState) -> bool {
    matches!(state, IncidentState::Resolved | IncidentState::Reviewed)
}

fn pending(responses: &[firebreak_crds::incident::ResponseStatus]) -> Vec<Pending> {
    let sees = responses.iter().filter_map(|one| {
        let failed = match one.state {
            ResponseState::Waiting => false,
            ResponseState::Failed | ResponseState::Refused | ResponseState::NotOurs => true,
            _ => return None,
        };
        Some(Pending {
            kind: one.kind.clone(),
            object: one.object.clone(),
            failed,
        })
    });
    sees.collect()
}

/// The values of a Secret. They are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub BTreeMap<String, String>);

impl Secret {
    /// A value; none where it is missing or empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?.trim();
        (!value.is_empty()).then_some(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a Secret cannot be used, in a sentence with the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretProblem(pub String);

/// Everything that a decision depends on, besides the time.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The channel.
    pub subject: Subject,
    /// The other channels of its namespace, by name.
    pub others: BTreeMap<String, NotificationChannelSpec>,
    /// The Incidents of its namespace, by UID.
    pub incidents: BTreeMap<String, Seen>,
    /// The values of its Secret.
    pub secret: Result<Secret, SecretProblem>,
    /// Whether the operator holds its lease; none where nobody asked, or nobody knows.
    pub operator_leads: Option<bool>,
}

/// A duration of a spec, in seconds.
pub(super) fn seconds(text: &Option<String>) -> Option<i64> {
    duration_seconds(text.as_ref()?)
}

/// A recorded time.
pub(super) fn time(text: &Option<String>) -> Option<Timestamp> {
    text.as_ref()?.parse().ok()
}

/// So many seconds later.
pub(super) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(jiff::SignedDuration::from_secs(seconds))
        .unwrap_or(at)
}
