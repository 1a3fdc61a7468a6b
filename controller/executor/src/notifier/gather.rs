//! What a decision about a NotificationChannel depends on, read live.

use super::{Notifier, Pass};
use crate::executor::ReconcileError;
use firebreak_core::coordinate::notification::{Seen, Subject, World, secret_name};
use firebreak_crds::NotificationChannel;
use kube::ResourceExt;

impl Notifier {
    /// The others and the Incidents that cannot be read are left out: they say so themselves.
    pub(super) async fn gather(&self, object: NotificationChannel) -> Result<Pass, ReconcileError> {
        let subject = Subject::of(&object);
        let namespace = &subject.owner.namespace;
        let secret = secret_name(&subject.spec).unwrap_or_default();
        let (others, incidents, secret, operator_leads) = futures::join!(
            self.records.channels(namespace),
            self.records.incidents(namespace),
            self.records.channel_secret(namespace, secret),
            self.operator_leads(&subject),
        );
        let others = others?
            .into_iter()
            .flatten()
            .map(|other| (other.name_any(), other.spec));
        let incidents = incidents?
            .into_iter()
            .flatten()
            .filter_map(|incident| Seen::of(&incident));
        let world = World {
            others: others.filter(|(name, _)| *name != subject.owner.name).collect(),
            incidents: incidents.map(|seen| (seen.uid.clone(), seen)).collect(),
            secret: secret?,
            operator_leads,
            subject,
        };
        Ok(Pass { object, world })
    }

    /// Asked for a heartbeat only. Nobody knows it where the Lease cannot be read.
    async fn operator_leads(&self, subject: &Subject) -> Option<bool> {
        subject.spec.heartbeat.as_ref()?;
        let leads = self.records.operator_leads(self.clock.now()).await;
        leads
            .inspect_err(|error| tracing::warn!(%error, "the operator's Lease cannot be read"))
            .ok()
    }
}
