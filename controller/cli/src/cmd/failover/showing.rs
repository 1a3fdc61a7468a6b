//! `failover plan`, `status`, `readiness` and `history`: what the cluster knows of a FailoverPlan. Writes nothing.

use super::deciding::{recorded, remark};
use crate::{
    cluster::Cluster,
    cmd::Setting,
    exit,
    render::failover::{history as past, readiness as ready, tree},
    terminal,
};
use anyhow::Result;
use jiff::Timestamp;
use serde_json::json;

/// Shows the recorded plan of the current run.
///
/// # Errors
/// When there is none, or something cannot be read.
pub async fn plan(setting: &Setting, name: &str) -> Result<()> {
    recorded(setting, &Cluster::connect(&setting.connection).await?, name).await
}

/// Shows how it is.
///
/// # Errors
/// When it does not exist, or something cannot be read.
pub async fn status(setting: &Setting, name: &str) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let object = cluster.failover_plan(name).await?;
    let records = cluster.records(Some(&cluster.namespace)).await?;
    remark(&records);
    setting.answer(
        || tree::json(&object, &records),
        |paint| tree::tree(&object, &records, Timestamp::now(), paint),
    )
}

/// Shows the runs that are over.
///
/// # Errors
/// When it does not exist, or cannot be read.
pub async fn history(setting: &Setting, name: &str) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let status = cluster.failover_plan(name).await?.status.unwrap_or_default();
    if status.history.is_empty() {
        terminal::remark(&format!("no run of {name} is over"));
    }
    setting.answer(|| json!(status.history), |paint| past::lines(&status, paint))
}

/// Shows what stands in the way of a run, as the operator saw it last.
///
/// # Errors
/// When something does, or may; when it does not exist, or cannot be read.
pub async fn readiness(setting: &Setting, name: &str) -> Result<()> {
    let cluster = Cluster::connect(&setting.connection).await?;
    let status = cluster.failover_plan(name).await?.status.unwrap_or_default();
    setting.answer(|| json!(status.readiness), |paint| ready::lines(&status, paint))?;
    match status.readiness.as_ref().is_some_and(ready::is_ready) {
        true => Ok(()),
        false => Err(exit::refused(format!("{name} is not known to be ready for a run"))),
    }
}
