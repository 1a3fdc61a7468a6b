//! Whether the admission policies that everything relies on are in force, compared in whole with the ones that belong to
//! this version, and since when.

use crate::{
    install::{ADMISSION, Identity, REQUESTER},
    responder::AdmissionCheck,
};
use firebreak_core::approval::Admission;
use jiff::Timestamp;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, GroupVersionKind},
};
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer is used: a policy that was taken away is noticed after this.
const REMEMBERED: Duration = Duration::from_secs(5);

/// Compares the cluster's policies with this version's.
pub struct InForce {
    client: Client,
    decisions: Vec<DynamicObject>,
    requester: Vec<DynamicObject>,
    last: Mutex<Option<(Instant, Admission)>>,
}

impl InForce {
    /// Policies for an operator with this identity.
    ///
    /// # Errors
    /// When the built-in files cannot be read: a fault of this build.
    pub fn new(client: Client, identity: &Identity) -> anyhow::Result<Self> {
        Ok(Self {
            client,
            decisions: read(&identity.render(ADMISSION))?,
            requester: read(&identity.render(REQUESTER))?,
            last: Mutex::new(None),
        })
    }

    async fn compare(&self) -> Admission {
        Admission {
            decisions_bound_since: self.since(&self.decisions).await,
            requester_stamped: self.since(&self.requester).await.is_some(),
        }
    }

    /// Since when all of them are in force unchanged; none when one is missing or another.
    async fn since(&self, expected: &[DynamicObject]) -> Option<Timestamp> {
        let mut since = Timestamp::UNIX_EPOCH;
        for policy in expected {
            since = since.max(self.one(policy).await?);
        }
        Some(since)
    }

    async fn one(&self, expected: &DynamicObject) -> Option<Timestamp> {
        let kind = expected.types.as_ref()?;
        let gvk = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", &kind.kind);
        let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &ApiResource::from_gvk(&gvk));
        let name = expected.metadata.name.as_deref()?;
        match api.get_opt(name).await {
            Ok(Some(live))
                if live.data["spec"] == expected.data["spec"] && live.metadata.deletion_timestamp.is_none() =>
            {
                changed_at(&live)
            }
            Ok(_) => {
                tracing::warn!(
                    policy = name,
                    kind = kind.kind,
                    "an admission policy is missing or changed: no Decision counts"
                );
                None
            }
            Err(error) => {
                tracing::warn!(%error, policy = name, "an admission policy could not be read: no Decision counts");
                None
            }
        }
    }
}

#[async_trait::async_trait]
impl AdmissionCheck for InForce {
    async fn admission(&self) -> Admission {
        let mut last = self.last.lock().await;
        if let Some((at, admission)) = *last
            && at.elapsed() < REMEMBERED
        {
            return admission;
        }
        let admission = self.compare().await;
        *last = Some((Instant::now(), admission));
        admission
    }
}

/// When the object was last written by anybody but the status controllers.
fn changed_at(object: &DynamicObject) -> Option<Timestamp> {
    let created = object.metadata.creation_timestamp.as_ref()?.0;
    let managed = object.metadata.managed_fields.iter().flatten();
    let written = managed.filter(|entry| entry.subresource.as_deref().is_none_or(str::is_empty));
    Some(
        written
            .filter_map(|entry| entry.time.as_ref())
            .map(|time| time.0)
            .fold(created, Timestamp::max),
    )
}

fn read(file: &str) -> anyhow::Result<Vec<DynamicObject>> {
    serde_yaml::Deserializer::from_str(file)
        .map(|document| serde_json::Value::deserialize(document).map_err(anyhow::Error::from))
        .filter(|document| !matches!(document, Ok(value) if value.is_null()))
        .map(|document| Ok(serde_json::from_value(document?)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policies_can_be_read() {
        let identity = Identity {
            namespace: "ns".into(),
            service_account: "sa".into(),
        };
        assert_eq!(read(&identity.render(ADMISSION)).unwrap().len(), 10);
        assert_eq!(read(&identity.render(REQUESTER)).unwrap().len(), 2);
    }
}
