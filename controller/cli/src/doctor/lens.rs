//! Looks through the client, and keeps why something could not be seen. Where the API server does not answer, it sees
//! nothing and does not ask again.

use super::{
    evidence::{Look, Shipped},
    reviews::{Right, rights},
    you,
};
use crate::{cluster::Cluster, exit};
use firebreak_core::installation::Identity;
use firebreak_crds::{
    AwsAccount, Decision, EmergencyStop, FailoverPlan, FindingSource, Guardrail, Hold, Incident, NotificationChannel,
    Playbook, Quarantine, ResponsePlan, TrafficPolicy, Unreadable, readable::Item,
};
use futures::{StreamExt, stream};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Requests that are under way at once.
const AT_ONCE: usize = 16;
const REVIEWS: &str = "/apis/authorization.k8s.io/v1";

/// A look at a cluster.
pub struct Lens<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Why nothing can be seen.
    pub blind: Option<String>,
}

impl Lens<'_> {
    fn open(&self) -> Look<()> {
        self.blind.clone().map_or(Ok(()), Err)
    }

    /// What lies under a path; none where there is no such object, or no such kind.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Look<Option<T>> {
        self.open()?;
        match self.cluster.ask(path).await {
            Ok((object, _)) => serde_json::from_value(object)
                .map(Some)
                .map_err(|error| error.to_string()),
            Err(error) if exit::api_code(&error) == Some(404) => Ok(None),
            Err(error) => Err(exit::message(&error)),
        }
    }

    /// Every object of a kind of ours that can be read.
    pub async fn list<K>(&self) -> Look<Vec<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        Ok(self.items::<K>().await?.into_iter().flatten().collect())
    }

    async fn items<K>(&self) -> Look<Vec<Item<K>>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        self.open()?;
        match self.cluster.items::<K>(None).await {
            Err(error) if exit::api_code(&error) == Some(404) => {
                Err("the kind is not installed: see the check crds".into())
            }
            found => found.map_err(|error| exit::message(&error)),
        }
    }

    /// The objects of every kind that this version cannot read.
    pub async fn unreadable(&self) -> Look<Vec<Unreadable>> {
        let mut all = self.unread::<AwsAccount>().await?;
        all.extend(self.unread::<Decision>().await?);
        all.extend(self.unread::<EmergencyStop>().await?);
        all.extend(self.unread::<FailoverPlan>().await?);
        all.extend(self.unread::<FindingSource>().await?);
        all.extend(self.unread::<Guardrail>().await?);
        all.extend(self.unread::<Hold>().await?);
        all.extend(self.unread::<Incident>().await?);
        all.extend(self.unread::<NotificationChannel>().await?);
        all.extend(self.unread::<Playbook>().await?);
        all.extend(self.unread::<Quarantine>().await?);
        all.extend(self.unread::<ResponsePlan>().await?);
        all.extend(self.unread::<TrafficPolicy>().await?);
        Ok(all)
    }

    async fn unread<K>(&self) -> Look<Vec<Unreadable>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let unread = self.items::<K>().await?.into_iter().filter_map(Result::err);
        Ok(unread.map(|bad| *bad).collect())
    }

    /// Every kind of ours.
    pub async fn crds(&self) -> Vec<Shipped<CustomResourceDefinition>> {
        let one = |ours: CustomResourceDefinition| async move {
            let name = ours.metadata.name.clone().unwrap_or_default();
            let live = self
                .get(&format!(
                    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
                ))
                .await;
            Shipped { ours, live }
        };
        stream::iter(firebreak_crds::all())
            .map(one)
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    /// Each object beside the one that is shipped.
    pub async fn shipped(&self, objects: Vec<Value>) -> Vec<Shipped<Value>> {
        let one = |ours: Value| async move {
            let live = self.get(&path(&ours)).await;
            Shipped { ours, live }
        };
        stream::iter(objects).map(one).buffered(AT_ONCE).collect().await
    }

    /// Whether the operator has each right of these roles.
    pub async fn rights(&self, roles: &[Value], identity: &Identity) -> Vec<(Right, Look<bool>)> {
        let groups = [
            "system:serviceaccounts",
            &format!("system:serviceaccounts:{}", identity.namespace),
            "system:authenticated",
        ];
        let who = json!({"user": identity.username(), "groups": groups});
        let one = |right: Right| {
            let mut spec = who.clone();
            spec["resourceAttributes"] = right.attributes();
            async move {
                let answer = self.review("subjectaccessreviews", spec).await;
                (right, answer)
            }
        };
        stream::iter(roles.iter().flat_map(rights))
            .map(one)
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    /// What the caller may do in the namespace.
    pub async fn powers(&self, namespace: &str) -> Vec<(&'static str, Look<bool>)> {
        let mut powers = Vec::new();
        for (power, needed) in you::powers(namespace) {
            powers.push((power, self.may(&needed).await));
        }
        powers
    }

    /// Whether the caller has all of the rights.
    async fn may(&self, needed: &[Right]) -> Look<bool> {
        for right in needed {
            let spec = json!({"resourceAttributes": right.attributes()});
            if !self.review("selfsubjectaccessreviews", spec).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn review(&self, kind: &str, spec: Value) -> Look<bool> {
        self.open()?;
        let review = json!({"metadata": {}, "spec": spec});
        let answer = self.cluster.review(&format!("{REVIEWS}/{kind}"), &review).await;
        answer
            .map(|answer| answer["status"]["allowed"] == true)
            .map_err(|error| exit::message(&error))
    }

    /// Who asks.
    pub async fn you(&self) -> Look<String> {
        self.open()?;
        self.cluster.whoami().await.map_err(|error| exit::message(&error))
    }
}

/// Where a shipped object, which is never in a namespace, lies.
fn path(object: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind) = (word(&object["apiVersion"]), word(&object["kind"]).to_ascii_lowercase());
    let plural = match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    };
    format!("/apis/{version}/{plural}/{}", word(&object["metadata"]["name"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_found_where_it_lies() {
        let found =
            |kind: &str, version: &str| path(&json!({"apiVersion": version, "kind": kind, "metadata": {"name": "n"}}));
        for (kind, version, at) in [
            (
                "ValidatingAdmissionPolicy",
                "admissionregistration.k8s.io/v1",
                "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/n",
            ),
            (
                "MutatingAdmissionPolicyBinding",
                "admissionregistration.k8s.io/v1",
                "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings/n",
            ),
            (
                "ClusterRole",
                "rbac.authorization.k8s.io/v1",
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/n",
            ),
        ] {
            assert_eq!(found(kind, version), at);
        }
    }
}
