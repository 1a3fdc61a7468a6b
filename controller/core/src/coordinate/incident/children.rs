//! The objects that an Incident creates: their names, what is applied, and what is left alone.

use super::{
    asked,
    standing::Standing,
    summary::Seen,
    world::{Applied, Child, World},
};
use crate::digest;
use firebreak_crds::{
    APPLIED_ANNOTATION, ASKED_ANNOTATION, Asked, DesiredState, INCIDENT_LABEL, INCIDENT_UID_LABEL, Mode,
    QuarantineSpec,
    incident::{IncidentIntent, IncidentResponse, OnResolve, QuarantineTemplate, ResponseState},
};
use serde_json::{Value, json};

/// The longest name of an object that is created here: it is a label's value elsewhere.
const MAX_NAME: usize = 63;
/// Hexadecimal digits of the hash in a name.
const HASH: usize = 10;

/// An object to apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// Its name.
    pub object: String,
    /// The body of the server-side apply. Of an object that exists it names UID and resourceVersion: what was edited or made
    /// again since it was read is refused as a conflict. One that is made by somebody else before it is created here is kept apart
    /// by admission, which lets nobody add the incident's labels to an object that exists.
    pub body: Value,
}

/// The name of the object of a response: readable, at most 63 characters, and another one for every incident and response.
pub fn name(incident: &str, response: &str) -> String {
    let hash = digest::short(&format!("{incident}/{response}"), HASH);
    let room = MAX_NAME - HASH - 2 - response.len().min(MAX_NAME / 2);
    let readable: String = incident.replace('.', "-").chars().take(room).collect();
    let response: String = response.chars().take(MAX_NAME / 2).collect();
    format!("{}-{}-{hash}", readable.trim_matches('-'), response.trim_matches('-'))
}

/// The name of a response's object: what quarantineRef says, or the name that is given here.
pub(super) fn object(world: &World, response: &IncidentResponse) -> String {
    match &response.quarantine_ref {
        Some(named) => named.name.clone(),
        None => name(&world.subject.owner.name, &response.name),
    }
}

/// The names of all objects that must be read before an Incident is decided about, besides those that carry its UID.
pub fn objects(incident: &str, responses: &[IncidentResponse]) -> Vec<String> {
    let each = responses.iter().map(|response| match &response.quarantine_ref {
        Some(named) => named.name.clone(),
        None => name(incident, &response.name),
    });
    each.collect()
}

/// The next object to apply.
pub(super) fn next(world: &World, seen: &Seen) -> Option<Apply> {
    if world.subject.is_being_deleted {
        return None;
    }
    seen.standings.iter().find_map(|standing| apply(world, seen, standing))
}

fn apply(world: &World, seen: &Seen, standing: &Standing) -> Option<Apply> {
    let template = standing.response.quarantine.as_ref()?;
    if world.refused.contains_key(&standing.object) || world.failed.contains_key(&standing.object) {
        return None;
    }
    match standing.child {
        None => create(world, seen, standing, template),
        Some(child) => change(world, seen, standing, template, child),
    }
}

fn create(world: &World, seen: &Seen, standing: &Standing, template: &QuarantineTemplate) -> Option<Apply> {
    let waits = standing.state != ResponseState::Pending || standing.waits_for.is_some();
    if waits || seen.life.resolving_since.is_some() {
        return None;
    }
    let spec = template.spec(world.subject.spec.severity, &world.subject.spec.title);
    let asked = asked::of_response(world, &seen.asked, &standing.response.name, None);
    Some(body(
        world,
        &standing.object,
        None,
        &observed_in_drills(world, spec),
        &asked,
    ))
}

/// What was created and is still ours follows the template. Severity and reason stay as they were when it was created.
fn change(
    world: &World,
    seen: &Seen,
    standing: &Standing,
    template: &QuarantineTemplate,
    child: &Child,
) -> Option<Apply> {
    let refused = standing.state == ResponseState::Refused;
    if !standing.is_ours(world) || standing.edited || refused || child.is_being_deleted {
        return None;
    }
    let mut spec = template.spec(child.spec.severity, child.spec.reason.as_deref().unwrap_or_default());
    if is_to_be_released(world, seen, child) {
        spec.state = DesiredState::Released;
    }
    let spec = observed_in_drills(world, spec);
    // The severities that it was asked for with stay those of its creation: raising the incident's changes nothing here.
    let asked = Asked {
        severities: child.carried.clone().unwrap_or_default().severities,
        ..asked::of_response(world, &seen.asked, &standing.response.name, child.carried.as_ref())
    };
    let same = child.applied == Applied::Spec(Box::new(spec.clone())) && child.carried.as_ref() == Some(&asked);
    (!same).then(|| body(world, &child.name, Some(child), &spec, &asked))
}

/// Once its release was asked for it stays so until the incident is opened again, whatever onResolve says by then.
fn is_to_be_released(world: &World, seen: &Seen, child: &Child) -> bool {
    let asked = child.spec.state == DesiredState::Released;
    let resolving = seen.life.wanted == IncidentIntent::Resolved && seen.life.resolving_since.is_some();
    resolving && (asked || world.subject.spec.on_resolve == OnResolve::Release)
}

fn observed_in_drills(world: &World, mut spec: QuarantineSpec) -> QuarantineSpec {
    if world.subject.spec.drill {
        spec.mode = Mode::Observe;
    }
    spec
}

/// `state` is applied only to ask for a release: otherwise nobody here owns it, and a person may set it.
fn body(world: &World, object: &str, known: Option<&Child>, spec: &QuarantineSpec, asked: &Asked) -> Apply {
    let owner = &world.subject.owner;
    let mut fields = json!(spec);
    if let (DesiredState::Contained, Some(fields)) = (spec.state, fields.as_object_mut()) {
        fields.remove("state");
    }
    let labels = json!({INCIDENT_LABEL: owner.name, INCIDENT_UID_LABEL: owner.uid});
    let annotations = json!({APPLIED_ANNOTATION: text(&json!(spec)), ASKED_ANNOTATION: text(&json!(asked))});
    let mut metadata =
        json!({"name": object, "namespace": owner.namespace, "labels": labels, "annotations": annotations});
    if let Some(child) = known {
        metadata["uid"] = json!(child.uid);
        metadata["resourceVersion"] = json!(child.resource_version);
    }
    Apply {
        object: object.to_owned(),
        body: json!({
            "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine", "metadata": metadata, "spec": fields,
        }),
    }
}

fn text(value: &Value) -> String {
    digest::canonical_text(value)
}
