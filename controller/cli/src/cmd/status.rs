//! `status`: how objects are, as trees.

use super::Setting;
use crate::{
    cluster::Cluster,
    render::{orphans, status},
    terminal,
};
use anyhow::{Result, bail};
use clap::Args;
use firebreak_core::installation::DEFAULT_NAMESPACE;
use firebreak_crds::{Hold, Quarantine};
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::BTreeMap;

/// What `status` is told.
#[derive(Args, Debug)]
pub struct Status {
    /// The Quarantine: NAME or quarantine/NAME; default: all of the namespace
    #[arg(value_parser = super::object_name)]
    pub name: Option<String>,
    /// All namespaces
    #[arg(short = 'A', long, conflicts_with = "name")]
    pub all_namespaces: bool,
    /// Namespace of the operator, whose Lease says whether it runs
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAMESPACE)]
    pub operator_namespace: String,
}

/// Orphaned Holds by namespace and name of who left them.
type Left<'a> = BTreeMap<(String, String), Vec<&'a Hold>>;

impl Status {
    /// Reads and shows.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let namespace = (!self.all_namespaces).then_some(cluster.namespace.as_str());
        let records = cluster.records(namespace).await?;
        let objects = self.objects(&cluster).await?;
        let left = self.left_behind(namespace, &records.holds);
        self.exists(&objects, &left, &cluster.namespace)?;
        let now = Timestamp::now();
        records
            .notes
            .iter()
            .for_each(|note| terminal::remark(&format!("note: {note}")));
        let silence = cluster.operator_silence(&self.operator_namespace).await;
        silence
            .iter()
            .for_each(|text| terminal::remark(&format!("WARNING: {text}\n")));
        setting.answer(
            || {
                let there = objects.iter().map(|object| status::json(object, &records));
                there.chain(left.values().map(|holds| orphans::json(holds))).collect()
            },
            |paint| {
                let there = objects.iter().map(|object| status::tree(object, &records, now, paint));
                let gone = left.iter().map(|((namespace, name), holds)| {
                    orphans::tree(namespace, name, holds, &self.operator_namespace, paint)
                });
                there.chain(gone).collect::<Vec<String>>().join("\n")
            },
        )
    }

    async fn objects(&self, cluster: &Cluster) -> Result<Vec<Quarantine>> {
        let mut objects = match &self.name {
            Some(name) => cluster.find_quarantine(name).await?.into_iter().collect(),
            None => cluster.quarantines(self.all_namespaces).await?,
        };
        objects.sort_by_key(|object| (object.namespace(), object.name_any()));
        Ok(objects)
    }

    /// Custody that what was asked for left behind when it was deleted.
    fn left_behind<'a>(&self, namespace: Option<&str>, holds: &'a [Hold]) -> Left<'a> {
        let mut left = orphans::by_object(holds);
        left.retain(|(of, name), _| {
            namespace.is_none_or(|asked| asked == of) && self.name.as_ref().is_none_or(|asked| asked == name)
        });
        left
    }

    fn exists(&self, objects: &[Quarantine], left: &Left<'_>, namespace: &str) -> Result<()> {
        match (&self.name, objects.is_empty() && left.is_empty()) {
            (_, false) => {}
            (Some(name), true) => bail!("there is no Quarantine {name} in namespace {namespace}"),
            (None, true) if self.all_namespaces => terminal::remark("there is no Quarantine in any namespace"),
            (None, true) => terminal::remark(&format!("there is no Quarantine in namespace {namespace}")),
        }
        Ok(())
    }
}
