//! Wiring: clients, lease, watches, loops, health. What is done about an object is the Responder's business.

use crate::{
    admission::InForce,
    args::{LogFormat, Run},
    clock::SystemClock,
    pokes,
    records::Records,
    responder::{MayWrite, OwnDependencies, Responder, Trouble},
    runtime::{
        About, Backoff, Checks, Clients, Elector, Ended, Events, Health, Lanes, Leadership, LeaseSettings, Loop,
        LoopSettings, Metrics, NextLook, Poke, Pulses, Reason, Running, Shutdown, controller_loop, lease, logs,
        resync::resync, shutdown::drain, watches,
    },
    seen::{SeenAwsAccount, SeenHold, SeenQuarantine},
    shared_reads::SharedReads,
    witness::Reporter,
};
use anyhow::Context;
use firebreak_aws::Aws;
use firebreak_core::settings::Settings;
use firebreak_crds::HOLDER_LABEL_PREFIX;
use futures::{FutureExt, Stream};
use kube::{
    Api, Config, ResourceExt,
    api::ListParams,
    runtime::reflector::{ObjectRef, Store},
};
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
/// How often custody is counted for the metrics.
const COUNT_AGAIN: Duration = Duration::from_secs(30);
/// How long running work may take to end after SIGTERM.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs the operator until it is told to stop or loses its lease.
///
/// # Errors
/// When it cannot start: endpoint overrides that are not allowed, no cluster, CRDs missing.
pub async fn run(args: Run) -> anyhow::Result<Ended> {
    let format = if args.log_format == LogFormat::Json {
        logs::Format::Json
    } else {
        logs::Format::Text
    };
    logs::init(format, &args.log)?;
    for (flag, times) in [
        ("--iam-settling", &args.iam_settling),
        ("--s3-settling", &args.s3_settling),
    ] {
        anyhow::ensure!(
            times.len() == 3,
            "{flag} takes three numbers of seconds, such as 15,60,300"
        );
    }
    if args.iam_settling.get(1).is_none_or(|seconds| *seconds < 60) {
        tracing::warn!("IAM settling is shorter than 60 s: Contained may be said before AWS enforces it");
    }
    if args.s3_settling.get(1).is_none_or(|seconds| *seconds < 60) {
        tracing::warn!("S3 settling is shorter than 60 s: Contained may be said before AWS enforces it");
    }
    let pulses = Pulses::default();
    let clients = Clients::new(Config::infer().await.context("no cluster to talk to")?, &pulses)?;
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
    let responder = Arc::new(responder(&args, &clients, &metrics, leadership.clone()).await?);
    let with = Loop {
        lanes: Lanes::new(args.concurrency, URGENT_PERMITS.min(args.concurrency / 2)),
        backoff: Arc::new(Backoff::new(REMEMBERED_FAILURES)),
        metrics: metrics.clone(),
        leadership,
        shutdown: shutdown.clone(),
        pulses,
        settings: LoopSettings {
            resync: args.resync(),
            ..LoopSettings::default()
        },
    };
    let Loops { work, synced, .. } = loops(args.resync(), &clients, &with, &responder);
    let health = Health::serve(args.listen, checks(&with, synced), metrics).await?;
    tracing::info!(address = %health.address, "serving /livez, /readyz and /metrics");
    Ok(lead(elector, shutdown, work).await)
}

/// Holds the lease while the loops run, and gives it back only when everything has ended.
async fn lead(elector: Elector, shutdown: Shutdown, work: JoinSet<()>) -> Ended {
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
    let api: Api<SeenQuarantine> = Api::all(clients.request.clone());
    api.list(&ListParams::default().limit(1))
        .await
        .context("the firebreak.dev CRDs cannot be read: install them (firebreak-controller manifests)")?;
    Ok(())
}

async fn responder(
    args: &Run,
    clients: &Clients,
    metrics: &Metrics,
    leadership: Leadership,
) -> anyhow::Result<Responder> {
    let identity = args.who.identity();
    let reporter = Arc::new(Reporter::new(
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
    Ok(Responder {
        ledger: Mutex::default(),
        counted: OnceCell::new(),
        own,
        records,
        cloud: aws,
        clock: Arc::new(SystemClock),
        leadership: Arc::new(leadership),
        admission: Arc::new(InForce::new(clients.request.clone(), &identity)?),
        witness: reporter,
        settings: Settings {
            iam_settling: args.settling(),
            s3_settling: args.bucket_settling(),
            resync_seconds: args.resync,
            people: args.people.into(),
            machines: args.who.machine_users.clone(),
            home: args.who.namespace.clone(),
        },
        shared: SharedReads::new(args.resync),
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
    /// The controllers.
    pub work: JoinSet<()>,
    /// Whether each of their stores is filled.
    pub synced: Vec<Arc<AtomicBool>>,
    /// What is kept of Quarantines.
    pub quarantines: Store<SeenQuarantine>,
    /// What is kept of Holds that nobody holds.
    pub holds: Store<SeenHold>,
    /// What is kept of AwsAccounts.
    pub accounts: Store<SeenAwsAccount>,
}

/// Starts the controllers.
pub fn loops(every: Duration, clients: &Clients, with: &Loop, responder: &Arc<Responder>) -> Loops {
    let mut work = JoinSet::new();
    let (told, heard) = pokes::accounts();
    let accounts = accounts(clients, with, responder, heard);
    let holds = holds(every, clients, with, responder, told);
    let quarantines = quarantines(clients, with, responder, accounts.store.clone());
    let synced = vec![
        quarantines.synced.clone(),
        holds.synced.clone(),
        accounts.synced.clone(),
    ];
    work.spawn(quarantines.controller);
    work.spawn(holds.controller);
    work.spawn(accounts.controller);
    work.spawn(count_holds(with.clone(), Arc::clone(responder)));
    Loops {
        work,
        synced,
        quarantines: quarantines.store,
        holds: holds.store,
        accounts: accounts.store,
    }
}

/// Counts custody for the metrics, for as long as this process leads.
async fn count_holds(with: Loop, responder: Arc<Responder>) {
    let over = async {
        tokio::select! { () = with.shutdown.begun() => (), () = with.leadership.over() => () }
    };
    let count = async {
        while with.leadership.acting().await {
            match responder.holds_by_state().await {
                Ok(counts) => counts.iter().for_each(|(state, count)| {
                    with.metrics
                        .holds
                        .with_label_values(&[&format!("{state:?}")])
                        .set(*count);
                }),
                Err(error) => tracing::warn!(%error, "custody could not be counted"),
            }
            tokio::time::sleep(COUNT_AGAIN).await;
        }
    };
    tokio::select! { () = over => (), () = count => () }
}

fn quarantines(
    clients: &Clients,
    with: &Loop,
    responder: &Arc<Responder>,
    accounts: Store<SeenAwsAccount>,
) -> Running<SeenQuarantine> {
    let responder = Arc::clone(responder);
    let (pokes, known) = pokes::quarantines(&clients.watch, with);
    let events = watches::objects(Api::all(clients.watch.clone()), with);
    let filled = accounts.clone();
    let running = controller_loop(
        with.clone(),
        async move {
            // A store whose controller has gone is as filled as it ever will be.
            drop(filled.wait_until_ready().await);
            events
        }
        .flatten_stream(),
        About {
            urgent: awaited,
            crowd: Box::new(move |object: &SeenQuarantine| Some(account_id(&accounts, object.spec.account()))),
        },
        pokes,
        move |object, uid| {
            let responder = Arc::clone(&responder);
            async move {
                let namespace = object.namespace.clone().unwrap_or_default();
                let rest = responder.respond(&namespace, &object.name, Some(&uid)).await?;
                Ok::<_, Trouble>(rest.map_or(NextLook::OnChange, |rest| {
                    NextLook::After(
                        resync(Duration::from_secs(rest.after), &uid).min(Duration::from_secs(rest.after.max(1))),
                    )
                }))
            }
        },
    );
    known.send_replace(Some(running.store.clone()));
    running
}

/// The id of the account that an AwsAccount is of. All that name none, or one that does not exist, are one crowd: people
/// choose the names.
fn account_id(accounts: &Store<SeenAwsAccount>, name: &str) -> Arc<str> {
    let account = accounts.get(&ObjectRef::new(name));
    account.map_or_else(|| Arc::from(""), |account| Arc::from(account.spec.id()))
}

/// Custody that nobody holds any more is tended by itself; the rest is its holders' business, and there is much of it.
fn is_left(hold: &SeenHold) -> bool {
    !hold.labels().keys().any(|label| label.starts_with(HOLDER_LABEL_PREFIX))
}

/// Somebody waits for an edit that the status does not know of, and for a deletion.
fn awaited(object: &SeenQuarantine) -> bool {
    object.status.generation() != object.metadata.generation || object.metadata.deletion_timestamp.is_some()
}

fn holds(
    every: Duration,
    clients: &Clients,
    with: &Loop,
    responder: &Arc<Responder>,
    told: pokes::HoldsTold,
) -> Running<SeenHold> {
    let responder = Arc::clone(responder);
    let pokes = pokes::holds(&clients.watch, with);
    let events = pokes::telling(watches::objects(Api::all(clients.watch.clone()), with), told);
    controller_loop(
        with.clone(),
        watches::concerning(events, is_left),
        About {
            urgent: |_| false,
            crowd: Box::new(|hold: &SeenHold| Some(Arc::from(hold.spec.account_id()))),
        },
        pokes,
        move |object, uid| {
            let responder = Arc::clone(&responder);
            async move {
                let soon = responder.tend(&object.name, Some(&uid)).await?;
                let after = soon.map_or_else(|| resync(every, &uid), Duration::from_secs);
                Ok::<_, Trouble>(NextLook::After(after))
            }
        },
    )
}

fn accounts(
    clients: &Clients,
    with: &Loop,
    responder: &Arc<Responder>,
    pokes: impl Stream<Item = Poke<SeenAwsAccount>> + Send + 'static,
) -> Running<SeenAwsAccount> {
    let responder = Arc::clone(responder);
    controller_loop(
        with.clone(),
        watches::objects(Api::all(clients.watch.clone()), with),
        About {
            urgent: |_| false,
            crowd: Box::new(|account: &SeenAwsAccount| Some(Arc::from(account.spec.id()))),
        },
        pokes,
        move |object, _| {
            let responder = Arc::clone(&responder);
            async move {
                responder.look_at_account(&object.name).await?;
                Ok::<_, Trouble>(NextLook::After(Duration::from_secs(60)))
            }
        },
    )
}

fn checks(with: &Loop, synced: Vec<Arc<AtomicBool>>) -> Checks {
    let (metrics, leadership, pulses) = (with.metrics.clone(), with.leadership.clone(), with.pulses.clone());
    Checks::default()
        .watches(with.pulses.clone(), with.settings.watch_timeout)
        .permits(with.lanes.clone(), with.settings.deadline)
        .ready(
            move || match synced.iter().all(|synced| synced.load(Ordering::Relaxed)) {
                true => Ok(()),
                false => Err("the watches have not been filled yet".into()),
            },
        )
        .refresh(move || {
            metrics.lease_is_leader.set(i64::from(leadership.is_acting()));
            for (plural, age) in pulses.ages() {
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

impl Reason for Trouble {
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
    use super::patterns;

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
}
