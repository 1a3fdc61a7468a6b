//! One Quarantine from what a person says in a line: an object of its own, or a response of an Incident.

use super::declaration::slug;
use crate::{manifest, target::Named};
use anyhow::Result;
use firebreak_core::digest;
use firebreak_crds::{Incident, Quarantine, Severity, Verb, incident::IncidentIntent};
use jiff::SignedDuration;
use kube::ResourceExt;
use serde_json::{Value, json};

/// The most characters of a response's name in an Incident.
const MAX_RESPONSE: usize = 32;
/// The most characters of a name that is made here.
const MAX_NAME: usize = 63;
/// Digits that tell a name that was cut from others.
const HASH: usize = 6;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The name that was given.
    pub name: Option<String>,
    /// The AWS resource.
    pub target: Named,
    /// The field of spec.target.
    pub fields: Value,
    /// Name of the AwsAccount.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Why.
    pub reason: String,
    /// How bad it is; of a response the incident's counts.
    pub severity: Option<Severity>,
    /// How long it is meant to last.
    pub expires_after: Option<SignedDuration>,
    /// Whether it only observes.
    pub observe: bool,
}

impl Wish {
    /// The object.
    ///
    /// # Errors
    /// When it breaks a rule of the CRD: the message names the field.
    pub fn manifest(&self, namespace: Option<&str>) -> Result<Value> {
        let mut metadata = json!({"name": self.named(MAX_NAME)});
        if let Some(namespace) = namespace {
            metadata["namespace"] = namespace.into();
        }
        let manifest = json!({
            "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine", "metadata": metadata, "spec": self.spec(),
        });
        manifest::checked::<Quarantine>(manifest.clone(), "the command line")?;
        Ok(manifest)
    }

    /// The response of an Incident.
    ///
    /// # Errors
    /// As [`Wish::manifest`].
    pub fn response(&self) -> Result<Value> {
        self.manifest(None)?;
        Ok(json!({"name": self.named(MAX_RESPONSE), "quarantine": self.spec()}))
    }

    fn spec(&self) -> Value {
        let mut spec = json!({
            "accountRef": {"name": self.account}, "region": self.region, "target": self.fields, "reason": self.reason,
        });
        if let Some(severity) = self.severity {
            spec["severity"] = json!(severity);
        }
        if self.observe {
            spec["mode"] = "Observe".into();
        }
        if let Some(after) = self.expires_after {
            spec["expiry"] = json!({"after": written(after)});
        }
        spec
    }

    /// The name that was given, or one that says kind and name; one that is cut has a hash.
    pub fn named(&self, most: usize) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let kind = kebab(&self.target.kind.field);
        let full = format!("{kind}-{}", self.target.parts.join("-"));
        let name = slug(&full, usize::MAX);
        match name.len() <= most {
            true => name,
            false => format!("{}-{}", slug(&full, most - HASH - 1), digest::short(&full, HASH)),
        }
    }
}

/// `iamRole` as `iam-role`.
fn kebab(word: &str) -> String {
    word.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}

/// A duration as the CRD reads it.
fn written(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let parts = [("h", seconds / 3600), ("m", seconds % 3600 / 60), ("s", seconds % 60)];
    parts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(unit, count)| format!("{count}{unit}"))
        .collect()
}

/// Whether a response is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is to be added.
    Free,
    /// The same one is there.
    Taken,
}

/// Whether an Incident can have the response.
///
/// # Errors
/// The reason, and what to do instead.
pub fn place(incident: &Incident, response: &Value) -> Result<Place, String> {
    let (name, spec) = (incident.name_any(), &incident.spec);
    let namespace = incident.namespace().unwrap_or_default();
    if incident.metadata.deletion_timestamp.is_some() {
        return Err(format!(
            "--incident: {name} is being deleted: declare another one, or leave --incident out"
        ));
    }
    if let Some(other) = &spec.merged_into {
        return Err(format!("--incident: {name} goes on in {other}: --incident {other}"));
    }
    if is_over(incident) {
        return Err(format!(
            "--incident: {name} is resolved, and begins no response: kubectl firebreak reopen {name} -n {namespace} '...'"
        ));
    }
    let mut known = spec.responses.iter();
    let Some(same) = known.find(|known| response["name"] == known.name.as_str()) else {
        return Ok(Place::Free);
    };
    match serde_json::from_value(response.clone())
        .is_ok_and(|wanted: firebreak_crds::incident::IncidentResponse| wanted == *same)
    {
        true => Ok(Place::Taken),
        false => Err(format!(
            "--incident: {name} has another response {} already: give this one another name with --name",
            same.name
        )),
    }
}

/// Whether it is to be over: what a Decision says outranks `spec.state` until that is changed.
fn is_over(incident: &Incident) -> bool {
    let (spec, status) = (&incident.spec, incident.status.as_ref());
    let ruling = status
        .and_then(|status| status.ruling.as_ref())
        .filter(|ruling| ruling.spec_state == spec.state);
    match ruling.map(|ruling| ruling.verb) {
        Some(Verb::Resolve) => true,
        Some(Verb::Reopen) => false,
        _ => spec.state == IncidentIntent::Resolved,
    }
}

/// The change, of exactly the version that was read: what others add meanwhile is not lost.
pub fn patch(incident: &Incident, response: &Value) -> Value {
    let version = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": incident.resource_version()});
    let add = match incident.spec.responses.is_empty() {
        true => json!({"op": "add", "path": "/spec/responses", "value": [response]}),
        false => json!({"op": "add", "path": "/spec/responses/-", "value": response}),
    };
    json!([version, add])
}

#[cfg(test)]
#[path = "responding_tests.rs"]
mod tests;
