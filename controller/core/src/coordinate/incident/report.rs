//! The report of an Incident: Markdown, or one HTML file with the timeline drawn, from what is known of it. Whatever others wrote
//! is bounded and escaped: it forges no line, no cell and no element.

mod changes;
mod document;
mod escape;
mod html;
mod lanes;
mod markdown;
mod picture;
#[cfg(test)]
mod tests;

pub use changes::changes;
pub use html::html;
pub use markdown::markdown;

use super::{standing, world::World};
use firebreak_crds::{
    IncidentSpec, IncidentStatus, TakenDecision,
    incident::{ResponseState, TimelineEvent},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What is known of an Incident when its report is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its spec.
    pub spec: IncidentSpec,
    /// Its status as it was last written.
    pub status: IncidentStatus,
    /// Its responses, in the order of the spec.
    pub responses: Vec<Response>,
    /// When the report is written.
    pub now: Timestamp,
}

/// A response.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Its name in the incident.
    pub name: String,
    /// Its object.
    pub object: String,
    /// Its target in one line, where the object says it.
    pub target: Option<String>,
    /// How it stands.
    pub state: ResponseState,
    /// What it waits for, or why it is as it is.
    pub waits_for: Option<String>,
    /// When its object was created.
    pub created: Option<Timestamp>,
    /// When the first write to AWS was started.
    pub first_write: Option<Timestamp>,
    /// When it was contained, as the timeline has it.
    pub contained: Option<Timestamp>,
    /// When it was released, as the timeline has it.
    pub released: Option<Timestamp>,
    /// Who agreed, or did not.
    pub decisions: Vec<TakenDecision>,
    /// What was changed, where the records of its runs were read.
    pub changes: Vec<Change>,
}

/// One thing that was changed in AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What: the step's sentence.
    pub what: String,
    /// What was there before.
    pub before: Option<String>,
    /// What was written.
    pub after: Option<String>,
}

impl Facts {
    /// What a world knows, with the changes of each response by its name.
    pub fn of(world: &World, mut changes: BTreeMap<String, Vec<Change>>, now: Timestamp) -> Self {
        let subject = &world.subject;
        let responses = standing::all(world).into_iter().map(|standing| {
            let name = standing.response.name.clone();
            let child = standing.child;
            let told = |event| told(&subject.status, &name, event);
            Response {
                object: standing.object.clone(),
                target: child.and_then(|child| child.status.target.clone()),
                state: standing.state,
                waits_for: standing.waits_for.clone(),
                created: child.and_then(|child| child.created_at),
                first_write: child.and_then(|child| child.record.first_write),
                contained: told(TimelineEvent::Contained),
                released: told(TimelineEvent::Released),
                decisions: child.map(|child| child.record.decisions.clone()).unwrap_or_default(),
                changes: changes.remove(&name).unwrap_or_default(),
                name,
            }
        });
        Self {
            namespace: subject.owner.namespace.clone(),
            name: subject.owner.name.clone(),
            spec: subject.spec.clone(),
            status: subject.status.clone(),
            responses: responses.collect(),
            now,
        }
    }
}

/// When the timeline tells an event about a response for the last time.
fn told(status: &IncidentStatus, about: &str, event: TimelineEvent) -> Option<Timestamp> {
    let mut all = status.timeline.iter().rev();
    let found = all.find(|entry| entry.event == event && entry.about == about)?;
    found.at.parse().ok()
}
