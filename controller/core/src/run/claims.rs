//! Claims: what a run that was begun will touch, from its beginning until it is done: every cell, not only those that are
//! in custody already. What was written is claimed by its Hold.

use crate::{
    aws::Cell,
    digest,
    run::{
        Run,
        act::{Act, ActStep, Settable},
        custody,
        plan::{Plan, Step},
    },
};
use firebreak_crds::{Action, OwnerRef, PlanOutcome};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One cell that a run claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Id of the account.
    pub account_id: String,
    /// Name of the AwsAccount.
    pub account_name: String,
    /// ARN of the resource.
    pub arn: String,
    /// Name of the Hold that keeps the cell, or will; none where nothing can be put back.
    pub hold: Option<String>,
    /// Digest of the value that is wanted.
    pub wanted: String,
    /// Whose run it is.
    pub owner: OwnerRef,
}

/// What an object claims by a run that was begun and is not done. A release claims nothing beyond the Holds that it ends, and
/// what a finished containment keeps is in Holds too.
pub fn of(run: &Run) -> Vec<Claim> {
    let goes_on = matches!(run.status.outcome, None | Some(PlanOutcome::Running));
    match goes_on && (run.has_begun() || run.is_running()) {
        true => intended(run),
        false => Vec::new(),
    }
}

/// What a run claims once it begins.
pub fn intended(run: &Run) -> Vec<Claim> {
    match run.spec.action {
        Action::Contain => run.plan.steps.iter().map(|step| claim(run, step)).collect(),
        Action::FailOver => {
            let acts = run.plan.acts.iter();
            acts.filter_map(|step| of_act(&run.plan, &run.spec.owner, step))
                .collect()
        }
        Action::Release => Vec::new(),
    }
}

fn claim(run: &Run, step: &Step) -> Claim {
    let plan = &run.plan;
    let partition = partition(run);
    Claim {
        account_id: plan.account_id.clone(),
        account_name: plan.account_name.clone(),
        arn: step.cell.resource(partition, &plan.account_id, &plan.region),
        hold: step.hold.clone(),
        wanted: wanted(step),
        owner: run.spec.owner.clone(),
    }
}

/// What only waits claims nothing. A job claims its resource for itself.
pub(crate) fn of_act(plan: &Plan, owner: &OwnerRef, step: &ActStep) -> Option<Claim> {
    let (partition, site) = (plan.arn.split(':').nth(1).unwrap_or("aws"), &step.site);
    let (arn, hold, wanted) = match &step.act {
        Act::Await(_) => return None,
        Act::Do(job) => (job.resource(partition, site), None, digest::canonical_text(&json!(job))),
        Act::Set(setting) => match &setting.what {
            Settable::Cell(cell) => (
                cell.resource(partition, &site.account_id, &site.region),
                Some(custody::name(&custody::key(partition, site, cell))),
                digest::canonical_text(&cell.canonical(&setting.after)),
            ),
            Settable::SwitchObject { bucket, .. } => (
                format!("arn:{partition}:s3:::{bucket}"),
                None,
                digest::canonical_text(&setting.after),
            ),
        },
    };
    Some(Claim {
        account_id: site.account_id.clone(),
        account_name: plan.account_name.clone(),
        arn,
        hold,
        wanted: digest::short(&wanted, 40),
        owner: owner.clone(),
    })
}

fn partition(run: &Run) -> &str {
    run.plan.arn.split(':').nth(1).unwrap_or("aws")
}

fn wanted(step: &Step) -> String {
    digest_of(&step.cell, &step.after)
}

/// Digest of a value of a cell.
pub fn digest_of(cell: &Cell, value: &Value) -> String {
    digest::short(&digest::canonical_text(&cell.canonical(value)), 40)
}

/// Whether what an object claims keeps no containment waiting: a failover waits for it instead, and says so.
pub fn yields_to_containment(owner: &OwnerRef) -> bool {
    owner.kind == "FailoverPlan"
}

/// Who else claims a step's cell for another value, and is waited for.
pub fn against<'a>(claims: &'a [Claim], step: &Step) -> Option<&'a Claim> {
    let wanted = wanted(step);
    claims
        .iter()
        .filter(|claim| !yields_to_containment(&claim.owner))
        .find(|claim| claim.hold.is_some() && claim.hold == step.hold && claim.wanted != wanted)
}

/// Every claim, by the UID of the object and by the Hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    by_object: BTreeMap<String, Vec<Claim>>,
    by_hold: BTreeMap<String, BTreeSet<String>>,
}

impl Claims {
    /// An object claims this and nothing else.
    pub fn set(&mut self, uid: &str, claims: Vec<Claim>) {
        self.drop(uid);
        for hold in claims.iter().filter_map(|claim| claim.hold.clone()) {
            self.by_hold.entry(hold).or_default().insert(uid.to_owned());
        }
        if !claims.is_empty() {
            self.by_object.insert(uid.to_owned(), claims);
        }
    }

    /// An object claims nothing any more.
    pub fn drop(&mut self, uid: &str) {
        for hold in self
            .by_object
            .remove(uid)
            .into_iter()
            .flatten()
            .filter_map(|claim| claim.hold)
        {
            let left = self.by_hold.get_mut(&hold).is_some_and(|uids| {
                uids.remove(uid);
                !uids.is_empty()
            });
            if !left {
                self.by_hold.remove(&hold);
            }
        }
    }

    /// Whether an object claims exactly this.
    pub fn are(&self, uid: &str, claims: &[Claim]) -> bool {
        self.by_object.get(uid).map(Vec::as_slice).unwrap_or_default() == claims
    }

    /// What other objects claim of what a Hold keeps.
    pub fn on(&self, hold: &str, without: &str) -> Vec<Claim> {
        let uids = self.by_hold.get(hold).into_iter().flatten();
        uids.filter(|uid| *uid != without)
            .filter_map(|uid| self.by_object.get(uid))
            .flatten()
            .filter(|claim| claim.hold.as_deref() == Some(hold))
            .cloned()
            .collect()
    }

    /// What objects of other kinds claim in an account.
    pub fn beside(&self, kind: &str, account_id: &str) -> impl Iterator<Item = &Claim> {
        let all = self.by_object.values().flatten();
        all.filter(move |claim| claim.owner.kind != kind && claim.account_id == account_id)
    }

    /// Whether anything is claimed in the account with this id.
    pub fn any_in(&self, account_id: &str) -> bool {
        let mut all = self.by_object.values().flatten();
        all.any(|claim| claim.account_id == account_id)
    }
}

#[cfg(test)]
pub(crate) mod tests;
