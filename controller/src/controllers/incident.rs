//! Incidents: looked at when they are edited or deleted, when somebody decides about them, when a response moves, and when a
//! deadline passes.

use super::{Controller, Setup, WatchedGuardrail, WatchedQuarantine, decisions};
use crate::{
    runtime::{
        Loop, Metrics, NextLook, Trigger, Watches,
        resync::resync,
        triggers::{concerned, touched},
    },
    watched::{Loose, Many, Stands, Texts, Watched},
};
use firebreak_crds::{INCIDENT_LABEL, Incident, Severity, incident::IncidentState};
use firebreak_executor::{Executor, ReconcileError};
use futures::{
    Stream, StreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use kube::{
    ResourceExt,
    runtime::{
        reflector::{ObjectRef, Store},
        watcher::Event,
    },
};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::StrDeserializer},
};
use std::{sync::Arc, time::Duration};

/// An Incident as it is watched.
pub type WatchedIncident = Watched<Incident, Responds, Stands>;

/// Which objects that others create are among its responses, and how bad it is. What it created itself carries its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Responds {
    severity: Texts,
    responses: Many<Response>,
    start_failover: Loose<Named>,
}

impl Responds {
    /// Whether one of the responses is the Quarantine of this name.
    pub fn names(&self, quarantine: &str) -> bool {
        let is_named = |response: &Response| response.quarantine_ref.0.name.as_str() == quarantine;
        self.responses.0.iter().any(is_named)
    }

    /// The FailoverPlan of which it asks a run; empty where it asks for none.
    pub fn failover_plan(&self) -> &str {
        self.start_failover.0.name.as_str()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Response {
    quarantine_ref: Loose<Named>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Texts,
}

/// Their controller.
pub(super) struct Incidents {
    executor: Arc<Executor>,
}

impl Controller for Incidents {
    type Watched = WatchedIncident;

    fn new(setup: &Setup) -> Self {
        Self {
            executor: Arc::clone(&setup.executor),
        }
    }

    /// Somebody waits for an edit that the status does not know of.
    fn is_urgent(object: &WatchedIncident) -> bool {
        object.status.generation() != object.metadata.generation
    }

    /// No account is asked about them: the Incidents of a namespace have their turn together.
    fn account_id(&self, object: &WatchedIncident) -> Arc<str> {
        Arc::from(format!("incidents/{}", object.namespace().unwrap_or_default()))
    }

    fn triggers(watches: &mut Watches, store: &Store<WatchedIncident>) -> BoxStream<'static, Trigger<WatchedIncident>> {
        let created = touched::<WatchedQuarantine>(watches).filter_map(|object| ready(creator(&object)));
        let named = concerned(touched::<WatchedQuarantine>(watches), store, names);
        let limits = concerned(touched::<WatchedGuardrail>(watches), store, |_, _| true);
        let decisions = decisions::about(watches);
        stream::select_all([created.boxed(), named.boxed(), limits.boxed(), decisions.boxed()]).boxed()
    }

    async fn reconcile(&self, object: ObjectRef<WatchedIncident>, uid: String) -> Result<NextLook, ReconcileError> {
        let namespace = object.namespace.clone().unwrap_or_default();
        let rest = self.executor.coordinate(&namespace, &object.name, Some(&uid)).await?;
        Ok(rest.map_or(NextLook::OnChange, |rest| {
            let longest = Duration::from_secs(rest.after.max(1));
            NextLook::After(resync(longest, &uid).min(longest))
        }))
    }
}

/// The Incident that created a Quarantine.
fn creator(object: &WatchedQuarantine) -> Option<Trigger<WatchedIncident>> {
    let incident = object.labels().get(INCIDENT_LABEL)?;
    Some(Trigger::urgent(ObjectRef::new(incident).within(&object.namespace()?)))
}

fn names(quarantine: &WatchedQuarantine, incident: &WatchedIncident) -> bool {
    incident.namespace() == quarantine.namespace() && incident.spec.names(&quarantine.name_any())
}

/// Counts Incidents for the metrics, as the watch saw them last.
pub(crate) async fn count(metrics: Metrics, incidents: Store<WatchedIncident>) {
    // What there is none of any more is not left at its last number.
    metrics.incidents.reset();
    for incident in incidents.state() {
        if let Some((severity, state)) = counted(&incident) {
            let labels = [format!("{severity:?}"), format!("{state:?}")];
            metrics.incidents.with_label_values(&labels).inc();
        }
    }
}

/// Severity and state; none where the severity is unheard of. One whose status says nothing yet is open.
pub fn counted(incident: &WatchedIncident) -> Option<(Severity, IncidentState)> {
    let state = known(incident.status.state()).unwrap_or(IncidentState::Open);
    Some((known(incident.spec.severity.as_str())?, state))
}

fn known<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(text).ok()
}

/// Says on what an Incident created that it stays, when the Incident is deleted: no finalizer keeps it for that.
pub(crate) async fn farewells(with: Loop, executor: Arc<Executor>, events: impl Stream<Item = Event<WatchedIncident>>) {
    let deleted = events.for_each(|event| async {
        if let Event::Delete(object) = event
            && with.leadership.is_acting()
        {
            say_what_is_left(&executor, &object).await;
        }
    });
    tokio::select! { () = with.ending() => (), () = deleted => () }
}

async fn say_what_is_left(executor: &Executor, object: &WatchedIncident) {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let uid = object.uid().unwrap_or_default();
    if let Err(error) = executor.say_what_is_left(&namespace, &name, &uid).await {
        tracing::warn!(%error, namespace, name, "what a deleted Incident leaves could not be told");
    }
}
