//! Whether the admission policies that everything relies on are in force, compared in whole with the ones that belong to
//! this version, and since when.

use firebreak_core::{
    approval::Admission,
    installation::{ADMISSION, Identity, REQUESTER, deviation},
};
use firebreak_executor::AdmissionCheck;
use futures::future::join_all;
use jiff::Timestamp;
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, GroupVersionKind},
};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer is used: a policy that was taken away is noticed after this.
const REMEMBERED: Duration = Duration::from_secs(5);

/// Compares the cluster's policies with this version's.
pub struct InForce {
    client: Client,
    decisions: Vec<Value>,
    requester: Vec<Value>,
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
            decisions: identity.objects(ADMISSION)?,
            requester: identity.objects(REQUESTER)?,
            last: Mutex::new(None),
        })
    }

    async fn compare(&self) -> Admission {
        let (decisions, requester) = futures::join!(self.since(&self.decisions), self.since(&self.requester));
        Admission {
            decisions_bound_since: decisions,
            requester_stamped: requester.is_some(),
            asked_reserved: decisions.is_some(),
        }
    }

    /// Since when all of them are in force unchanged; none when one is missing or another.
    async fn since(&self, expected: &[Value]) -> Option<Timestamp> {
        let each = join_all(expected.iter().map(|policy| self.one(policy))).await;
        let latest = |since: Timestamp, one: Option<Timestamp>| Some(since.max(one?));
        each.into_iter().try_fold(Timestamp::UNIX_EPOCH, latest)
    }

    async fn one(&self, expected: &Value) -> Option<Timestamp> {
        let (kind, name) = (expected["kind"].as_str()?, expected["metadata"]["name"].as_str()?);
        let gvk = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", kind);
        let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &ApiResource::from_gvk(&gvk));
        let live = match api.get_opt(name).await {
            Ok(live) => live,
            Err(error) => {
                tracing::warn!(%error, policy = name, "an admission policy could not be read: no Decision counts");
                return None;
            }
        };
        let found = live.as_ref().and_then(|live| serde_json::to_value(live).ok());
        if let Some(deviation) = deviation::of_policy(expected, found.as_ref()) {
            tracing::warn!(
                policy = name,
                kind,
                deviation,
                "an admission policy is missing or changed: no Decision counts"
            );
            return None;
        }
        changed_at(&live?)
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
