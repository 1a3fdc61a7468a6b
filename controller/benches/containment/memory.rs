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
const PATIENCE: Duration = Duration::from_secs(600);
/// How long IAM is not asked anything when the operator is at rest.
const QUIET: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(500);

/// Measures a start with so many contained objects.
///
/// # Errors
/// When they cannot be made, or there is no operator.
pub async fn measure(bed: &Path, objects: usize, results: &Path) -> anyhow::Result<()> {
    let (cluster, aws) = (Cluster::of(bed).await?, FakeAws::serve().await?);
    contained::make(&cluster, &aws, objects, ACCOUNTS).await?;
    aws.forget_calls();
    // Looks come once an hour: at rest is at rest.
    let mut operator = Operator::spawn(&cluster, &aws, &[&SETTLING[..], &["--resync=3600"]].concat())?;
    let memory = follow(&mut operator, &aws, objects).await?;
    if memory.ended.is_none() {
        operator.stop().await?;
    }
    results::add(results, &Outcome::Memory(memory))
}

/// Until IAM is asked nothing more, the operator ends, or patience does.
async fn follow(operator: &mut Operator, aws: &FakeAws, objects: usize) -> anyhow::Result<Memory> {
    let (begun, mut memory) = (Instant::now(), Memory::of(objects));
    let (mut asked, mut since) = (0, begun);
    while begun.elapsed() < PATIENCE && !(memory.looks >= objects && since.elapsed() > QUIET) {
        memory.ended = operator.ended()?;
        if memory.ended.is_some() {
            break;
        }
        let now = aws.count("iam:");
        if now != asked {
            (asked, since) = (now, Instant::now());
        }
        take(&mut memory, operator);
        memory.seconds = begun.elapsed().as_secs_f64();
        sleep(LOOK).await;
    }
    Ok(memory)
}

/// What cannot be read stays as it was: a busy operator does not always answer in time.
fn take(memory: &mut Memory, operator: &Operator) {
    if let Ok((resident, peak)) = operator.memory() {
        (memory.at_rest, memory.peak) = (resident, peak);
    }
    if memory.listed == 0.0 && operator.get("/readyz").is_ok() {
        memory.listed = memory.at_rest;
    }
    if let Ok(looks) = operator.looks() {
        memory.looks = looks as usize;
    }
}
