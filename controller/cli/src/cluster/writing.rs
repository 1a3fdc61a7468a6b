//! What people have this command write for them: an object that they described, or one change of an Incident.

use super::{Cluster, MANAGER};
use crate::exit;
use anyhow::{Result, anyhow};
use firebreak_crds::{FailoverPlan, Incident, readable};
use http::{Request, header::CONTENT_TYPE};
use kube::{Resource, api::PostParams, core::Request as Wire};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How often a change is made again on what somebody else wrote meanwhile.
const MAX_TRIES: usize = 5;

impl Cluster {
    /// Creates an object in the namespace.
    ///
    /// # Errors
    /// When the API server refuses it, in its own words.
    pub async fn add<K>(&self, manifest: &Value) -> Result<K>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        let wire = Wire::new(K::url_path(&(), Some(&self.namespace)));
        let request = wire.create(&params, serde_json::to_vec(manifest)?)?;
        read(&self.client.request_text(request).await?)
    }

    /// Changes an Incident of the namespace: `patch` says how, of each version that is read, until nobody else writes it
    /// meanwhile. It says nothing where nothing is to be changed. Returns the Incident, and whether it was changed.
    ///
    /// # Errors
    /// When it cannot be read, `patch` refuses, or the API server does, in its own words.
    pub async fn change_incident(
        &self,
        name: &str,
        dry_run: bool,
        patch: impl Fn(&Incident) -> Result<Option<Value>>,
    ) -> Result<(Incident, bool)> {
        let mut tries = 0;
        loop {
            let incident = self.incident(name).await?;
            let Some(patch) = patch(&incident)? else {
                return Ok((incident, false));
            };
            tries += 1;
            match self.patched(name, &patch, dry_run).await {
                Err(error) if exit::api_code(&error) == Some(409) && tries < MAX_TRIES => {}
                changed => return Ok((changed?, true)),
            }
        }
    }

    /// Asks for a drill of a FailoverPlan of the namespace: `spec.drill.now` becomes that number, and nothing else is changed.
    ///
    /// # Errors
    /// When it cannot be read, or the API server refuses it, in its own words.
    pub async fn ask_for_drill(&self, name: &str, number: u64) -> Result<FailoverPlan> {
        let path = format!("{}/{name}", FailoverPlan::url_path(&(), Some(&self.namespace)));
        let patch = json!({"spec": {"drill": {"now": number}}});
        let request = request(&path, "application/merge-patch+json", &patch, false)?;
        read(&self.client.request_text(request).await?)
    }

    async fn patched<K>(&self, name: &str, patch: &Value, dry_run: bool) -> Result<K>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let path = format!("{}/{name}", K::url_path(&(), Some(&self.namespace)));
        let request = request(&path, "application/json-patch+json", patch, dry_run)?;
        read(&self.client.request_text(request).await?)
    }
}

fn request(path: &str, kind: &str, patch: &Value, dry_run: bool) -> Result<Request<Vec<u8>>> {
    let dry = if dry_run { "&dryRun=All" } else { "" };
    let request = Request::patch(format!("{path}?fieldManager={MANAGER}{dry}"))
        .header(CONTENT_TYPE, kind)
        .body(serde_json::to_vec(patch)?)?;
    Ok(request)
}

fn read<K>(text: &str) -> Result<K>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    readable::object(text).map_err(|bad| anyhow!("{bad}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::script::Script, exit::refused, failover::testing, fixtures, incident::merging};

    const AT: &str = "/apis/firebreak.dev/v1alpha1/namespaces/incident/incidents/stolen-role";

    fn version(version: &str) -> Value {
        let mut incident = json!(fixtures::incident());
        incident["metadata"]["resourceVersion"] = version.into();
        incident
    }

    fn conflict() -> (u16, Value) {
        (
            409,
            json!({"kind": "Status", "status": "Failure", "reason": "Conflict", "code": 409, "message": "modified"}),
        )
    }

    #[test]
    fn a_patch_is_ours_and_a_dry_run_stores_nothing() {
        let kind = "application/json-patch+json";
        let patch = json!([{"op": "add", "path": "/spec/state", "value": "Resolved"}]);
        let sent = request("/apis/x/a", kind, &patch, false).unwrap();
        assert_eq!(sent.uri(), "/apis/x/a?fieldManager=kubectl-firebreak");
        assert_eq!(sent.headers()[CONTENT_TYPE], kind);
        assert_eq!(serde_json::from_slice::<Value>(sent.body()).unwrap(), patch);
        let dry = request("/apis/x/a", kind, &patch, true).unwrap();
        assert_eq!(dry.uri().query(), Some("fieldManager=kubectl-firebreak&dryRun=All"));
    }

    #[tokio::test]
    async fn what_others_write_meanwhile_is_read_and_the_change_made_again() {
        let answers = [
            (200, version("7")),
            conflict(),
            (200, version("8")),
            (200, version("9")),
        ];
        let script = Script::of(answers);
        let change = |incident: &Incident| Ok(Some(merging::patch(incident, "other")));
        let (changed, is_new) = script
            .cluster()
            .change_incident("stolen-role", false, change)
            .await
            .unwrap();
        assert!(is_new && changed.metadata.resource_version.as_deref() == Some("9"));
        let asked = script.requests();
        let lines: Vec<&str> = asked.iter().map(|(line, _)| line.as_str()).collect();
        let patch = format!("PATCH {AT}?fieldManager=kubectl-firebreak");
        assert_eq!(lines, [&format!("GET {AT}"), &patch, &format!("GET {AT}"), &patch]);
        assert_eq!(
            (&asked[1].1[0]["value"], &asked[3].1[0]["value"]),
            (&json!("7"), &json!("8"))
        );
    }

    #[tokio::test]
    async fn it_gives_up_in_the_end_and_says_conflict() {
        let answers = (0..MAX_TRIES).flat_map(|_| [(200, version("7")), conflict()]);
        let script = Script::of(answers);
        let change = |incident: &Incident| Ok(Some(merging::patch(incident, "other")));
        let error = script
            .cluster()
            .change_incident("stolen-role", false, change)
            .await
            .unwrap_err();
        assert_eq!(exit::api_code(&error), Some(409));
    }

    #[tokio::test]
    async fn where_nothing_is_to_be_changed_nothing_is_written() {
        let script = Script::of([(200, version("7")), (200, version("7"))]);
        let cluster = script.cluster();
        let (_, is_new) = cluster
            .change_incident("stolen-role", false, |_| Ok(None))
            .await
            .unwrap();
        assert!(!is_new);
        let error = cluster
            .change_incident("stolen-role", false, |_| Err(refused("no")))
            .await
            .unwrap_err();
        assert_eq!(exit::code(&error), exit::REFUSED);
        assert!(script.requests().iter().all(|(line, _)| line.starts_with("GET ")));
    }

    #[tokio::test]
    async fn drill_is_asked_for_by_one_number() {
        let plan = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "FailoverPlan", "metadata": {"name": "shop"},
            "spec": testing::object().spec});
        let script = Script::of([(200, plan)]);
        script.cluster().ask_for_drill("shop", 4).await.unwrap();
        let (line, body) = script.requests().remove(0);
        assert!(
            line.starts_with("PATCH ") && line.contains("/failoverplans/shop?fieldManager=kubectl-firebreak"),
            "{line}"
        );
        assert_eq!(body, json!({"spec": {"drill": {"now": 4}}}));
    }

    #[tokio::test]
    async fn an_object_is_created_with_nothing_that_nobody_said() {
        let manifest = json!({"apiVersion": "firebreak.dev/v1alpha1", "kind": "Incident",
            "metadata": {"name": "stolen-role"}, "spec": {"severity": "High", "title": "t"}});
        let script = Script::of([(201, version("1"))]);
        let created: Incident = script.cluster().add(&manifest).await.unwrap();
        assert_eq!(created.metadata.resource_version.as_deref(), Some("1"));
        let (line, body) = script.requests().remove(0);
        let collection = AT.trim_end_matches("/stolen-role");
        assert!(
            line.starts_with(&format!("POST {collection}?")) && line.contains("fieldManager=kubectl-firebreak"),
            "{line}"
        );
        assert_eq!(body, manifest);
    }
}
