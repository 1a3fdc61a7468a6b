//! NotificationChannels, and what is read for them.

use super::{Objects, RecordError, Records, Result, paged};
use firebreak_core::{
    coordinate::notification::{Secret, SecretProblem},
    installation::CONTROLLER,
};
use firebreak_crds::{Incident, NotificationChannel, NotificationChannelStatus, readable::Item};
use jiff::Timestamp;
use k8s_openapi::api::{coordination::v1::Lease, core::v1};
use kube::{Api, ResourceExt};

impl Records {
    /// A NotificationChannel, live.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn channel(&self, namespace: &str, name: &str) -> Result<Option<NotificationChannel>> {
        self.namespaced(namespace).get_opt(name).await
    }

    /// Every NotificationChannel of a namespace.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn channels(&self, namespace: &str) -> Result<Vec<Item<NotificationChannel>>> {
        self.namespaced(namespace).list(&paged()).await
    }

    /// Every Incident of a namespace.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn incidents(&self, namespace: &str) -> Result<Vec<Item<Incident>>> {
        self.namespaced(namespace).list(&paged()).await
    }

    /// Every Incident of a namespace whose spec is open.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn open_incidents(&self, namespace: &str) -> Result<Vec<Item<Incident>>> {
        let open = paged().fields("spec.state=Open");
        self.namespaced(namespace).list(&open).await
    }

    /// The values of a channel's Secret. What is no text is left out.
    ///
    /// # Errors
    /// [`RecordError`] when the API server does not say.
    pub async fn channel_secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<std::result::Result<Secret, SecretProblem>> {
        let api: Api<v1::Secret> = Api::namespaced(self.client.clone(), namespace);
        match api.get_opt(name).await {
            Ok(Some(secret)) => {
                let values = secret.data.unwrap_or_default().into_iter();
                let texts = values.filter_map(|(key, value)| Some((key, String::from_utf8(value.0).ok()?)));
                Ok(Ok(Secret(texts.collect())))
            }
            Ok(None) => Ok(Err(SecretProblem(format!(
                "there is no Secret {name} in namespace {namespace}: create it, or correct the name in secretRef"
            )))),
            Err(kube::Error::Api(status)) if status.code == 403 => Ok(Err(SecretProblem(format!(
                "the notifier may not read Secret {name} of namespace {namespace}: bind a Role with the verb get on secrets, resourceNames [{name}], to its service account"
            )))),
            Err(error) => Err(RecordError::from(error)),
        }
    }

    /// Whether the operator holds its lease.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn operator_leads(&self, now: Timestamp) -> Result<bool> {
        let api: Api<Lease> = Api::namespaced(self.client.clone(), &self.home);
        let spec = api
            .get_opt(CONTROLLER)
            .await?
            .and_then(|lease| lease.spec)
            .unwrap_or_default();
        let holds = spec.holder_identity.is_some_and(|holder| !holder.is_empty());
        let seconds = i64::from(spec.lease_duration_seconds.unwrap_or_default());
        Ok(holds
            && spec
                .renew_time
                .is_some_and(|at| now.as_second() - at.0.as_second() <= 2 * seconds))
    }

    /// Writes a NotificationChannel's status, if nobody changed the object since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`].
    pub async fn write_channel_status(
        &self,
        object: &NotificationChannel,
        status: &NotificationChannelStatus,
    ) -> Result<NotificationChannel> {
        let api: Objects<NotificationChannel> = self.namespaced(&object.namespace().unwrap_or_default());
        api.patch_status(&object.metadata, status).await
    }
}
