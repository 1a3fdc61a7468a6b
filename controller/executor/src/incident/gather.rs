//! What a decision about an Incident depends on, read live.

use super::Pass;
use crate::{
    executor::{Executor, ReconcileError},
    records::RecordError,
};
use firebreak_core::coordinate::incident::{self, Child, Found, Record, Subject, World};
use firebreak_crds::{Environment, Incident, IncidentSpec, Quarantine, readable::Item};
use futures::future::try_join_all;
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

impl Executor {
    /// Reads everything that a decision depends on, live.
    pub(super) async fn gather_incident(&self, object: Incident) -> Result<Pass, ReconcileError> {
        let subject = Subject::of(&object);
        let (namespace, uid) = (subject.owner.namespace.clone(), subject.owner.uid.clone());
        let objects = self.responses(&subject).await?;
        let (guardrails, decisions, environments, admission, ledger, close_out) = futures::join!(
            self.records.guardrails(),
            self.records.decisions(&namespace, &uid),
            self.environments(&subject.spec, &objects),
            self.admission.admission(),
            self.ledger_of(&subject, &objects),
            self.close_out_of(&subject),
        );
        let world = World {
            objects,
            decisions: decisions?.about,
            guardrails: incident::speaking_for(&guardrails?, &environments?),
            admission,
            machines: self.settings.machines.clone(),
            operator: self.settings.operator.clone(),
            refused: BTreeMap::new(),
            failed: BTreeMap::new(),
            ledger: ledger?,
            close_out: close_out?,
            subject,
        };
        Ok(Pass {
            object,
            world,
            passing: None,
        })
    }

    /// What its responses name, and what carries its UID.
    async fn responses(&self, subject: &Subject) -> Result<BTreeMap<String, Found>, ReconcileError> {
        let namespace = &subject.owner.namespace;
        let created = self.records.created_by(namespace, &subject.owner.uid).await?;
        let mut found: BTreeMap<String, Found> = try_join_all(created.into_iter().map(|item| self.found(item)))
            .await?
            .into_iter()
            .collect();
        let named = incident::objects(&subject.owner.name, &subject.spec.responses);
        let others: BTreeSet<String> = named.into_iter().filter(|name| !found.contains_key(name)).collect();
        let looks = others.into_iter().map(|name| async move {
            let one = self.look_at_response(namespace, &name).await?;
            Ok::<_, ReconcileError>((name, one))
        });
        found.extend(try_join_all(looks).await?);
        Ok(found)
    }

    async fn found(&self, item: Item<Quarantine>) -> Result<(String, Found), ReconcileError> {
        match item {
            Ok(object) => {
                let record = self.record_of(&object).await?;
                Ok((object.name_any(), Found::Object(Box::new(Child::of(&object, record)))))
            }
            Err(bad) => Ok((bad.name.clone(), Found::Unreadable(bad.to_string()))),
        }
    }

    /// One object of a response.
    pub(super) async fn look_at_response(&self, namespace: &str, name: &str) -> Result<Found, ReconcileError> {
        match self.records.quarantine(namespace, name).await {
            Ok(Some(object)) => Ok(self.found(Ok(object)).await?.1),
            Ok(None) => Ok(Found::Absent),
            Err(RecordError::Unreadable(bad)) => Ok(Found::Unreadable(bad.to_string())),
            Err(other) => Err(other.into()),
        }
    }

    /// What the records of its runs say. One that cannot be read tells nothing here: the object itself says so.
    pub(super) async fn record_of(&self, object: &Quarantine) -> Result<Record, ReconcileError> {
        let (namespace, uid) = (object.namespace().unwrap_or_default(), object.uid().unwrap_or_default());
        let deleted = object.metadata.deletion_timestamp.is_some();
        match self.records.runs_of(&namespace, &uid, deleted).await {
            Ok(plans) => Ok(Record::of(&plans)),
            Err(RecordError::Unreadable(_)) => Ok(Record::default()),
            Err(other) => Err(other.into()),
        }
    }

    /// The environments of the accounts in which the responses act: none where one of them is not known, so that every
    /// Guardrail speaks.
    async fn environments(
        &self,
        spec: &IncidentSpec,
        objects: &BTreeMap<String, Found>,
    ) -> Result<Vec<Environment>, ReconcileError> {
        let templates = spec
            .responses
            .iter()
            .filter_map(|response| response.quarantine.as_ref());
        let planned = templates.map(|template| template.account_ref.name.clone());
        let acting = objects.values().filter_map(|found| match found {
            Found::Object(child) => Some(child.spec.account_ref.name.clone()),
            Found::Absent | Found::Unreadable(_) => None,
        });
        let names: BTreeSet<String> = planned.chain(acting).collect();
        let each = try_join_all(names.iter().map(|name| self.environment(name))).await?;
        let all: Option<Vec<Environment>> = each.into_iter().collect();
        Ok(all.unwrap_or_default())
    }

    async fn environment(&self, account: &str) -> Result<Option<Environment>, ReconcileError> {
        match self.records.account(account).await {
            Ok(account) => Ok(account.map(|account| account.spec.environment)),
            Err(RecordError::Unreadable(_)) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }
}
