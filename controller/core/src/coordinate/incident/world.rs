//! What is known when an Incident is decided about.

use super::{close_out::CloseOut, ledger::Ledger};
use crate::{approval::Admission, coordinate::finding::Record as Findings, run::archive::MANIFEST};
use firebreak_crds::{
    APPLIED_ANNOTATION, ASKED_ANNOTATION, Action, Asked, Decision, GuardrailSpec, INCIDENT_UID_LABEL, Incident,
    IncidentSpec, IncidentStatus, OwnerRef, PlanOutcome, Quarantine, QuarantineSpec, QuarantineStatus, REQUESTED_BY,
    ResponsePlan, StepState, TakenDecision, bounds,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The Incident that is decided about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Kind, namespace, name and UID.
    pub owner: OwnerRef,
    /// Generation of the spec.
    pub generation: i64,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Whether it is being deleted.
    pub is_being_deleted: bool,
    /// Who last changed the spec, if the API server stamped it.
    pub requested_by: Option<String>,
    /// How findings opened it; none where a person declared it.
    pub findings: Option<Findings>,
    /// The spec.
    pub spec: IncidentSpec,
    /// The status as it was last written.
    pub status: IncidentStatus,
}

impl Subject {
    /// Reads an Incident.
    pub fn of(object: &Incident) -> Self {
        let meta = &object.metadata;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            owner: OwnerRef {
                kind: "Incident".into(),
                namespace: text(&meta.namespace),
                name: text(&meta.name),
                uid: text(&meta.uid),
            },
            generation: meta.generation.unwrap_or(1),
            created_at: meta.creation_timestamp.as_ref().map(|time| time.0),
            is_being_deleted: meta.deletion_timestamp.is_some(),
            requested_by: annotation(meta.annotations.as_ref(), REQUESTED_BY),
            findings: Findings::of(meta),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
        }
    }
}

/// An object of a response, as it was read last.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// Its resourceVersion.
    pub resource_version: String,
    /// The generation of its spec.
    pub generation: i64,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Whether it is being deleted.
    pub is_being_deleted: bool,
    /// The UID of the Incident that created it, as its label says. Admission reserves the label to the operator.
    pub incident_uid: Option<String>,
    /// Who last changed its spec, if the API server stamped it.
    pub requested_by: Option<String>,
    /// Its spec as it was applied here last.
    pub applied: Applied,
    /// Who asked for it, as it carries it.
    pub carried: Option<Asked>,
    /// Its spec.
    pub spec: QuarantineSpec,
    /// Its status.
    pub status: QuarantineStatus,
    /// What the records of its runs say, where they were read.
    pub record: Record,
}

/// What was applied to an object here.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Nothing: it was not created here.
    Never,
    /// Something that this version cannot read.
    Unreadable,
    /// This.
    Spec(Box<QuarantineSpec>),
}

/// What the records of an object's runs say, as far as an Incident tells of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// When the first write to AWS was started.
    pub first_write: Option<Timestamp>,
    /// The Decisions that its runs were begun, rejected or released on, the oldest run's first.
    pub decisions: Vec<TakenDecision>,
    /// Its runs that had begun and are over, the oldest first.
    pub ended: Vec<EndedRun>,
}

/// A run that had begun, or was rejected, and is over.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedRun {
    /// Its number.
    pub run: u32,
    /// Contain or release.
    pub action: Action,
    /// How it ended.
    pub outcome: PlanOutcome,
    /// When (RFC 3339).
    pub at: String,
    /// The digest of its plan.
    pub digest: String,
    /// The hash of its manifest in the evidence bucket, where it is there.
    pub manifest: Option<String>,
}

impl EndedRun {
    /// None of one that goes on, and of one that took nothing up: as many of those come as somebody provokes.
    fn of(plan: &ResponsePlan) -> Option<Self> {
        let status = plan.status.as_ref()?;
        let outcome = status.outcome?;
        let has_begun = status.journal.values().any(|step| step.started_at.is_some());
        let manifest = status.archive.get(MANIFEST).and_then(|record| record.sha256.clone());
        (has_begun || outcome == PlanOutcome::Rejected).then_some(())?;
        Some(Self {
            run: plan.spec.run,
            action: plan.spec.action,
            outcome,
            at: status.closed_at.clone()?,
            digest: plan.spec.digest.clone(),
            manifest,
        })
    }
}

impl Record {
    /// The first write of any containment, and the Decisions of every run. The oldest run comes first.
    pub fn of(plans: &[ResponsePlan]) -> Self {
        let contains = plans.iter().filter(|plan| plan.spec.action == Action::Contain);
        let steps = contains.flat_map(|plan| plan.status.iter().flat_map(|status| status.journal.values()));
        let written = steps.filter(|step| step.state != StepState::Skipped);
        let times = written.filter_map(|step| step.started_at.as_ref()?.parse::<Timestamp>().ok());
        let runs = plans.iter().filter_map(|plan| plan.status.as_ref());
        Self {
            first_write: times.min(),
            decisions: runs.flat_map(|status| status.decisions.iter().cloned()).collect(),
            ended: plans.iter().filter_map(EndedRun::of).collect(),
        }
    }
}

impl Child {
    /// Reads a Quarantine.
    pub fn of(object: &Quarantine, record: Record) -> Self {
        let meta = &object.metadata;
        let annotations = meta.annotations.as_ref();
        let applied = annotations.and_then(|all| all.get(APPLIED_ANNOTATION));
        let carried = annotations.and_then(|all| all.get(ASKED_ANNOTATION));
        Self {
            name: meta.name.clone().unwrap_or_default(),
            uid: meta.uid.clone().unwrap_or_default(),
            resource_version: meta.resource_version.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or(1),
            created_at: meta.creation_timestamp.as_ref().map(|time| time.0),
            is_being_deleted: meta.deletion_timestamp.is_some(),
            incident_uid: meta
                .labels
                .as_ref()
                .and_then(|all| all.get(INCIDENT_UID_LABEL))
                .cloned(),
            requested_by: annotation(annotations, REQUESTED_BY),
            applied: applied.map_or(Applied::Never, |text| read(text)),
            carried: carried.and_then(|text| serde_json::from_str(text).ok()),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
            record,
        }
    }
}

fn read(text: &str) -> Applied {
    serde_json::from_str(text).map_or(Applied::Unreadable, |spec| Applied::Spec(Box::new(spec)))
}

/// An annotation, no longer than a username may be.
fn annotation(all: Option<&BTreeMap<String, String>>, name: &str) -> Option<String> {
    let text = all?.get(name)?;
    Some(bounds::cut(text, bounds::USERNAME))
}

/// What a look at an object found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// There is none.
    Absent,
    /// This version cannot read it, for this reason.
    Unreadable(String),
    /// This.
    Object(Box<Child>),
}

/// Everything that a decision depends on, besides the time.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The Incident.
    pub subject: Subject,
    /// The Quarantines that its responses name, and all that carry its UID, by name. What is not in here was not read: nothing
    /// is created in its place, and nothing is known of it.
    pub objects: BTreeMap<String, Found>,
    /// Decisions about the Incident.
    pub decisions: Vec<Decision>,
    /// The Guardrails that speak for it ([`super::speaking_for`]).
    pub guardrails: Vec<GuardrailSpec>,
    /// What admission guarantees.
    pub admission: Admission,
    /// Patterns of usernames that are machines.
    pub machines: Vec<String>,
    /// The operator's own username.
    pub operator: String,
    /// What the API server refused to apply in this pass, and its words, by the object's name.
    pub refused: BTreeMap<String, String>,
    /// The same of what it answered that may be another thing the next time.
    pub failed: BTreeMap<String, String>,
    /// What is known of its ledger.
    pub ledger: Ledger,
    /// What is known of the close-out of its findings.
    pub close_out: CloseOut,
}

impl World {
    /// What was found under a name; none where nobody looked.
    pub(super) fn child(&self, name: &str) -> Option<&Child> {
        match self.objects.get(name)? {
            Found::Object(child) => Some(child),
            Found::Absent | Found::Unreadable(_) => None,
        }
    }

    /// Whether an object was created by this Incident.
    pub(super) fn is_ours(&self, child: &Child) -> bool {
        child.incident_uid.as_deref() == Some(self.subject.owner.uid.as_str()) && child.applied != Applied::Never
    }
}
