//! How much memory the operator has resident with many contained objects. A start is the worst relist that there is: every
//! watch of every kind lists everything at once, the ledger is rebuilt, and every object is looked at.

use crate::{
    aws::FakeAws,
    cluster::Cluster,
    contained::{self, SETTLING},
    operator::Operator,
    results::{self, Memory, Outcome},
};
use std::{path::Path, time::Duration};
use tokio::time::{Instant, sleep};

/// Over how many accounts the objects are spread.
const ACCOUNTS: usize = 100;
/// How long it may take until every object was looked at: AWS's budgets are part of it.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_secs(1);
/// How long IAM is not asked anything when the operator is at rest.
const QUIET: Duration = Duration::from_secs(15);

/// Measures a start with so many contained objects.
///
/// # Errors
/// When they cannot be made, or the operator does not start.
pub async fn measure(bed: &Path, objects: usize, results: &Path) -> anyhow::Result<()> {
    let (cluster, aws) = (Cluster::of(bed).await?, FakeAws::serve().await?);
    contained::make(&cluster, &aws, objects, ACCOUNTS).await?;
    let begun = Instant::now();
    // Looks come once an hour: at rest is at rest.
    let operator = Operator::start(&cluster, &aws, &[&SETTLING[..], &["--resync=3600"]].concat()).await?;
    let (listed, _) = operator.memory()?;
    let looks = rested(&operator, &aws, objects, begun + PATIENCE).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let (at_rest, peak) = operator.memory()?;
    operator.stop().await?;
    let memory = Memory {
        objects,
        looks,
        seconds,
        listed,
        at_rest,
        peak,
    };
    results::add(results, &Outcome::Memory(memory))
}

/// How many looks have ended, when IAM is asked nothing more or patience ends.
async fn rested(operator: &Operator, aws: &FakeAws, objects: usize, deadline: Instant) -> anyhow::Result<usize> {
    let (mut asked, mut since) = (0, Instant::now());
    loop {
        let (looks, now) = (operator.looks()? as usize, aws.count("iam:"));
        if now != asked {
            (asked, since) = (now, Instant::now());
        }
        if (looks >= objects && since.elapsed() > QUIET) || Instant::now() > deadline {
            return Ok(looks);
        }
        sleep(LOOK).await;
    }
}
