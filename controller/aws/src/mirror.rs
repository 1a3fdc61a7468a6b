//! The mirror, read back: which custody AWS and the mirrored plans prove together.

use crate::Cloud;
use firebreak_core::{
    access::Access,
    adoption::{self, Finding},
    archive::{self, MirroredPlan},
    failure::{Failure, FailureClass},
    plan::Plan,
    query::Query,
};
use jiff::Timestamp;

/// One step of a mirrored plan, and what was found out about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Name of the step's Hold.
    pub hold: String,
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
        let (mirrored, plan) = adoption::read(&document, &account.account_id)
            .ok_or_else(|| unreadable(&format!("{key} cannot be read by this version, or was changed")))?;
        for known in steps(cloud, access, &mirrored, &plan, now).await {
            // Of several runs that wrote the same thing, the newest counts.
            if !found.iter().any(|newer| newer.hold == known.hold) {
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
        let Some(hold) = step.hold.clone() else { continue };
        let answer = cloud.observe(&there, &Query::Cell(step.cell.clone())).await;
        found.push(Found {
            hold,
            object: format!("{}/{}", owner.namespace, owner.name),
            step: step.summary.clone(),
            finding: adoption::find(mirrored, &there, (order, step), &answer, now),
        });
    }
    found
}

fn unreadable(message: &str) -> Failure {
    Failure {
        class: FailureClass::Invalid,
        call: "s3:GetObject".into(),
        code: "Mirror".into(),
        message: message.to_owned(),
    }
}
