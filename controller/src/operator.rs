//! Wiring: clients, lease, watches, loops, health. What is done about an object is the Executor's business.

use crate::{
    admission::InForce,
    args::Run,
    controllers::{self, AccountIds, Kept, Setup, Started, WatchedQuarantine, counting, hold, incident},
    reporter::EventReporter,
    runtime::{
        Backoff, Checks, Clients, Elector, Ended, Events, Health, Leadership, LeaseSettings, Loop, LoopSettings,
        Metrics, Permits, Reason, Shutdown, WatchLiveness, Watches, lease, logs, shutdown::drain,
    },
};
use anyhow::Context;
use firebreak_aws::Aws;
use firebreak_core::settings::Settings;
use firebreak_executor::{
    Executor, MayWrite, OwnDependencies, ReconcileError, clock::SystemClock, failover::Courses, findings::Looks,
    records::Records, shared_reads::SharedReads,
};
use kube::{Api, Config, api::ListParams};
use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::OnceCell, task::JoinSet};

/// Permits that only edits, deletions and decisions take.
const URGENT_PERMITS: usize = 16;
/// Objects whose failures are remembered.
const REMEMBERED_FAILURES: usize = 20_000;
/// When the operator's own identity is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How long running work may take to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs the operator until it is told to stop or loses its lease.
///
/// # Errors
/// When it cannot start: endpoint overrides that are not allowed, no cluster, CRDs missing.
pub async fn run(args: Run) -> anyhow::Result<Ended> {
    logs::init(args.log_format.into(), &args.log)?;
    check_settling(&args)?;
    let liveness = WatchLiveness::default();
    let clients = Clients::new(Config::infer().await.context("no cluster to talk to")?, &liveness)?;
    crds_exist(&clients).await?;
    let metrics = Metrics::new()?;
    let shutdown = Shutdown::on_signals()?;
    let mut settings = LeaseSettings::new(
        &args.who.namespace,
        "firebreak-controller",
        &lease::identity(&args.pod_name),
    );
    settings.trust_absence = args.trust_absent_lease;
    let (elector, leadership) = Elector::new(clients.request.clone(), settings)?;
    let executor = Arc::new(executor(&args, &clients, &metrics, leadership.clone()).await?);
    let with = Loop {
        permits: Permits::new(args.concurrency, URGENT_PERMITS.min(args.concurrency / 2)),
        backoff: Arc::new(Backoff::new(REMEMBERED_FAILURES)),
        metrics: metrics.clone(),
        leadership,
        shutdown: shutdown.clone(),
        liveness,
        settings: LoopSettings {
            resync: args.resync(),
            ..LoopSettings::default()
        },
    };
    let Loops { work, synced, .. } = loops(args.resync(), &clients, &with, &executor);
    let health = Health::serve(args.listen, until_filled(&with, synced), metrics).await?;
    tracing::info!(address = %health.address, "serving /livez, /readyz and /metrics");
    Ok(lead(elector, shutdown, work).await)
}

/// Three times each, and long enough for AWS unless it is an emulator.
fn check_settling(args: &Run) -> anyhow::Result<()> {
    for (flag, times, word) in [
        ("--iam-settling", &args.iam_settling, "Contained"),
        ("--s3-settling", &args.s3_settling, "Contained"),
        ("--waf-settling", &args.waf_settling, "Enforced"),
    ] {
        anyhow::ensure!(
            times.len() == 3,
            "{flag} takes three numbers of seconds, such as 15,60,300"
        );
        if times.get(1).is_none_or(|seconds| *seconds < 60) {
            tracing::warn!("{flag} is shorter than 60 s: {word} may be said before AWS enforces it");
        }
    }
    Ok(())
}

/// Holds the lease while the loops run, and gives it back only when everything has ended.
pub(crate) async fn lead(elector: Elector, shutdown: Shutdown, work: JoinSet<()>) -> Ended {
    let (ended, has_ended) = tokio::sync::oneshot::channel::<bool>();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        stop.begun().await;
        let clean = drain(work, DRAIN).await;
        if ended.send(clean).is_err() {
            tracing::debug!("the lease was lost before the work had ended");
        }
    });
    let released = async move {
        if has_ended.await != Ok(true) {
            std::future::pending::<()>().await;
        }
    };
    let outcome = elector.run(released).await;
    shutdown.begin();
    outcome
}

async fn crds_exist(clients: &Clients) -> anyhow::Result<()> {
    let api: Api<WatchedQuarantine> = Api::all(clients.request.clone());
    api.list(&ListParams::default().limit(1))
        .await
        .context("the firebreak.dev CRDs cannot be read: install them (firebreak-controller manifests)")?;
    Ok(())
}

async fn executor(
    args: &Run,
    clients: &Clients,
    metrics: &Metrics,
    leadership: Leadership,
) -> anyhow::Result<Executor> {
    let identity = args.who.identity();
    let reporter = Arc::new(EventReporter::new(
        metrics.clone(),
        Events::new(clients.request.clone(), "firebreak-controller", &args.pod_name),
    ));
    let aws = Aws::connect(args.allow_endpoint_overrides)
        .await?
        .observed_by(reporter.clone());
    let told = Arc::clone(&reporter);
    let records =
        Records::new(clients.request.clone(), &args.who.namespace).telling(Arc::new(move |bad| told.unreadable(bad)));
    let (aws, own) = (
        Arc::new(aws),
        Arc::new(Own {
            told: args.own_dependencies.clone(),
            ..Own::default()
        }),
    );
    tokio::spawn(learn_identity(own.clone(), aws.clone()));
    Ok(Executor {
        ledger: Mutex::default(),
        counted: OnceCell::new(),
        own,
        records,
        cloud: aws,
        clock: Arc::new(SystemClock),
        leadership: Arc::new(leadership),
        admission: Arc::new(InForce::new(clients.request.clone(), &identity)?),
        reporter,
        settings: Settings {
            iam_settling: args.settling(),
            s3_settling: args.bucket_settling(),
            waf_settling: args.address_settling(),
            resync_seconds: args.resync,
            people: args.people.into(),
            machines: args.who.machine_users.clone(),
            home: args.who.namespace.clone(),
            operator: identity.username(),
        },
        shared: SharedReads::new(args.resync),
        courses: Courses::default(),
        looks: Looks::default(),
    })
}

/// What the operator was told that it depends on, and its own identity once AWS has told it.
#[derive(Default)]
struct Own {
    told: Vec<String>,
    identity: OnceLock<Vec<String>>,
}

impl OwnDependencies for Own {
    fn patterns(&self) -> Option<Vec<String>> {
        let identity = self.identity.get()?;
        Some(self.told.iter().chain(identity).cloned().collect())
    }
}

/// Asks AWS until it answers: without knowing itself, the operator cuts nothing off.
async fn learn_identity(own: Arc<Own>, aws: Arc<Aws>) {
    while own.identity.get().is_none() {
        match aws.own_identity().await {
            Ok(identity) => drop(own.identity.set(patterns(&identity.arn))),
            Err(error) => {
                tracing::warn!(%error, "the operator's own AWS identity is unknown: nothing is cut off until it is");
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
}

/// An assumed role's ARN names neither the role's path nor the role's own ARN.
fn patterns(arn: &str) -> Vec<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let role = parts.get(5).and_then(|resource| resource.strip_prefix("assumed-role/"));
    let Some(name) = role.and_then(|role| role.split('/').next()) else {
        return vec![arn.to_owned()];
    };
    let prefix = format!("arn:{}:iam::{}:role/", parts[1], parts[4]);
    vec![format!("{prefix}{name}"), format!("{prefix}*/{name}")]
}

/// The controllers as they run, and what they keep of what they watch.
pub struct Loops {
    /// The controllers and the watches.
    pub work: JoinSet<()>,
    /// Whether each of their stores is filled.
    pub synced: Vec<Arc<AtomicBool>>,
    /// What each of them keeps.
    pub kept: Vec<Kept>,
}

/// Starts the controllers.
pub fn loops(every: Duration, clients: &Clients, with: &Loop, executor: &Arc<Executor>) -> Loops {
    let mut watches = Watches::new(clients.watch.clone(), with);
    let mut setup = Setup {
        accounts: AccountIds::new(watches.store()),
        watches,
        with: with.clone(),
        executor: Arc::clone(executor),
        resync: every,
    };
    let (deleted, incidents) = (setup.watches.subscribe(), setup.watches.store());
    let started: Vec<Started> = controllers::ALL.iter().map(|entry| (entry.start)(&mut setup)).collect();
    let synced = started.iter().map(|one| Arc::clone(&one.synced)).collect();
    let (mut work, mut kept) = (JoinSet::new(), Vec::new());
    for one in started {
        work.spawn(one.run);
        kept.push(one.kept);
    }
    setup
        .watches
        .run()
        .into_iter()
        .for_each(|watch| drop(work.spawn(watch)));
    work.spawn(incident::farewells(with.clone(), Arc::clone(executor), deleted));
    work.spawn(counting(with.clone(), incidents, incident::count));
    work.spawn(counting(with.clone(), Arc::clone(executor), hold::count));
    Loops { work, synced, kept }
}

/// Ready once every store is filled, and live while watches and permits move.
pub(crate) fn until_filled(with: &Loop, synced: Vec<Arc<AtomicBool>>) -> Checks {
    let (metrics, leadership, liveness) = (with.metrics.clone(), with.leadership.clone(), with.liveness.clone());
    Checks::default()
        .watches(with.liveness.clone(), with.settings.watch_timeout)
        .permits(with.permits.clone(), with.settings.deadline)
        .ready(
            move || match synced.iter().all(|synced| synced.load(Ordering::Relaxed)) {
                true => Ok(()),
                false => Err("the watches have not been filled yet".into()),
            },
        )
        .refresh(move || {
            metrics.lease_is_leader.set(i64::from(leadership.is_acting()));
            for (plural, age) in liveness.ages() {
                metrics
                    .watch_last_event_age_seconds
                    .with_label_values(&[&plural])
                    .set(age.as_secs_f64());
            }
        })
}

impl MayWrite for Leadership {
    fn may_write(&self) -> bool {
        Self::may_write(self)
    }
}

impl Reason for ReconcileError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Record(_) => "Record",
            Self::NotLeader => "NotLeader",
            Self::Changed => "Changed",
            Self::Aws(_) => "Aws",
            Self::KeepsUnread => "KeepsUnread",
            Self::Restless => "Restless",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LeaseSettings, patterns};

    #[test]
    fn an_assumed_role_is_recognised_with_and_without_its_path() {
        let found = patterns("arn:aws:sts::111111111111:assumed-role/firebreak-operator/session");
        assert_eq!(
            found,
            [
                "arn:aws:iam::111111111111:role/firebreak-operator",
                "arn:aws:iam::111111111111:role/*/firebreak-operator"
            ]
        );
        assert_eq!(patterns("arn:aws:iam::1:user/a"), ["arn:aws:iam::1:user/a"]);
    }

    #[test]
    fn leader_begins_no_write_that_could_outlast_its_lease() {
        let settings = LeaseSettings::new("firebreak-system", "firebreak-controller", "pod-0");
        assert_eq!(firebreak_executor::ATTEMPT_DEADLINE, settings.attempt_deadline);
    }
}
