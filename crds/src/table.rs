//! The one table of kinds: what is generated from it, or checked against it, lists no kind by hand.

use crate::{
    AwsAccount, CUSTODY_FINALIZER, Decision, EmergencyStop, FailoverPlan, FindingSource, Guardrail, Hold,
    IN_USE_FINALIZER, Incident, NotificationChannel, Playbook, Quarantine, ResponsePlan, TrafficPolicy, Verb,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps,
};
use kube::{CustomResourceExt, Resource};
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::json;

/// What a kind is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Changes AWS, always through a run.
    Responder,
    /// Creates objects and messages, and changes no AWS resource.
    Coordinator,
    /// Says what was decided, planned, done or taken into custody.
    Record,
    /// Says where Firebreak may act, and how far.
    Limit,
}

/// Who writes the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// People, and machines on their behalf. The status, where there is one, is Firebreak's report.
    People,
    /// The operator alone; an admission policy refuses everybody else.
    Firebreak,
}

/// Which process looks at the objects of a kind, and reports about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// The operator.
    Operator,
    /// The notifier: it may read the Secrets of channels, and reaches no AWS account.
    Notifier,
}

/// One kind. What kube's derive knows is asked of it and not repeated here.
pub struct Kind {
    /// What it is for.
    pub family: Family,
    /// Who writes it.
    pub writer: Writer,
    /// What a Decision may say about an object of the kind; empty when it is no target of Decisions.
    pub verbs: &'static [Verb],
    /// Our finalizer, which keeps an object of the kind while it is needed.
    pub finalizer: Option<&'static str>,
    /// Whether the operator watches it. A kind that it does not watch is listed where it is needed.
    pub is_watched: bool,
    /// Which process looks at it.
    pub process: Process,
    kind: fn() -> String,
    plural: fn() -> String,
    short_names: fn() -> &'static [&'static str],
    crd: fn() -> CustomResourceDefinition,
    schema: fn() -> Schema,
}

/// What can be decided about a response.
const RESPONSE: &[Verb] = &[
    Verb::Approve,
    Verb::Reject,
    Verb::BreakGlass,
    Verb::Release,
    Verb::Abandon,
];
/// What can be decided about a failover and its run.
const FAILOVER: &[Verb] = &[
    Verb::Approve,
    Verb::Reject,
    Verb::BreakGlass,
    Verb::Start,
    Verb::Pause,
    Verb::Resume,
    Verb::Skip,
    Verb::Retry,
    Verb::Abort,
];
/// What can be decided about custody that nobody holds.
const CUSTODY: &[Verb] = &[Verb::Release, Verb::Abandon];

/// What can be decided about an incident: none of it approves anything.
const INCIDENT: &[Verb] = &[Verb::Acknowledge, Verb::Note, Verb::Resolve, Verb::Reopen, Verb::Review];

/// Every kind of the group, in name order.
#[rustfmt::skip]
pub static KINDS: [Kind; 13] = [
    Kind::new::<AwsAccount>(Family::Limit, Writer::People).kept_by(IN_USE_FINALIZER),
    Kind::new::<Decision>(Family::Record, Writer::People),
    Kind::new::<EmergencyStop>(Family::Limit, Writer::People),
    // Its run keeps the values from before in its journal, and moves nothing when the object goes: no finalizer keeps it.
    Kind::new::<FailoverPlan>(Family::Responder, Writer::People).decided_by(FAILOVER),
    Kind::new::<FindingSource>(Family::Coordinator, Writer::People),
    Kind::new::<Guardrail>(Family::Limit, Writer::People),
    Kind::new::<Hold>(Family::Record, Writer::Firebreak).kept_by(CUSTODY_FINALIZER).decided_by(CUSTODY),
    Kind::new::<Incident>(Family::Coordinator, Writer::People).decided_by(INCIDENT),
    Kind::new::<NotificationChannel>(Family::Coordinator, Writer::People).served_by(Process::Notifier),
    Kind::new::<Playbook>(Family::Coordinator, Writer::People),
    Kind::new::<Quarantine>(Family::Responder, Writer::People).kept_by(CUSTODY_FINALIZER).decided_by(RESPONSE),
    Kind::new::<ResponsePlan>(Family::Record, Writer::Firebreak).unwatched(),
    Kind::new::<TrafficPolicy>(Family::Responder, Writer::People).kept_by(CUSTODY_FINALIZER).decided_by(RESPONSE),
];

impl Kind {
    const fn new<K: Resource<DynamicType = ()> + CustomResourceExt + JsonSchema>(
        family: Family,
        writer: Writer,
    ) -> Self {
        Self {
            family,
            writer,
            verbs: &[],
            finalizer: None,
            is_watched: true,
            process: Process::Operator,
            kind: || K::kind(&()).into_owned(),
            plural: || K::plural(&()).into_owned(),
            short_names: K::shortnames,
            crd: K::crd,
            schema: || schema_for!(K),
        }
    }

    const fn kept_by(mut self, finalizer: &'static str) -> Self {
        self.finalizer = Some(finalizer);
        self
    }

    const fn decided_by(mut self, verbs: &'static [Verb]) -> Self {
        self.verbs = verbs;
        self
    }

    /// The operator does not watch what another process looks at.
    const fn served_by(mut self, process: Process) -> Self {
        self.process = process;
        self.unwatched()
    }

    const fn unwatched(mut self) -> Self {
        self.is_watched = false;
        self
    }

    /// Its name, such as `Quarantine`.
    pub fn kind(&self) -> String {
        (self.kind)()
    }

    /// Its name in URLs and RBAC, such as `quarantines`.
    pub fn plural(&self) -> String {
        (self.plural)()
    }

    /// What kubectl takes in place of the plural.
    pub fn short_names(&self) -> &'static [&'static str] {
        (self.short_names)()
    }

    /// Whether its objects are in a namespace.
    pub fn is_namespaced(&self) -> bool {
        (self.crd)().spec.scope == "Namespaced"
    }

    /// Whether it has a status.
    pub fn has_status(&self) -> bool {
        let versions = (self.crd)().spec.versions;
        let subresources = versions.iter().filter_map(|version| version.subresources.as_ref());
        subresources.into_iter().any(|all| all.status.is_some())
    }

    /// Whether its status is what Firebreak reports about a spec that people wrote.
    pub fn reports(&self) -> bool {
        self.writer == Writer::People && self.has_status()
    }

    /// Its schema with those of all types in it: they say of each word of an enum what it means, which a CRD cannot.
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }

    /// Its CustomResourceDefinition.
    pub fn crd(&self) -> CustomResourceDefinition {
        let crd = described((self.crd)());
        if self.reports() { unobserved(crd) } else { crd }
    }
}

/// The kind that a person means: by kind, plural or short name, in lower case, with or without the group after a dot.
pub fn called(word: &str) -> Option<&'static Kind> {
    let word = word.split('.').next().unwrap_or_default();
    KINDS
        .iter()
        .find(|kind| word == kind.kind().to_lowercase() || word == kind.plural() || kind.short_names().contains(&word))
}

/// `kubectl explain` of a kind says what its spec says, and not that it was derived.
fn described(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for schema in schemas(&mut crd) {
        let spec = schema.properties.as_ref().and_then(|properties| properties.get("spec"));
        schema.description = spec.and_then(|spec| spec.description.clone());
    }
    crd
}

fn schemas(crd: &mut CustomResourceDefinition) -> impl Iterator<Item = &mut JSONSchemaProps> {
    let versions = crd.spec.versions.iter_mut();
    versions.filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut())
}

/// A new object says that nobody has looked at it yet: without any status, kstatus (and with it Flux) calls it done.
fn unobserved(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    let statuses = schemas(&mut crd).filter_map(|schema| schema.properties.as_mut()?.get_mut("status"));
    statuses.for_each(|status| status.default = Some(JSON(json!({"observedGeneration": -1}))));
    crd
}

#[cfg(test)]
mod tests;
