//! One pass over one object: what is known of the cluster and of AWS, kept up with every effect.

use super::{ReconcileError, reads::Freshness};
use firebreak_core::{
    aws::{Cell, Query, Site, access::Access, failure::Failure, sts::StsRead},
    blocked::Blocked,
    engine::{self, Effect, Rest, World},
    facts::{Ask, Batch, Facts},
    respond::{Object, Summary},
    run::Run,
};
use firebreak_crds::{
    Hold, ResponsePlan,
    condition::{self, ConditionType},
};
use jiff::Timestamp;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// One pass over one object: the world, and the versions of the records that it was read from.
pub(super) struct Pass {
    pub(super) object: Object,
    pub(super) plans: BTreeMap<String, ResponsePlan>,
    pub(super) holds: BTreeMap<String, Hold>,
    pub(super) world: World,
    pub(super) unusable: Option<Blocked>,
    /// What was left out because it cannot be read, each in a sentence.
    pub(super) unread: Vec<String>,
    /// Whether it holds custody that cannot be read: then it is not let go.
    pub(super) keeps_unread: bool,
    pub(super) facts: Facts,
    pub(super) freshness: Freshness,
    pub(super) checked: bool,
    /// Whether facts may be shared with other objects.
    pub(super) together: bool,
}

/// The runs that can be read, and why one cannot: it must not be run over.
pub(crate) fn read_runs(plans: &[ResponsePlan]) -> (Vec<Run>, Option<Blocked>) {
    let (mut runs, mut unusable) = (Vec::new(), None);
    for plan in plans {
        match Run::of(plan) {
            Ok(run) => runs.push(run),
            Err(blocked) => unusable = Some(blocked),
        }
    }
    (runs, unusable)
}

impl Pass {
    pub(super) fn decide(&self, now: Timestamp) -> Effect {
        match &self.unusable {
            Some(blocked) => engine::refused(&self.world, blocked, now),
            None => engine::decide(&self.world, &self.facts, now),
        }
    }

    pub(super) fn access(&self) -> Option<Access> {
        self.world.access().ok()
    }

    pub(super) fn access_at(&self, site: &Site) -> Result<Access, ReconcileError> {
        self.world.access_at(site).map_err(|_| ReconcileError::Changed)
    }

    /// The reads that answer these questions, each with as whom it is asked.
    pub(super) fn accessed(&self, asked: Vec<Ask>) -> Result<Vec<(Arc<Access>, Batch)>, ReconcileError> {
        let mut known: BTreeMap<Site, Arc<Access>> = BTreeMap::new();
        for ask in &asked {
            if !known.contains_key(&ask.site) {
                known.insert(ask.site.clone(), Arc::new(self.access_at(&ask.site)?));
            }
        }
        let with = |batch: Batch| Some((Arc::clone(known.get(&batch.ask.site)?), batch));
        Ok(Batch::of(asked).into_iter().filter_map(with).collect())
    }

    pub(super) fn know_hold(&mut self, name: String, hold: Option<Hold>) {
        let held = hold.as_ref().is_some_and(|h| {
            h.spec
                .holders
                .iter()
                .any(|h| h.owner.uid == self.world.subject.owner.uid)
        });
        self.world.mine.retain(|mine| mine != &name);
        if held {
            self.world.mine.push(name.clone());
            self.world.mine.sort();
        }
        self.world
            .holds
            .insert(name.clone(), hold.as_ref().map(|hold| hold.spec.clone()));
        match hold {
            Some(hold) => self.holds.insert(name, hold),
            None => self.holds.remove(&name),
        };
    }

    /// What AWS refuses for good is not asked twice in one pass.
    pub(super) fn know_refusal(&mut self, plan: &str, step: &str, failure: Failure) {
        let key = (plan.to_owned(), step.to_owned());
        self.world.refused.entry(key).or_default().push(failure);
    }

    /// A write to one resource may change anything that was read of it; other cells stay known.
    pub(super) fn forget_what_it_changed(&mut self, access: &Access, step: &str) {
        let partition = access.partition().to_owned();
        let resource = |site: &Site, cell: &Cell| cell.resource(&partition, &site.account_id, &site.region);
        let steps = self.world.runs.iter().flat_map(|run| &run.plan.steps);
        let written: Vec<String> = steps
            .filter(|s| s.id == step)
            .map(|s| resource(&s.site, &s.cell))
            .collect();
        self.facts.retain(|site, query| match query {
            Query::Sts(StsRead::CallerIdentity) => true,
            Query::Cell(cell) => !written.contains(&resource(site, cell)),
            _ => false,
        });
    }

    /// What the object's status is to say.
    pub(super) fn status(&self, rest: &Rest, now: Timestamp) -> Value {
        let generation = self.world.subject.generation;
        let conditions = condition::merge(self.object.conditions(), &rest.conditions, generation, now);
        let summary = Summary {
            notes: self.unread.iter().chain(&rest.summary.notes).cloned().collect(),
            ..rest.summary.clone()
        };
        self.object.reported(&rest.conditions, conditions, &summary)
    }

    /// Whether the status says of the present spec that it is as it should be.
    pub(super) fn says_ready(&self) -> bool {
        self.world.subject.deleting_since.is_none()
            && self.object.observed() == Some(self.world.subject.generation)
            && condition::is_true(self.object.conditions(), ConditionType::Ready)
    }

    /// An object that is deleted and carries no finalizer any more is gone: there is no status to write.
    pub(super) fn is_let_go(&self) -> bool {
        let metadata = self.object.metadata();
        let finalizers = metadata.finalizers.as_ref().is_none_or(Vec::is_empty);
        metadata.deletion_timestamp.is_some() && finalizers
    }
}
