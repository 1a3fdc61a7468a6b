//! How long it takes from apply to the first AWS write and to Applied, by the operator and by the floor, in one run.

use crate::{
    arrivals::Arrivals,
    aws::{FakeAws, WRITE, by_action, waves},
    cluster::Cluster,
    floor::Floor,
    load, objects,
    operator::Operator,
    percentiles::Spread,
    results::{self, Latency, Outcome, Side},
    usage::Usage,
    watched::Watched,
};
use anyhow::ensure;
use firebreak_crds::{AwsAccount, ConditionType, Quarantine, condition};
use kube::{Api, ResourceExt, api::ListParams};
use std::{collections::BTreeMap, path::Path, time::Duration};
use tokio::time::{Instant, sleep};

/// How long after the last arrival objects may take; who is not done then was starved.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is looked whether all are done.
const LOOK: Duration = Duration::from_millis(100);

/// Measures the floor, then the operator.
///
/// # Errors
/// When something does not start. That an object is late is a result, not an error.
pub async fn measure(bed: &Path, arrivals: Arrivals, results: &Path) -> anyhow::Result<()> {
    let (cluster, aws) = (Cluster::of(bed).await?, FakeAws::serve().await?);
    cluster.seed(arrivals.accounts() + 1).await?;
    let process = Floor::start(&cluster, &aws)?;
    let floor = side(&cluster, &aws, arrivals, ("floor", process.id()), &|| {
        process.finished()
    })
    .await?;
    drop(process);
    cluster.clear().await?;
    let process = Operator::start(&cluster, &aws, &[]).await?;
    accounts_are_known(&cluster).await?;
    let watched = Watched::begin(cluster.quarantines(), ConditionType::Applied);
    let operator = side(&cluster, &aws, arrivals, ("object", process.id()), &|| watched.seen()).await?;
    process.stop().await?;
    let latency = Latency {
        arrivals,
        floor,
        operator,
    };
    results::add(results, &Outcome::Latency(Box::new(latency)))
}

/// Both have looked at every account once before the clock starts.
async fn accounts_are_known(cluster: &Cluster) -> anyhow::Result<()> {
    let api: Api<AwsAccount> = Api::all(cluster.admin.clone());
    let deadline = Instant::now() + PATIENCE;
    let ready = |account: &AwsAccount| {
        let conditions = account.status.as_ref().map(|status| status.conditions.as_slice());
        condition::is_true(conditions.unwrap_or_default(), ConditionType::Ready)
    };
    while !api.list(&ListParams::default()).await?.iter().all(ready) {
        ensure!(
            Instant::now() < deadline,
            "the operator does not come to know its accounts"
        );
        sleep(LOOK).await;
    }
    Ok(())
}

type Finished<'a> = &'a (dyn Fn() -> BTreeMap<String, Instant> + Sync);

/// One object alone first, to count its calls and to warm up; then the load.
async fn side(
    cluster: &Cluster,
    aws: &FakeAws,
    arrivals: Arrivals,
    (prefix, process): (&str, u32),
    finished: Finished<'_>,
) -> anyhow::Result<Side> {
    aws.forget_calls();
    let first = objects::quarantine(&format!("{prefix}-first"), arrivals.accounts())?;
    run(cluster, aws, finished, vec![(Duration::ZERO, first)]).await?;
    let mut side = alone(aws, &objects::account_id(arrivals.accounts()));
    aws.forget_calls();
    let mut batches: Vec<Vec<(Duration, Quarantine)>> = vec![Vec::new()];
    for number in 0..arrivals.objects() {
        let name = format!("{prefix}-{number:05}");
        let object = (
            arrivals.offset(number),
            objects::quarantine(&name, number % arrivals.accounts())?,
        );
        match arrivals {
            Arrivals::InTurn { .. } => batches.push(vec![object]),
            _ => batches[0].push(object),
        }
    }
    let (mut meant, before) = (BTreeMap::new(), Usage::now(cluster, process).await);
    for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
        meant.extend(run(cluster, aws, finished, batch).await?);
    }
    side.usage = Usage::now(cluster, process).await.since(&before);
    fill(&mut side, &meant, &aws.first_writes(), &finished());
    Ok(side)
}

/// Sends objects, and waits until all are done or patience ends.
async fn run(
    cluster: &Cluster,
    aws: &FakeAws,
    finished: Finished<'_>,
    objects: Vec<(Duration, Quarantine)>,
) -> anyhow::Result<BTreeMap<String, Instant>> {
    let names: Vec<String> = objects.iter().map(|(_, object)| object.name_any()).collect();
    for (_, object) in &objects {
        let account = object.spec.account_ref.name.trim_start_matches("account-").parse()?;
        aws.seed(&objects::account_id(account), &object.name_any(), false);
    }
    let meant = load::send(&cluster.quarantines(), objects).await?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let done = finished();
        if names.iter().all(|name| done.contains_key(name)) {
            break;
        }
        sleep(LOOK).await;
    }
    Ok(meant)
}

/// The calls of the one account in which an object was alone.
fn alone(aws: &FakeAws, account: &str) -> Side {
    let calls = aws.calls();
    let of_account = || calls.iter().filter(|call| call.account == account);
    let write = of_account().find(|call| call.action == WRITE).map(|call| call.arrived);
    let before = of_account().filter(|call| write.is_some_and(|write| call.arrived < write));
    Side {
        waves_to_write: waves(before),
        waves_to_applied: waves(of_account()),
        calls: by_action(of_account()),
        ..Side::default()
    }
}

fn fill(
    side: &mut Side,
    meant: &BTreeMap<String, Instant>,
    written: &BTreeMap<String, Instant>,
    finished: &BTreeMap<String, Instant>,
) {
    let count = |times: &BTreeMap<String, Instant>| meant.keys().filter(|name| times.contains_key(*name)).count();
    // Who was not done in time counts as if it was done at the end of patience: leaving it out would flatter.
    let spread = |times: &BTreeMap<String, Instant>| {
        let took = |(name, meant): (&String, &Instant)| {
            times
                .get(name)
                .map_or(PATIENCE, |at| at.saturating_duration_since(*meant))
        };
        Spread::of(meant.iter().map(took))
    };
    (side.written, side.finished) = (count(written), count(finished));
    (side.first_write, side.applied) = (spread(written), spread(finished));
    let (first, last) = (written.values().min(), written.values().max());
    let span = first
        .zip(last)
        .map(|(first, last)| last.duration_since(*first).as_secs_f64());
    side.per_second = side.written as f64 / span.unwrap_or_default().max(0.001);
}
