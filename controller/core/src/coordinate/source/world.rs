//! What is known when a FindingSource is decided about.

use super::{
    asking::{Problem, Site},
    kin::Kin,
    queue::{Letter, Post},
};
use crate::coordinate::{
    finding::Record,
    playbook::{Known, Place},
};
use firebreak_crds::{
    AwsAccountSpec, FindingSource, FindingSourceSpec, FindingSourceStatus, GuardrailSpec, Incident, IncidentSpec,
    IncidentStatus, OwnerRef, incident::IncidentIntent,
};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// Seconds within which what began by itself is counted.
pub(super) const HOUR: i64 = 3600;

/// The source that is decided about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Kind, namespace, name and UID.
    pub owner: OwnerRef,
    /// Generation of the spec.
    pub generation: i64,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// The spec.
    pub spec: FindingSourceSpec,
    /// The status as it was last written.
    pub status: FindingSourceStatus,
}

impl Subject {
    /// Reads a source.
    pub fn of(object: &FindingSource) -> Self {
        let meta = &object.metadata;
        Self {
            owner: OwnerRef {
                kind: "FindingSource".into(),
                namespace: meta.namespace.clone().unwrap_or_default(),
                name: meta.name.clone().unwrap_or_default(),
                uid: meta.uid.clone().unwrap_or_default(),
            },
            generation: meta.generation.unwrap_or(1),
            created_at: meta.creation_timestamp.as_ref().map(|time| time.0),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
        }
    }
}

/// An AwsAccount that a source names.
#[derive(Clone, Debug, PartialEq)]
pub enum Account {
    /// There is none.
    Absent,
    /// This version cannot read it, for this reason.
    Unreadable(String),
    /// This.
    Known(Box<AwsAccountSpec>),
}

/// An Incident, as it was read last.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its UID.
    pub uid: String,
    /// Its resourceVersion.
    pub resource_version: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Whether it is being deleted.
    pub is_being_deleted: bool,
    /// Its spec.
    pub spec: IncidentSpec,
    /// Its status.
    pub status: IncidentStatus,
    /// How findings opened it; none where a person declared it.
    pub record: Option<Record>,
}

impl Seen {
    /// Reads an Incident.
    pub fn of(object: &Incident) -> Self {
        let meta = &object.metadata;
        Self {
            uid: meta.uid.clone().unwrap_or_default(),
            resource_version: meta.resource_version.clone().unwrap_or_default(),
            created_at: meta.creation_timestamp.as_ref().map(|time| time.0),
            is_being_deleted: meta.deletion_timestamp.is_some(),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
            record: Record::of(meta),
        }
    }

    /// Whether such findings may join it: nobody but Firebreak can make an Incident that says so. What only a message tells of is apart
    /// from what was read from its product, and samples are apart from both.
    pub(super) fn is_joinable(&self, kin: Kin) -> bool {
        let fits = |record: &Record| !record.is_unreadable && record.confirmed == kin.confirmed;
        self.record.as_ref().is_some_and(fits) && !self.is_being_deleted && self.spec.drill == kin.drill
    }

    /// Whether it has this finding.
    pub(super) fn has(&self, finding: &str) -> bool {
        self.spec.findings.iter().any(|one| one.id == finding)
    }

    /// Since when it is over, or is being ended.
    pub(super) fn over_since(&self) -> Option<Timestamp> {
        let time = |text: &Option<String>| text.as_ref()?.parse().ok();
        time(&self.status.clocks.resolved).or_else(|| time(&self.status.resolving_since))
    }

    /// The Incident with which it goes on.
    pub(super) fn goes_on_in(&self) -> Option<&str> {
        let merged = self.spec.merged_into.as_deref();
        merged.filter(|_| self.spec.state == IncidentIntent::Resolved)
    }

    /// When its responses began by themselves, and in which account.
    fn begun(&self) -> impl Iterator<Item = (Timestamp, &str)> {
        let made = self.record.iter().flat_map(|record| record.responses.values());
        made.filter(|made| !made.proposed)
            .map(|made| (made.at, made.account_id.as_str()))
    }
}

/// Everything that a decision depends on, besides the time.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The source.
    pub subject: Subject,
    /// The Playbooks of its namespace that can be used.
    pub playbooks: Vec<Known>,
    /// The AwsAccounts that it names.
    pub accounts: BTreeMap<String, Account>,
    /// What each site answered: findings, as their product writes them, the earliest update first.
    pub polled: BTreeMap<Site, Result<Vec<Value>, Problem>>,
    /// Its queue, where it names one.
    pub post: Option<Post>,
    /// The accounts and regions of which findings that messages name cannot be read, and why.
    pub unread: BTreeMap<Site, Problem>,
    /// The Incidents of its namespace, by name.
    pub incidents: BTreeMap<String, Seen>,
    /// Responses that began by themselves within the last hour in other namespaces, by account id ([`begun_elsewhere`]).
    pub begun: BTreeMap<String, u32>,
    /// Every Guardrail: what findings begin is judged by the strictest.
    pub guardrails: Vec<GuardrailSpec>,
    /// What the API server refused in this pass, and its words, by the finding's id, apart for what only a message tells of.
    pub refused: BTreeMap<String, String>,
}

impl World {
    /// What each site told.
    pub(super) fn told(&self) -> impl Iterator<Item = (&Site, &Value)> {
        let answered = self
            .polled
            .iter()
            .filter_map(|(site, answer)| Some((site, answer.as_ref().ok()?)));
        answered.flat_map(|(site, values)| values.iter().map(move |value| (site, value)))
    }

    /// The messages of its queue.
    pub(super) fn letters(&self) -> &[Letter] {
        match &self.post {
            Some(Ok(mail)) => &mail.letters,
            Some(Err(_)) | None => &[],
        }
    }

    /// The AwsAccount of this source that has an id.
    pub(super) fn place(&self, account_id: &str) -> Option<Place<'_>> {
        self.accounts.iter().find_map(|(name, account)| match account {
            Account::Known(account) if account.account_id == account_id => Some(Place { name, account }),
            Account::Known(_) | Account::Absent | Account::Unreadable(_) => None,
        })
    }

    /// Incidents that such findings opened in the namespace within the last hour.
    pub(super) fn opened(&self, kin: Kin, now: Timestamp) -> usize {
        let is_such = |one: &&Seen| {
            let opened = one
                .record
                .as_ref()
                .is_some_and(|record| record.confirmed == kin.confirmed);
            opened && one.spec.drill == kin.drill
        };
        let by_findings = self.incidents.values().filter(is_such);
        by_findings
            .filter(|one| one.created_at.is_some_and(|at| is_recent(at, now)))
            .count()
    }

    /// Responses that began by themselves in an account within the last hour: in drills, which write nothing, or in earnest.
    pub(super) fn begun(&self, account_id: &str, is_drill: bool, now: Timestamp) -> usize {
        let all = self.incidents.values().filter(|one| one.spec.drill == is_drill);
        let here = all.flat_map(Seen::begun);
        let counted = here
            .filter(|(at, account)| is_recent(*at, now) && *account == account_id)
            .count();
        let elsewhere = self.begun.get(account_id).filter(|_| !is_drill);
        counted + elsewhere.map_or(0, |many| *many as usize)
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.as_second() - at.as_second() < HOUR
}

/// Responses that began by themselves within the last hour, by account id. Those of drills write nothing, and use nothing up.
pub fn begun_elsewhere<'a>(incidents: impl IntoIterator<Item = &'a Seen>, now: Timestamp) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for (_, account) in incidents
        .into_iter()
        .filter(|seen| !seen.spec.drill)
        .flat_map(Seen::begun)
        .filter(|(at, _)| is_recent(*at, now))
    {
        *counts.entry(account.to_owned()).or_insert(0) += 1;
    }
    counts
}
