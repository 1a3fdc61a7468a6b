//! Reads a ledger: where it is from the Incident's status, and its objects with the caller's own way to AWS.

use super::Asked;
use crate::{cloud, cluster::Cluster, cmd::Setting, exit::refused};
use anyhow::{Context, Result};
use firebreak_cloud::ledger;
use firebreak_core::coordinate::incident::{
    Subject,
    ledger::{
        Site, site,
        verify::{Chain, Verdict, verify},
    },
};
use firebreak_crds::{AwsAccount, ConditionType, Incident, condition, incident::LedgerStatus};

/// What was read, and what it is worth.
pub(super) struct Found {
    pub(super) incident: String,
    pub(super) head: LedgerStatus,
    pub(super) verdict: Verdict,
}

/// Reads the ledger of an Incident, and judges it.
///
/// # Errors
/// When the Incident has none, or the bucket cannot be read.
pub(super) async fn read(asked: &Asked, setting: &Setting) -> Result<Found> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let incident = cluster.incident(&asked.name).await?;
    let head = head(&incident)?;
    let account = cluster.account(&head.account).await?;
    let cloud = cloud::connect(asked.allow_endpoint_overrides).await?;
    let subject = Subject::of(&incident);
    let site = place(&subject, &head, &account)?;
    let objects = ledger::objects(cloud.as_ref(), &site.access, &site.prefix)
        .await
        .with_context(|| format!("reading {}", site.url))?;
    let writer = format!(
        "system:serviceaccount:{}:{}",
        asked.operator_namespace, asked.service_account
    );
    // What was put while the objects were read is beyond this head: it is no flaw.
    let verdict = verify(&Chain {
        incident: &subject.owner,
        writer: &writer,
        prefix: &site.prefix,
        head: &head,
        objects: &objects,
    });
    Ok(Found {
        incident: asked.name.clone(),
        head,
        verdict,
    })
}

/// What the status says of the ledger.
fn head(incident: &Incident) -> Result<LedgerStatus> {
    let status = incident.status.clone().unwrap_or_default();
    let why = condition::denied(&status.conditions, ConditionType::Ledgered).map(str::to_owned);
    status.ledger.ok_or_else(|| {
        let why = why.unwrap_or_else(|| {
            "no evidence bucket is named for it: spec.ledgerAccountRef, or the account of its first response".into()
        });
        refused(format!("the Incident has no ledger: {why}"))
    })
}

fn place(subject: &Subject, head: &LedgerStatus, account: &AwsAccount) -> Result<Site> {
    let store = account.spec.evidence.as_ref().ok_or_else(|| {
        refused(format!(
            "the AwsAccount {} names no evidence bucket any more; the ledger is in {}",
            head.account, head.place
        ))
    })?;
    let site = site(subject, &head.account, &account.spec, store);
    match site.url == head.place {
        true => Ok(site),
        false => Err(refused(format!(
            "the AwsAccount {} leads to {}, and the ledger is in {}",
            head.account, site.url, head.place
        ))),
    }
}
