//! What a decision about a FailoverPlan depends on, read live.

use super::pass::Pass;
use crate::{
    executor::{Executor, ReconcileError, read_runs, unreadable_record},
    records::RecordError,
};
use firebreak_core::{
    guard,
    respond::failover::conduct::{Asking, RECENT, Subject, World},
    run::{Run, act::Sightings, claims},
};
use firebreak_crds::{AwsAccountSpec, FailoverPlan, HoldSpec};
use futures::future::try_join_all;
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

impl Executor {
    /// Reads everything that a decision depends on, live. What was read of AWS a while ago is read again before a plan rests on it.
    pub(super) async fn gather_failover(
        &self,
        object: FailoverPlan,
        known: &Sightings,
        now: Timestamp,
    ) -> Result<Pass, ReconcileError> {
        let subject = Subject::of(&object);
        let (namespace, uid) = (subject.owner.namespace.clone(), subject.owner.uid.clone());
        let records = &self.records;
        let (guardrails, stop, decisions, plans, beside, own, admission, accounts) = futures::join!(
            records.guardrails(),
            records.stop(),
            records.decisions(&namespace, &uid),
            records.runs_of(&namespace, &uid, subject.is_deleted),
            records.holds_beside(&subject.owner.kind),
            self.own(),
            self.admission.admission(),
            self.accounts(&subject),
        );
        let incidents = self.askings(&subject).await?;
        let (plans, accounts) = (plans, accounts?);
        let (plans, mut unusable) = match plans {
            Err(RecordError::Unreadable(bad)) => (Vec::new(), Some(unreadable_record(&bad))),
            plans => (plans?, None),
        };
        let (runs, damaged) = read_runs(&plans);
        unusable = unusable.or(damaged);
        self.resume_failover(&uid, &runs);
        let seen = self.claims_of_others(&subject.owner.kind, &accounts);
        let held = held(&beside?, &subject.owner.kind, &accounts);
        let world = World {
            unusable,
            claims: Vec::new(),
            accounts,
            guardrails: guardrails?.to_vec(),
            stop: stop?,
            decisions: decisions?.about,
            incidents,
            admission,
            records: None,
            own: own?,
            own_is_known: self.own.patterns().is_some(),
            sightings: recent(known, &runs, now),
            in_flight: BTreeSet::new(),
            uncalled: BTreeSet::new(),
            settings: self.settings.clone(),
            runs,
            subject,
        };
        let mut pass = Pass {
            object,
            world,
            plans: plans.into_iter().map(|plan| (plan.name_any(), plan)).collect(),
            tags: BTreeMap::new(),
            held,
            seen: Vec::new(),
        };
        pass.know_claims(seen)?;
        Ok(pass)
    }

    /// What the Incidents of its namespace ask of it. One that cannot be read asks for nothing: it is named by its own status.
    async fn askings(&self, subject: &Subject) -> Result<Vec<Asking>, ReconcileError> {
        let (namespace, name) = (&subject.owner.namespace, &subject.owner.name);
        let open = self.records.open_incidents(namespace).await?;
        let readable = open.into_iter().flatten();
        Ok(readable.filter_map(|incident| Asking::of(&incident, name)).collect())
    }

    /// The AwsAccounts that the object names. One that cannot be read is as if it was not there.
    async fn accounts(&self, subject: &Subject) -> Result<BTreeMap<String, AwsAccountSpec>, ReconcileError> {
        let names = World::named_accounts(&subject.spec);
        let each = names.into_iter().map(|name| async move {
            match self.records.account(&name).await {
                Ok(account) => Ok(account.map(|account| (name, account.spec))),
                Err(RecordError::Unreadable(_)) => Ok(None),
                Err(other) => Err(ReconcileError::from(other)),
            }
        });
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// What a run that was let begin will touch is claimed, whatever the ledger knew.
    fn resume_failover(&self, uid: &str, runs: &[Run]) {
        let mut ledger = self.ledger();
        match runs.iter().rfind(|run| !claims::of(run).is_empty()) {
            Some(begun) => ledger.claims.set(uid, claims::of(begun)),
            None => ledger.claims.drop(uid),
        }
    }

    pub(super) fn claims_of_others(
        &self,
        kind: &str,
        accounts: &BTreeMap<String, AwsAccountSpec>,
    ) -> Vec<claims::Claim> {
        let ledger = self.ledger();
        let ids: BTreeSet<&str> = accounts.values().map(|account| account.account_id.as_str()).collect();
        ids.into_iter()
            .flat_map(|id| ledger.claims.beside(kind, id).cloned().collect::<Vec<_>>())
            .collect()
    }

    pub(super) fn forget_claims(&self, uid: &str) {
        self.ledger().claims.drop(uid);
    }
}

/// What other kinds hold in the accounts of the object.
fn held(holds: &[HoldSpec], kind: &str, accounts: &BTreeMap<String, AwsAccountSpec>) -> Vec<guard::Claim> {
    let ids: BTreeSet<&str> = accounts.values().map(|account| account.account_id.as_str()).collect();
    ids.into_iter()
        .flat_map(|id| guard::claims(holds.iter(), kind, id))
        .collect()
}

/// Once a run was let begin, the engine says itself how fresh a read must be.
fn recent(known: &Sightings, runs: &[Run], now: Timestamp) -> Sightings {
    let mut known = known.clone();
    if !runs.iter().any(Run::is_running) {
        known.forget_older(now - RECENT);
    }
    known
}
