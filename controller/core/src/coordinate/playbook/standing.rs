//! What is reported about a playbook: whether it can be used, and who has edited it.

use super::{Known, remember, stamped};
use crate::{
    approval::{self, Admission},
    coordinate::incident,
};
use firebreak_crds::{
    ConditionType as Type, Playbook, PlaybookSpec, PlaybookStatus, Reason,
    condition::{Wanted, merge},
    incident::IncidentResponse,
    playbook::PlaybookResponse,
};
use jiff::Timestamp;

/// What a report depends on, besides the time.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The playbook.
    pub object: &'a Playbook,
    /// What admission guarantees.
    pub admission: Admission,
    /// Patterns of usernames that are machines.
    pub machines: &'a [String],
}

/// The whole status.
pub fn status(subject: &Subject<'_>, now: Timestamp) -> PlaybookStatus {
    let object = subject.object;
    let before = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or(1);
    let wanted = match problem(&object.spec) {
        None => [
            Wanted::yes(Type::Ready, Reason::Accepted, "findings are matched against it"),
            Wanted::no(Type::Stalled, Reason::Accepted, "it can be used"),
        ],
        Some(why) => [
            Wanted::no(Type::Ready, Reason::InvalidPlaybook, why.clone()),
            Wanted::yes(Type::Stalled, Reason::InvalidPlaybook, why),
        ],
    };
    PlaybookStatus {
        observed_generation: Some(generation),
        conditions: merge(&before.conditions, &wanted, generation, now),
        editors: editors(subject, before.editors),
    }
}

/// Who is remembered, and who edited it last. It never shrinks: what was asked for once was asked for by all of them.
fn editors(subject: &Subject<'_>, mut known: Vec<String>) -> Vec<String> {
    let vouched = stamped(subject.object).filter(|_| subject.admission.requester_stamped);
    let person = vouched.filter(|name| approval::is_person(subject.machines, name));
    person.into_iter().for_each(|name| remember(&mut known, name));
    known
}

/// What keeps it from being used. The API server refuses most of it already.
fn problem(spec: &PlaybookSpec) -> Option<String> {
    let edge = |one: &PlaybookResponse| IncidentResponse {
        name: one.name.clone(),
        depends_on: one.depends_on.clone(),
        ..IncidentResponse::default()
    };
    let edges: Vec<IncidentResponse> = spec.responses.iter().map(edge).collect();
    let names: Vec<&str> = incident::cycle(&edges).into_iter().collect();
    (!names.is_empty()).then(|| {
        format!(
            "spec.responses: {} wait for each other: remove one of their dependsOn",
            names.join(", ")
        )
    })
}

impl Known {
    /// What keeps it from being used.
    pub fn problem(&self) -> Option<String> {
        problem(&self.spec)
    }

    /// Whether it can be used.
    pub fn is_usable(&self) -> bool {
        self.problem().is_none()
    }
}
