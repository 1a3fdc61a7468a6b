//! `merge`: an Incident that goes on in another one.

use super::Setting;
use crate::{
    cluster::Cluster,
    exit::refused,
    incident::{merging, refusal::Attempt},
    terminal,
};
use anyhow::Result;
use clap::Args;
use firebreak_crds::Incident;
use serde_json::json;

/// What `merge` is told.
#[derive(Args, Debug)]
pub struct Merge {
    /// The Incident that ends: NAME or incident/NAME
    #[arg(value_name = "INCIDENT", value_parser = super::incident_name)]
    pub name: String,
    /// The Incident that goes on
    #[arg(long, value_name = "INCIDENT", value_parser = super::incident_name)]
    pub into: String,
    /// Do not ask; needed without a terminal
    #[arg(short = 'y', long)]
    pub yes: bool,
}

impl Merge {
    /// Asks, and sets spec.mergedInto and spec.state.
    ///
    /// # Errors
    /// When it may not go on there, or somebody refuses.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let (incident, _) = (cluster.incident(&self.name).await?, cluster.incident(&self.into).await?);
        let all = cluster.incidents(false).await?;
        cluster.remark_unread();
        merging::check(&incident, &self.into, &all).map_err(refused)?;
        let question = merging::question(&incident, &self.into);
        terminal::confirm(&question, self.yes)?;
        let attempt = Attempt {
            kind: "Incident",
            plural: "incidents",
            name: &self.name,
            namespace: &cluster.namespace,
            verb: "patch",
        };
        let patch = |incident: &Incident| {
            merging::unchanged(incident, &self.into, &question).map_err(refused)?;
            Ok(Some(merging::patch(incident, &self.into)))
        };
        let changed = cluster.change_incident(&self.name, false, patch).await;
        let (changed, _) = changed.map_err(|error| attempt.refused(error))?;
        setting.answer(
            || json!(changed),
            |paint| {
                let done = paint.good(&format!(
                    "merged: incident/{} goes on in incident/{}",
                    self.name, self.into
                ));
                let namespace = &cluster.namespace;
                format!(
                    "{done}\nnext: kubectl firebreak timeline {} -n {namespace}\n",
                    self.into
                )
            },
        )
    }
}
