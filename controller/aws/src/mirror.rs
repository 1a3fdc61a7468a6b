//! The mirror, read back: which custody AWS and the mirrored plans prove together.

use crate::Cloud;
use firebreak_core::{
    access::Access,
    adoption::{self, Finding},
    archive::{self, MirroredPlan},
    facts::Answer,
    failure::{Failure, FailureClass},
    plan::{Plan, Step},
    query::Query,
};
use jiff::Timestamp;

/// One step of a mirrored plan, and what was found out about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Namespace and name of the object that had it cut off.
    pub object: String,
    /// The step, in a sentence.
    pub step: String,
    /// What became of it.
    pub finding: Finding,
}

/// Reads every plan that is open in the account's mirror, and AWS.
///
/// # Errors
/// A classified [`Failure`] when the mirror cannot be read; `Invalid` when a plan in it cannot be understood.
pub async fn salvage(cloud: &dyn Cloud, access: &Access, now: Timestamp) -> Result<Vec<Found>, Failure> {
    let account = &access.account;
    let store = account
        .evidence
        .as_ref()
        .ok_or_else(|| unreadable("spec.evidence is not set"))?;
    let prefix = archive::account_prefix(store, &account.account_id);
    let keys = cloud.archived_keys(access, &prefix).await?;
    let mut found: Vec<Found> = Vec::new();
    for key in adoption::open_plans(store, &account.account_id, &keys) {
        let document = cloud.retrieve(access, &key).await?;
        let (mirrored, plan) = adoption::read(&document)
            .ok_or_else(|| unreadable(&format!("{key} cannot be read by this version, or was changed")))?;
        for known in steps(cloud, access, &mirrored, &plan, now).await {
            if !found.iter().any(|earlier| is_same(earlier, &known)) {
                found.push(known);
            }
        }
    }
    Ok(found)
}

async fn steps(cloud: &dyn Cloud, access: &Access, mirrored: &MirroredPlan, plan: &Plan, now: Timestamp) -> Vec<Found> {
    let there = adoption::access(mirrored, &access.account);
    let owner = &mirrored.spec.owner;
    let mut found = Vec::new();
    for (order, step) in plan.steps.iter().enumerate() {
        let answer = ask(cloud, &there, step).await;
        if let Some(finding) = adoption::find(mirrored, order, step, &answer, now) {
            found.push(Found {
                object: format!("{}/{}", owner.namespace, owner.name),
                step: step.summary.clone(),
                finding,
            });
        }
    }
    found
}

async fn ask(cloud: &dyn Cloud, access: &Access, step: &Step) -> Answer {
    cloud.observe(access, &Query::Cell(step.cell.clone())).await
}

/// Of several runs that wrote the same thing, the newest counts.
fn is_same(one: &Found, other: &Found) -> bool {
    let name = |found: &Found| match &found.finding {
        Finding::Kept { name, .. } => Some(name.clone()),
        _ => None,
    };
    name(one).is_some() && name(one) == name(other)
}

fn unreadable(message: &str) -> Failure {
    Failure {
        class: FailureClass::Invalid,
        call: "s3:GetObject".into(),
        code: "Mirror".into(),
        message: message.to_owned(),
    }
}
