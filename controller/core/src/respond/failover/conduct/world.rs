//! What is known when a decision about a FailoverPlan is made.

use crate::{
    approval::Admission,
    aws::{Site, access::Access},
    blocked::Blocked,
    guard::Claim,
    respond::failover::serials::Records,
    run::{Run, act::Sightings},
    settings::Settings,
};
use firebreak_crds::{
    AwsAccountSpec, Decision, FailoverPlan, FailoverPlanSpec, FailoverPlanStatus, GuardrailSpec, Incident, OwnerRef,
    REQUESTED_BY, Start,
    asked::Asked,
    bounds,
    incident::{IncidentIntent, IncidentState},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The object that is decided about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Kind, namespace, name and UID.
    pub owner: OwnerRef,
    /// Generation of the spec.
    pub generation: i64,
    /// Whether it is being deleted, or is gone.
    pub is_deleted: bool,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Who last changed the spec, if the API server stamped it.
    pub requested_by: Option<String>,
    /// The spec.
    pub spec: FailoverPlanSpec,
    /// What was said of it last.
    pub status: FailoverPlanStatus,
}

impl Subject {
    /// That object.
    pub fn of(object: &FailoverPlan) -> Self {
        let meta = &object.metadata;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let annotation = meta.annotations.as_ref().and_then(|all| all.get(REQUESTED_BY));
        Self {
            owner: OwnerRef {
                kind: "FailoverPlan".to_owned(),
                namespace: text(&meta.namespace),
                name: text(&meta.name),
                uid: text(&meta.uid),
            },
            generation: meta.generation.unwrap_or(1),
            is_deleted: meta.deletion_timestamp.is_some(),
            created: meta.creation_timestamp.as_ref().map(|time| time.0),
            requested_by: annotation.map(|name| bounds::cut(name, bounds::USERNAME)),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
        }
    }
}

/// An Incident that asks for a run of the object.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// Name of the Incident.
    pub incident: String,
    /// Everybody who asked for what is in it.
    pub asked: Asked,
    /// Whether that is recorded of the Incident as it is now. Nothing begins, and nothing ends, before it is.
    pub is_attributed: bool,
    /// Which run.
    pub start: Start,
}

impl Asking {
    /// What an Incident asks of the FailoverPlan of that name: nothing once it is over, while it is being deleted, or as a drill.
    pub fn of(incident: &Incident, plan: &str) -> Option<Self> {
        let (meta, spec) = (&incident.metadata, &incident.spec);
        let status = incident.status.clone().unwrap_or_default();
        let wanted = spec.start_failover.as_ref().filter(|wanted| wanted.name == plan)?;
        let goes_on = meta.deletion_timestamp.is_none() && status.state != Some(IncidentState::Resolved);
        let is_open = spec.state == IncidentIntent::Open && goes_on && !spec.drill;
        is_open.then(|| Self {
            incident: meta.name.clone().unwrap_or_default(),
            is_attributed: status.attributed_generation.is_some() && status.attributed_generation == meta.generation,
            asked: status.asked,
            start: wanted.start(),
        })
    }
}

/// Everything that a decision depends on, besides the time.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The object.
    pub subject: Subject,
    /// Why one of its runs cannot be read: it must not be run over.
    pub unusable: Option<Blocked>,
    /// The AwsAccounts that it names and that exist, by name.
    pub accounts: BTreeMap<String, AwsAccountSpec>,
    /// Every Guardrail.
    pub guardrails: Vec<GuardrailSpec>,
    /// The reason of an EmergencyStop, if there is one.
    pub stop: Option<String>,
    /// Decisions about the object.
    pub decisions: Vec<Decision>,
    /// What Incidents ask for.
    pub incidents: Vec<Asking>,
    /// What admission guarantees.
    pub admission: Admission,
    /// The object's runs, oldest first.
    pub runs: Vec<Run>,
    /// The records of the run store, once they were read.
    pub records: Option<Records>,
    /// What objects of other kinds hold, or are about to.
    pub claims: Vec<Claim>,
    /// ARN patterns of the operator itself and of all that it depends on.
    pub own: Vec<String>,
    /// Whether the operator knows its own identity.
    pub own_is_known: bool,
    /// What was read of AWS.
    pub sightings: Sightings,
    /// Steps whose call is being made now.
    pub in_flight: BTreeSet<String>,
    /// Steps that this process began, and whose call it has not made.
    pub uncalled: BTreeSet<String>,
    /// The operator's settings.
    pub settings: Settings,
}

impl World {
    /// The run that was let begin and has not ended.
    pub fn begun(&self) -> Option<&Run> {
        self.runs.iter().rfind(|run| run.is_running())
    }

    /// The plan that is recorded, and not let begin yet.
    pub fn proposed(&self) -> Option<&Run> {
        let open = |run: &&Run| run.status.outcome.is_none() && run.status.closed_at.is_none();
        self.runs.iter().rfind(open)
    }

    /// As whom AWS is called at a site: as the AwsAccount of that id, among those that the object names.
    pub fn access(&self, site: &Site) -> Option<Access> {
        let owner = &self.subject.owner;
        let account = self
            .accounts
            .values()
            .find(|account| account.account_id == site.account_id)?;
        Some(Access {
            account: account.clone(),
            region: site.region.clone(),
            namespace: owner.namespace.clone(),
            name: owner.name.clone(),
            uid: owner.uid.clone(),
        })
    }

    /// The names of the AwsAccounts that a spec names.
    pub fn named_accounts(spec: &FailoverPlanSpec) -> BTreeSet<String> {
        let own = spec.steps.iter().filter_map(|step| step.account_ref.as_ref());
        let all = own.chain([&spec.account_ref]);
        all.map(|account| account.name.clone()).collect()
    }
}
