//! What AWS is asked while contained objects of one account are looked at again, although nothing happens.

use crate::{
    aws::{FakeAws, by_action},
    cluster::Cluster,
    contained::{self, SETTLING},
    operator::Operator,
    results::{self, Outcome, Resync},
};
use std::{path::Path, time::Duration};
use tokio::time::{Instant, sleep};

/// The resync; an object's own is up to a fifth shorter.
const PERIOD: Duration = Duration::from_secs(60);
/// From the start until every object was looked at, and the account's sessions are there.
const WARM_UP: Duration = Duration::from_secs(60);

/// Counts the calls of two periods.
///
/// # Errors
/// When the objects cannot be made, or the operator does not start.
pub async fn measure(bed: &Path, objects: usize, results: &Path) -> anyhow::Result<()> {
    let (cluster, aws) = (Cluster::of(bed).await?, FakeAws::serve().await?);
    contained::make(&cluster, &aws, objects, 1).await?;
    let resync = format!("--resync={}", PERIOD.as_secs());
    let operator = Operator::start(&cluster, &aws, &[&SETTLING[..], &[&resync]].concat()).await?;
    sleep(WARM_UP).await;
    aws.forget_calls();
    let (begun, before) = (Instant::now(), operator.looks()?);
    sleep(2 * PERIOD).await;
    let (seconds, looks) = (begun.elapsed().as_secs_f64(), operator.looks()? - before);
    let calls = by_action(aws.calls().iter());
    operator.stop().await?;
    let resync = Resync {
        objects,
        seconds,
        looks,
        calls,
    };
    results::add(results, &Outcome::Resync(resync))
}
