//! The mirror, read back: which custody AWS and the mirrored plans prove together, and who vouches for it.

use crate::Cloud;
use firebreak_core::{
    aws::{
        Query,
        access::Access,
        failure::{Failure, FailureClass},
    },
    run::{
        adoption::{
            self, Document, Finding,
            trust::{self, Rules, Tie},
        },
        archive::{self, MirroredPlan},
        plan::{Plan, Step},
    },
};
use firebreak_crds::EvidenceStore;
use jiff::Timestamp;
use serde_json::Value;

/// A mirrored plan, as people judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its key in the bucket.
    pub key: String,
    /// The hash of its bytes: what names it.
    pub hash: String,
    /// The digest of the plan, which people approved.
    pub digest: String,
    /// When it says that it was mirrored.
    pub at: String,
    /// Who it says asked for it.
    pub requested_by: Option<String>,
    /// Who it says approved it.
    pub approved_by: Vec<String>,
    /// Whether a document beside it says that it is over.
    pub closed: bool,
    /// Who vouches for it.
    pub tie: Tie,
}

/// One step of a mirrored plan, and what was found out about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Where it comes from; none where the document cannot be read.
    pub source: Option<Source>,
    /// Namespace and name of the object that had it cut off.
    pub object: String,
    /// The step, in a sentence.
    pub step: String,
    /// What a release would put back.
    pub before: Value,
    /// What became of it.
    pub finding: Finding,
}

impl Found {
    /// Whether custody of it is rebuilt: AWS shows it, and somebody vouches for the before-value.
    pub fn is_adopted(&self) -> bool {
        let vouched = self.source.as_ref().is_some_and(|source| source.tie.holds());
        vouched && matches!(self.finding, Finding::Kept { .. })
    }

    fn hold(&self) -> Option<&str> {
        match &self.finding {
            Finding::Kept { name, .. } => Some(name),
            Finding::Back | Finding::Gone | Finding::Unknown(_) | Finding::Refused(_) => None,
        }
    }
}

/// Reads every plan of the account's mirror that may be in custody still, and AWS.
///
/// # Errors
/// A classified [`Failure`] when the mirror cannot be read; one document that cannot be understood is only named.
pub async fn salvage(
    cloud: &dyn Cloud,
    access: &Access,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<Vec<Found>, Failure> {
    let account = &access.account;
    let store = account.evidence.as_ref().ok_or_else(no_store)?;
    let prefix = archive::account_prefix(store, &account.account_id);
    let keys = cloud.archived_keys(access, &prefix).await?;
    let mut found: Vec<Found> = Vec::new();
    for document in adoption::candidates(store, &account.account_id, &keys) {
        for known in look(cloud, access, store, rules, &document, now).await? {
            // Of several runs that somebody vouches for and that wrote the same thing, the newest counts.
            let newer = |other: &Found| other.is_adopted() && other.hold() == known.hold();
            if !(known.is_adopted() && found.iter().any(newer)) {
                found.push(known);
            }
        }
    }
    Ok(found)
}

/// What became of the steps of one document.
async fn look(
    cloud: &dyn Cloud,
    access: &Access,
    store: &EvidenceStore,
    rules: &Rules<'_>,
    document: &Document,
    now: Timestamp,
) -> Result<Vec<Found>, Failure> {
    let text = match cloud.retrieve(access, &document.key).await {
        Ok(text) => text,
        Err(failure) if failure.class == FailureClass::Invalid => {
            return Ok(vec![unreadable(document, failure.message)]);
        }
        Err(failure) => return Err(failure),
    };
    let (mirrored, plan) = match adoption::read(store, &access.account.account_id, &document.key, &text) {
        Ok(read) => read,
        Err(why) => return Ok(vec![unreadable(document, why)]),
    };
    let hash = adoption::name(&text);
    let source = Source {
        key: document.key.clone(),
        tie: trust::tie(rules, &mirrored, &hash),
        hash,
        digest: mirrored.spec.digest.clone(),
        at: mirrored.at.clone(),
        requested_by: mirrored.spec.requested_by.clone(),
        approved_by: mirrored.approved_by.clone(),
        closed: document.closed,
    };
    Ok(steps(cloud, access, rules, (&mirrored, &plan, &source), now).await)
}

async fn steps(
    cloud: &dyn Cloud,
    access: &Access,
    rules: &Rules<'_>,
    (mirrored, plan, source): (&MirroredPlan, &Plan, &Source),
    now: Timestamp,
) -> Vec<Found> {
    if source.tie == Tie::Over {
        return Vec::new();
    }
    let there = adoption::access(mirrored, plan, &access.account);
    let refused = refusal(source, rules, &there, plan);
    let owner = &mirrored.spec.owner;
    let mut found = Vec::new();
    for (order, step) in plan
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.undo.keeps_custody())
    {
        let finding = match &refused {
            Some(why) => Finding::Refused(why.clone()),
            None => ask(cloud, &there, mirrored, (order, step), now).await,
        };
        found.push(Found {
            source: Some(source.clone()),
            object: format!("{}/{}", owner.namespace, owner.name),
            step: step.summary.clone(),
            before: step.before.clone(),
            finding,
        });
    }
    // What was closed and is not there any more needs no word.
    found.retain(|found| !source.closed || !matches!(found.finding, Finding::Back | Finding::Gone));
    found
}

async fn ask(
    cloud: &dyn Cloud,
    there: &Access,
    mirrored: &MirroredPlan,
    (order, step): (usize, &Step),
    now: Timestamp,
) -> Finding {
    let answer = cloud.observe(there, &Query::Cell(step.cell.clone())).await;
    adoption::find(mirrored, there, (order, step), &answer, now)
}

fn refusal(source: &Source, rules: &Rules<'_>, there: &Access, plan: &Plan) -> Option<String> {
    match source.tie {
        Tie::Forged => Some(
            "the cluster's own record of this run has another hash: somebody else wrote this document (spec.evidence: look at who can)"
                .into(),
        ),
        Tie::Recorded | Tie::Over | Tie::Named | Tie::Unproven => trust::objection(rules, there, plan),
    }
}

fn unreadable(document: &Document, why: String) -> Found {
    Found {
        source: None,
        object: document.key.clone(),
        step: "not read".into(),
        before: Value::Null,
        finding: Finding::Refused(why),
    }
}

fn no_store() -> Failure {
    Failure {
        class: FailureClass::Invalid,
        call: "s3:GetObject".into(),
        code: "Mirror".into(),
        message: "spec.evidence is not set".into(),
    }
}
