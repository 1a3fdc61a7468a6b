//! What a decision depends on, read live.

use super::{
    Executor, ReconcileError,
    pass::{Pass, read_runs},
    reads::Freshness,
};
use crate::records::{Decisions, RecordError};
use firebreak_core::{
    blocked::Blocked,
    engine::World,
    facts::Facts,
    guard,
    respond::Object,
    run::{Run, claims, ledger::Usage},
};
use firebreak_crds::{AwsAccount, Reason, Unreadable, readable::Item};
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::BTreeMap;

/// What an object waits for when a record that it depends on cannot be read.
pub(crate) fn unreadable_record(bad: &Unreadable) -> Blocked {
    let message = format!("{bad}; upgrade the operator, or repair that object");
    Blocked::new(Reason::Unreadable, message)
}

/// A record that cannot be read blocks this object, and is no reason to try again at once.
fn set_aside<T: Default>(record: Result<T, RecordError>, unusable: &mut Option<Blocked>) -> Result<T, ReconcileError> {
    match record {
        Err(RecordError::Unreadable(bad)) => {
            *unusable = Some(unreadable_record(&bad));
            Ok(T::default())
        }
        other => Ok(other?),
    }
}

fn left_out<T>(bad: &Unreadable, unread: &mut Vec<String>) -> Option<T> {
    unread.push(bad.to_string());
    None
}

/// Those that can be read, and those that cannot.
fn apart<K>(items: Vec<Item<K>>) -> (Vec<K>, Vec<Unreadable>) {
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(object) => read.push(object),
            Err(bad) => unread.push(*bad),
        }
    }
    (read, unread)
}

impl Executor {
    /// Reads everything that a decision depends on, live.
    #[expect(clippy::too_many_lines, reason = "one list of everything that a decision depends on")]
    pub(super) async fn gather(&self, object: Object) -> Result<Pass, ReconcileError> {
        let freshness = Freshness::of_now();
        let subject = object.subject();
        let (namespace, uid) = (subject.owner.namespace.clone(), subject.owner.uid.clone());
        let records = &self.records;
        let (account, guardrails, stop, decisions, plans, held, beside, own, admission) = futures::join!(
            records.account(subject.terms().account),
            records.guardrails(),
            records.stop(),
            records.decisions(&namespace, &uid),
            records.runs(&subject),
            records.holds_of(&uid),
            records.holds_beside(&subject.owner.kind),
            self.own(),
            self.admission.admission(),
        );
        let (mut unusable, mut unread) = (None, Vec::new());
        let plans = set_aside(plans, &mut unusable)?;
        let (held, unread_holds) = apart(held?);
        let account = match account {
            // What only keeps watch goes on with what it knows of the account.
            Err(RecordError::Unreadable(bad)) if !subject.wants_to_act() => left_out(&bad, &mut unread),
            account => set_aside(account, &mut unusable)?,
        };
        let id = account
            .as_ref()
            .map(|it| it.spec.account_id.clone())
            .unwrap_or_default();
        let (runs, damaged) = read_runs(&plans);
        let Decisions { about, unreadable } = decisions?;
        unread.extend(unreadable);
        let unusable = unusable
            .or(damaged)
            .or_else(|| unread_holds.first().map(unreadable_record));
        let (usage, reserved) = self.counted(&id, &uid, &runs, self.clock.now());
        let mut claims = guard::claims(beside?.iter(), &subject.owner.kind, &id);
        claims.extend(self.claims_beside(&subject.owner.kind, &id));
        let holds = held.iter().map(|hold| (hold.name_any(), Some(hold.spec.clone())));
        let world = World {
            another_cluster: account.as_ref().and_then(AwsAccount::another_cluster),
            account: account.map(|account| account.spec),
            guardrails: guardrails?.to_vec(),
            stop: stop?,
            decisions: about,
            admission,
            runs,
            mine: held.iter().map(ResourceExt::name_any).collect(),
            holds: holds.collect(),
            own: own?,
            own_is_known: self.own.patterns().is_some(),
            claims,
            claimed: BTreeMap::new(),
            refused: BTreeMap::new(),
            usage,
            reserved,
            settings: self.settings.clone(),
            subject,
        };
        Ok(Pass {
            plans: plans.into_iter().map(|plan| (plan.name_any(), plan)).collect(),
            holds: held.into_iter().map(|hold| (hold.name_any(), hold)).collect(),
            unusable,
            unread,
            keeps_unread: !unread_holds.is_empty(),
            object,
            world,
            facts: Facts::default(),
            freshness,
            checked: false,
            together: false,
        })
    }

    /// What the account has contained without the object, and whether the object is counted and its run's claims are known:
    /// under one lock. What a run that was begun will touch is claimed, whatever the ledger knew.
    fn counted(&self, account_id: &str, uid: &str, runs: &[Run], now: Timestamp) -> (Usage, bool) {
        let mut ledger = self.ledger();
        let latest = runs.last();
        match runs.iter().rfind(|run| !claims::of(run).is_empty()) {
            Some(begun) => ledger.resume(begun, now),
            None if latest.is_some_and(|run| !run.has_begun()) && ledger.reserved(uid, latest) => {}
            None => ledger.claims.drop(uid),
        }
        (ledger.usage(account_id, uid, now), ledger.reserved(uid, latest))
    }

    /// What runs of other kinds are about to touch.
    fn claims_beside(&self, kind: &str, account_id: &str) -> Vec<guard::Claim> {
        let ledger = self.ledger();
        let beside = ledger.claims.beside(kind, account_id);
        beside.map(guard::Claim::from).collect()
    }

    /// The operator's identity, and the roles through which it reaches any account.
    pub(crate) async fn own(&self) -> Result<Vec<String>, ReconcileError> {
        let mut own = self.own.patterns().unwrap_or_default();
        own.extend(self.records.ways().await?.iter().cloned());
        Ok(own)
    }
}
