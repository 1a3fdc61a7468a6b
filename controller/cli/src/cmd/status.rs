//! `status`: how objects are, as trees.

use super::{Response, Setting};
use crate::{
    cluster::Cluster,
    exit,
    render::{failover::tree, orphans, status},
    terminal,
};
use anyhow::{Result, bail};
use clap::Args;
use firebreak_core::{installation::DEFAULT_NAMESPACE, respond::Object};
use firebreak_crds::{FailoverPlan, Hold};
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::BTreeMap;

/// What `status` is told.
#[derive(Args, Debug)]
pub struct Status {
    /// The object: NAME or quarantine/NAME, trafficpolicy/NAME, or failoverplan/NAME; default: all of the namespace
    #[arg(value_parser = super::response_name)]
    pub name: Option<Response>,
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
        let failovers = self.failovers(&cluster).await?;
        let left = self.left_behind(namespace, &records.holds);
        self.exists(
            !objects.is_empty() || !failovers.is_empty() || !left.is_empty(),
            &cluster.namespace,
        )?;
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
                let gone = left.values().map(|holds| orphans::json(holds));
                let plans = failovers.iter().map(|object| tree::json(object, &records));
                there.chain(gone).chain(plans).collect()
            },
            |paint| {
                let there = objects.iter().map(|object| status::tree(object, &records, now, paint));
                let gone = left.iter().map(|((namespace, name), holds)| {
                    orphans::tree(namespace, name, holds, &self.operator_namespace, paint)
                });
                let plans = failovers.iter().map(|object| tree::tree(object, &records, now, paint));
                there.chain(gone).chain(plans).collect::<Vec<String>>().join("\n")
            },
        )
    }

    async fn objects(&self, cluster: &Cluster) -> Result<Vec<Object>> {
        if let Some(name) = &self.name {
            return match name.held() {
                Some((kind, name)) => Ok(cluster.find_respondent(kind, name).await?.into_iter().collect()),
                None => Ok(Vec::new()),
            };
        }
        let quarantines = cluster.quarantines(self.all_namespaces).await?;
        let policies = permitted(cluster.traffic_policies(self.all_namespaces).await, "TrafficPolicies")?;
        let policies = policies.into_iter().map(Object::from);
        let mut objects: Vec<Object> = quarantines.into_iter().map(Object::from).chain(policies).collect();
        objects.sort_by_key(|object| (object.namespace().to_owned(), object.name().to_owned()));
        Ok(objects)
    }

    async fn failovers(&self, cluster: &Cluster) -> Result<Vec<FailoverPlan>> {
        let mut objects = match &self.name {
            Some(Response::FailoverPlan(name)) => vec![cluster.failover_plan(name).await?],
            Some(_) => Vec::new(),
            None => permitted(cluster.failover_plans(self.all_namespaces).await, "FailoverPlans")?,
        };
        objects.sort_by_key(|object| (object.namespace(), object.name_any()));
        Ok(objects)
    }

    /// Custody that what was asked for left behind when it was deleted.
    fn left_behind<'a>(&self, namespace: Option<&str>, holds: &'a [Hold]) -> Left<'a> {
        let mut left = orphans::by_object(holds);
        left.retain(|(of, name), _| namespace.is_none_or(|asked| asked == of) && self.is_meant(name));
        left
    }

    fn is_meant(&self, spoken: &str) -> bool {
        match &self.name {
            Some(Response::Quarantine(name)) => name == spoken,
            Some(Response::TrafficPolicy(name)) => spoken == format!("trafficpolicy/{name}"),
            Some(Response::FailoverPlan(_)) => false,
            None => true,
        }
    }

    fn exists(&self, is_there: bool, namespace: &str) -> Result<()> {
        match (&self.name, is_there) {
            (_, true) => {}
            (Some(Response::Quarantine(name)), false) => {
                bail!("there is no Quarantine {name} in namespace {namespace}")
            }
            (Some(Response::TrafficPolicy(name)), false) => {
                bail!("there is no TrafficPolicy {name} in namespace {namespace}")
            }
            (Some(Response::FailoverPlan(name)), false) => {
                bail!("there is no FailoverPlan {name} in namespace {namespace}")
            }
            (None, false) if self.all_namespaces => {
                terminal::remark("there is no Quarantine, no TrafficPolicy and no FailoverPlan in any namespace");
            }
            (None, false) => terminal::remark(&format!(
                "there is no Quarantine, no TrafficPolicy and no FailoverPlan in namespace {namespace}"
            )),
        }
        Ok(())
    }
}

/// Those of the namespace, unless the person may not list them: then that is said.
fn permitted<K>(listed: Result<Vec<K>>, what: &str) -> Result<Vec<K>> {
    match listed {
        Err(error) if exit::api_code(&error) == Some(403) => {
            terminal::remark(&format!("note: you may not list {what}: they are not shown"));
            Ok(Vec::new())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::script::Script, failover::testing};
    use kube::core::Status as Answer;
    use serde_json::json;

    fn asked(name: Option<Response>) -> Status {
        Status {
            name,
            all_namespaces: false,
            operator_namespace: DEFAULT_NAMESPACE.into(),
        }
    }

    fn list(items: &[FailoverPlan]) -> serde_json::Value {
        json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "FailoverPlanList", "metadata": {}, "items": items})
    }

    #[tokio::test]
    async fn failover_plans_are_shown_beside_quarantines() {
        let script = Script::of([(200, list(&[testing::running()])), (200, json!(testing::running()))]);
        let cluster = script.cluster();
        assert_eq!(asked(None).failovers(&cluster).await.unwrap().len(), 1);
        let one = Response::FailoverPlan("orders".into());
        assert_eq!(asked(Some(one)).failovers(&cluster).await.unwrap().len(), 1);
        let other = Response::Quarantine("orders".into());
        assert!(asked(Some(other)).failovers(&cluster).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn cluster_without_the_kind_or_the_right_still_shows_quarantines() {
        for (code, reason) in [(404, "NotFound"), (403, "Forbidden")] {
            let status = Answer::failure("no", reason).with_code(code);
            let script = Script::of([(code, json!(status))]);
            let shown = asked(None).failovers(&script.cluster()).await;
            assert!(shown.unwrap().is_empty(), "{code}");
        }
    }

    #[test]
    fn what_does_not_exist_is_an_error_that_names_its_kind() {
        let one = asked(Some(Response::FailoverPlan("orders".into())));
        let error = one.exists(false, "payments").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no FailoverPlan orders in namespace payments"
        );
        assert!(asked(None).exists(false, "payments").is_ok());
    }
}
