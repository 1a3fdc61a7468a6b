//! Wiring of the notifier: a process of its own, which may read the Secrets of channels and has no part in any response.

use crate::{
    args::Notify,
    controllers::WatchedIncident,
    operator::{lead, until_filled},
    runtime::{
        About, Backoff, Clients, Elector, Ended, Health, LeaseSettings, Loop, LoopSettings, Metrics, NextLook, Permits,
        Shutdown, Trigger, WatchLiveness, Watches, controller_of, lease, logs,
        triggers::{changed, concerned, touched},
    },
    watched::{Nothing, Observed, Watched},
};
use anyhow::Context;
use firebreak_aws::HttpsCourier;
use firebreak_core::{coordinate::notification::Endpoints, installation::NOTIFIER};
use firebreak_crds::NotificationChannel;
use firebreak_executor::{ReconcileError, clock::SystemClock, notifier::Notifier, records::Records};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use kube::{
    Api, Config, ResourceExt,
    api::ListParams,
    runtime::reflector::{self, ObjectRef, Store},
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Objects whose failures are remembered.
const REMEMBERED_FAILURES: usize = 2_000;
/// Channels that are worked on at once.
const CONCURRENCY: usize = 32;

/// A NotificationChannel as it is watched.
pub type WatchedNotificationChannel = Watched<NotificationChannel, Nothing, Observed>;

/// Runs the notifier until it is told to stop or loses its lease.
///
/// # Errors
/// When it cannot start: no cluster, CRDs missing.
pub async fn run(args: Notify) -> anyhow::Result<Ended> {
    logs::init(args.log_format.into(), &args.log)?;
    let liveness = WatchLiveness::default();
    let clients = Clients::new(Config::infer().await.context("no cluster to talk to")?, &liveness)?;
    let channels: Api<WatchedNotificationChannel> = Api::all(clients.request.clone());
    channels
        .list(&ListParams::default().limit(1))
        .await
        .context("NotificationChannels cannot be read: install the CRDs (firebreak-controller manifests)")?;
    let (metrics, shutdown) = (Metrics::new()?, Shutdown::on_signals()?);
    let mut settings = LeaseSettings::new(&args.namespace, NOTIFIER, &lease::identity(&args.pod_name));
    settings.trust_absence = args.trust_absent_lease;
    let (elector, leadership) = Elector::new(clients.request.clone(), settings)?;
    let notifier = Arc::new(Notifier {
        records: Records::new(clients.request.clone(), &args.namespace),
        courier: Arc::new(HttpsCourier {
            any_address: args.allow_private_addresses,
        }),
        clock: Arc::new(SystemClock),
        leadership: Arc::new(leadership.clone()),
        endpoints: Endpoints {
            slack: args.slack_api,
            pager_duty: args.pagerduty_api,
        },
    });
    let with = Loop {
        permits: Permits::new(CONCURRENCY, CONCURRENCY / 2),
        backoff: Arc::new(Backoff::new(REMEMBERED_FAILURES)),
        metrics: metrics.clone(),
        leadership,
        shutdown: shutdown.clone(),
        liveness,
        settings: LoopSettings::default(),
    };
    let (work, checks) = loops(&clients, &with, notifier);
    let health = Health::serve(args.listen, checks, metrics).await?;
    tracing::info!(address = %health.address, "serving /livez, /readyz and /metrics");
    Ok(lead(elector, shutdown, work).await)
}

fn loops(clients: &Clients, with: &Loop, notifier: Arc<Notifier>) -> (JoinSet<()>, crate::runtime::Checks) {
    let mut watches = Watches::new(clients.watch.clone(), with);
    let (store, writer) = reflector::store();
    let triggers = triggers(&mut watches, &store);
    let events = watches.subscribe::<WatchedNotificationChannel>().map(Ok);
    let running = controller_of(
        (store, writer),
        with.clone(),
        events,
        about(),
        triggers,
        move |object, uid| {
            let notifier = Arc::clone(&notifier);
            async move { look(&notifier, object, uid).await }
        },
    );
    let mut work = JoinSet::new();
    work.spawn(running.controller);
    watches.run().into_iter().for_each(|watch| drop(work.spawn(watch)));
    (work, until_filled(with, vec![running.synced]))
}

/// The channels of a namespace have their turn together.
fn about() -> About<WatchedNotificationChannel> {
    About {
        urgent: |object| object.status.generation() != object.metadata.generation,
        tenant: Box::new(|object| {
            Some(Arc::from(format!(
                "channels/{}",
                object.namespace().unwrap_or_default()
            )))
        }),
    }
}

/// What happens to an Incident, and how another channel hands over, may be news.
fn triggers(
    watches: &mut Watches,
    store: &Store<WatchedNotificationChannel>,
) -> BoxStream<'static, Trigger<WatchedNotificationChannel>> {
    let incidents = concerned(touched::<WatchedIncident>(watches), store, |incident, channel| {
        incident.namespace() == channel.namespace()
    });
    let others = concerned(
        changed::<WatchedNotificationChannel>(watches),
        store,
        |other, channel| other.namespace() == channel.namespace() && other.uid() != channel.uid(),
    );
    stream::select_all([incidents.boxed(), others.boxed()]).boxed()
}

async fn look(
    notifier: &Notifier,
    object: ObjectRef<WatchedNotificationChannel>,
    uid: String,
) -> Result<NextLook, ReconcileError> {
    let namespace = object.namespace.unwrap_or_default();
    let rest = notifier.notify(&namespace, &object.name, Some(&uid)).await?;
    Ok(rest.map_or(NextLook::OnChange, |rest| {
        NextLook::After(Duration::from_secs(rest.after.max(1)))
    }))
}
