//! `status`: how objects are, as trees.

use super::Setting;
use crate::{cluster::Cluster, render::status, terminal};
use anyhow::Result;
use clap::Args;
use firebreak_crds::Quarantine;
use jiff::Timestamp;
use kube::ResourceExt;

/// What `status` is told.
#[derive(Args, Debug)]
pub struct Status {
    /// The Quarantine: NAME or quarantine/NAME; default: all of the namespace
    #[arg(value_parser = super::object_name)]
    pub name: Option<String>,
    /// All namespaces
    #[arg(short = 'A', long, conflicts_with = "name")]
    pub all_namespaces: bool,
}

impl Status {
    /// Reads and shows.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let objects = self.objects(&cluster).await?;
        let namespace = (!self.all_namespaces).then_some(cluster.namespace.as_str());
        let records = cluster.records(namespace).await?;
        records
            .notes
            .iter()
            .for_each(|note| terminal::remark(&format!("note: {note}")));
        if objects.is_empty() {
            terminal::remark(&format!(
                "there is no Quarantine in {}",
                namespace.unwrap_or("any namespace")
            ));
        }
        let now = Timestamp::now();
        setting.answer(
            || objects.iter().map(|object| status::json(object, &records)).collect(),
            |paint| {
                let trees: Vec<String> = objects.iter().map(|o| status::text(o, &records, now, paint)).collect();
                trees.join("\n")
            },
        )
    }

    async fn objects(&self, cluster: &Cluster) -> Result<Vec<Quarantine>> {
        let mut objects = match &self.name {
            Some(name) => vec![cluster.quarantine(name).await?],
            None => cluster.quarantines(self.all_namespaces).await?,
        };
        objects.sort_by_key(|object| (object.namespace(), object.name_any()));
        Ok(objects)
    }
}
