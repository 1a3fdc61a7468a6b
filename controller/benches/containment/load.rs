//! The load: objects are sent when it is their time, whether earlier ones are done or not. What a late start, a slow API
//! server or a busy machine adds counts: the clock of an object starts when it was meant to be sent.

use anyhow::Context;
use firebreak_crds::Quarantine;
use futures::future::join_all;
use kube::{
    Api, ResourceExt,
    api::{ListParams, PostParams},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// The first object's time: by then every task is there.
const LEAD: Duration = Duration::from_millis(200);
/// Connections that are open before the clock starts: people have theirs open too.
const CONNECTIONS: usize = 100;

/// Sends each object at its offset from the start. When each was meant to be sent, by its name.
///
/// # Errors
/// When the API server refuses one.
pub async fn send(
    api: &Api<Quarantine>,
    objects: Vec<(Duration, Quarantine)>,
) -> anyhow::Result<BTreeMap<String, Instant>> {
    connect(api, objects.len().min(CONNECTIONS)).await?;
    let start = Instant::now() + LEAD;
    let (mut sending, mut meant) = (JoinSet::new(), BTreeMap::new());
    for (offset, object) in objects {
        let (api, at) = (api.clone(), start + offset);
        meant.insert(object.name_any(), at);
        sending.spawn(async move {
            sleep_until(at).await;
            api.create(&PostParams::default(), &object).await.map(drop)
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent?.context("an object was not created")?;
    }
    Ok(meant)
}

/// Opens connections, and leaves them to be used.
async fn connect(api: &Api<Quarantine>, connections: usize) -> anyhow::Result<()> {
    let one = ListParams::default().limit(1);
    let asked = join_all((0..connections).map(|_| api.list(&one))).await;
    asked
        .into_iter()
        .try_for_each(|answer| answer.map(drop).context("the API server does not answer"))
}
